"""ColorMNet-lite, the network: colors from the exemplars' memory, from earlier frames and from a prior.

What ColorMNet does in feature space happens here on colors themselves: memory holds the exemplars' chroma, read by
keys (ColorMNet, Eqs. 8-10, with cosine similarity, coarse to fine); local attention (Eq. 12) is optical flow
from several earlier frames; in place of the decoder (Eq. 13) each candidate weighs by how sure it is.
"""

from collections.abc import Iterable, Mapping, Sequence

import torch
from torch import Tensor, nn

from kinemacolor.frames import Luma
from kinemacolor.layers.efficientnet_lite import EfficientNetLite, load_trunk
from kinemacolor.layers.place_features import PlaceFeatures, PlaceProjection, features_of
from kinemacolor.models.base import Reference
from kinemacolor.models.colormnet_lite.confidence_head import ConfidenceHead
from kinemacolor.models.colormnet_lite.config import ColorMNetLiteConfig
from kinemacolor.models.colormnet_lite.evidence import VarianceModel, cue_channels
from kinemacolor.models.colormnet_lite.prior import PriorColors, UnconditionalPrior
from kinemacolor.models.colormnet_lite.smoothing import smoothed
from kinemacolor.models.matching.bank import Bank, Match, Search, entry_of
from kinemacolor.models.matching.host_bank import bank_of
from kinemacolor.resize import resize

_LEVELS = (8, 16, 32)
_LUMA_SIGMA = 4.0
_TRUNK = "trunk."
_FORMER_PARTS = {"guess.": "prior.", "judge.": "confidence_head."}
SEARCH = Search(luma_weight=1.0)
"""How places are compared unless told otherwise."""


class ColorMNetLite(nn.Module):
    """A network of parameters only; the exemplars' bank and earlier frames come in."""

    exemplars_on_host = False
    """Whether the bank that it makes lies in the computer's own memory."""

    def __init__(self, config: ColorMNetLiteConfig) -> None:
        super().__init__()
        self.register_load_state_dict_pre_hook(_rename_parts)  # type: ignore[no-untyped-call]  # torch has no types here
        self.config = config
        self.trunk = EfficientNetLite(config.trunk)
        self.variances = VarianceModel()
        self.prior = UnconditionalPrior(sum(self.trunk.channels[s] for s in _LEVELS), config.prior_channels)
        self.confidence_head = ConfidenceHead(2 + config.carried, cue_channels(config.carried), config.head_channels)

    @classmethod
    def with_imagenet_trunk(cls, config: ColorMNetLiteConfig | None = None) -> "ColorMNetLite":
        """A network to begin training with: its trunk is EfficientNet-Lite0 as published.

        Raises ``WeightsError`` where the package with the trunk's weights is not installed.
        """
        network = cls(config or ColorMNetLiteConfig())
        network.trunk.load_state_dict(load_trunk("lite0").state_dict())
        return network

    def bank(
        self,
        references: Sequence[Reference],
        features: Iterable[PlaceFeatures],
        dtype: torch.dtype,
        *,
        at_once: int,
        some: Sequence[PlaceFeatures],
    ) -> Bank:
        """The exemplars as memory; ``features`` are those of their lumas, each held no longer than needed.

        Keys are the principal components of ``some`` of these, and are compared in ``dtype``.
        """
        keys = torch.cat([each.key.flatten(1) for each in some], dim=1)
        projection = PlaceProjection.of(keys, self.config.key_channels)
        entries = (entry_of(r, f, projection, dtype) for r, f in zip(references, features))
        return bank_of(entries, projection, at_once=at_once, on_host=self.exemplars_on_host)

    def match(self, bank: Bank, luma: Luma, features: PlaceFeatures, search: Search = SEARCH) -> Match:
        """The match of a frame in the exemplars, at stride 4."""
        found = bank.match(luma, features, search)
        size = (found.chroma.shape[-2], found.chroma.shape[-1])
        return smoothed(found, resize(luma, size), luma_sigma=_LUMA_SIGMA)

    def prior_colors(self, luma: Luma, features: PlaceFeatures) -> PriorColors:
        """The colors that a frame is likely to have by its look alone, at stride 8."""
        size = (features.key.shape[-2], features.key.shape[-1])
        prior_colors: PriorColors = self.prior(features.key[None], resize(luma, size)[None])
        return prior_colors.muted()

    def learnt(self) -> dict[str, Tensor]:
        """All tensors but those of a trunk that has a package of its own."""
        tensors = self.state_dict()
        if not self.config.has_published_trunk:
            return tensors
        return {name: value for name, value in tensors.items() if not name.startswith(_TRUNK)}


def maps_of(maps: Mapping[int, Tensor], index: int) -> PlaceFeatures:
    """The features of one of several pictures that went through the trunk together."""
    return features_of({stride: level[index] for stride, level in maps.items()})


def renamed(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors of a file under today's names: those that are shipped still call two parts as they once were."""
    out = {}
    for name, tensor in tensors.items():
        for former, today in _FORMER_PARTS.items():
            name = today + name.removeprefix(former) if name.startswith(former) else name
        out[name] = tensor
    return out


def _rename_parts(network: nn.Module, tensors: dict[str, Tensor], *_: object) -> None:
    """Lets a training that began under former names go on."""
    found = renamed(tensors)
    tensors.clear()
    tensors.update(found)
