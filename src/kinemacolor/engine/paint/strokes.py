"""Strokes: colors at some places of a frame, painted on a layer of their own or over a copy of the frame."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, UInt8
from torch import Tensor

from kinemacolor import color
from kinemacolor.errors import ExemplarError
from kinemacolor.frames import RGB, Chroma, size_of

COUNTS = 0.5
"""A place counts as painted where alpha is at least this: the soft edge of a brush says where, not what."""

_CHANGED_LUMA, _CHANGED_CHROMA = 10.0, 4.0
_NO_COPY = 0.5


@dataclass(frozen=True, slots=True)
class Strokes:
    """Painted colors and where they are: ``alpha`` (0..1) is 0 where nothing is painted."""

    rgb: RGB
    alpha: Float[Tensor, "1 h w"]

    @property
    def where(self) -> Bool[Tensor, "h w"]:
        """The places that are painted."""
        return self.alpha[0] >= COUNTS

    @property
    def chroma(self) -> Chroma:
        """a*b* of the paint; 0 where there is none."""
        return torch.where(self.where, color.split(self.rgb)[1], 0.0)


def strokes_on(
    frame: RGB,
    picture: UInt8[Tensor, "3 _ _"],
    alpha: Float[Tensor, "1 _ _"] | None = None,
    *,
    name: str = "The strokes",
) -> Strokes:
    """The strokes that a picture of the frame's size holds.

    With ``alpha`` (0..1) the picture is a layer of strokes. Without, it is a copy of the frame painted over: strokes
    are where it differs by more than saving it again as JPEG would. ``name`` is for messages.

    Raises ``ExemplarError`` where sizes differ, where there are no strokes, and where an opaque picture differs from
    most of the frame, so that it is no copy of it.
    """
    if size_of(picture) != size_of(frame):
        (rows, columns), (height, width) = size_of(picture), size_of(frame)
        raise ExemplarError(
            f"{name} is {columns}x{rows}, but the frame is {width}x{height}. Paint at the frame's own size."
        )
    strokes = Strokes(picture, _painted_over(frame, picture, name) if alpha is None else alpha)
    if not strokes.where.any():
        why = "is the same as the frame" if alpha is None else "is transparent everywhere"
        raise ExemplarError(f"{name} has no strokes: it {why}. Paint some colors on it.")
    return strokes


def _painted_over(frame: RGB, picture: RGB, name: str) -> Float[Tensor, "1 h w"]:
    """Where a copy of the frame is painted over: 1 or 0."""
    difference = (color.lab_of(picture) - color.lab_of(frame)).abs()
    changed = (difference[:1] > _CHANGED_LUMA) | (difference[1:].amax(0, keepdim=True) > _CHANGED_CHROMA)
    share = float(changed.float().mean())
    if share > _NO_COPY:
        raise ExemplarError(
            f"{name} differs from the frame in {share:.0%} of its pixels, so it is no copy of it with some strokes. "
            f"Paint over a copy of the frame, or on a transparent layer. A whole color still needs no painting."
        )
    return _without_edges(changed[0]).float()[None]


def _without_edges(changed: Bool[Tensor, "h w"]) -> Bool[Tensor, "h w"]:
    """The inner part of each stroke, since at its edge a brush mixes its color with gray; thin strokes stay whole."""
    grown = F.max_pool2d((~changed).float()[None, None], 3, 1, 1)[0, 0]
    inner = changed & (grown == 0)
    near_inner = F.max_pool2d(inner.float()[None, None], 5, 1, 2)[0, 0] > 0
    return inner | (changed & ~near_inner)
