from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from kinemacolor.errors import WeightsError
from kinemacolor.metrics.lpips import Lpips

WIDTH = 8


@pytest.fixture
def lpips() -> Lpips:
    torch.manual_seed(0)
    return Lpips(WIDTH)


def torchvision_alexnet(width: int) -> nn.Sequential:
    """``torchvision.models.alexnet().features`` up to its last ReLU, written out anew."""
    c = [3, width, width * 3, width * 6, width * 4, width * 4]
    return nn.Sequential(
        nn.Conv2d(c[0], c[1], kernel_size=11, stride=4, padding=2), nn.ReLU(), nn.MaxPool2d(3, stride=2),
        nn.Conv2d(c[1], c[2], kernel_size=5, padding=2), nn.ReLU(), nn.MaxPool2d(3, stride=2),
        nn.Conv2d(c[2], c[3], kernel_size=3, padding=1), nn.ReLU(),
        nn.Conv2d(c[3], c[4], kernel_size=3, padding=1), nn.ReLU(),
        nn.Conv2d(c[4], c[5], kernel_size=3, padding=1), nn.ReLU(),
    )  # fmt: skip


def reference(one: Tensor, other: Tensor, trunk: nn.Sequential, heads: list[NDArray], *, scaled: bool) -> float:
    """Zhang et al., 2018, Eq. 1, in NumPy over the maps of the trunk."""
    maps: list[list[NDArray]] = []
    for picture in (one, other):
        values = picture.numpy().astype(np.float64)
        values = values / 127.5 - 1 if scaled else values
        shift = np.array([-0.030, -0.088, -0.188])[:, None, None]
        x = torch.from_numpy((values - shift) / np.array([0.458, 0.448, 0.450])[:, None, None])[None]
        kept = []
        for layer in trunk.double():
            x = layer(x)
            if isinstance(layer, nn.ReLU):
                kept.append(x[0].detach().numpy().copy())
        maps.append(kept)
    total = 0.0
    for a, b, head in zip(*maps, heads, strict=True):
        a, b = (m / (np.sqrt((m**2).sum(0)) + 1e-10) for m in (a, b))
        total += (head[:, None, None] * (a - b) ** 2).sum(0).mean()
    return total


@pytest.mark.parametrize("scaled", [True, False])
def test_lpips_equals_the_definition_over_randomly_initialized_alexnet(
    scaled: bool, lpips: Lpips, picture: Tensor, truth: Tensor
) -> None:
    trunk = torchvision_alexnet(WIDTH)
    trunk.load_state_dict(lpips.trunk.state_dict())
    heads = [lpips.heads.weight(i).detach().double().numpy()[0, :, 0, 0] for i in range(5)]
    expected = reference(picture, truth, trunk, heads, scaled=scaled)
    assert lpips(picture, truth, scaled=scaled) == pytest.approx(expected, rel=1e-4)
    assert abs(expected) > 1e-4


def test_equal_pictures_are_at_no_distance(lpips: Lpips, picture: Tensor) -> None:
    assert lpips(picture, picture) == 0


def test_the_public_files_are_read_by_their_names(tmp_path: Path) -> None:
    torch.manual_seed(0)
    source = Lpips()
    published = {f"features.{name}": value for name, value in source.trunk.state_dict().items()}
    published["classifier.1.weight"] = torch.zeros(4096, 9216)[:2]
    torch.save(published, tmp_path / "alexnet.pth")
    heads = {f"lin{i}.model.1.weight": torch.rand(1, c, 1, 1) for i, c in enumerate((64, 192, 384, 256, 256))}
    torch.save(heads, tmp_path / "alex.pth")
    read = Lpips.load(tmp_path / "alexnet.pth", tmp_path / "alex.pth")
    assert all(torch.equal(a, b) for a, b in zip(read.trunk.parameters(), source.trunk.parameters(), strict=True))
    assert torch.equal(read.heads.weight(2), heads["lin2.model.1.weight"])


def test_files_of_another_network_are_refused(tmp_path: Path) -> None:
    torch.save({"features.0.weight": torch.zeros(3)}, tmp_path / "other.pth")
    with pytest.raises(WeightsError, match="another network"):
        Lpips.load(tmp_path / "other.pth", tmp_path / "other.pth")
