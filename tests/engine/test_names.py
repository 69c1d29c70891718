"""What is found before any work: names that no disk takes."""

from pathlib import Path

import pytest

from kinemacolor.engine.inputs import prepare
from kinemacolor.engine.job import Job
from kinemacolor.errors import OutputError


@pytest.mark.parametrize(
    ("stem", "track", "said"),
    [
        (
            "\u00e4" * 124,
            True,
            "chroma track",
        ),  # 252 bytes with its ending: the film's name fits, the track's does not
        ("a" * 245, True, "chroma track"),
        ("\u65e5" * 90, False, "output"),
        ("a" * 300, False, "output"),
    ],
)
def test_a_name_that_is_too_long_is_said_before_the_work(tmp_path: Path, stem: str, track: bool, said: str) -> None:
    job = Job.of({"source": tmp_path / "no.mkv", "output": tmp_path / f"{stem}.mkv", "track": track})
    with pytest.raises(OutputError, match=rf"The name of the {said}, .* 255 are the limit"):
        prepare(job)


def test_a_name_that_fits_is_none_of_its_business(tmp_path: Path) -> None:
    job = Job.of({"source": tmp_path / "no.mkv", "output": tmp_path / ("a" * 240 + ".mkv"), "track": True})
    with pytest.raises(Exception, match=r"no\.mkv does not exist"):
        prepare(job)
