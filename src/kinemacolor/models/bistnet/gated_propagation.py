"""Gated propagation: colors passed on and back through a span of frames, with only some of them held back.

The release keeps a whole clip. Here frames are answered as soon as enough of the following ones are known.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from kinemacolor.models.bistnet.btfb import GatedFusion


@dataclass(slots=True)
class Warped:
    """A frame as the network sees it, and the a*b* that both exemplars give it.

    ``fused`` takes at each pixel the more similar exemplar's. Flows lead to the frames before and after, in pixels;
    None where there is none or none is needed. ``guide`` is the full luma for smoothing.
    """

    index: int
    size: tuple[int, int]
    luma: Float[Tensor, "1 h w"]
    forward: Float[Tensor, "2 h4 w4"]
    backward: Float[Tensor, "2 h4 w4"]
    fused: Float[Tensor, "2 h4 w4"]
    to_previous: Float[Tensor, "2 h w"] | None = None
    to_next: Float[Tensor, "2 h w"] | None = None
    guide: UInt8[Tensor, "1 h2 w2"] | None = None


def upsampled(planes: Float[Tensor, "c h4 w4"]) -> Float[Tensor, "c h w"]:
    """Each sample four times in both directions, as the release does."""
    return planes.repeat_interleave(4, dim=-1).repeat_interleave(4, dim=-2)


@torch.no_grad()
def propagated_through(
    gates: GatedFusion, frames: Iterator[Warped], *, emitted: int, ahead: int
) -> Iterator[tuple[Warped, Float[Tensor, "2 h w"]]]:
    """Each frame of a span with the colors propagated to it from both ends.

    The first frame keeps the forward exemplar's colors and the last the backward one's, as in the release. The
    backward pass begins ``ahead`` frames or more after a frame, or at the span's end.
    """
    window: list[Warped] = []
    onward: Tensor | None = None
    ended = False
    while not ended:
        window += islice(frames, emitted + ahead - len(window))
        ended = len(window) < emitted + ahead
        flows = [frame.to_next for frame in window[:-1] if frame.to_next is not None]
        back = gates.propagated_back([upsampled(frame.backward) for frame in window], flows) if window else []
        for number, frame in enumerate(window if ended else window[:emitted]):
            forward = upsampled(frame.forward)
            if onward is None or frame.to_previous is None:
                onward = colors = forward
            else:
                onward = gates.propagated_on(forward, onward, frame.to_previous)
                colors = back[number] if ended and frame is window[-1] else gates.meet(onward, back[number])
            yield frame, colors
        del window[:emitted]
