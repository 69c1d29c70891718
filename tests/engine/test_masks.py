"""Object masks on their way from a file to the model."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from kinemacolor.engine.video import colorize_video
from kinemacolor.errors import InputError, ModelError
from kinemacolor.frames import Chroma, Exemplar, Luma
from kinemacolor.io.masks import MaskFile
from kinemacolor.models.base import Reference, StreamingColorizer


class ByObject(StreamingColorizer[list[int]]):
    """Colours a frame red by the number of its first object."""

    def __init__(self, masks: MaskFile | None = None, first_frame: int = 0) -> None:
        self.masks, self.first_frame = masks, first_frame

    def with_masks(self, masks: MaskFile, *, first_frame: int = 0) -> "ByObject":
        return ByObject(masks, first_frame)

    def start(self, references: Sequence[Reference]) -> list[int]:
        return []

    def step(self, luma: Luma, state: list[int]) -> Chroma:
        assert self.masks is not None
        instance = self.masks.instances(self.first_frame + len(state))[0]
        state.append(instance.track or 0)
        return torch.zeros(2, *luma.shape[-2:])


@pytest.fixture
def masks(tmp_path: Path) -> Path:
    folder = tmp_path / "masks"
    folder.mkdir()
    for number in range(8):
        Image.fromarray(np.full((48, 64), number + 1, dtype=np.uint8)).save(folder / f"{number:05}.png")
    return folder


def test_a_model_gets_the_masks_of_the_film_s_own_frames(
    make_film: Callable[..., Path], masks: Path, red_still: Exemplar, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    states: list[list[int]] = []
    start = ByObject.start
    monkeypatch.setattr(ByObject, "start", lambda self, refs: states.append(start(self, refs)) or states[-1])
    colorize_video(make_film(), tmp_path / "out.mkv", [red_still], model=ByObject(), masks=masks, start=3, end=6)
    assert states == [[4, 5, 6]]


def test_a_model_without_use_for_masks_refuses_them(
    make_film: Callable[..., Path], masks: Path, red_still: Exemplar, tmp_path: Path, one_color: StreamingColorizer
) -> None:
    with pytest.raises(ModelError, match="--masks"):
        colorize_video(make_film(), tmp_path / "out.mkv", [red_still], model=one_color, masks=masks)
    assert not (tmp_path / "out.mkv").exists()


def test_case_35_missing_masks_are_an_error_before_any_work(
    make_film: Callable[..., Path], red_still: Exemplar, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="no masks at"):
        colorize_video(make_film(), tmp_path / "out.mkv", [red_still], model=ByObject(), masks=tmp_path / "none")
