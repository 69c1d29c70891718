from collections.abc import Callable
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from kinemacolor import color
from kinemacolor.engine.shot import luma_of
from kinemacolor.io import open_reader
from kinemacolor.models.base import Colorizer, Reference
from kinemacolor.resize import resize

SAMPLE = Path(__file__).parents[2] / "examples" / "sample"
TRUTH = Path(__file__).with_name("sample_000040.png")


def _picture(path: Path) -> Tensor:
    return torch.from_numpy(np.array(Image.open(path).convert("RGB"))).permute(2, 0, 1)


@pytest.fixture(scope="session")
def sample_psnr() -> Callable[[Colorizer], float]:
    """How well a model colors frame 40 of the sample from its first: PSNR in dB of the 8-bit picture."""

    def measure(model: Colorizer) -> float:
        truth = _picture(TRUTH)
        size = (truth.shape[-2], truth.shape[-1])
        still = color.lab_of(_picture(SAMPLE / "ref_000000.png"))
        reference = Reference(resize(still[:1], size), resize(still[1:], size), index=0)
        with open_reader(SAMPLE / "bw.mp4") as film:
            lumas = [resize(luma_of(frame), size) for frame in islice(film, 41)]
        chroma = [answer.chroma for answer in model.colorize(lumas, [reference])][-1]
        colored = color.combine(color.lab_of(truth)[:1], chroma)
        return float(10 * np.log10(255**2 / (colored.double() - truth.double()).square().mean().item()))

    return measure
