"""Many films from the shell: what they would take, how far they have come, and the same films by --ray."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner, Result

from kinemacolor._version import __version__
from kinemacolor.cli import app
from kinemacolor.engine.cluster import session
from kinemacolor.engine.cluster.here import OnlyHere
from kinemacolor.engine.cluster.places import NodeSight, sight
from kinemacolor.errors import SettingError

QUICK = ["--model", "flow", "--working-size", "32", "--quiet"]


class Pretended(OnlyHere):
    """This machine in place of a Ray cluster; ``blind`` sees no files."""

    blind = False
    names, can_run = ("a", "b"), 2
    gone: tuple[str, ...] = ()

    def __init__(self, address: str, share: object = None) -> None:
        super().__init__()

    def __enter__(self) -> "Pretended":
        return self

    def __exit__(self, *error: Any) -> None:
        pass

    def sights(self, wanted: Mapping[str, str]) -> list[NodeSight]:
        seen = [sight(name, __version__, wanted) for name in self.names]
        return [*seen, NodeSight("c", __version__, tuple(wanted))] if self.blind else seen


@pytest.fixture
def pretended(monkeypatch: pytest.MonkeyPatch) -> type[Pretended]:
    monkeypatch.setattr(session, "RayNodes", Pretended)
    return Pretended


@pytest.fixture
def manifest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two films of two scenes, and a manifest of them."""
    monkeypatch.chdir(tmp_path)
    scenes = np.random.default_rng(0).integers(10, 240, (2, 6, 8)).repeat(8, 1).repeat(8, 2).astype(np.uint8)
    for name in ("a", "b"):
        with av.open(f"{name}.mkv", "w") as container:
            stream = container.add_stream("ffv1", rate=24)
            stream.width, stream.height, stream.pix_fmt = 64, 48, "gray"
            for i in range(40):
                picture = np.roll(scenes[i // 20], i % 20, 1)
                container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="gray")))
            container.mux(stream.encode(None))
        Image.new("RGB", (64, 48), (160, 90, 60)).save(f"{name}.png")
    Path("films.csv").write_text("input,output,exemplars\na.mkv,out/a.mkv,a.png@none\nb.mkv,out/b.mkv,b.png@none\n")
    return Path("films.csv")


def run(*arguments: object) -> Result:
    done = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done


def test_a_dry_run_says_what_it_would_take_and_a_missing_still(manifest: Path) -> None:
    done = run("batch", manifest, "--dry-run", *QUICK)
    assert done.exit_code == 0
    assert "4 shots to color: about" in done.output
    assert "GB are free where" in done.output
    assert not Path("out").exists()
    Path("b.png").unlink()
    done = run("batch", manifest, "--dry-run", *QUICK)
    assert done.exit_code == 4
    assert "missing stills" in done.output
    assert "1 film cannot be colored as it is" in done.output


def test_films_on_nodes_have_the_table_of_a_batch_and_a_status(manifest: Path, pretended: type[Pretended]) -> None:
    assert "waiting" in run("status", manifest).output
    done = run("batch", manifest, "--ray", "auto", *QUICK)
    assert done.exit_code == 0, done.output
    assert "2 nodes (a, b) have room for 2 shots at a time and see all 4 films" in done.stderr
    assert "2 done" in done.output
    status = run("status", manifest).output
    assert "4 of 4 shots are colored." in status
    assert "there already" in run("batch", manifest, "--ray", "auto", *QUICK).output
    assert run("batch", manifest, "--ray", "auto", "--dry-run", *QUICK).output.count("there already") == 2
    assert "4/4" not in status
    assert status.count("2/2") == 2


def test_films_into_a_folder_have_their_log_in_it(manifest: Path, pretended: type[Pretended]) -> None:
    done = run("batch", "a.mkv", "-e", "a.png", "-o", "color", "--ray", "auto", "--ray-pieces", "folder", *QUICK)
    assert done.exit_code == 0, done.output
    assert "through a folder beside the track" in done.stderr
    assert Path("color/kinemacolor.log.jsonl").is_file()
    assert "2/2" in run("status", "color").output


def test_a_bad_film_gives_the_code_of_a_batch(manifest: Path, pretended: type[Pretended]) -> None:
    Path("b.mkv").write_bytes(b"")
    done = run("batch", manifest, "--ray", "auto", *QUICK)
    assert done.exit_code == 4
    assert "1 done, 1 FAILED" in done.output
    assert "FAILED" in run("status", manifest).output


def test_a_node_that_does_not_see_the_films_ends_it_before_the_work(
    manifest: Path, pretended: type[Pretended], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Pretended, "blind", True)
    with pytest.raises(SettingError, match=r"Node c does not see .* and 3 more as it is here"):
        run("batch", manifest, "--ray", "auto", *QUICK)


def test_nodes_that_died_when_they_were_asked_are_named_before_the_work(
    manifest: Path, pretended: type[Pretended], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Pretended, "gone", ("c",))
    done = run("batch", manifest, "--ray", "auto", "--dry-run", *QUICK)
    assert "2 nodes (a, b)" in done.stderr
    assert "Left out, since they died when they were asked: c." in done.stderr


def test_without_ray_one_line_says_what_to_install(manifest: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(SettingError, match="Ray is not installed"):
        run("batch", manifest, "--ray", "auto", *QUICK)


def test_a_project_runs_on_nodes_and_knows_it(manifest: Path, pretended: type[Pretended]) -> None:
    assert run("project", "new", "a.mkv", "-e", "a.png", "-o", "p", "--model", "flow").exit_code == 0
    done = run("project", "run", "p", "--ray", "auto", "-q")
    assert done.exit_code == 0, done.output
    assert Path("p/report.html").is_file()
    assert "nothing has changed" in run("project", "run", "p", "-q").stderr
    assert "1/1" in run("status", "p").output or "2/2" in run("status", "p").output
