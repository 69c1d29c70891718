"""Changed stills are laid over the film's own frame: at its number, in its displayed shape."""

from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
import torch

from kinemacolor.engine.overlays import over_their_frames
from kinemacolor.frames import Exemplar
from kinemacolor.io import Film


def picture(number: int) -> np.ndarray:
    """Gray blobs, others in each frame."""
    rng = np.random.default_rng(number)
    levels = np.full((96, 160), 90, np.uint8)
    for _ in range(60):
        center = int(rng.integers(0, 160)), int(rng.integers(0, 96))
        cv2.circle(levels, center, int(rng.integers(3, 16)), int(rng.integers(20, 236)), -1, cv2.LINE_AA)
    return levels


def film(path: Path, *, aspect: int = 1, turned: int = 0) -> Film:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 160, 96, "yuv420p"
        stream.codec_context.sample_aspect_ratio = Fraction(aspect)
        stream.codec_context.options = {"crf": "1"}
        if turned:
            stream.set_display_rotation(-turned)
        for number in range(9):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture(number), format="gray")))
        container.mux(stream.encode(None))
    return Film.open(path)


@pytest.mark.parametrize(("number", "aspect", "turned"), [(0, 1, 0), (7, 1, 0), (5, 2, 0), (3, 1, 90), (3, 1, 270)])
def test_a_cropped_still_is_laid_over_its_frame(tmp_path: Path, number: int, aspect: int, turned: int) -> None:
    shown = np.rot90(cv2.resize(picture(number), (160 * aspect, 96)), -turned // 90)
    height, width = shown.shape
    tinted = np.stack([shown, shown // 2, shown // 3])[:, : height - 8]
    still = Exemplar(torch.from_numpy(np.ascontiguousarray(tinted)), number, name="a.png")
    lines: list[str] = []
    reel = film(tmp_path / "reel.mp4", aspect=aspect, turned=turned)
    assert reel.info.display_size == (height, width)
    (laid,) = over_their_frames(reel, [still], lines.append)
    assert laid.rgb.shape == (3, height, width)
    assert laid.alpha is not None
    assert torch.equal(laid.rgb[:, : height - 8], still.rgb)
    assert not laid.alpha[0, height - 8 :].any()
    assert [f"shows frame {number} ({width}x{height})" in line for line in lines] == [True]


def test_other_stills_stay_as_they_are(tmp_path: Path) -> None:
    reel = film(tmp_path / "reel.mp4")
    rgb = torch.from_numpy(np.stack([picture(3)] * 3))
    stills = [
        Exemplar(rgb, 3),
        Exemplar(rgb[:, :80], None),
        Exemplar(torch.randint(0, 255, (3, 80, 160), dtype=torch.uint8), 3),
        Exemplar(rgb[:, :80], 500),
    ]
    lines: list[str] = []
    assert over_their_frames(reel, stills, lines.append) == stills
    assert lines == []
