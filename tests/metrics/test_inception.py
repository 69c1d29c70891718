from collections.abc import Callable
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from kinemacolor.metrics.inception import FEATURES, Inception

Layer = Callable[..., Tensor]


@pytest.fixture(scope="module")
def published() -> dict[str, Tensor]:
    """Random weights under the names of the public files."""
    torch.manual_seed(0)
    network = Inception(fid=True)
    for name, value in network.state_dict().items():
        if name.endswith("running_var"):
            value.uniform_(0.5, 2)
        elif name.endswith(("running_mean", "bn.bias")):
            value.normal_(0, 0.1)
        elif name.endswith("bn.weight"):
            value.uniform_(0.8, 1.6)
    return {k: v.clone() for k, v in network.state_dict().items() if not k.endswith("num_batches_tracked")}


def reference(weights: dict[str, Tensor], picture: Tensor, *, fid: bool) -> Tensor:
    """Inception v3 as torchvision's source and the paper's tables have it, in functional form."""

    def conv(x: Tensor, name: str, stride: int = 1, padding: int | tuple[int, int] = 0) -> Tensor:
        x = F.conv2d(x, weights[f"{name}.conv.weight"], stride=stride, padding=padding)
        bn = [weights[f"{name}.bn.{part}"] for part in ("running_mean", "running_var", "weight", "bias")]
        return F.relu(F.batch_norm(x, *bn, eps=0.001))

    def mean_pool(x: Tensor) -> Tensor:
        return F.avg_pool2d(x, 3, stride=1, padding=1, count_include_pad=not fid)

    def a(x: Tensor, n: str) -> Tensor:
        b5 = conv(conv(x, f"{n}.branch5x5_1"), f"{n}.branch5x5_2", padding=2)
        b3 = conv(conv(x, f"{n}.branch3x3dbl_1"), f"{n}.branch3x3dbl_2", padding=1)
        b3 = conv(b3, f"{n}.branch3x3dbl_3", padding=1)
        return torch.cat([conv(x, f"{n}.branch1x1"), b5, b3, conv(mean_pool(x), f"{n}.branch_pool")], 1)

    def b(x: Tensor, n: str) -> Tensor:
        double = conv(conv(x, f"{n}.branch3x3dbl_1"), f"{n}.branch3x3dbl_2", padding=1)
        double = conv(double, f"{n}.branch3x3dbl_3", stride=2)
        return torch.cat([conv(x, f"{n}.branch3x3", stride=2), double, F.max_pool2d(x, 3, 2)], 1)

    def c(x: Tensor, n: str) -> Tensor:
        b7 = conv(conv(x, f"{n}.branch7x7_1"), f"{n}.branch7x7_2", padding=(0, 3))
        b7 = conv(b7, f"{n}.branch7x7_3", padding=(3, 0))
        d = conv(conv(x, f"{n}.branch7x7dbl_1"), f"{n}.branch7x7dbl_2", padding=(3, 0))
        d = conv(d, f"{n}.branch7x7dbl_3", padding=(0, 3))
        d = conv(d, f"{n}.branch7x7dbl_4", padding=(3, 0))
        d = conv(d, f"{n}.branch7x7dbl_5", padding=(0, 3))
        return torch.cat([conv(x, f"{n}.branch1x1"), b7, d, conv(mean_pool(x), f"{n}.branch_pool")], 1)

    def d(x: Tensor, n: str) -> Tensor:
        b3 = conv(conv(x, f"{n}.branch3x3_1"), f"{n}.branch3x3_2", stride=2)
        b7 = conv(conv(x, f"{n}.branch7x7x3_1"), f"{n}.branch7x7x3_2", padding=(0, 3))
        b7 = conv(conv(b7, f"{n}.branch7x7x3_3", padding=(3, 0)), f"{n}.branch7x7x3_4", stride=2)
        return torch.cat([b3, b7, F.max_pool2d(x, 3, 2)], 1)

    def e(x: Tensor, n: str, pool: Layer) -> Tensor:
        b3 = conv(x, f"{n}.branch3x3_1")
        b3 = torch.cat(
            [conv(b3, f"{n}.branch3x3_2a", padding=(0, 1)), conv(b3, f"{n}.branch3x3_2b", padding=(1, 0))], 1
        )
        k = conv(conv(x, f"{n}.branch3x3dbl_1"), f"{n}.branch3x3dbl_2", padding=1)
        k = torch.cat(
            [conv(k, f"{n}.branch3x3dbl_3a", padding=(0, 1)), conv(k, f"{n}.branch3x3dbl_3b", padding=(1, 0))], 1
        )
        return torch.cat([conv(x, f"{n}.branch1x1"), b3, k, conv(pool(x), f"{n}.branch_pool")], 1)

    x = F.interpolate(picture[None].float(), (299, 299), mode="bilinear", align_corners=False) / 127.5 - 1
    x = conv(conv(x, "Conv2d_1a_3x3", stride=2), "Conv2d_2a_3x3")
    x = F.max_pool2d(conv(x, "Conv2d_2b_3x3", padding=1), 3, 2)
    x = F.max_pool2d(conv(conv(x, "Conv2d_3b_1x1"), "Conv2d_4a_3x3"), 3, 2)
    for name in ("Mixed_5b", "Mixed_5c", "Mixed_5d"):
        x = a(x, name)
    x = b(x, "Mixed_6a")
    for name in ("Mixed_6b", "Mixed_6c", "Mixed_6d", "Mixed_6e"):
        x = c(x, name)
    x = e(d(x, "Mixed_7a"), "Mixed_7b", mean_pool)
    x = e(x, "Mixed_7c", (lambda y: F.max_pool2d(y, 3, 1, 1)) if fid else mean_pool)
    return F.adaptive_avg_pool2d(x, 1).flatten()


@pytest.mark.parametrize("fid", [True, False])
def test_features_equal_a_reference_over_random_weights(
    fid: bool, published: dict[str, Tensor], tmp_path: Path
) -> None:
    torch.save(
        {**published, "fc.weight": torch.zeros(3), "AuxLogits.conv0.bn.bias": torch.zeros(3)}, tmp_path / "i.pth"
    )
    network = Inception.load(tmp_path / "i.pth", fid=fid)
    picture = torch.randint(0, 256, (3, 90, 120), generator=torch.Generator().manual_seed(1), dtype=torch.uint8)
    expected = reference(published, picture, fid=fid)
    found = network(picture)
    assert found.shape == (FEATURES,)
    assert torch.allclose(found, expected, rtol=1e-4, atol=1e-6)
    assert expected.std() > 0


def test_the_two_poolings_differ(published: dict[str, Tensor]) -> None:
    picture = torch.randint(0, 256, (3, 40, 40), generator=torch.Generator().manual_seed(1), dtype=torch.uint8)
    networks = [Inception(fid=fid) for fid in (True, False)]
    for network in networks:
        network.load_state_dict(published, strict=False)
    one, other = (network(picture) for network in networks)
    assert not torch.allclose(one, other, rtol=1e-2)


def test_the_trunk_has_as_many_parameters_as_the_published_one() -> None:
    """torchvision documents 27,161,264 in all; 3,326,696 of the auxiliary classifier and 2,049,000 of the classes."""
    assert sum(p.numel() for p in Inception(fid=False).parameters()) == 27_161_264 - 3_326_696 - 2_049_000
