"""The evidence for a frame: what a look at it finds in exemplars and priors, or the look before it along the flow.

Frames next to each other show nearly the same. What was found for one holds for the next along the flow between
them, at a hundredth of the time that finding it takes.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from kinemacolor.layers.flow import consistent, scaled
from kinemacolor.layers.warp import warp
from kinemacolor.models.color_prior import Mixture
from kinemacolor.models.colormnet_lite.prior import PriorColors
from kinemacolor.models.kept import kept_as
from kinemacolor.models.matching.bank import Match

Way = tuple[Float[Tensor, "2 h w"], Float[Tensor, "2 h w"]]
"""Flow to an earlier frame, and back."""


@dataclass(frozen=True, slots=True)
class Priors:
    """The priors' answers for a frame: by its look alone, and the color prior's, None where there is none."""

    look: PriorColors
    mixture: Mixture | None

    def together(self, vividness: float, familiarity: float) -> PriorColors:
        """Both as one; ``familiarity`` says how well the shot's frames are known to its exemplars."""
        return self.look if self.mixture is None else self.look.beside(self.mixture, vividness, familiarity)


@dataclass(frozen=True, slots=True)
class Found:
    """The evidence for a frame that needs no colors of the frames before it.

    ``match`` and ``priors`` are None where those of the frame before hold, along the first of the ``ways``.
    """

    match: Match | None
    priors: Priors | None
    ways: Sequence[Way | None]


@kept_as("look")
@dataclass(frozen=True, slots=True)
class Look:
    """The match of a frame in the exemplars, and the colors that the priors give it."""

    match: Match
    prior_colors: PriorColors

    def along(self, back: Float[Tensor, "2 h w"]) -> "Look":
        """The same for another frame, ``back`` being the flow from it to this one."""
        found = self.match
        planes = torch.cat((found.chroma, found.luma, found.spread, found.similarity))
        planes = warp(planes, scaled(back, (planes.shape[-2], planes.shape[-1])))
        likely = torch.cat((self.prior_colors.chroma, self.prior_colors.log_variance), dim=1)[0]
        likely = warp(likely, scaled(back, (likely.shape[-2], likely.shape[-1])))[None]
        match = Match(planes[:2], planes[2:3], planes[3:4], planes[4:])
        return Look(match, PriorColors(likely[:, :2], likely[:, 2:]))


def lost_share(way: Way) -> float:
    """The share of a frame's places that are not found in an earlier one, 0..1."""
    return 1.0 - float(consistent(*way).float().mean())
