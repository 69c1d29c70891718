"""Object masks on their way from a file to the model."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest
import torch
from PIL import Image

from kinemacolor.engine.video import colorize_video
from kinemacolor.errors import InputError, ModelError
from kinemacolor.frames import Exemplar, Luma, ObjectMasks
from kinemacolor.models.base import Answer, Reference, StreamingColorizer


class ByObject(StreamingColorizer[list[int]]):
    """Keeps the number of each frame's first object."""

    identity = "by object"

    def __init__(self) -> None:
        self.shots: list[list[int]] = []

    def start(self, references: Sequence[Reference]) -> list[int]:
        return []

    def step(self, luma: Luma, state: list[int]) -> Answer:
        raise NotImplementedError

    def colorize(
        self, lumas: Iterable[Luma], references: Sequence[Reference], objects: ObjectMasks | None = None
    ) -> Iterator[Answer]:
        assert objects is not None
        self.shots.append([])
        for index, luma in enumerate(lumas):
            self.shots[-1].append(objects.instances(index)[0].track or 0)
            yield Answer(torch.zeros(2, *luma.shape[-2:]))


@pytest.fixture
def masks(tmp_path: Path) -> Path:
    folder = tmp_path / "masks"
    folder.mkdir()
    for number in range(8):
        Image.fromarray(np.full((48, 64), number + 1, dtype=np.uint8)).save(folder / f"{number:05}.png")
    return folder


def test_a_model_gets_the_masks_of_the_film_s_own_frames(
    make_film: Callable[..., Path], masks: Path, red_still: Exemplar, tmp_path: Path
) -> None:
    model = ByObject()
    colorize_video(make_film(), tmp_path / "out.mkv", [red_still], model=model, masks=masks, start=3, end=6)
    assert model.shots == [[4, 5, 6]]


@pytest.mark.parametrize(("rate", "wanted"), [("frame", [4, 5, 6]), ("field", [4, 4, 5, 5, 6, 6])])
def test_masks_of_an_interlaced_film_are_those_of_its_frames(
    masks: Path, red_still: Exemplar, tmp_path: Path, rate: str, wanted: list[int]
) -> None:
    with av.open(str(tmp_path / "a.mpg"), "w") as container:
        stream = container.add_stream("mpeg2video", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.codec_context.options = {"flags": "+ildct+ilme", "g": "1"}
        for number in range(8):
            luma = np.full((72, 64), 128, np.uint8)
            luma[:48] = 40 + 20 * number
            container.mux(stream.encode(av.VideoFrame.from_ndarray(luma, format="yuv420p")))
        container.mux(stream.encode(None))
    model = ByObject()
    colorize_video(
        tmp_path / "a.mpg",
        tmp_path / "out.mkv",
        [red_still],
        model=model,
        masks=masks,
        start=3,
        end=6,
        deinterlace=rate,
    )
    assert model.shots == [wanted]


def test_backward_from_an_exemplar_the_masks_are_those_of_the_same_frames(
    make_film: Callable[..., Path], masks: Path, red_still: Exemplar, tmp_path: Path
) -> None:
    model = ByObject()
    still = replace(red_still, index=5)
    colorize_video(
        make_film(), tmp_path / "out.mkv", [still], model=model, masks=masks, start=3, end=6, both_ways=True
    )
    assert model.shots == [[4, 5, 6], [6, 5, 4]]


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
