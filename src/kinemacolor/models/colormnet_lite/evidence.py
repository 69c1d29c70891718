"""What speaks for which colour at a place: candidates, how far each can be trusted at first sight, and the signs.

Everything lies at stride 2. Errors are in units of a*b*, variances in their squares.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log

import torch
from jaxtyping import Float
from torch import Tensor, nn

from kinemacolor.frames import Chroma, Luma
from kinemacolor.layers.flow import Preset, consistent, optical_flow
from kinemacolor.layers.warp import warp
from kinemacolor.models.matching.bank import Match
from kinemacolor.resize import resize

_CHROMA_UNIT = 30.0
_LUMA_UNIT = 10.0
_MISSING = 15.0
_KNOWN_ERROR = 0.05
SIGNS_OF_MATCH, SIGNS_OF_CARRIED, SIGNS_OF_ALL = 6, 7, 3


@dataclass(frozen=True, slots=True)
class Past:
    """An earlier frame in colour: L*, a*b*, and the logarithm of how far off the colours may be.

    ``origin`` is the L* of where the colours come from in the exemplars, fused and carried as they are: where it is
    not the frame's own, so are the colours.
    """

    luma: Luma
    chroma: Chroma
    origin: Luma
    log_error: Float[Tensor, "1 h w"]

    @classmethod
    def known(cls, luma: Luma, chroma: Chroma) -> "Past":
        """A frame whose colours are the true ones."""
        return cls(luma, chroma, luma, torch.full_like(luma, log(_KNOWN_ERROR)))

    def detached(self) -> "Past":
        """The same without gradients."""
        return Past(self.luma, self.chroma.detach(), self.origin.detach(), self.log_error.detach())


@dataclass(frozen=True, slots=True)
class Carried:
    """An earlier frame seen from this one, along the flow; ``gap`` is how far there and back misses, in pixels."""

    past: Past
    gap: Float[Tensor, "1 h w"]
    lost: Float[Tensor, "1 h w"]


def ages_there(ages: Sequence[int], frames: int) -> list[int | None]:
    """How far back colours are carried from, among so many frames; None for one that is there already."""
    reached = [min(age, frames) for age in ages]
    return [None if age == 0 or age in reached[:number] else age for number, age in enumerate(reached)]


@torch.no_grad()
def flows(luma: Luma, past: Luma, preset: Preset) -> tuple[Tensor, Tensor]:
    """Flow from a frame to an earlier one, and back."""
    return optical_flow(luma, past, preset=preset), optical_flow(past, luma, preset=preset)


def carry(past: Past, back: Float[Tensor, "2 h w"], forth: Float[Tensor, "2 h w"]) -> Carried:
    """An earlier frame along the flow."""
    seen = warp(torch.cat((past.luma, past.chroma, past.origin, past.log_error, forth)), back)
    gap = (back + seen[5:]).square().sum(0, keepdim=True).sqrt()
    lost = (~consistent(back, forth)).float()
    return Carried(Past(seen[:1], seen[1:3], seen[3:4], seen[4:5]), gap, lost)


@dataclass(frozen=True, slots=True)
class Evidence:
    """Candidates, their variances' logarithms, and signs that tell more of them.

    The first candidate is no colour at all, the second the match, the others carried ones. ``origins`` are the L* of
    where they come from.
    """

    candidates: Float[Tensor, "n 2 h w"]
    origins: Float[Tensor, "n h w"]
    log_variances: Float[Tensor, "n h w"]
    signs: Float[Tensor, "f h w"]


def _logarithm(value: float) -> nn.Parameter:
    return nn.Parameter(torch.tensor(value).log())


class Doubt(nn.Module):
    """How far a candidate is to be trusted at first sight; the decoder learns to know better.

    Carrying adds to the squared error ``step``, plus ``per_luma`` times the squared difference in L*, plus ``lost``
    where the flow is inconsistent; and multiplies by ``kin``, since carried colours come from each other and their
    errors are alike. A match has ``match`` at similarity 1, growing as ``exp(slope (1 - similarity))``. Both grow
    with the squared difference to the L* of where their colours come from, times ``unlike`` and ``unlike_match``. No
    colour at all has ``nothing``. All can be learned, as logarithms.
    """

    def __init__(self) -> None:
        super().__init__()
        self.step, self.per_luma, self.lost = _logarithm(0.05), _logarithm(0.75), _logarithm(250.0)
        self.unlike, self.unlike_match = _logarithm(0.2), _logarithm(1.5)
        self.kin = _logarithm(3.0)
        self.match, self.slope = _logarithm(12.0), _logarithm(6.0)
        self.nothing = _logarithm(1500.0)

    def of_match(self, similarity: Float[Tensor, "1 h w"], unlike: Float[Tensor, "1 h w"]) -> Float[Tensor, "1 h w"]:
        """The logarithm of a match's variance; ``unlike`` is the difference in L* from where it comes from."""
        known = (self.match + self.slope.exp() * (1 - similarity)).exp()
        return (known + self.unlike_match.exp() * unlike.square()).log()

    def of_carried(self, carried: Carried, luma: Luma) -> Float[Tensor, "1 h w"]:
        """The logarithm of a carried colour's variance."""
        unexplained = self.per_luma.exp() * (carried.past.luma - luma).square()
        before = (2 * carried.past.log_error).exp() + self.step.exp()
        before = before + self.unlike.exp() * (carried.past.origin - luma).square()
        return self.kin + (before + unexplained + self.lost.exp() * carried.lost).log()

    def weigh(self, luma: Luma, match: Match, carried: Sequence[Carried | None]) -> Evidence:
        """All that speaks for the colours of a frame; a None is a frame that there is not yet."""
        size = (luma.shape[-2], luma.shape[-1])
        found = resize(torch.cat((match.chroma, match.luma, match.spread, match.similarity)), size)
        nothing = torch.zeros_like(found[:2])
        candidates, origins = [nothing, found[:2]], [luma, found[2:3]]
        variances = [self.nothing.expand_as(luma), self.of_match(found[4:], found[2:3] - luma)]
        signs = [found[2:3] - luma, found[3:4], _LUMA_UNIT * found[4:]]
        for each in carried:
            if each is None:
                candidates.append(nothing)
                origins.append(luma)
                variances.append(torch.full_like(luma, _MISSING))
                signs.append(torch.zeros(4, *size, device=luma.device))
                continue
            candidates.append(each.past.chroma)
            origins.append(each.past.origin)
            variances.append(self.of_carried(each, luma))
            unexplained = (each.past.luma - luma).abs()
            missed = _LUMA_UNIT * each.gap.clamp_max(8) / 4
            signs.append(torch.cat((unexplained, each.past.origin - luma, missed, each.past.log_error)))
        chromas, doubts = torch.stack(candidates), torch.cat(variances)
        weighed = (-doubts).softmax(0)
        base = (weighed[:, None] * chromas).sum(0)
        differences = (chromas[1:] - base).flatten(0, 1) / _CHROMA_UNIT
        planes = (base / _CHROMA_UNIT, luma / 50 - 1, differences, weighed[1:], torch.cat(signs) / _LUMA_UNIT)
        return Evidence(chromas, torch.cat(origins), doubts, torch.cat(planes))


def sign_channels(carried: int) -> int:
    """Planes of ``Evidence.signs`` for so many carried candidates."""
    return SIGNS_OF_ALL + SIGNS_OF_MATCH + SIGNS_OF_CARRIED * carried
