"""Each ablation of the paper is a config: it learns, colors a shot and comes back from a file."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from kinemacolor.models import colormnet
from kinemacolor.models.base import Reference
from kinemacolor.models.colormnet import ColorMNet, ColorMNetConfig, MemoryPolicy

FULL = ColorMNetConfig.tiny()
CONFIGS = [
    replace(FULL, features="resnet50"),
    replace(FULL, features="dinov2"),
    replace(FULL, features="concatenation"),
    replace(FULL, locality=False),
    replace(FULL, propagation="stacking"),
    replace(FULL, propagation="recurrent"),
]


def built(config: ColorMNetConfig) -> ColorMNet:
    torch.manual_seed(0)
    return ColorMNet(config).eval()


@pytest.mark.parametrize("config", CONFIGS, ids=lambda c: f"{c.features}-{c.propagation}-{c.locality}")
def test_an_ablation_learns_is_saved_and_colors_a_shot(
    config: ColorMNetConfig, tmp_path: Path, shot: tuple[torch.Tensor, torch.Tensor]
) -> None:
    network = built(config)
    luma = torch.rand(1, 6, 1, 32, 32, generator=torch.Generator().manual_seed(1)) * 2 - 1
    network(luma, torch.full((1, 2, 32, 32), 0.3)).square().sum().backward()
    assert network.key.key.weight.grad is not None
    assert network.key.key.weight.grad.abs().sum() > 0
    colormnet.save(network, tmp_path / "net.safetensors")
    loaded = colormnet.load(tmp_path / "net.safetensors")
    assert loaded.network.config == config
    assert loaded.policy == MemoryPolicy.of(config.propagation)
    colored = [answer.chroma for answer in loaded.colorize(shot[0][:5], [Reference(shot[0][0], shot[1][0], 0)])]
    assert all(torch.isfinite(chroma).all() for chroma in colored)


def test_each_feature_kind_gives_maps_of_its_own_and_equal_shapes() -> None:
    luma = torch.rand(1, 1, 64, 96, generator=torch.Generator().manual_seed(1)) * 2 - 1
    with torch.no_grad():
        kinds = ("pvgfe", "resnet50", "dinov2", "concatenation")
        found = [built(replace(FULL, features=kind)).features(luma) for kind in kinds]
    assert len({(m.stride16.shape, m.stride8.shape, m.stride4.shape) for m in found}) == 1
    assert not torch.allclose(found[0].stride16, found[1].stride16)
