"""ColorMNet-lite, the network: colours from the exemplars' memory and from earlier frames, weighed by a decoder.

What ColorMNet does in feature space happens here on colours themselves: memory holds the exemplars' chroma, read by
keys (ColorMNet, Eqs. 8-10, with cosine similarity, coarse to fine); local attention (Eq. 12) is optical flow
from several earlier frames; the decoder (Eq. 13) chooses among these candidates.
"""

from collections.abc import Mapping, Sequence

import torch
from jaxtyping import Float
from torch import Generator, Tensor, nn

from kinemacolor.frames import Luma
from kinemacolor.layers.efficientnet_lite import EfficientNetLite, load_trunk
from kinemacolor.models.base import Reference
from kinemacolor.models.colormnet_lite.config import ColorMNetLiteConfig
from kinemacolor.models.colormnet_lite.decoder import Decoder
from kinemacolor.models.colormnet_lite.evidence import Doubt, Evidence, Past
from kinemacolor.models.matching.bank import Bank, Search, entry_of
from kinemacolor.models.matching.features import Features, Projection, features_of

_LEVELS = (8, 16, 32)
_LOG_ERROR = (-3.0, 5.0)
"""Errors of 0.05 to 150 are possible. What lies beyond would grow from frame to frame."""


class ColorMNetLite(nn.Module):
    """A network of parameters only; the exemplars' bank and earlier frames come in."""

    def __init__(self, config: ColorMNetLiteConfig) -> None:
        super().__init__()
        self.config = config
        self.trunk = EfficientNetLite(config.trunk)
        channels = self.trunk.channels
        keys = sum(channels[s] for s in _LEVELS)
        drawn = nn.init.orthogonal_(torch.empty(min(config.key_channels, keys), keys), generator=_always_alike())
        self.key = nn.Parameter(drawn)
        self.temperature = nn.Parameter(torch.tensor(0.06).log())
        self.detail_weight = nn.Parameter(torch.tensor(0.3))
        self.luma_weight = nn.Parameter(torch.tensor(2.0))
        self.doubt = Doubt()
        self.decoder = Decoder(config.decoder_channels, config.carried)

    @classmethod
    def with_imagenet_trunk(cls, config: ColorMNetLiteConfig | None = None) -> "ColorMNetLite":
        """A network to begin training with: its trunk is EfficientNet-Lite0 as published.

        Raises ``WeightsError`` where the package with the trunk's weights is not installed.
        """
        network = cls(config or ColorMNetLiteConfig())
        network.trunk.load_state_dict(load_trunk("lite0").state_dict())
        return network

    @property
    def search(self) -> Search:
        """How places are compared, as learned."""
        return Search(
            detail_weight=self.detail_weight, luma_weight=self.luma_weight, temperature=self.temperature.exp()
        )

    def bank(
        self, references: Sequence[Reference], features: Sequence[Features], dtype: torch.dtype, *, at_once: int
    ) -> Bank:
        """The exemplars as memory; ``features`` are those of their lumas. Keys are compared in ``dtype``."""
        keys = torch.cat([each.key.flatten(1) for each in features], dim=1)
        projection = Projection(keys.mean(1, keepdim=True), self.key)
        entries = [entry_of(r, f, projection, dtype) for r, f in zip(references, features)]
        return Bank(entries, projection, at_once=at_once)

    def colored(self, luma: Float[Tensor, "b 1 h w"], evidence: Sequence[Evidence]) -> list[Past]:
        """The frames in colour, at stride 2: what the decoder makes of the evidence for each."""
        verdict = self.decoder(torch.stack([each.signs for each in evidence]))
        return [_judged(luma[i], each, verdict.trust[i], verdict.log_error[i]) for i, each in enumerate(evidence)]


def _always_alike() -> Generator:
    return torch.Generator().manual_seed(0)


def maps_of(maps: Mapping[int, Tensor], index: int) -> Features:
    """The features of one of several pictures that went through the trunk together."""
    return features_of({stride: level[index] for stride, level in maps.items()})


def _judged(luma: Luma, evidence: Evidence, trust: Tensor, log_error: Tensor) -> Past:
    logits = trust - evidence.log_variances
    weights = logits.softmax(0)
    chroma = (weights[:, None] * evidence.candidates).sum(0)
    origin = (weights * evidence.origins).sum(0, keepdim=True)
    # precisions add up, as in a Kalman filter, and the decoder corrects what comes of it
    log_error = log_error - logits.detach().logsumexp(0, keepdim=True) / 2
    return Past(luma, chroma, origin, log_error.clamp(*_LOG_ERROR))
