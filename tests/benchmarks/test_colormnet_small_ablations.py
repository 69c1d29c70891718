"""ColorMNet-small: each ablation learns, colors a shot and comes back from a file."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

import colormnet_small
from colormnet_small import ColorMNetSmall, ColorMNetSmallConfig
from kinemacolor.models.base import Reference
from kinemacolor.models.colormnet import MemoryPolicy

SMALL = ColorMNetSmallConfig.tiny()
CONFIGS = [
    replace(SMALL, features="pvgfe"),
    replace(SMALL, features="local"),
    replace(SMALL, features="global"),
    replace(SMALL, features="concatenation"),
    replace(SMALL, locality=False),
    replace(SMALL, propagation="recurrent"),
]


def built(config: ColorMNetSmallConfig) -> ColorMNetSmall:
    torch.manual_seed(0)
    return ColorMNetSmall(config).eval()


@pytest.mark.parametrize("config", CONFIGS, ids=lambda c: f"{c.features}-{c.propagation}-{c.locality}")
def test_an_ablation_learns_is_saved_and_colors_a_shot(config: ColorMNetSmallConfig, tmp_path: Path) -> None:
    network = built(config)
    luma = torch.rand(1, 6, 1, 32, 32, generator=torch.Generator().manual_seed(1)) * 2 - 1
    network(luma, torch.full((1, 2, 32, 32), 0.3)).square().sum().backward()
    assert network.key.key.weight.grad is not None
    assert network.key.key.weight.grad.abs().sum() > 0
    colormnet_small.save(network, tmp_path / "net.safetensors")
    loaded = colormnet_small.load(tmp_path / "net.safetensors")
    assert loaded.network.config == config
    assert loaded.policy == MemoryPolicy.of(config.propagation)
    lumas = 50 + 50 * luma[0]
    colored = [answer.chroma for answer in loaded.colorize(lumas, [Reference(lumas[0], torch.zeros(2, 32, 32), 0)])]
    assert all(torch.isfinite(chroma).all() for chroma in colored)


def test_each_feature_kind_gives_maps_of_its_own_and_equal_shapes() -> None:
    luma = torch.rand(1, 1, 64, 96, generator=torch.Generator().manual_seed(1)) * 2 - 1
    with torch.no_grad():
        found = [built(replace(SMALL, features=kind)).features(luma) for kind in ("merged", "pvgfe", "local")]
    assert len({(m.stride16.shape, m.stride8.shape, m.stride4.shape) for m in found}) == 1
    assert not torch.allclose(found[0].stride16, found[1].stride16)


def test_global_features_alone_know_nothing_finer_than_their_stride() -> None:
    network = built(replace(SMALL, features="global"))
    luma = torch.rand(1, 1, 64, 64, generator=torch.Generator().manual_seed(1)) * 2 - 1
    with torch.no_grad():
        stride4 = network.features(luma).stride4
    # between the centers of four cells of stride 32 a bilinear map has no second difference before the ReLU
    assert stride4.shape[-2:] == (16, 16)
    inside = stride4[..., 4:12, 4:12]
    active = (inside > 0).all(dim=(-2, -1))[0]
    assert active.any()
    second = inside[:, active].diff(n=2, dim=-1).abs().max()
    assert second < 1e-4


def test_recurrent_training_reads_the_frame_before_alone() -> None:
    config = replace(SMALL, propagation="recurrent", locality=False)
    network = built(config)
    luma = torch.rand(1, 3, 1, 32, 32, generator=torch.Generator().manual_seed(1)) * 2 - 1
    exemplar = torch.full((1, 2, 32, 32), 0.4)
    with torch.no_grad():
        # the decoder adds nothing yet: a flat color comes through unchanged, from frame to frame
        assert torch.allclose(network(luma, exemplar), exemplar[:, None].expand(1, 2, 2, 32, 32), atol=1e-5)


def test_untrained_the_small_network_gives_what_it_read() -> None:
    network = built(SMALL)
    luma = torch.rand(1, 4, 1, 64, 64, generator=torch.Generator().manual_seed(1)) * 2 - 1
    exemplar = torch.zeros(1, 2, 64, 64)
    exemplar[:, 0] = 0.25
    with torch.no_grad():
        assert torch.allclose(network(luma, exemplar), exemplar[:, None].expand(1, 3, 2, 64, 64), atol=1e-5)
