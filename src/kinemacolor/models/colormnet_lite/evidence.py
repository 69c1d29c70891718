"""Candidate colors at each place, a model of their variances, cues on them, and their fusion.

Everything lies at one stride, 2 unless told otherwise. Errors are in units of a*b*, variances in their squares.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log

import torch
from jaxtyping import Float
from torch import Tensor

from kinemacolor.frames import Chroma, Luma
from kinemacolor.layers.flow import Preset, agreeing, optical_flow
from kinemacolor.layers.warp import warp
from kinemacolor.models.colormnet_lite.prior import PriorColors
from kinemacolor.models.kept import kept_as
from kinemacolor.models.matching.bank import Match
from kinemacolor.resize import resize

_LUMA_UNIT = 10.0
_MISSING = 15.0
_KNOWN_ERROR = 0.05
_LOG_ERROR = (-3.0, 5.0)
"""Errors of 0.05 to 150 are possible."""

CUES_OF_MATCH, CUES_OF_CARRIED = 3, 3


@kept_as("past")
@dataclass(frozen=True, slots=True)
class Past:
    """An earlier frame in color: L*, a*b*, and the logarithm of how far off the colors may be.

    ``origin`` is the L* of where the colors come from in the exemplars, fused and carried as they are: where it is
    not the frame's own, so are the colors.
    """

    luma: Luma
    chroma: Chroma
    origin: Luma
    log_error: Float[Tensor, "1 h w"]

    @classmethod
    def known(cls, luma: Luma, chroma: Chroma) -> "Past":
        """A frame whose colors are the true ones."""
        return cls(luma, chroma, luma, torch.full_like(luma, log(_KNOWN_ERROR)))


@dataclass(frozen=True, slots=True)
class Carried:
    """An earlier frame seen from this one, along the flow; ``gap`` is how far there and back misses, in pixels."""

    past: Past
    gap: Float[Tensor, "1 h w"]
    lost: Float[Tensor, "1 h w"]


def ages_there(ages: Sequence[int], frames: int) -> list[int | None]:
    """How far back colors are carried from, among so many frames; None for one that is there already."""
    reached = [min(age, frames) for age in ages]
    return [None if age == 0 or age in reached[:number] else age for number, age in enumerate(reached)]


@torch.no_grad()
def flows(luma: Luma, past: Luma, preset: Preset, *, nearest: bool = True) -> tuple[Tensor, Tensor]:
    """Flow from a frame to an earlier one, which colors come along, and back, which only checks it.

    ``fine`` is for the way along which most colors come, that to the ``nearest`` frame; the others are ``sparse``
    then.
    """
    other: Preset = "sparse" if preset == "fine" else preset
    return optical_flow(luma, past, preset=preset if nearest else other), optical_flow(past, luma, preset=other)


def carry(past: Past, back: Float[Tensor, "2 h w"], forth: Float[Tensor, "2 h w"]) -> Carried:
    """An earlier frame along the flow."""
    seen = warp(torch.cat((past.luma, past.chroma, past.origin, past.log_error, forth)), back)
    gap = (back + seen[5:]).square().sum(0, keepdim=True).sqrt()
    lost = (~agreeing(back, seen[5:])).float()
    return Carried(Past(seen[:1], seen[1:3], seen[3:4], seen[4:5]), gap, lost)


@dataclass(frozen=True, slots=True)
class Evidence:
    """Candidates, their variances' logarithms, and cues that tell more of them.

    The first candidate is the prior's, the second the match, the others carried ones. ``origins`` are the L* of where
    they come from. Cues are of the order of 1.
    """

    candidates: Float[Tensor, "n 2 h w"]
    origins: Float[Tensor, "n h w"]
    log_variances: Float[Tensor, "n h w"]
    cues: Float[Tensor, "f h w"]


@dataclass(frozen=True, slots=True)
class VarianceModel:
    """The variance of a candidate color, in squared units of a*b*: how little it is to be trusted.

    Carrying adds to the squared error ``step``, plus ``per_luma`` times the squared difference in L*, plus ``lost``
    where the flow is inconsistent; and multiplies by ``kin``, since carried colors come from each other and their
    errors are alike. A match has ``match`` at similarity 1, growing as ``exp(slope (1 - similarity))``, and as
    ``exp(strange (familiar - mean))`` where the mean similarity of the frame is below ``familiar``: an exemplar that
    shows another scene is like it nowhere, but more so here than there. Both grow with the squared difference to the
    L* of where their colors come from, times ``unlike`` and ``unlike_match``. The prior's color has
    ``prior`` times the variance that it predicts.
    """

    step: float = 0.05
    per_luma: float = 0.75
    lost: float = 250.0
    unlike: float = 0.2
    unlike_match: float = 1.5
    kin: float = 3.0
    match: float = 8.0
    slope: float = 6.0
    familiar: float = 0.6
    strange: float = 20.0
    prior: float = 16.0

    def of_match(self, similarity: Float[Tensor, "1 h w"], unlike: Float[Tensor, "1 h w"]) -> Float[Tensor, "1 h w"]:
        """The logarithm of a match's variance; ``unlike`` is the difference in L* from where it comes from."""
        elsewhere = self.strange * (self.familiar - similarity.mean()).clamp_min(0)
        known = self.match * (self.slope * (1 - similarity) + elsewhere).exp()
        return (known + self.unlike_match * unlike.square()).log()

    def of_carried(self, carried: Carried, luma: Luma) -> Float[Tensor, "1 h w"]:
        """The logarithm of a carried color's variance."""
        unexplained = self.per_luma * (carried.past.luma - luma).square()
        before = (2 * carried.past.log_error).exp() + self.step
        before = before + self.unlike * (carried.past.origin - luma).square()
        return (self.kin * (before + unexplained + self.lost * carried.lost)).log()

    def weigh(
        self, luma: Luma, prior_colors: PriorColors, match: Match, carried: Sequence[Carried | None]
    ) -> Evidence:
        """All that speaks for the colors of a frame; a None is a frame that there is not yet."""
        size = (luma.shape[-2], luma.shape[-1])
        found = resize(torch.cat((match.chroma, match.luma, match.spread, match.similarity)), size)
        likely = resize(torch.cat((prior_colors.chroma, prior_colors.log_variance), dim=1)[0], size)
        unlike = found[2:3] - luma
        candidates, origins = [likely[:2], found[:2]], [luma, found[2:3]]
        variances = [log(self.prior) + likely[2:], self.of_match(found[4:], unlike)]
        cues = [unlike / _LUMA_UNIT, found[3:4] / _LUMA_UNIT, found[4:]]
        for each in carried:
            if each is None:
                candidates.append(torch.zeros_like(candidates[0]))
                origins.append(luma)
                variances.append(torch.full_like(luma, _MISSING))
                cues.append(torch.zeros(CUES_OF_CARRIED, *size, device=luma.device))
                continue
            candidates.append(each.past.chroma)
            origins.append(each.past.origin)
            variances.append(self.of_carried(each, luma))
            unexplained = (each.past.luma - luma).abs() / _LUMA_UNIT
            cues.append(torch.cat((unexplained, (each.past.origin - luma) / _LUMA_UNIT, each.gap.clamp_max(8) / 4)))
        return Evidence(torch.stack(candidates), torch.cat(origins), torch.cat(variances), torch.cat(cues))


def fused(luma: Luma, evidence: Evidence) -> Past:
    """The frame in color: each candidate weighs by its precision, and precisions add up, as in a Kalman filter."""
    precisions = -evidence.log_variances
    weights = precisions.softmax(0)
    chroma = (weights[:, None] * evidence.candidates).sum(0)
    origin = (weights * evidence.origins).sum(0, keepdim=True)
    log_error = -precisions.logsumexp(0, keepdim=True) / 2
    return Past(luma, chroma, origin, log_error.clamp(*_LOG_ERROR))


def cue_channels(carried: int) -> int:
    """Planes of ``Evidence.cues`` for so many carried candidates."""
    return CUES_OF_MATCH + CUES_OF_CARRIED * carried
