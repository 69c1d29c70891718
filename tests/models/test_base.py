"""What all models have in common: answers with a confidence where they have one, and no masks but where used."""

import math

import pytest
import torch

from kinemacolor.errors import ModelError
from kinemacolor.frames import Instance
from kinemacolor.models.base import Colorizer, Reference, confidence_of
from kinemacolor.models.colormnet_lite import ColorMNetLite, ColorMNetLiteColorizer, ColorMNetLiteConfig
from kinemacolor.models.matching import load


def models() -> list[Colorizer]:
    torch.manual_seed(0)
    lite = ColorMNetLiteColorizer(ColorMNetLite(ColorMNetLiteConfig.tiny()))
    return [load(device="cpu", dtype=torch.float32), lite]


def film(count: int) -> torch.Tensor:
    """L* and a*b*, ``count 3 64 96``, of a texture that moves; its right half is new from the third frame on."""
    generator = torch.Generator().manual_seed(1)
    coarse = torch.rand(2, 3, 9, 14, generator=generator)
    worlds = torch.nn.functional.interpolate(coarse, (72, 112), mode="bicubic").clamp(0, 1)
    frames = [worlds[0, :, t : t + 64, 2 * t : 2 * t + 96].clone() for t in range(count)]
    for frame in frames[2:]:
        frame[:, :, 48:] = worlds[1, :, :64, :48]
    lab = torch.stack(frames)
    return torch.cat((100 * lab[:, :1], 80 * (lab[:, 1:] - 0.5)), dim=1)


def test_confidence_falls_with_the_error_that_is_expected() -> None:
    found = confidence_of(torch.tensor([[[0.0, 10.0, 1000.0]]]))
    assert found[0, 0].tolist() == pytest.approx([1.0, math.exp(-1), 0.0])


@pytest.mark.parametrize("number", [0, 1])
def test_colors_come_with_a_confidence(number: int) -> None:
    model, frames = models()[number], film(4)
    reference = Reference(frames[0, :1], frames[0, 1:], 0)
    told = [answer.confidence for answer in model.colorize(frames[:, :1], [reference])]
    for confidence in told:
        assert confidence is not None
        assert confidence.shape[0] == 1
        assert 0 <= confidence.min() <= confidence.max() <= 1
    assert told[0].mean() > 0.98
    known, new = told[2].tensor_split(2, dim=-1)
    assert new.mean() < known.mean() - 0.05


def test_a_model_that_has_no_use_for_object_masks_refuses_them() -> None:
    class Nothing:
        def instances(self, index: int) -> list[Instance]:
            return []

    frames = film(1)
    for model in models():
        with pytest.raises(ModelError, match="takes no object masks"):
            list(model.colorize(frames[:, :1], [Reference(frames[0, :1], frames[0, 1:], 0)], Nothing()))
