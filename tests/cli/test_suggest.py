"""``suggest`` and ``match`` as commands, on the sample film."""

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kinemacolor.cli import app
from kinemacolor.errors import GrayExemplarError
from kinemacolor.io import exemplars

SAMPLE = Path(__file__).parents[2] / "examples" / "sample"
FILM, STILL = SAMPLE / "bw.mp4", SAMPLE / "ref_000000.png"


def test_suggested_frames_are_written_to_be_colored(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["suggest", str(FILM), "-n", "2", "-o", str(tmp_path), "--json"])
    assert done.exit_code == 0, done.output
    rows = json.loads(done.stdout)
    pictures = sorted(tmp_path.iterdir())
    assert [exemplars.parse(path)[1] for path in pictures] == sorted(row["frame"] for row in rows)
    assert 0 < rows[0]["gain"] <= rows[0]["covered"] <= 1
    # as they are, they are refused: nobody has colored them yet
    with pytest.raises(GrayExemplarError):
        exemplars.load(pictures)


def test_an_exemplar_there_is_lowers_what_can_be_gained() -> None:
    arguments = ["suggest", str(FILM), "-n", "1", "--json"]
    alone = json.loads(CliRunner().invoke(app, arguments).stdout)
    beside = json.loads(CliRunner().invoke(app, [*arguments, "-e", str(STILL)]).stdout)
    assert not beside or beside[0]["gain"] < 0.5 * alone[0]["gain"]


def test_the_photograph_of_the_scene_is_found_and_bound_to_no_frame(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KINEMACOLOR_CACHE", str(tmp_path / "cache"))
    folder, chosen = tmp_path / "album" / "1931", tmp_path / "chosen"
    folder.mkdir(parents=True)
    shutil.copyfile(STILL, folder / "ref_12.png")
    done = CliRunner().invoke(app, ["match", str(FILM), str(folder.parent), "-n", "1", "-o", str(chosen), "--json"])
    assert done.exit_code == 0, done.output
    rows = json.loads(done.stdout)
    assert Path(rows[0]["photograph"]) == folder / "ref_12.png"
    assert rows[0]["likeness"] > 0.6
    copies = list(chosen.iterdir())
    assert [exemplars.parse(path)[1] for path in copies] == [None]
    assert list((tmp_path / "cache" / "photographs").iterdir())
