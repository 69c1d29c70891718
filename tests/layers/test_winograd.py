"""Minimal filtering against torch's own convolution."""

import pytest
import torch
import torch.nn.functional as F

from kinemacolor.layers import winograd
from kinemacolor.layers.winograd import Conv3x3, conv3x3, minimal_conv3x3


@pytest.mark.parametrize("size", [(1, 1), (4, 8), (5, 3), (9, 14), (18, 5)])
@pytest.mark.parametrize("rectify", [False, True])
def test_minimal_filtering_equals_the_convolution(size: tuple[int, int], rectify: bool) -> None:
    torch.manual_seed(0)
    x, weight, bias = torch.randn(2, 6, *size), torch.randn(5, 6, 3, 3), torch.randn(5)
    plain = F.conv2d((F.relu(x) if rectify else x).double(), weight.double(), bias.double(), padding=1)
    for form in (torch.contiguous_format, torch.channels_last):
        ours = minimal_conv3x3(x.to(memory_format=form), weight, bias, rectify=rectify)
        assert torch.allclose(ours.double(), plain, atol=3e-5)
        assert ours.is_contiguous(memory_format=torch.channels_last)
    assert torch.allclose(minimal_conv3x3(x, weight), F.conv2d(x, weight, padding=1), atol=3e-5)


def test_strips_join_without_a_seam(monkeypatch: pytest.MonkeyPatch) -> None:
    x, weight = torch.randn(1, 3, 30, 17), torch.randn(4, 3, 3, 3)
    whole = minimal_conv3x3(x, weight)
    monkeypatch.setattr(winograd, "_TILES_AT_ONCE", 10)
    assert torch.allclose(minimal_conv3x3(x, weight), whole, atol=1e-5)


def test_only_large_maps_without_a_gradient_in_fp32_are_filtered_minimally(monkeypatch: pytest.MonkeyPatch) -> None:
    taken = []
    monkeypatch.setattr(winograd, "minimal_conv3x3", lambda *args, **_: taken.append(args) or args[0])
    large, small = torch.zeros(1, 128, 32, 32), torch.zeros(1, 128, 8, 8)
    conv = Conv3x3(128, 128)
    conv(large)
    with torch.no_grad():
        conv(small)
        Conv3x3(128, 4)(large)
        conv3x3(large.double(), conv.weight.double())
        with torch.autocast("cpu", torch.bfloat16):
            conv(large)
    assert not taken
    with torch.no_grad():
        conv(large)
    assert len(taken) == 1


def test_training_passes_gradients() -> None:
    conv, x = Conv3x3(3, 4), torch.randn(1, 3, 5, 6, requires_grad=True)
    conv(x, rectify=True).sum().backward()
    assert x.grad is not None
    assert conv.weight.grad is not None
