"""The temporal consistency loss: color does not change along the path of a point (Deep Exemplar, Eq. 13)."""

from jaxtyping import Bool, Float
from torch import Tensor

from kinemacolor.layers.warp import warp


def temporal_loss(
    before: Float[Tensor, "2 h w"],
    now: Float[Tensor, "2 h w"],
    flow: Float[Tensor, "2 h w"],
    visible: Bool[Tensor, "1 h w"],
) -> Float[Tensor, ""]:
    """Eq. 13 as the release has it: ``mean(m (before(p) - now(p + flow(p)))^2)``.

    ``flow`` leads from the frame before to this one, in pixels; ``visible`` is the mask m without what is hidden in
    this frame (``layers.flow.consistent``). The mean runs over all pixels, hidden ones count 0.
    """
    return (visible * (before - warp(now, flow)).square()).mean()
