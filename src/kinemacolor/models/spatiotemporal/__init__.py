"""Reference-Based Video Colorization with Spatiotemporal Correspondence (Akimoto et al., 2020, arXiv:2011.12528)."""

from pathlib import Path

import torch

from kinemacolor.errors import SettingError
from kinemacolor.models.deep_exemplar.colorization import Refinement
from kinemacolor.models.deep_exemplar_lite import WEIGHTS, load_subnet
from kinemacolor.models.spatiotemporal.colorizer import SpatiotemporalColorizer
from kinemacolor.models.spatiotemporal.dense_tracking import TrackingPolicy
from kinemacolor.models.spatiotemporal.features import EfficientNetFeatures
from kinemacolor.models.spatiotemporal.state import SpatiotemporalSettings, SpatiotemporalState

__all__ = [
    "SETTINGS",
    "SpatiotemporalColorizer",
    "SpatiotemporalSettings",
    "SpatiotemporalState",
    "TrackingPolicy",
    "load",
]

SETTINGS = SpatiotemporalSettings()
"""Dense tracking, instances where masks are given, and refinement."""


def load(
    path: Path | None = None,
    *,
    device: torch.device | None = None,
    dtype: torch.dtype | None = None,
    settings: SpatiotemporalSettings | None = None,
) -> SpatiotemporalColorizer:
    """The model over EfficientNet-Lite's ImageNet features, refined by ``deep-exemplar-lite``'s subnet (Eq. 2).

    ``path`` is another file of such a subnet. ``device`` None takes a GPU if there is one. Raises ``WeightsError``
    where the file is no such, or where the features' package is not installed, and ``SettingError`` where a file is
    given for settings that do not refine.
    """
    if path is not None and settings is not None and not settings.refined:
        raise SettingError(f"{path} would refine the colors, but 'refined' is off. Leave one of them out.")
    chosen = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
    features = EfficientNetFeatures().to(chosen)
    refinement = None
    if settings is None or settings.refined:
        refinement = Refinement(load_subnet(path or WEIGHTS)).to(chosen).eval()
    return SpatiotemporalColorizer(features, refinement=refinement, settings=settings, device=chosen, dtype=dtype)
