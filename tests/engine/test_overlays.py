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


def test_from_a_pipe_a_cropped_still_is_said_to_stay(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    reel = film(tmp_path / "reel.mp4")
    monkeypatch.setattr(Film, "is_pipe", True)
    cropped = Exemplar(torch.from_numpy(np.stack([picture(3)[:80]] * 3)), 3, name="a.png")
    whole = Exemplar(torch.from_numpy(np.stack([picture(3)] * 3)), 3)
    small = Exemplar(torch.from_numpy(np.stack([picture(3)[::2, ::2]] * 3)), 3)
    lines: list[str] = []
    assert over_their_frames(reel, [cropped, whole, small], lines.append) == [cropped, whole, small]
    assert ["A pipe cannot be looked at first" in line for line in lines] == [True]


def scene() -> np.ndarray:
    return picture(4)


def boxed(rows: int, columns: int, level: int) -> np.ndarray:
    """The picture made smaller, with bars around it, as large as before."""
    small = cv2.resize(scene(), (160 - 2 * columns, 96 - 2 * rows), interpolation=cv2.INTER_AREA)
    return cv2.copyMakeBorder(small, rows, rows, columns, columns, cv2.BORDER_CONSTANT, value=level)


def enlarged(rows: int, columns: int) -> np.ndarray:
    """The middle of the picture, as large as the whole was."""
    return cv2.resize(scene()[rows : 96 - rows, columns : 160 - columns], (160, 96), interpolation=cv2.INTER_CUBIC)


CHANGED = {
    "letterboxed": boxed(12, 0, 0),
    "letterboxed in proportion": boxed(12, 20, 0),
    "pillarboxed": boxed(0, 20, 0),
    "pillarboxed in white": boxed(0, 16, 255),
    "cropped": enlarged(9, 15),
    "cropped above and below": enlarged(8, 0),
}


@pytest.mark.parametrize("how", CHANGED)
@pytest.mark.parametrize("ending", ["mp4", "mkv", "avi", "ts", "mpg"])
def test_a_still_of_its_frames_size_may_be_changed_inside(how: str, ending: str, tmp_path: Path) -> None:
    gray = CHANGED[how]
    still = Exemplar(torch.from_numpy(np.stack([gray, gray // 2, gray // 3])), 4, name="a.png")
    lines: list[str] = []
    (laid,) = over_their_frames(film(tmp_path / f"reel.{ending}"), [still], lines.append)
    assert ["a.png" in line and "laid over" in line for line in lines] == [True]
    known = np.ones((96, 160), bool) if laid.alpha is None else laid.alpha[0].numpy() > 0.99
    assert known.mean() > 0.6
    error = np.abs(laid.rgb[0].numpy().astype(float) - scene())[known]
    before = np.abs(gray.astype(float) - scene())
    assert error.mean() < 0.4 * before.mean()


@pytest.mark.parametrize("darker", [1.0, 0.8])
def test_a_still_that_is_its_frame_or_is_painted_darker_stays(darker: float, tmp_path: Path) -> None:
    gray = (scene() * darker).astype(np.uint8)
    still = Exemplar(torch.from_numpy(np.stack([gray, gray // 2, gray])), 4)
    lines: list[str] = []
    assert over_their_frames(film(tmp_path / "reel.mp4"), [still], lines.append) == [still]
    assert lines == []


def test_a_film_with_bars_of_its_own_keeps_them(tmp_path: Path) -> None:
    path = tmp_path / "boxed.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=25)
        stream.width, stream.height, stream.pix_fmt = 160, 96, "gray"
        container.mux(stream.encode(av.VideoFrame.from_ndarray(boxed(12, 0, 0), format="gray")))
        container.mux(stream.encode(None))
    still = Exemplar(torch.from_numpy(np.stack([boxed(12, 0, 0)] * 3)), 0)
    assert over_their_frames(Film.open(path), [still], print) == [still]
