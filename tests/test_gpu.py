"""The default model on a GPU: the colors that the CPU finds. ``pytest --gpu`` on a machine that has one."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from kinemacolor import Exemplar, Frame, colorize_frames, load_model
from kinemacolor.frames import RGB
from kinemacolor.io.pictures import read_picture
from kinemacolor.metrics.psnr import psnr

STILL = Path(__file__).parents[1] / "examples" / "sample" / "ref_000000.png"
FRAMES, SIZE = 6, (180, 320)


def pictures() -> list[RGB]:
    """A camera that moves over the sample's still."""
    picture, _ = read_picture(STILL)
    return [picture[:, 60 : 60 + SIZE[0], 4 * i : 4 * i + SIZE[1]] for i in range(FRAMES)]


def colored_on(device: str) -> Iterator[RGB]:
    film = pictures()
    gray = (Frame(rgb=rgb[1:2].expand(3, -1, -1), index=number) for number, rgb in enumerate(film))
    model = load_model("colormnet-lite", device=device)
    for frame in colorize_frames(gray, [Exemplar(film[0], index=0)], model=model, size=SIZE):
        assert frame.rgb is not None
        yield frame.rgb.cpu()


@pytest.mark.gpu
def test_the_default_model_finds_the_colors_that_the_cpu_finds() -> None:
    torch.cuda.reset_peak_memory_stats()
    ours, reference = list(colored_on("cuda")), list(colored_on("cpu"))
    assert torch.cuda.max_memory_allocated() > 0
    assert len(ours) == FRAMES
    assert min(psnr(one, other) for one, other in zip(ours, reference)) > 40
