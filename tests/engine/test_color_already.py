"""A film that is in color or tinted somewhere is said to be, wherever that is."""

from pathlib import Path

import av
import numpy as np
import pytest
import torch

from kinemacolor.engine.job import Job
from kinemacolor.engine.run import run
from kinemacolor.frames import Exemplar

SEPIA = (150, 120, 80)


def film(path: Path, kinds: str) -> Path:
    """A frame for each letter: k black, g gray, s sepia, c in color."""
    looks = {"k": (0, 0, 0), "g": (120, 120, 120), "s": SEPIA, "c": (60, 90, 200)}
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv444p"
        for kind in kinds:
            picture = np.broadcast_to(np.array(looks[kind], np.uint8), (48, 64, 3))
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")))
        container.mux(stream.encode(None))
    return path


@pytest.mark.parametrize(
    ("kinds", "said"),
    [
        ("kkss", "tinted already in 2 of 4 frames, first in frame 2"),
        ("ggggc", "tinted already in 1 of 5 frames, first in frame 4"),
        ("sgg", "tinted already in 1 of 3 frames, first in frame 0"),
        ("ccc", "tinted already. Only"),
        ("kgg", None),
    ],
)
def test_color_is_found_wherever_it_is(
    tmp_path: Path, red_still: Exemplar, one_color: object, kinds: str, said: str | None
) -> None:
    options = {"source": film(tmp_path / "a.mkv", kinds), "output": tmp_path / "b.mkv", "exemplars": (red_still,)}
    with torch.inference_mode():
        result = run(Job.of({**options, "model": one_color, "shots": "none"}))
    lines = [line for line in result.warnings if "tinted" in line]
    assert [said in line for line in lines] == ([True] if said else [])
