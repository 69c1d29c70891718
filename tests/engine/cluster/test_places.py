from pathlib import Path

import pytest

from kinemacolor.engine.cluster.places import (
    NodeSight,
    absolute,
    as_nodes_see,
    files_to_see,
    mapped,
    maps_of,
    require_same_sight,
    sight,
    signature_in_short,
)
from kinemacolor.engine.job import Job
from kinemacolor.errors import SettingError


def test_the_longest_map_that_fits_is_taken_and_whole_names_only() -> None:
    maps = maps_of(["/films=/mnt/films", "/films/war=/mnt/war/"])
    assert mapped("/films/a.mov", maps) == "/mnt/films/a.mov"
    assert mapped("/films/war/b.png@12", maps) == "/mnt/war/b.png@12"
    assert mapped("/films2/a.mov", maps) == "/films2/a.mov"
    assert mapped("/films", maps) == "/mnt/films"
    assert mapped("/x", maps_of(["/=/mnt"])) == "/mnt/x"


@pytest.mark.parametrize("text", ["/films", "=/mnt", "/films="])
def test_what_is_no_map_is_said(text: str) -> None:
    with pytest.raises(SettingError, match="is not FROM=TO"):
        maps_of([text])


def test_every_path_of_a_job_is_absolute_and_mapped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("weights.safetensors").write_bytes(b"")
    given = {"source": "a.mov", "output": "out/a.mov", "exemplars": ("s.png@3", "stills"), "track": True}
    job = absolute(Job.of({**given, "shots": "a.csv", "weights": "weights.safetensors"}))
    seen = as_nodes_see(job, maps_of([f"{tmp_path}=/mnt"]))
    assert seen.film.source == "/mnt/a.mov"
    assert seen.output.output == "/mnt/out/a.mov"
    assert seen.output.track == "/mnt/out/a.mov.kctrack"
    assert seen.exemplars.exemplars == ("/mnt/s.png@3", "/mnt/stills")
    assert seen.shots.shots == "/mnt/a.csv"
    assert seen.model.weights == "/mnt/weights.safetensors"
    plain = absolute(Job.of({**given, "shots": "none"}))
    assert (plain.shots.shots, plain.model.weights) == ("none", "default")


@pytest.mark.parametrize(
    ("change", "said"),
    [({"source": "-"}, "pipe"), ({"model": object()}, "by name"), ({"track": False}, "--no-track")],
)
def test_what_cannot_be_done_on_other_machines_is_said(change: dict[str, object], said: str) -> None:
    with pytest.raises(SettingError, match=said):
        absolute(Job.of({"source": "a.mov", "output": "b.mov", "exemplars": "s.png", "track": True, **change}))


def test_a_signature_in_short_sees_length_beginning_and_end(tmp_path: Path) -> None:
    path, seen = tmp_path / "film", set()
    for content in (b"a" * 300_000, b"b" + b"a" * 299_999, b"a" * 299_999 + b"b", b"a" * 299_999, b""):
        path.write_bytes(content)
        seen.add(signature_in_short(path))
    assert len(seen) == 5
    assert signature_in_short(tmp_path / "missing") == ""
    before = signature_in_short(tmp_path)
    (tmp_path / "another").write_bytes(b"")
    assert signature_in_short(tmp_path) != before


def test_a_node_that_does_not_see_a_file_is_named_with_what_to_do(job, tmp_path: Path) -> None:
    wanted = files_to_see([job()])
    assert set(wanted) == {str(tmp_path / name) for name in ("reel.mkv", "reel.png", "shots.csv")}
    seen = sight("b", "1", wanted)
    require_same_sight([seen], "1")
    (tmp_path / "reel.mkv").write_bytes(b"another")
    (tmp_path / "reel.png").unlink()
    other = sight("b", "1", wanted)
    assert set(other.unseen) == {str(tmp_path / "reel.mkv"), str(tmp_path / "reel.png")}
    with pytest.raises(SettingError, match=r"Node b does not see .*reel\.(mkv|png) and 1 more .*--ray-map FROM=TO"):
        require_same_sight([other], "1")


def test_a_node_of_another_version_is_named() -> None:
    with pytest.raises(SettingError, match=r"Node b has Kinemacolor 0\.1\.0, and this machine 0\.2\.0"):
        require_same_sight([NodeSight("a", "0.2.0", ()), NodeSight("b", "0.1.0", ())], "0.2.0")
