"""The weights that come with the installation: these very files, and how well they color the sample."""

import hashlib
from collections.abc import Callable

import pytest
import torch

from kinemacolor.models import colormnet_lite
from kinemacolor.models.base import Colorizer
from kinemacolor.models.load import load_model

SHIPPED = {
    "default": ("permissive.safetensors", "698948c151fe23c3a5da41fae09930ed780b4c6da3499d26732bc98b5138245e", 29.44),
    "all": ("all.safetensors", "8e5a4dcbacf294f9d1883c4b825f1232ddeddf259aa8aff09b4d540657f039c3", 29.44),
}


@pytest.mark.parametrize("name", SHIPPED)
def test_the_file_is_the_one_described(name: str) -> None:
    path = colormnet_lite.WEIGHTS.with_name(SHIPPED[name][0])
    assert hashlib.sha256(path.read_bytes()).hexdigest() == SHIPPED[name][1]
    assert path.stat().st_size < 1_000_000


@pytest.mark.parametrize("name", SHIPPED)
def test_the_sample_is_colored_as_well_as_described(name: str, sample_psnr: Callable[[Colorizer], float]) -> None:
    model = load_model("colormnet-lite", weights=name, device="cpu", dtype=torch.float32)
    assert sample_psnr(model) == pytest.approx(SHIPPED[name][2], abs=0.2)


def test_the_former_default_is_there_to_compare_with(sample_psnr: Callable[[Colorizer], float]) -> None:
    model = load_model(
        "colormnet-lite",
        device="cpu",
        dtype=torch.float32,
        settings={"prior": "look", "look_every": 1, "prior_every": 1},
    )
    assert sample_psnr(model) == pytest.approx(29.34, abs=0.05)
