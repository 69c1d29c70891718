"""``kinemacolor ballot`` and ``compare``: what the shell's side of them adds."""

from pathlib import Path

import numpy as np
import pytest
import typer
from PIL import Image

from kinemacolor.cli.ballot import count, make
from kinemacolor.cli.compare import compare
from kinemacolor.errors import SettingError


def write_clip(folder: Path, shade: int) -> Path:
    folder.mkdir(parents=True)
    for index in range(3):
        picture = np.full((40, 56, 3), (shade, 100, 200 - shade), np.uint8)
        Image.fromarray(picture).save(folder / f"{index:05d}.png")
    return folder


def test_a_ballot_is_made_and_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_clip(tmp_path / "a" / "one", 10)
    write_clip(tmp_path / "b" / "one", 60)
    make(results=[f"A={tmp_path / 'a'}", f"B={tmp_path / 'b'}"], output=tmp_path / "out")
    assert "1 scenes" in capsys.readouterr().out
    tokens = sorted(path.stem for path in (tmp_path / "out" / "ballot").glob("*.mp4"))
    answers = tmp_path / "answers.csv"
    answers.write_text(f"voter,time,clip,shown,chosen\nv,,one,{' '.join(tokens)},{tokens[0]}\n")
    count(tmp_path / "out" / "key.json", [answers])
    assert "1 votes of 1 voters" in capsys.readouterr().out


def test_methods_need_names_of_their_own(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="NAME=FOLDER"):
        make(results=["folder"], output=tmp_path)
    with pytest.raises(SettingError, match="own name"):
        make(results=["a=x", "a=y"], output=tmp_path)


def test_a_problem_in_a_comparison_shows_in_the_exit_code(tmp_path: Path) -> None:
    one, other = write_clip(tmp_path / "one", 10), write_clip(tmp_path / "other", 60)
    (other / "00001.png").write_bytes(b"broken")
    with pytest.raises(typer.Exit) as leaving:
        compare(one, other, tmp_path / "out", video=False)
    assert leaving.value.exit_code == 3
