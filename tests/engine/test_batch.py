from collections.abc import Callable
from pathlib import Path

import pytest

from kinemacolor.engine.batch import JobOutcome, jobs_for, read_manifest, run_batch
from kinemacolor.engine.job import Job
from kinemacolor.errors import OutputError, SettingError
from kinemacolor.frames import Exemplar, Luma
from kinemacolor.models.base import Answer

MakeFilm = Callable[..., Path]


@pytest.fixture
def films(make_film: MakeFilm, tmp_path: Path) -> list[Path]:
    """Fifty films, seven of them bad."""
    good = make_film("film.mkv", frames=2, size=(16, 16)).read_bytes()
    found = []
    for i in range(50):
        path = tmp_path / f"reel{i:02}.mkv"
        bad = {3: b"", 11: b"<html></html>", 19: good[:200], 27: b"\0" * 999, 35: b"{}", 43: b"PK\x03\x04zip"}
        path.write_bytes(bad.get(i, good))
        found.append(path)
    found[49].unlink()
    return found


BAD = [3, 11, 19, 27, 35, 43, 49]


def test_case_44_seven_bad_films_of_fifty_do_not_stop_the_rest_and_only_they_are_tried_again(
    films: list[Path], tmp_path: Path, one_color, red_still: Exemplar, make_film: MakeFilm
) -> None:
    folder = tmp_path / "color"
    folder.mkdir()
    options = {"model": one_color, "exemplars": [red_still], "track": False}
    jobs = jobs_for([str(film) for film in films], folder, options)

    def run() -> list[JobOutcome]:
        return list(run_batch(jobs))

    first = run()
    assert [i for i, outcome in enumerate(first) if outcome.state == "failed"] == BAD
    assert sum(outcome.state == "done" for outcome in first) == 43
    assert all(films[i].name in first[i].message for i in BAD)
    assert sorted(p.name for p in folder.iterdir()) == [f"reel{i:02}.color.mkv" for i in range(50) if i not in BAD]
    films[3].write_bytes(films[0].read_bytes())
    again = run()
    assert [outcome.state for outcome in again].count("there") == 43
    assert [i for i, outcome in enumerate(again) if outcome.state == "failed"] == BAD[1:]
    assert again[3].state == "done"


@pytest.mark.parametrize(
    "name", ["x" * 300, "x" * 256 + ".mkv", "ü" * 130 + ".mkv", "a\0b.mkv", "x" * 300 + "/a.mkv"]
)
def test_case_44_a_name_that_no_file_can_have_fails_alone(
    name: str, make_film: MakeFilm, tmp_path: Path, one_color, red_still: Exemplar
) -> None:
    film = make_film("film.mkv", frames=2, size=(16, 16))
    options = {"source": film, "exemplars": [red_still], "model": one_color, "track": False}
    jobs = [Job.of({**options, "output": tmp_path / output}) for output in (name, "fine.mkv")]
    assert [outcome.state for outcome in run_batch(jobs)] == ["failed", "done"]


def test_a_model_that_breaks_down_is_a_failure_of_that_film_alone(
    make_film: MakeFilm, tmp_path: Path, one_color, red_still: Exemplar
) -> None:
    class Breaks(type(one_color)):
        def step(self, luma: Luma, state: list[int]) -> Answer:
            if luma.shape[-1] == 24:
                raise RuntimeError("out of luck")
            return super().step(luma, state)

    films = [make_film("a.mkv", size=(16, 24)), make_film("b.mkv", size=(16, 32))]
    options = {"model": Breaks(), "exemplars": [red_still]}
    broken, fine = run_batch(jobs_for([str(film) for film in films], tmp_path, options))
    assert broken.state == "failed"
    assert "RuntimeError: out of luck" in broken.message
    assert fine.state == "done"
    assert not Path(broken.job.output.output).exists()


def test_case_42_the_order_of_films_does_not_change_them(
    make_film: MakeFilm, tmp_path: Path, counting, stills: list[Exemplar]
) -> None:
    films = [str(make_film(f"{name}.mkv", frames=n, codec="ffv1")) for name, n in (("a", 14), ("b", 16))]
    found = []
    for order in (films, films[::-1]):
        folder = tmp_path / str(len(found))
        folder.mkdir()
        options = {"model": counting, "exemplars": stills, "codec": "ffv1"}
        outcomes = list(run_batch(jobs_for(order, folder, options)))
        assert {outcome.state for outcome in outcomes} == {"done"}
        found.append({Path(o.job.output.output).name: frames_of(Path(o.job.output.output)) for o in outcomes})
    assert found[0] == found[1]


def frames_of(path: Path) -> list[bytes]:
    import av

    with av.open(str(path)) as film:
        return [frame.to_ndarray().tobytes() for frame in film.decode(video=0)]


def test_a_manifest_is_read_from_its_own_folder(tmp_path: Path) -> None:
    (tmp_path / "jobs.csv").write_text(
        "input,output,exemplars,model,shots,quality,codec\nreel.mov,out/reel.mp4,stills|a.png@12,flow,none,17,h264\n\n"
        "b.mov,out/b.mp4,b.png,,cuts.csv,\n"
    )
    first, second = read_manifest(tmp_path / "jobs.csv", {"codec": "ffv1"})
    assert first.chosen() == {
        "source": str(tmp_path / "reel.mov"),
        "output": str(tmp_path / "out" / "reel.mp4"),
        "exemplars": (str(tmp_path / "stills"), str(tmp_path / "a.png@12")),
        "model": "flow",
        "shots": "none",
        "quality": 17.0,
        "codec": "h264",
    }
    assert second.chosen()["shots"] == str(tmp_path / "cuts.csv")
    assert second.chosen()["codec"] == "ffv1"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("input,output\na,b\n", "'exemplars' is missing"),
        ("input,output,exemplars,color\n", "line 1: 'color' is no column of a manifest. A manifest needs input,"),
        ("film,output,exemplars\n", "line 1: 'film' is no column of a manifest, 'input' is missing[.]"),
        ("input,output,exemplars\na,b,c\nx,,z\n", "line 3"),
        ("input,output,exemplars,quality\na,b,c,fine\n", "line 2: Option 'quality' cannot be 'fine'"),
        ("input,output,exemplars\na,b,c\nd,b,c\n", "both become"),
    ],
)
def test_a_manifests_mistake_is_named(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "jobs.csv").write_text(text)
    with pytest.raises(SettingError, match=says):
        read_manifest(tmp_path / "jobs.csv")


def test_two_films_of_one_name_are_refused_and_so_is_a_file_for_a_folder(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="both become"):
        jobs_for(["a/reel.mov", "b/reel.mov"], tmp_path, {})
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="is a file and no folder"):
        jobs_for(["a.mov"], tmp_path / "file", {})


def test_folders_for_films_are_made(make_film: MakeFilm, tmp_path: Path, one_color, red_still: Exemplar) -> None:
    film = make_film("film.mkv", frames=2, size=(16, 16))
    options = {"model": one_color, "exemplars": [red_still], "track": False}
    (outcome,) = run_batch(jobs_for([str(film)], tmp_path / "color" / "reels", options))
    assert (outcome.state, outcome.message) == ("done", "")
    assert (tmp_path / "color" / "reels" / "film.color.mkv").exists()
