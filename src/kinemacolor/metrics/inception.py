"""Inception v3 (Szegedy et al., 2015, arXiv:1512.00567), whose pooled features FID compares.

Layers bear the names of torchvision's file. Google's network of 2015-12-05, with which FID was defined, pools
otherwise: averages leave the padding out, and the last block takes a maximum (as pytorch-fid documents it).
"""

from pathlib import Path

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from kinemacolor.frames import RGB
from kinemacolor.metrics.backbones import load_published

INPUT_PX = 299
FEATURES = 2048


class Conv(nn.Module):
    """Convolution, batch norm, ReLU."""

    def __init__(self, inputs: int, outputs: int, kernel: int | tuple[int, int], stride: int = 1) -> None:
        super().__init__()
        sides = (kernel, kernel) if isinstance(kernel, int) else kernel
        padding = (sides[0] // 2, sides[1] // 2) if stride == 1 else (0, 0)
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, padding, bias=False)
        self.bn = nn.BatchNorm2d(outputs, eps=0.001)

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c2 h2 w2"]:
        """The layer's maps."""
        return F.relu(self.bn(self.conv(x)))


class Valid(Conv):
    """The same without padding."""

    def __init__(self, inputs: int, outputs: int, kernel: int) -> None:
        super().__init__(inputs, outputs, kernel)
        self.conv.padding = (0, 0)


class Block(nn.Module):
    """Chains of layers side by side, whose maps are joined. ``pool`` stands for a 3x3 pool, ``a|b`` for a fork."""

    def __init__(
        self, layers: dict[str, nn.Module], chains: tuple[tuple[str, ...], ...], *, pool: str, fid: bool = False
    ) -> None:
        super().__init__()
        for name, layer in layers.items():
            self.add_module(name, layer)
        self.chains, self.pool, self.fid = chains, pool, fid

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c2 h2 w2"]:
        """The joined maps."""
        joined = []
        for chain in self.chains:
            out = x
            for name in chain:
                if name == "pool":
                    out = self._pooled(out)
                elif "|" in name:
                    out = torch.cat([self.get_submodule(part)(out) for part in name.split("|")], dim=1)
                else:
                    out = self.get_submodule(name)(out)
            joined.append(out)
        return torch.cat(joined, dim=1)

    def _pooled(self, x: Tensor) -> Tensor:
        if self.pool == "halve":
            return F.max_pool2d(x, 3, 2)
        if self.pool == "max":
            return F.max_pool2d(x, 3, 1, 1)
        return F.avg_pool2d(x, 3, 1, 1, count_include_pad=not self.fid)


def _block_a(inputs: int, pooled: int, *, fid: bool) -> Block:
    layers: dict[str, nn.Module] = {
        "branch1x1": Conv(inputs, 64, 1),
        "branch5x5_1": Conv(inputs, 48, 1),
        "branch5x5_2": Conv(48, 64, 5),
        "branch3x3dbl_1": Conv(inputs, 64, 1),
        "branch3x3dbl_2": Conv(64, 96, 3),
        "branch3x3dbl_3": Conv(96, 96, 3),
        "branch_pool": Conv(inputs, pooled, 1),
    }
    chains = (
        ("branch1x1",),
        ("branch5x5_1", "branch5x5_2"),
        ("branch3x3dbl_1", "branch3x3dbl_2", "branch3x3dbl_3"),
        ("pool", "branch_pool"),
    )
    return Block(layers, chains, pool="mean", fid=fid)


def _block_b(inputs: int) -> Block:
    layers: dict[str, nn.Module] = {
        "branch3x3": Conv(inputs, 384, 3, 2),
        "branch3x3dbl_1": Conv(inputs, 64, 1),
        "branch3x3dbl_2": Conv(64, 96, 3),
        "branch3x3dbl_3": Conv(96, 96, 3, 2),
    }
    chains = (("branch3x3",), ("branch3x3dbl_1", "branch3x3dbl_2", "branch3x3dbl_3"), ("pool",))
    return Block(layers, chains, pool="halve")


def _block_c(inputs: int, narrow: int, *, fid: bool) -> Block:
    row, column = (1, 7), (7, 1)
    layers: dict[str, nn.Module] = {
        "branch1x1": Conv(inputs, 192, 1),
        "branch7x7_1": Conv(inputs, narrow, 1),
        "branch7x7_2": Conv(narrow, narrow, row),
        "branch7x7_3": Conv(narrow, 192, column),
        "branch7x7dbl_1": Conv(inputs, narrow, 1),
        "branch7x7dbl_2": Conv(narrow, narrow, column),
        "branch7x7dbl_3": Conv(narrow, narrow, row),
        "branch7x7dbl_4": Conv(narrow, narrow, column),
        "branch7x7dbl_5": Conv(narrow, 192, row),
        "branch_pool": Conv(inputs, 192, 1),
    }
    chains = (
        ("branch1x1",),
        ("branch7x7_1", "branch7x7_2", "branch7x7_3"),
        tuple(f"branch7x7dbl_{i}" for i in range(1, 6)),
        ("pool", "branch_pool"),
    )
    return Block(layers, chains, pool="mean", fid=fid)


def _block_d(inputs: int) -> Block:
    layers: dict[str, nn.Module] = {
        "branch3x3_1": Conv(inputs, 192, 1),
        "branch3x3_2": Conv(192, 320, 3, 2),
        "branch7x7x3_1": Conv(inputs, 192, 1),
        "branch7x7x3_2": Conv(192, 192, (1, 7)),
        "branch7x7x3_3": Conv(192, 192, (7, 1)),
        "branch7x7x3_4": Conv(192, 192, 3, 2),
    }
    chains = (("branch3x3_1", "branch3x3_2"), tuple(f"branch7x7x3_{i}" for i in range(1, 5)), ("pool",))
    return Block(layers, chains, pool="halve")


def _block_e(inputs: int, *, pool: str, fid: bool) -> Block:
    layers: dict[str, nn.Module] = {
        "branch1x1": Conv(inputs, 320, 1),
        "branch3x3_1": Conv(inputs, 384, 1),
        "branch3x3_2a": Conv(384, 384, (1, 3)),
        "branch3x3_2b": Conv(384, 384, (3, 1)),
        "branch3x3dbl_1": Conv(inputs, 448, 1),
        "branch3x3dbl_2": Conv(448, 384, 3),
        "branch3x3dbl_3a": Conv(384, 384, (1, 3)),
        "branch3x3dbl_3b": Conv(384, 384, (3, 1)),
        "branch_pool": Conv(inputs, 192, 1),
    }
    chains = (
        ("branch1x1",),
        ("branch3x3_1", "branch3x3_2a|branch3x3_2b"),
        ("branch3x3dbl_1", "branch3x3dbl_2", "branch3x3dbl_3a|branch3x3dbl_3b"),
        ("pool", "branch_pool"),
    )
    return Block(layers, chains, pool=pool, fid=fid)


class Inception(nn.Module):
    """The trunk, up to the mean over places. ``fid``: as Google's network of 2015 pools, else as torchvision's."""

    def __init__(self, *, fid: bool) -> None:
        super().__init__()
        self.fid = fid
        self.Conv2d_1a_3x3 = Conv(3, 32, 3, 2)
        self.Conv2d_2a_3x3 = Valid(32, 32, 3)
        self.Conv2d_2b_3x3 = Conv(32, 64, 3)
        self.Conv2d_3b_1x1 = Conv(64, 80, 1)
        self.Conv2d_4a_3x3 = Valid(80, 192, 3)
        self.Mixed_5b = _block_a(192, 32, fid=fid)
        self.Mixed_5c = _block_a(256, 64, fid=fid)
        self.Mixed_5d = _block_a(288, 64, fid=fid)
        self.Mixed_6a = _block_b(288)
        self.Mixed_6b = _block_c(768, 128, fid=fid)
        self.Mixed_6c = _block_c(768, 160, fid=fid)
        self.Mixed_6d = _block_c(768, 160, fid=fid)
        self.Mixed_6e = _block_c(768, 192, fid=fid)
        self.Mixed_7a = _block_d(768)
        self.Mixed_7b = _block_e(1280, pool="mean", fid=fid)
        self.Mixed_7c = _block_e(2048, pool="max" if fid else "mean", fid=fid)
        self.requires_grad_(False).eval()

    @classmethod
    def load(cls, path: Path, *, fid: bool) -> "Inception":
        """From pytorch-fid's file (``fid``) or torchvision's. Raises ``WeightsError`` where it is another's."""
        model = cls(fid=fid)
        load_published(model, path, keep=lambda name: not name.startswith(("fc.", "AuxLogits.")))
        return model

    @torch.inference_mode()
    def forward(self, picture: RGB) -> Float[Tensor, " 2048"]:
        """The features of an 8-bit picture, brought to 299x299 (bilinear) and -1..1."""
        x = F.interpolate(picture[None].float() / 127.5 - 1, (INPUT_PX, INPUT_PX), mode="bilinear")
        for name, layer in self.named_children():
            x = layer(x)
            if name in ("Conv2d_2b_3x3", "Conv2d_4a_3x3"):
                x = F.max_pool2d(x, 3, 2)
        return x.mean((-2, -1))[0]
