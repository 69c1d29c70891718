"""The weights that come with the installation: these very files, and how well they colour the sample."""

import hashlib
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from kinemacolor import color
from kinemacolor.engine.shot import luma_of
from kinemacolor.io import open_reader
from kinemacolor.models import colormnet_lite
from kinemacolor.models.base import Reference
from kinemacolor.models.cards import load_model
from kinemacolor.models.colormnet_lite import ColorMNetLiteColorizer
from kinemacolor.resize import resize

SAMPLE = Path(__file__).parents[3] / "examples" / "sample"
TRUTH = Path(__file__).with_name("sample_000040.png")
SHIPPED = {
    "default": ("permissive.safetensors", "698948c151fe23c3a5da41fae09930ed780b4c6da3499d26732bc98b5138245e", 29.34),
    "all": ("all.safetensors", "8e5a4dcbacf294f9d1883c4b825f1232ddeddf259aa8aff09b4d540657f039c3", 29.33),
}


def picture(path: Path) -> torch.Tensor:
    return torch.from_numpy(np.array(Image.open(path).convert("RGB"))).permute(2, 0, 1)


@pytest.mark.parametrize("name", SHIPPED)
def test_the_file_is_the_one_described(name: str) -> None:
    path = colormnet_lite.WEIGHTS.with_name(SHIPPED[name][0])
    assert hashlib.sha256(path.read_bytes()).hexdigest() == SHIPPED[name][1]
    assert path.stat().st_size < 1_000_000


@pytest.mark.parametrize("name", SHIPPED)
def test_the_sample_is_coloured_as_well_as_described(name: str) -> None:
    model = load_model("colormnet-lite", weights=name, device="cpu", dtype=torch.float32)
    assert isinstance(model, ColorMNetLiteColorizer)
    truth = picture(TRUTH)
    size = (truth.shape[-2], truth.shape[-1])
    still = color.lab_of(picture(SAMPLE / "ref_000000.png"))
    reference = Reference(resize(still[:1], size), resize(still[1:], size), index=0)
    with open_reader(SAMPLE / "bw.mp4") as film:
        lumas = [resize(luma_of(frame), size) for frame in islice(film, 41)]
    chroma = list(model.colorize(lumas, [reference]))[-1]
    luma = color.lab_of(truth)[:1]
    error = (color.combine(luma, chroma).double() - truth.double()).square().mean().item()
    assert 10 * np.log10(255**2 / error) == pytest.approx(SHIPPED[name][2], abs=0.2)
