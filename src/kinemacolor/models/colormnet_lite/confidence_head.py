"""The confidence head: predicts how far off the colors are, from the candidates' disagreement and cues on each.

It changes no color. A network that could, learnt to trust flow too long (docs/models/colormnet-lite.md).
"""

from collections.abc import Sequence
from itertools import accumulate

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from kinemacolor.models.colormnet_lite.evidence import Evidence, Past

_CHROMA_UNIT = 10.0
_OF_ALL, _OF_EACH = 3, 3


class ConfidenceHead(nn.Module):
    """From evidence and the frame fused of it to the logarithm of the mean error in a*b*, at twice its stride."""

    def __init__(self, candidates: int, cues: int, channels: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(_OF_ALL + _OF_EACH * candidates + cues, channels, 3, padding=1)
        self.second = nn.Conv2d(channels, channels, 3, padding=2, dilation=2)
        self.last = nn.Conv2d(channels, 1, 1)
        nn.init.zeros_(self.last.weight)
        assert self.last.bias is not None
        nn.init.zeros_(self.last.bias)

    def forward(self, evidence: Evidence, colored: Past) -> Float[Tensor, "1 h4 w4"]:
        """The logarithm of the likely error in a*b*. An untrained head gives what the variances say."""
        x = _halved(_planes(evidence, colored))
        said = self.last(F.relu(self.second(F.relu(self.first(x[None])))))[0]
        return said.float() + _halved([colored.log_error])


def _halved(planes: Sequence[Float[Tensor, "_ h w"]]) -> Float[Tensor, "f h4 w4"]:
    """All planes as means of 2 x 2 places, at an odd edge of 2 or 1: as ``avg_pool2d`` in half its time on a CPU."""
    height, width = planes[0].shape[-2:]
    bounds = [0, *accumulate(len(each) for each in planes)]
    even = planes[0].new_empty(bounds[-1], height + height % 2, width + width % 2)
    for first, stop, each in zip(bounds, bounds[1:], planes):
        even[first:stop, :height, :width] = each
    even[:, height:], even[:, :, width:] = even[:, height - 1 : height], even[:, :, width - 1 : width]
    return F.interpolate(even[None], scale_factor=0.5, mode="bilinear", align_corners=False)[0]


def _planes(evidence: Evidence, colored: Past) -> list[Float[Tensor, "_ h w"]]:
    """Distances between colors, variances, weights and cues, each of the order of 1; hue is left out."""
    # sixty times as fast as vector_norm over so short an axis
    apart = (evidence.candidates - colored.chroma).square().sum(1).sqrt()
    vivid = colored.chroma.square().sum(0, keepdim=True).sqrt()
    return [
        vivid / (vivid + _CHROMA_UNIT),
        colored.luma / 50 - 1,
        colored.log_error / 3,
        apart / (apart + _CHROMA_UNIT),
        evidence.log_variances / 4 - 1,
        (-evidence.log_variances).softmax(0),
        evidence.cues,
    ]
