"""The insight into each model that can be explained."""

from kinemacolor.errors import ModelError
from kinemacolor.explain.bank_insight import BankInsight
from kinemacolor.explain.colormnet_insight import ColorMNetInsight
from kinemacolor.explain.insight import Insight
from kinemacolor.models.base import Colorizer
from kinemacolor.models.colormnet.colorizer import ColorMNetColorizer
from kinemacolor.models.colormnet_lite.colorizer import ColorMNetLiteColorizer
from kinemacolor.models.colormnet_lite.network import SEARCH
from kinemacolor.models.matching.colorizer import MatchingColorizer


def insight_of(colorizer: Colorizer) -> Insight:
    """The insight into this model. Raises ``ModelError`` where there is none."""
    if isinstance(colorizer, ColorMNetColorizer):
        return ColorMNetInsight(colorizer)
    if isinstance(colorizer, ColorMNetLiteColorizer):
        return BankInsight(colorizer, colorizer.network.trunk, SEARCH)
    if isinstance(colorizer, MatchingColorizer) and colorizer.encoder is not None:
        return BankInsight(colorizer, colorizer.encoder.trunk, colorizer.settings.search)
    raise ModelError("This model cannot be explained. Use --model matching, colormnet-lite or colormnet.")
