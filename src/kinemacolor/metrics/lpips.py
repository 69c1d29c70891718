"""LPIPS, learned perceptual image patch similarity (Zhang et al., 2018, arXiv:1801.03924), v0.1, AlexNet."""

from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor, nn

from kinemacolor.frames import RGB
from kinemacolor.metrics.backbones import load_published

_TAPS = (1, 4, 7, 9, 11)
"""Layers of the trunk whose maps count: the five ReLUs."""

_CHANNELS = (64, 192, 384, 256, 256)
_SHIFT, _SCALE = (-0.030, -0.088, -0.188), (0.458, 0.448, 0.450)
_EPSILON = 1e-10


def alexnet_trunk(width: int = 64) -> nn.Sequential:
    """AlexNet's convolutions as torchvision numbers them; ``width`` is the first layer's, 64 but in tests."""
    one, two, three, four, five = (width * channels // 64 for channels in _CHANNELS)
    return nn.Sequential(
        nn.Conv2d(3, one, 11, 4, 2),
        nn.ReLU(),
        nn.MaxPool2d(3, 2),
        nn.Conv2d(one, two, 5, padding=2),
        nn.ReLU(),
        nn.MaxPool2d(3, 2),
        nn.Conv2d(two, three, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(three, four, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(four, five, 3, padding=1),
        nn.ReLU(),
    )


class Heads(nn.Module):
    """A weight for each channel of each map, under the names of the published file."""

    def __init__(self, width: int = 64) -> None:
        super().__init__()
        for number, channels in enumerate(_CHANNELS):
            # index 1, after the dropout that training had
            layer = nn.ModuleDict(
                {"model": nn.ModuleDict({"1": nn.Conv2d(width * channels // 64, 1, 1, bias=False)})}
            )
            self.add_module(f"lin{number}", layer)

    def weight(self, number: int) -> Float[Tensor, "1 c 1 1"]:
        """The weights of a map's channels."""
        return self.get_parameter(f"lin{number}.model.1.weight")


class Lpips(nn.Module):
    """The measure. In eval mode from the start; nothing in it learns."""

    def __init__(self, width: int = 64) -> None:
        super().__init__()
        self.trunk, self.heads = alexnet_trunk(width), Heads(width)
        self.requires_grad_(False).eval()

    @classmethod
    def load(cls, trunk: Path, heads: Path) -> "Lpips":
        """From torchvision's AlexNet file and LPIPS's own. Raises ``WeightsError`` where one is another's."""
        model = cls()
        load_published(model.trunk, trunk, keep=lambda name: name.startswith("features."), prefix="features.")
        load_published(model.heads, heads)
        return model

    def maps(self, picture: Float[Tensor, "1 3 h w"]) -> list[Tensor]:
        """The five maps of a picture (-1..1), each point of unit length over its channels."""
        shift, scale = (torch.tensor(values).to(picture)[:, None, None] for values in (_SHIFT, _SCALE))
        x, found = (picture - shift) / scale, []
        for number, layer in enumerate(self.trunk):
            x = layer(x)
            if number in _TAPS:
                found.append(x / (x.square().sum(1, keepdim=True).sqrt() + _EPSILON))
        return found

    @torch.inference_mode()
    def forward(self, picture: RGB, truth: RGB, *, scaled: bool = True) -> float:
        """LPIPS of two 8-bit pictures; 0 for equal ones.

        ``scaled`` brings them to -1..1, as it must be. Without it they go in as 0..255, which is what ColorMNet's
        released script does; that figure is only good to stand beside theirs.
        """
        pair = [image[None].float() / 127.5 - 1 if scaled else image[None].float() for image in (picture, truth)]
        total = 0.0
        for number, (one, other) in enumerate(zip(*map(self.maps, pair))):
            total += (self.heads.weight(number) * (one - other).square()).sum(1).mean().item()
        return total
