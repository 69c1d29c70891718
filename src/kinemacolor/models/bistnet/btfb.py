"""BTFB: the colors that two exemplars give a frame, fused by time (BiSTNet, Section 3.1).

The paper's block has no parameters: ``linear``. The release adds a choice by similarity and gates, along optical flow
too: ``by_similarity`` and ``GatedFusion``.
"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from kinemacolor.models.bistnet.sampling import moved

GATED_CHANNELS = 6


def weight_of_forward(index: int, first: int, last: int) -> float:
    """How much the forward exemplar's colors count at a frame: 1 at ``first``, 0 at ``last``.

    Eq. 3, the other way round than printed: ``(N-1-t)/(N-1)``. As printed, ``t/(N-1)``, the exemplar that is farther
    would count more, against the sentence before it ("closer to r^f: the corresponding weights will be larger") and
    against the release.
    """
    return (last - index) / (last - first) if last > first else 0.5


def linear(
    forward: Float[Tensor, "c h w"], backward: Float[Tensor, "c h w"], weight: float
) -> Float[Tensor, "c h w"]:
    """Eq. 3: p_t, with the ``weight`` of the forward exemplar."""
    return weight * forward + (1 - weight) * backward


def by_similarity(
    forward: Float[Tensor, "c h w"],
    backward: Float[Tensor, "c h w"],
    forward_similarity: Float[Tensor, "1 h w"],
    backward_similarity: Float[Tensor, "1 h w"],
) -> Float[Tensor, "c h w"]:
    """At each pixel the colors of the exemplar that is more like it; the backward one's where both are. Release."""
    return torch.where(forward_similarity > backward_similarity, forward, backward)


class Gate(nn.Module):
    """Own and received colors, each weighted by what both are. The weights need not sum to 1. Release."""

    def __init__(self, channels: int = 2) -> None:
        super().__init__()
        self.mix = nn.Conv2d(2 * channels, 2 * channels, 3, padding=1)
        self.received = nn.ModuleList(nn.Conv2d(channels, channels, 3, padding=1) for _ in range(2))
        self.own = nn.ModuleList(nn.Conv2d(channels, channels, 3, padding=1) for _ in range(2))

    def forward(self, own: Float[Tensor, "c h w"], received: Float[Tensor, "c h w"]) -> Float[Tensor, "c h w"]:
        """The sum of both, weighted."""
        for_received, for_own = self.mix(torch.cat((own, received))[None]).chunk(2, dim=1)
        return (_weights(self.received, for_received) * received + _weights(self.own, for_own) * own)[0]


def _weights(convolutions: nn.ModuleList, x: Tensor) -> Tensor:
    first, second = convolutions
    return torch.sigmoid(second(F.leaky_relu(first(x), 0.1)))


class GatedFusion(nn.Module):
    """The release's block: colors propagated along optical flow from both ends, and gates where they meet.

    Flows are displacements in pixels, from a frame to where its points lie in its neighbor.
    """

    def __init__(self) -> None:
        super().__init__()
        self.from_before, self.from_after, self.meet, self.direct = Gate(), Gate(), Gate(), Gate()

    def propagated_back(
        self, backward: Sequence[Float[Tensor, "2 h w"]], to_next: Sequence[Float[Tensor, "2 h w"]]
    ) -> list[Float[Tensor, "2 h w"]]:
        """The backward exemplar's colors of each frame, joined with those propagated from the last frame down.

        ``to_next`` is the flow of each frame but the last.
        """
        maps = [backward[-1]]
        for own, flow in zip(reversed(backward[:-1]), reversed(to_next)):
            maps.append(self.from_after(own, moved(maps[-1], flow)))
        return maps[::-1]

    def propagated_on(
        self, forward: Float[Tensor, "2 h w"], before: Float[Tensor, "2 h w"], to_previous: Float[Tensor, "2 h w"]
    ) -> Float[Tensor, "2 h w"]:
        """The forward exemplar's colors of a frame, joined with those of the frame ``before``."""
        return self.from_before(forward, moved(before, to_previous))
