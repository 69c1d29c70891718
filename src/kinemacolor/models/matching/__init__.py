"""The default that needs no training: colors carried by optical flow and matched to the exemplars, fused."""

import torch

from kinemacolor.layers.place_features import PlaceEncoder
from kinemacolor.models.matching.colorizer import MatchingColorizer, MatchingSettings, MatchingState

__all__ = ["SETTINGS", "MatchingColorizer", "MatchingSettings", "MatchingState", "fast_dtype", "load"]

SETTINGS = MatchingSettings()
"""Flow and features; with ``features=False`` it is optical flow alone."""


def load(
    *,
    device: str | torch.device | None = None,
    dtype: torch.dtype | None = None,
    settings: MatchingSettings | None = None,
) -> MatchingColorizer:
    """The model, ready to color.

    ``device`` None takes a GPU if there is one. ``dtype`` is the precision of the trunk and of matching; None takes
    bfloat16 where the processor computes in it, else float32. Raises ``WeightsError`` where the features' package is
    not installed.
    """
    chosen = settings or SETTINGS
    place = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
    encoder = PlaceEncoder().to(place) if chosen.features else None
    return MatchingColorizer(encoder, chosen, place, dtype or fast_dtype(place))


def fast_dtype(device: torch.device) -> torch.dtype:
    """bfloat16 where the device computes in it, else float16 on a GPU and float32 on a CPU."""
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16
    return torch.bfloat16 if torch.cpu._is_avx512_bf16_supported() else torch.float32
