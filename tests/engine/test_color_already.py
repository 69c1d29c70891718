"""A film that is in color or tinted somewhere is said to be, wherever that is, and before the work."""

from itertools import groupby
from pathlib import Path

import av
import numpy as np
import pytest
import torch

from kinemacolor.engine.job import Job
from kinemacolor.engine.run import Listeners, run
from kinemacolor.frames import Exemplar

LOOKS = {"k": (0, 0, 0), "g": (120, 120, 120), "s": (150, 120, 80), "c": (60, 90, 200), "b": (100, 112, 130)}
"""Black, gray, sepia, color, a blue tone; L is gray with a small red mark."""


def film(path: Path, kinds: str, codec: str = "ffv1", **options: str) -> Path:
    """A frame for each letter."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv444p"
        stream.codec_context.options = options
        for kind in kinds:
            picture = np.empty((48, 64, 3), np.uint8)
            picture[:] = LOOKS.get(kind, LOOKS["g"])
            if kind == "L":
                picture[40:44, 4:8] = 230, 20, 20
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
    return path


def colored(path: Path, still: Exemplar, model: object, shots: str) -> tuple[list[str], list[str]]:
    """The run's lines on color before the first frame, and all of them."""
    before: list[str] = []
    heard: list[str] = []
    options = {"source": path, "output": path.with_name("out.mkv"), "exemplars": (still,), "model": model}
    job = Job.of({**options, "shots": shots})
    listeners = Listeners(progress=lambda _: before.extend(heard) if not before else None, noticed=heard.append)
    with torch.inference_mode():
        result = run(job, listeners)
    return [line for line in before if "tinted" in line], [line for line in result.warnings if "tinted" in line]


KINDS = [
    ("kkss", "tinted already in 2 of 4 frames: 2 to 3."),
    ("ggggc", "tinted already in 1 of 5 frames: 4."),
    ("sgg", "tinted already in 1 of 3 frames: 0."),
    ("ccc", "tinted already. Only"),
    ("b" * 30, "tinted already. Only"),
    ("LLL", "tinted already. Only"),
    ("g" * 20 + "c" * 5 + "g" * 20 + "s" * 5, "tinted already in 10 of 50 frames: 20 to 24, 45 to 49."),
    ("".join(("g" * 15 + "c") * 6), "in 6 of 96 frames: 15, 31, 47, 63 and 2 more stretches."),
    ("kgg", None),
]


@pytest.mark.parametrize("shots", ["none", "auto"])
@pytest.mark.parametrize(("kinds", "said"), KINDS, ids=["".join(k for k, _ in groupby(kinds)) for kinds, _ in KINDS])
def test_color_is_found_wherever_it_is(
    tmp_path: Path, red_still: Exemplar, one_color: object, kinds: str, said: str | None, shots: str
) -> None:
    before, lines = colored(film(tmp_path / "a.mkv", kinds), red_still, one_color, shots)
    assert [said in line for line in lines[-1:]] == ([True] if said else [])
    if shots == "auto":
        assert before == lines
    elif len(kinds) <= 24:
        assert bool(before) == bool(said)


@pytest.mark.parametrize("kinds", ["g" * 120 + "s" * 60, "c" * 30 + "g" * 200])
def test_a_long_film_is_glimpsed_where_it_is_not_looked_through(
    tmp_path: Path, red_still: Exemplar, one_color: object, kinds: str
) -> None:
    before, _ = colored(film(tmp_path / "a.mkv", kinds, "libx264", g="50"), red_still, one_color, "none")
    assert ["here and there (near frames" in line for line in before] == [True]
