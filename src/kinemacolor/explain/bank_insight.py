"""A look into ``matching`` and ``colormnet-lite``, whose exemplars are a bank of places."""

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from kinemacolor.explain.insight import Correspondence
from kinemacolor.explain.usage import tensor_bytes
from kinemacolor.frames import Luma, size_of
from kinemacolor.layers.efficientnet_lite import EfficientNetLite
from kinemacolor.layers.place_features import PlaceFeatures, features_of
from kinemacolor.models.base import Reference
from kinemacolor.models.colormnet_lite.colorizer import ColorMNetLiteColorizer
from kinemacolor.models.matching.bank import Bank, Search
from kinemacolor.models.matching.colorizer import MatchingColorizer

_QUERIES_AT_ONCE = 1024


class BankInsight:
    """The trunk's features, and what is found in the bank by them."""

    def __init__(
        self, colorizer: MatchingColorizer | ColorMNetLiteColorizer, trunk: EfficientNetLite, search: Search
    ) -> None:
        self.colorizer, self.trunk, self.search = colorizer, trunk, search

    @torch.inference_mode()
    def _features(self, luma: Luma) -> PlaceFeatures:
        luma = luma.to(self.colorizer.device, torch.float32)
        return features_of({stride: level[0] for stride, level in self.trunk(luma[None]).items()})

    def _bank(self, exemplar: Reference) -> Bank:
        bank = self.colorizer.start([exemplar]).bank
        assert bank is not None
        return bank

    def features(self, luma: Luma) -> dict[str, Float[Tensor, "_ _ _"]]:
        """Keys (what lies at a place) and details (what tells it from its neighbors)."""
        found = self._features(luma)
        return {"keys, stride 8": found.key, "details, stride 4": found.detail}

    @torch.inference_mode()
    def correspondence(self, luma: Luma, exemplar: Reference) -> Correspondence:
        """The most similar keys at stride 8; likeness is their cosine."""
        bank, found = self._bank(exemplar), self._features(luma)
        keys = bank.entries[0].key.float()
        best = [(rows @ keys.T).max(1) for rows in torch.split(bank.projection(found.key), _QUERIES_AT_ONCE)]
        size = size_of(found.key)
        height, width = exemplar.luma.shape[-2:]
        return Correspondence(
            place=torch.cat([each.indices for each in best]).view(size),
            likeness=torch.cat([each.values for each in best]).view(size),
            exemplar_grid=(-(-height // 8), -(-width // 8)),
        )

    @torch.inference_mode()
    def warped(self, luma: Luma, exemplar: Reference) -> Float[Tensor, "2 h4 w4"]:
        """The match at stride 4."""
        luma = luma.to(self.colorizer.device, torch.float32)
        return self._bank(exemplar).match(luma, self._features(luma), self.search).chroma

    def memory_bytes(self, state: Any) -> dict[str, int]:
        """The exemplars' bank, and the latest frames."""
        bank = tensor_bytes(state.bank)
        return {"exemplars": bank, "latest frames": tensor_bytes(state) - bank - tensor_bytes(state.references)}
