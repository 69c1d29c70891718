"""Reference-Based Video Colorization with Spatiotemporal Correspondence (Akimoto et al., 2020, arXiv:2011.12528)."""

import torch

from kinemacolor.models.spatiotemporal.colorizer import SpatiotemporalColorizer
from kinemacolor.models.spatiotemporal.dense_tracking import TrackingPolicy
from kinemacolor.models.spatiotemporal.features import EfficientNetFeatures
from kinemacolor.models.spatiotemporal.state import SpatiotemporalSettings, SpatiotemporalState

__all__ = ["SpatiotemporalColorizer", "SpatiotemporalSettings", "SpatiotemporalState", "TrackingPolicy", "load"]


def load(
    *,
    device: torch.device | None = None,
    dtype: torch.dtype | None = None,
    settings: SpatiotemporalSettings | None = None,
) -> SpatiotemporalColorizer:
    """The model without trained weights: EfficientNet-Lite's ImageNet features, and the warped colours as they are.

    ``device`` None takes a GPU if there is one. Raises ``WeightsError`` where the features' package is not installed.
    """
    chosen = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
    features = EfficientNetFeatures().to(chosen)
    return SpatiotemporalColorizer(features, settings=settings, device=chosen, dtype=dtype)
