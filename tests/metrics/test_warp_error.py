import math

import numpy as np
import pytest
import torch
from scipy.ndimage import map_coordinates

from kinemacolor.metrics.warp_error import motion, warp_error


def test_warp_error_equals_a_numpy_transcription_of_eq_13() -> None:
    generator = torch.Generator().manual_seed(0)
    chroma, before = 60 * torch.rand(2, 2, 20, 30, generator=generator) - 30
    flow = 6 * torch.rand(2, 20, 30, generator=generator) - 3
    visible = torch.rand(1, 20, 30, generator=generator) > 0.4
    y, x = np.mgrid[:20, :30]
    places = [y + flow[1].numpy(), x + flow[0].numpy()]
    warped = np.stack([map_coordinates(plane.numpy(), places, order=1, mode="nearest") for plane in before])
    distance = np.linalg.norm(warped - chroma.numpy(), axis=0)
    assert warp_error(chroma, before, flow, visible) == pytest.approx(distance[visible[0].numpy()].mean(), rel=1e-5)


def test_color_that_moves_with_the_film_has_no_error_and_color_that_stays_has() -> None:
    generator = torch.Generator().manual_seed(0)
    coarse = torch.rand(1, 3, 16, 24, generator=generator)
    world = torch.nn.functional.interpolate(coarse, (128, 192), mode="bicubic", align_corners=False)[0]
    luma, chroma = 100 * world[:1].clamp(0, 1), 80 * world[1:] - 40
    before = [planes[:, :, 4:164].contiguous() for planes in (luma, chroma)]
    now = [planes[:, :, :160].contiguous() for planes in (luma, chroma)]  # the picture moves 4 px to the right
    flow, visible = motion(now[0], before[0])
    assert flow[0, 20:-20, 20:-20].median().item() == pytest.approx(-4, abs=0.2)
    moving = warp_error(now[1], before[1], flow, visible)
    staying = warp_error(before[1], before[1], flow, visible)
    assert moving < 0.5 < 4 * moving + 1 < staying


def test_what_no_frame_saw_before_does_not_count() -> None:
    chroma, before = torch.full((2, 2, 4, 4), 10.0)
    chroma[:, :, 2:] = 90
    visible = torch.zeros(1, 4, 4, dtype=torch.bool)
    assert math.isnan(warp_error(chroma, before, torch.zeros(2, 4, 4), visible))
    visible[..., :2] = True
    assert warp_error(chroma, before, torch.zeros(2, 4, 4), visible) == 0
