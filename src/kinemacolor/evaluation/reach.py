"""How far an exemplar reaches: which places of a frame it answers, and what a model makes of the others.

A place is tracked where optical flow, chained frame by frame, leads back to the exemplar and to the true color;
alike where it is not tracked but some place of the exemplar looks like it and has its color; and out of reach
where neither holds: it is new, or no longer looks like itself. Pure functions on tensors.
"""

from dataclasses import dataclass
from enum import IntEnum

import torch
from jaxtyping import Bool, Float, UInt8
from torch import Tensor

from kinemacolor.layers.flow import Flow, consistent
from kinemacolor.layers.warp import warp

LARGEST_CHROMA_ERROR, LARGEST_LUMA_ERROR = 8.0, 15.0
"""Colors this near to each other (distance in a*b*, difference in L*) are the same here."""

LEAST_SIMILARITY = 0.5
"""Places whose keys have this cosine look alike."""

_COLORFUL, _LEAST_PART = 12.0, 1 / 3
_SURE = 0.5
_CELLS_AT_ONCE = 512


class Reach(IntEnum):
    """How the exemplar answers a place."""

    TRACKED = 0
    ALIKE = 1
    OUT_OF_REACH = 2


@dataclass(frozen=True, slots=True)
class Track:
    """Where each place of a frame lies in the exemplar's frame, and whether every step there could be trusted."""

    flow: Flow
    kept: Bool[Tensor, "1 h w"]

    @classmethod
    def start(cls, size: tuple[int, int]) -> "Track":
        """The exemplar's own frame."""
        return cls(torch.zeros(2, *size), torch.ones(1, *size, dtype=torch.bool))

    def stepped(self, back: Flow, forth: Flow) -> "Track":
        """The track of the next frame; ``back`` is the flow from it to this frame, ``forth`` from this one to it."""
        seen = warp(torch.cat((self.flow, self.kept.float())), back)
        return Track(back + seen[:2], consistent(back, forth) & (seen[2:] > _SURE))

    def leads_home(self, lab: Float[Tensor, "3 h w"], exemplar: Float[Tensor, "3 h w"]) -> Bool[Tensor, "h w"]:
        """Where the track leads to a place of the exemplar that has the frame's true color."""
        return self.kept[0] & same_color(lab, warp(exemplar, self.flow))


def same_color(one: Float[Tensor, "3 *#places"], other: Float[Tensor, "3 *#places"]) -> Bool[Tensor, "*places"]:
    """Where two pictures in CIELAB have the same color, within 8 of a*b* and 15 of L*."""
    difference = one - other
    near = difference[1:].square().sum(0) <= LARGEST_CHROMA_ERROR**2
    return near & (difference[0].abs() <= LARGEST_LUMA_ERROR)


def answered_by_look(
    lab: Float[Tensor, "3 h w"],
    keys: Float[Tensor, "n c"],
    exemplar: Float[Tensor, "3 m"],
    exemplar_keys: Float[Tensor, "m c"],
    cells: tuple[int, int],
) -> Bool[Tensor, "h w"]:
    """Where some place of the exemplar looks like the place and has its true color.

    ``keys`` are unit rows of a grid of ``cells``, of which a side of the frame's ``lab`` is a whole multiple;
    ``exemplar`` holds the CIELAB colors of the exemplar's places.
    """
    rows, columns = lab.shape[-2] // cells[0], lab.shape[-1] // cells[1]
    inside = lab.view(3, cells[0], rows, cells[1], columns).permute(0, 2, 4, 1, 3).reshape(3, rows * columns, -1)
    found = torch.zeros(rows * columns, len(keys), dtype=torch.bool)
    for start in range(0, len(keys), _CELLS_AT_ONCE):
        some = slice(start, start + _CELLS_AT_ONCE)
        alike = keys[some] @ exemplar_keys.T >= LEAST_SIMILARITY
        for part in range(rows * columns):
            found[part, some] = (alike & same_color(inside[:, part, some, None], exemplar[:, None])).any(1)
    return found.view(rows, columns, *cells).permute(2, 0, 3, 1).reshape(lab.shape[-2:])


def reach_of(tracked: Bool[Tensor, "h w"], alike: Bool[Tensor, "h w"]) -> UInt8[Tensor, "h w"]:
    """The ``Reach`` of each place; a place that is tracked is not asked whether it is alike."""
    other = torch.where(alike, Reach.ALIKE.value, Reach.OUT_OF_REACH.value)
    return torch.where(tracked, Reach.TRACKED.value, other).to(torch.uint8)


def squared_error(chroma: Float[Tensor, "2 h w"], truth: Float[Tensor, "2 h w"]) -> Float[Tensor, "h w"]:
    """The squared distance of each place from its true color in the plane of a* and b*."""
    return (chroma - truth).square().sum(0)


def is_colorful(truth: Float[Tensor, "2 h w"]) -> Bool[Tensor, "h w"]:
    """Where the true chroma is above 12: a viewer would miss it."""
    return truth.square().sum(0) > _COLORFUL**2


def left_gray(chroma: Float[Tensor, "2 h w"], truth: Float[Tensor, "2 h w"]) -> Bool[Tensor, "h w"]:
    """Where a colorful place has less than a third of its true chroma."""
    faded = chroma.square().sum(0) < _LEAST_PART**2 * truth.square().sum(0)
    return is_colorful(truth) & faded
