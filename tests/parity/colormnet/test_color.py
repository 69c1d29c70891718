"""CIELAB both ways as the release computes it (scikit-image in float64 and float32), to 1e-5."""

from collections.abc import Callable

import numpy as np
import torch
from seeded_inputs import input_array

from kinemacolor import color
from kinemacolor.models.colormnet.colorizer import CHROMA_SCALE, normalized_luma


def test_normalized_lab(measured: Callable[[str], dict[str, np.ndarray]]) -> None:
    rgb = (input_array("rgb", (32, 48, 3), 1, kind="uniform") * 256).astype(np.uint8)
    luma, chroma = color.split(torch.from_numpy(rgb).permute(2, 0, 1))
    ours = torch.cat((normalized_luma(luma), chroma / CHROMA_SCALE))
    assert (ours - torch.from_numpy(measured("color_io")["lab_norm"])).abs().max() <= 1e-5


def test_rgb_of_normalized_lab(measured: Callable[[str], dict[str, np.ndarray]]) -> None:
    luma = torch.from_numpy(input_array("L", (32, 48), 1, kind="uniform") * 2 - 1)[None]
    chroma = torch.from_numpy(input_array("ab", (2, 32, 48), 1, kind="uniform") * 1.4 - 0.7)
    rgb = color.rgb_of(torch.cat((50 * luma + 50, CHROMA_SCALE * chroma))).permute(1, 2, 0)
    theirs = torch.from_numpy(measured("color_io")["rgb_float"])
    # the cube root of the linear part next to black is where float32 arithmetic differs most
    assert (rgb - theirs).abs().max() <= 1e-5
