"""RAFT: optical flow by repeated look-ups in an all-pairs correlation volume (Teed and Deng, 2020, arXiv:2003.12039).

The large network of the paper, written from it, for gray pictures: the release hands colors on along its flow.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from kinemacolor.layers.resnet import merged_luma_weight
from kinemacolor.models.bistnet.sampling import pixel_grid, read_at

SMALLEST_PX = 128
"""Below this side the coarsest of the four correlation maps would have a single row, which cannot be read between."""

_RADIUS, _LEVELS, _HIDDEN = 4, 4, 128


class ResidualBlock(nn.Module):
    """Two normalized 3x3 convolutions, added to the input."""

    def __init__(self, inputs: int, outputs: int, stride: int, *, batch_norm: bool) -> None:
        super().__init__()
        self.first = nn.Conv2d(inputs, outputs, 3, stride, 1)
        self.second = nn.Conv2d(outputs, outputs, 3, padding=1)
        self.first_norm, self.second_norm = _norm(outputs, batch_norm), _norm(outputs, batch_norm)
        self.skip: nn.Module = nn.Identity()
        if stride > 1:
            self.skip = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride), _norm(outputs, batch_norm))

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c2 h2 w2"]:
        """The sum, not negative."""
        out = F.relu(self.first_norm(self.first(x)))
        return F.relu(self.skip(x) + F.relu(self.second_norm(self.second(out))))


def _norm(channels: int, batch_norm: bool) -> nn.Module:
    return nn.BatchNorm2d(channels) if batch_norm else nn.InstanceNorm2d(channels)


class Encoder(nn.Module):
    """A picture's features at stride 8."""

    def __init__(self, *, batch_norm: bool) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 64, 7, 2, 3)
        self.stem_norm = _norm(64, batch_norm)
        sizes = ((64, 64, 1), (64, 64, 1), (64, 96, 2), (96, 96, 1), (96, 128, 2), (128, 128, 1))
        self.blocks = nn.Sequential(*(ResidualBlock(i, o, stride, batch_norm=batch_norm) for i, o, stride in sizes))
        self.out = nn.Conv2d(128, 2 * _HIDDEN, 1)

    def forward(self, gray: Float[Tensor, "b 1 h w"]) -> Float[Tensor, "b c h8 w8"]:
        """Features of pictures in 0..1; all three channels of the stem see the same one."""
        x = F.conv2d(2 * gray - 1, merged_luma_weight(self.stem.weight), self.stem.bias, 2, 3)
        return self.out(self.blocks(F.relu(self.stem_norm(x))))


class MotionEncoder(nn.Module):
    """The motion features: correlations around a point, and its flow so far."""

    def __init__(self) -> None:
        super().__init__()
        self.correlation1 = nn.Conv2d(_LEVELS * (2 * _RADIUS + 1) ** 2, 256, 1)
        self.correlation2 = nn.Conv2d(256, 192, 3, padding=1)
        self.flow1 = nn.Conv2d(2, 128, 7, padding=3)
        self.flow2 = nn.Conv2d(128, 64, 3, padding=1)
        self.join = nn.Conv2d(256, _HIDDEN - 2, 3, padding=1)

    def forward(
        self, flow: Float[Tensor, "b 2 h8 w8"], correlations: Float[Tensor, "b k h8 w8"]
    ) -> Float[Tensor, "b c h8 w8"]:
        """126 channels and the flow itself."""
        seen = F.relu(self.correlation2(F.relu(self.correlation1(correlations))))
        moved = F.relu(self.flow2(F.relu(self.flow1(flow))))
        return torch.cat((F.relu(self.join(torch.cat((seen, moved), 1))), flow), 1)


class GatedUnit(nn.Module):
    """A convolutional GRU along rows or along columns."""

    def __init__(self, kernel: tuple[int, int]) -> None:
        super().__init__()
        padding = (kernel[0] // 2, kernel[1] // 2)
        self.update, self.reset, self.candidate = (
            nn.Conv2d(3 * _HIDDEN, _HIDDEN, kernel, padding=padding) for _ in range(3)
        )

    def forward(
        self, hidden: Float[Tensor, "b c h8 w8"], given: Float[Tensor, "b c2 h8 w8"]
    ) -> Float[Tensor, "b c h8 w8"]:
        """The hidden state after what is given."""
        both = torch.cat((hidden, given), 1)
        update, reset = torch.sigmoid(self.update(both)), torch.sigmoid(self.reset(both))
        candidate = torch.tanh(self.candidate(torch.cat((reset * hidden, given), 1)))
        return (1 - update) * hidden + update * candidate


@dataclass(frozen=True, slots=True)
class FlowFeatures:
    """The encoding of one picture: features to compare, and the context of the flow that starts from it."""

    features: Float[Tensor, "b c h8 w8"]
    hidden: Float[Tensor, "b d h8 w8"]
    context: Float[Tensor, "b d h8 w8"]


class RAFT(nn.Module):
    """Recurrent all-pairs field transforms."""

    def __init__(self) -> None:
        super().__init__()
        self.matching = Encoder(batch_norm=False)
        self.surroundings = Encoder(batch_norm=True)
        self.motion = MotionEncoder()
        self.rows, self.columns = GatedUnit((1, 5)), GatedUnit((5, 1))
        self.step = nn.Sequential(nn.Conv2d(128, 256, 3, padding=1), nn.ReLU(), nn.Conv2d(256, 2, 3, padding=1))
        self.upsampling = nn.Sequential(nn.Conv2d(128, 256, 3, padding=1), nn.ReLU(), nn.Conv2d(256, 576, 1))

    def features(self, gray: Float[Tensor, "b 1 h w"]) -> FlowFeatures:
        """The encoding of pictures in 0..1, both sides multiples of 8 and not below ``SMALLEST_PX``."""
        hidden, context = self.surroundings(gray).chunk(2, dim=1)
        return FlowFeatures(self.matching(gray), torch.tanh(hidden), F.relu(context))

    def forward(
        self, source: FlowFeatures, target: FlowFeatures, *, iterations: int = 20
    ) -> Float[Tensor, "b 2 h w"]:
        """Where each pixel of ``source`` lies in ``target``, as a displacement in pixels (x, y)."""
        flow, hidden = self.coarse(source, target, iterations=iterations)
        return self._upsampled(flow, hidden)

    def coarse(
        self, source: FlowFeatures, target: FlowFeatures, *, iterations: int
    ) -> tuple[Float[Tensor, "b 2 h8 w8"], Float[Tensor, "b d h8 w8"]]:
        """The flow at stride 8, in pixels of stride 8, and the hidden state that it ends with."""
        pyramid = _correlations(source.features, target.features)
        height, width = source.features.shape[-2:]
        grid = pixel_grid(height, width, source.features)
        points, hidden = grid.expand(len(source.features), -1, -1, -1), source.hidden
        for _ in range(iterations):
            flow = (points - grid).movedim(-1, 1)
            given = torch.cat((source.context, self.motion(flow, _read(pyramid, points))), 1)
            hidden = self.columns(self.rows(hidden, given), given)
            points = points + self.step(hidden).movedim(1, -1)
        return (points - grid).movedim(-1, 1), hidden

    def _upsampled(self, flow: Tensor, hidden: Tensor) -> Float[Tensor, "b 2 h w"]:
        """Each fine pixel's flow is a convex mean of nine coarse neighbors (Section 3.3)."""
        batch, _, height, width = flow.shape
        weights = (0.25 * self.upsampling(hidden)).view(batch, 1, 9, 8, 8, height, width).softmax(2)
        neighbors = F.unfold(8 * flow, 3, padding=1).view(batch, 2, 9, 1, 1, height, width)
        fine = (weights * neighbors).sum(2)  # b 2 8 8 h w
        return fine.permute(0, 1, 4, 2, 5, 3).reshape(batch, 2, 8 * height, 8 * width)


def _correlations(source: Tensor, target: Tensor) -> list[Tensor]:
    """For each pixel of the source a map of its products with the target, at four scales (Section 3.2)."""
    batch, channels, height, width = source.shape
    volume = source.flatten(2).transpose(1, 2) @ target.flatten(2) / channels**0.5
    pyramid = [volume.reshape(batch * height * width, 1, height, width)]
    for _ in range(_LEVELS - 1):
        pyramid.append(F.avg_pool2d(pyramid[-1], 2, 2))
    return pyramid


def _read(pyramid: list[Tensor], points: Float[Tensor, "b h8 w8 2"]) -> Float[Tensor, "b k h8 w8"]:
    """The correlations in a window of 9 x 9 around each pixel's point, at each scale."""
    batch, height, width, _ = points.shape
    side = 2 * _RADIUS + 1
    # as in the release: the window runs along columns first, which the weights are used to
    window = pixel_grid(side, side, points).flip(-1) - _RADIUS
    found = []
    for level, volume in enumerate(pyramid):
        centers = points.reshape(-1, 1, 1, 2) / 2**level
        found.append(read_at(volume, centers + window, outside="zeros").view(batch, height, width, -1))
    return torch.cat(found, -1).movedim(-1, 1)
