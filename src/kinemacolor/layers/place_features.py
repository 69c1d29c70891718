"""ImageNet features of a luma's places, as unit vectors to be compared: keys at stride 8, details at stride 4."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from kinemacolor.frames import Luma
from kinemacolor.layers.efficientnet_lite import EfficientNetLite, EfficientNetLiteConfig, load_trunk

_LEVELS = (8, 16, 32)
SUMMARY_NUMBERS = EfficientNetLiteConfig().channels[32]
"""How many numbers the summary of a picture has, of the trunk that is not said otherwise."""


@dataclass(frozen=True, slots=True)
class PlaceFeatures:
    """``key`` says what lies at a place, ``detail`` tells it from its neighbors, ``summary`` the whole picture."""

    key: Float[Tensor, "c h8 w8"]
    detail: Float[Tensor, "d h4 w4"]
    summary: Float[Tensor, " s"]


class PlaceEncoder(nn.Module):
    """EfficientNet-Lite's features of strides 8, 16 and 32 together, and those of stride 4."""

    def __init__(self, trunk: EfficientNetLite | None = None) -> None:
        super().__init__()
        self.trunk = (trunk or load_trunk(last_stride=max(_LEVELS))).fold()

    def forward(self, luma: Luma) -> PlaceFeatures:
        """Features in float32; ``h4 = ceil(h / 4)``, ``h8 = ceil(h / 8)``."""
        return features_of({stride: level[0] for stride, level in self.trunk(luma[None]).items()})


def features_of(maps: Mapping[int, Float[Tensor, "_ _ _"]]) -> PlaceFeatures:
    """The features that a trunk's maps hold: strides 8, 16 and 32 as unit vectors joined, stride 4, and the mean."""
    levels = {stride: level.float() for stride, level in maps.items()}
    size = levels[8].shape[-2:]
    same = [F.interpolate(levels[s][None], size, mode="bilinear", align_corners=False)[0] for s in _LEVELS]
    key = torch.cat([_unit(level, len(same) ** -0.5) for level in same])
    # the mean says "this is a picture", the differences from it say which place
    detail = _unit(levels[4] - levels[4].mean((1, 2), keepdim=True))
    return PlaceFeatures(key, detail, F.normalize(levels[32].mean((1, 2)), dim=0))


def _unit(planes: Float[Tensor, "c h w"], length: float = 1.0) -> Float[Tensor, "c h w"]:
    """Each place's vector at this length; several times faster than ``F.normalize`` on planes."""
    return planes * (length * (planes.square().sum(0, keepdim=True) + 1e-12).rsqrt())


@dataclass(frozen=True, slots=True)
class PlaceProjection:
    """Keys in fewer channels: the principal components of the exemplars' keys."""

    mean: Float[Tensor, "c 1"]
    basis: Float[Tensor, "p c"]

    @classmethod
    def of(cls, keys: Float[Tensor, "c n"], channels: int) -> "PlaceProjection":
        """The ``channels`` directions in which these keys differ most."""
        mean = keys.mean(1, keepdim=True)
        centered = keys - mean
        spread = centered @ centered.T
        try:
            _, vectors = torch.linalg.eigh(spread)
        except RuntimeError:  # of few keys, nearly alike: LAPACK may not get there in float32
            vectors = torch.linalg.eigh(spread.double())[1].float()
        return cls(mean, vectors[:, -channels:].T.contiguous())

    def __call__(self, key: Float[Tensor, "c h8 w8"], dtype: torch.dtype = torch.float32) -> Float[Tensor, "n p"]:
        """Unit keys as rows: their dot product is a cosine, -1..1. Computed in ``dtype``, lengths in float32."""
        planes = (key.flatten(1) - self.mean).to(dtype)
        return F.normalize((self.basis.to(dtype) @ planes).float(), dim=0).T.to(dtype).contiguous()
