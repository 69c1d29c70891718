"""Flicker: what is left of the color's change once motion is taken out (Deep Exemplar, Eq. 13)."""

import math

import torch
from jaxtyping import Bool
from torch import Tensor

from kinemacolor.frames import Chroma, Luma
from kinemacolor.layers.flow import Flow, Preset, consistent, optical_flow
from kinemacolor.layers.warp import warp


def motion(luma: Luma, before: Luma, *, preset: Preset = "fast") -> tuple[Flow, Bool[Tensor, "1 h w"]]:
    """Flow to the frame before, and the mask of where it can be trusted (no occlusion, Sundaram et al., 2010).

    Taken from the lumas, which are the same for every method that keeps them.
    """
    flow = optical_flow(luma, before, preset=preset)
    return flow, consistent(flow, optical_flow(before, luma, preset=preset))


def warp_error(chroma: Chroma, before: Chroma, flow: Flow, visible: Bool[Tensor, "1 h w"]) -> float:
    """Mean distance in a*b* between a frame's color and that of the frame before, warped onto it, where visible.

    The paper's norm is read as the Euclidean length of each pixel's (a*, b*), averaged over the mask m. NaN where
    nothing is visible. Never 0 for a real film: light changes.
    """
    if not visible.any():
        return math.nan
    a, b = warp(before, flow) - chroma
    return torch.hypot(a, b)[visible[0]].mean(dtype=torch.float64).item()
