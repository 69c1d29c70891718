"""Deep Exemplar in small: frozen ImageNet features in place of VGG19 and N, and a light C."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from kinemacolor.models.base import Reference
from kinemacolor.models.deep_exemplar.correspondence import unit
from kinemacolor.models.deep_exemplar.network import ExemplarNetwork, Learned
from kinemacolor.models.deep_exemplar_lite.colorization import LightColorizationConfig, LightColorizationSubnet
from kinemacolor.models.deep_exemplar_lite.features import EfficientNetFeatures


class DeepExemplarLite(ExemplarNetwork):
    """The network; a step is ``embed``, ``align``, ``forward``, as of ``DeepExemplar``.

    Exemplars are seen without their colors, as frames are, so that one trunk serves both.
    """

    def __init__(self, config: LightColorizationConfig, features: EfficientNetFeatures | None = None) -> None:
        """``features`` None are the published ones; raises ``WeightsError`` where their package is not installed."""
        super().__init__()
        self.config = config
        self.features = features or EfficientNetFeatures()
        self.colorization: nn.Module = LightColorizationSubnet(config)

    def embed(self, luma: Float[Tensor, "b 1 h w"]) -> Float[Tensor, "b c h4 w4"]:
        """Unit vectors that say what lies at each position of frames (L* 0..100)."""
        features = torch.stack([self.features(each) for each in luma])
        return unit(features - features.mean((2, 3), keepdim=True))

    def learn(self, lab: Float[Tensor, "3 h w"], alpha: Float[Tensor, "1 h w"] | None = None) -> Learned:
        """The places to keep of an exemplar. ``alpha`` (0..1) says which part of it counts."""
        return Learned.of(self.embed(lab[None, :1])[0].float(), Reference(lab[:1], lab[1:], alpha=alpha))
