"""Optical flow for handing colors on: RAFT as in the release, or OpenCV's DIS where its weights are not there."""

from typing import Any, Protocol, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor, nn

from kinemacolor.frames import Luma
from kinemacolor.layers.flow import optical_flow
from kinemacolor.models.bistnet.raft import RAFT, FlowFeatures


@runtime_checkable
class FlowExpert(Protocol):
    """Finds where points of one frame lie in another. What it knows of a frame is computed once."""

    @property
    def network(self) -> nn.Module | None:
        """The parts that have learnt, None where it needs no training."""
        ...

    def look(self, luma: Luma) -> Any:
        """The features of a frame, L* 0..100, that flow is found from."""
        ...

    def between(self, source: Any, target: Any) -> Float[Tensor, "2 h w"]:
        """The displacement of each pixel of ``source``, in pixels (x, y)."""
        ...


class RAFTFlow:
    """RAFT with the release's 20 iterations."""

    def __init__(self, network: RAFT, *, iterations: int = 20) -> None:
        self.network, self.iterations = network.eval(), iterations

    @torch.no_grad()
    def look(self, luma: Luma) -> FlowFeatures:
        """RAFT's features of a frame."""
        features: FlowFeatures = self.network.features(luma[None] / 100)
        return features

    @torch.no_grad()
    def between(self, source: FlowFeatures, target: FlowFeatures) -> Float[Tensor, "2 h w"]:
        """RAFT's flow."""
        return self.network(source, target, iterations=self.iterations)[0]


class DISFlow:
    """DIS flow, training-free."""

    network = None

    def look(self, luma: Luma) -> Luma:
        """The frame itself."""
        return luma

    def between(self, source: Luma, target: Luma) -> Float[Tensor, "2 h w"]:
        """DIS's flow at its best setting."""
        return optical_flow(source, target, preset="medium")
