"""Exemplars as models take them in: at a size, averaged over cells, and as the colors of their own frame.

Whatever an exemplar's alpha hides is weighed out before anything is averaged, so that no hidden color seeps in
where alpha ends.
"""

from collections.abc import Iterable
from dataclasses import replace

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor

from kinemacolor.errors import ExemplarError
from kinemacolor.frames import Chroma
from kinemacolor.models.base import Reference
from kinemacolor.resize import resize

_COVERED = 0.5
_LEAST_ALPHA = 1e-6
_SAME_ASPECT = 0.02


def fitted(reference: Reference, size: tuple[int, int], device: torch.device) -> Reference:
    """The exemplar at a size (height, width), in float32 on a device; chroma is the mean of what alpha shows."""
    luma, chroma = (planes.to(device, torch.float32) for planes in (reference.luma, reference.chroma))
    if reference.alpha is None:
        return replace(reference, luma=resize(luma, size), chroma=resize(chroma, size))
    whole = reference.alpha.to(device, torch.float32)
    alpha = resize(whole, size)
    shown = resize(chroma * whole, size) / alpha.clamp_min(_LEAST_ALPHA)
    return replace(reference, luma=resize(luma, size), chroma=shown, alpha=alpha)


def pooled(reference: Reference, stride: int) -> Reference:
    """The exemplar's means over cells of ``stride`` x ``stride`` pixels; chroma is the mean of what alpha shows.

    What is left over at the right and at the bottom is dropped, as a network's stride drops it.
    """
    luma = F.avg_pool2d(reference.luma, stride)
    if reference.alpha is None:
        return replace(reference, luma=luma, chroma=F.avg_pool2d(reference.chroma, stride))
    alpha = F.avg_pool2d(reference.alpha, stride)
    shown = F.avg_pool2d(reference.chroma * reference.alpha, stride) / alpha.clamp_min(_LEAST_ALPHA)
    return replace(reference, luma=luma, chroma=shown, alpha=alpha)


def counted(alpha: Float[Tensor, "1 h w"] | None) -> Bool[Tensor, " n"] | None:
    """Which places of an exemplar count, row after row: those that alpha shows by half or more; None is all."""
    return None if alpha is None else (alpha >= _COVERED).flatten()


def require_shown(shown: Bool[Tensor, " n"] | None) -> None:
    """Raises ``ExemplarError`` where no place of an exemplar counts."""
    if shown is not None and not shown.any():
        raise ExemplarError("An exemplar is transparent all over. Give one with a larger opaque part.")


def own_chroma(
    references: Iterable[Reference], index: int, size: tuple[int, int], device: torch.device
) -> Chroma | None:
    """The chroma, at the frame's ``size``, of the whole exemplar that is this frame of the shot; None if none is.

    An exemplar whose aspect is another by more than 2 % cannot be that frame.
    """
    for reference in references:
        rows, columns = reference.chroma.shape[-2:]
        same_aspect = abs(columns * size[0] / (rows * size[1]) - 1) < _SAME_ASPECT
        if reference.index == index and same_aspect and reference.alpha is None:
            return resize(reference.chroma.to(device, torch.float32), size)
    return None
