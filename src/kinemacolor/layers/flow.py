"""Dense optical flow between two lumas, and where it can be trusted.

DIS flow (Kroeger et al., 2016, arXiv:1603.03590) of OpenCV: 5 ms for 854x480 on a core. Runs on the CPU whatever the
device of its input.
"""

from typing import Literal

import cv2
import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from kinemacolor.frames import Luma
from kinemacolor.layers.warp import warp
from kinemacolor.resize import resize

Flow = Float[Tensor, "2 h w"]
"""Displacement in pixels, x (columns) then y (rows): the point p of one picture lies at p + flow(p) in the other."""

Preset = Literal["ultrafast", "fast", "medium", "sparse", "fine"]
"""OpenCV's, and ``fine``: down to single pixels, at 1.8 times the time of ``medium``.

``sparse`` is ``fine`` with patches 5 pixels apart in place of 4, in little more than half its time: for flow that
only says whether another one can be trusted.
"""

_PRESETS: dict[Preset, int] = {
    "ultrafast": cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST,
    "fast": cv2.DISOPTICAL_FLOW_PRESET_FAST,
    "medium": cv2.DISOPTICAL_FLOW_PRESET_MEDIUM,
    "sparse": cv2.DISOPTICAL_FLOW_PRESET_MEDIUM,
    "fine": cv2.DISOPTICAL_FLOW_PRESET_MEDIUM,
}
_PATCHES_APART_PX: dict[Preset, int] = {"sparse": 5, "fine": 4}
_SMALLEST_PX = 32  # OpenCV 5.0's DIS refuses or crashes on some pictures with a side below 32 (16 x 300, say)


def gray_image(luma: Luma) -> np.ndarray:
    """L* as the 8-bit picture that DIS reads, at least 32 px a side (edges repeated)."""
    image = (luma[0].float() * 2.55).round().clamp(0, 255).to(torch.uint8).cpu().numpy()
    rows, columns = (max(0, _SMALLEST_PX - n) for n in image.shape)
    return np.pad(image, ((0, rows), (0, columns)), mode="edge") if rows or columns else image


def optical_flow(source: Luma, target: Luma, *, preset: Preset = "ultrafast") -> Flow:
    """Displacement of each point of ``source`` to its place in ``target``; on the device of ``source``."""
    height, width = source.shape[-2:]
    one, other = gray_image(source), gray_image(target)
    still = np.zeros((*one.shape, 2), np.float32)  # where the search starts
    field = np.asarray(_search(preset).calc(one, other, still))
    flow = torch.from_numpy(np.ascontiguousarray(field[:height, :width].transpose(2, 0, 1)))
    return flow.to(source.device)


def _search(preset: Preset) -> cv2.DISOpticalFlow:
    search = cv2.DISOpticalFlow.create(_PRESETS[preset])
    if preset in _PATCHES_APART_PX:
        # as good as "medium" down to single pixels in half the time: of its parts, refinement brings least
        # (benchmarks/results/2026-11-21-flow.md)
        search.setFinestScale(0)
        search.setPatchStride(_PATCHES_APART_PX[preset])
        search.setGradientDescentIterations(40)
        search.setVariationalRefinementIterations(0)
    return search


def consistent(forward: Flow, backward: Flow) -> Bool[Tensor, "1 h w"]:
    """Mask of places from which flow there and back ends near the start; elsewhere is an occlusion or an error.

    Sundaram, Brox and Keutzer, 2010, Eq. 5: ``|f + b(x + f)|^2 < 0.01 (|f|^2 + |b|^2) + 0.5``. Points that leave the
    picture are never consistent.
    """
    return agreeing(forward, warp(backward, forward))


def agreeing(forward: Flow, back: Flow) -> Bool[Tensor, "1 h w"]:
    """``consistent`` with the backward flow read already where the forward flow ends."""
    gap = (forward + back).square().sum(0)
    size = forward.square().sum(0) + back.square().sum(0)
    return ((gap < 0.01 * size + 0.5) & inside(forward))[None]


def scaled(flow: Flow, size: tuple[int, int]) -> Float[Tensor, "2 h2 w2"]:
    """The same displacement for pictures of another ``size``, which is ``(height, width)``."""
    height, width = flow.shape[-2:]
    x, y = resize(flow, size)
    return torch.stack((x * (size[1] / width), y * (size[0] / height)))


def inside(flow: Flow) -> Bool[Tensor, "h w"]:
    """Mask of places whose flow ends within the picture."""
    height, width = flow.shape[-2:]
    x = flow[0] + torch.arange(width, device=flow.device)
    y = flow[1] + torch.arange(height, device=flow.device)[:, None]
    return (x >= -0.5) & (x <= width - 0.5) & (y >= -0.5) & (y <= height - 0.5)
