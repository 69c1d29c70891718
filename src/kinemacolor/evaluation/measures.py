"""The metrics, frame by frame: from a pair of pictures to named figures, in constant memory."""

import math
from collections.abc import Callable, Collection, Mapping

from jaxtyping import Bool
from torch import Tensor

from kinemacolor.evaluation.by_reach import ErrorByReach
from kinemacolor.evaluation.confidence import ConfidenceRank
from kinemacolor.evaluation.figures import REACH_FIGURES
from kinemacolor.evaluation.networks import CLASS_FIGURES, LPIPS_FIGURES, Networks
from kinemacolor.evaluation.pair import Measure, Pair
from kinemacolor.frames import Luma
from kinemacolor.layers.flow import Flow
from kinemacolor.metrics.cdc import Cdc
from kinemacolor.metrics.ciede2000 import ciede2000, percentile
from kinemacolor.metrics.classifier import Classify, agrees
from kinemacolor.metrics.colorfulness import colorfulness
from kinemacolor.metrics.fid import FeatureStatistics, frechet_distance
from kinemacolor.metrics.inception import FEATURES, Inception
from kinemacolor.metrics.lpips import Lpips
from kinemacolor.metrics.outliers import outliers
from kinemacolor.metrics.psnr import psnr, psnr_ab, wrapping_psnr
from kinemacolor.metrics.ssim import ssim
from kinemacolor.metrics.warp_error import motion, warp_error


class PerFrame:
    """Figures that each come from one pair alone."""

    def __init__(self, functions: Mapping[str, Callable[[Pair], float]]) -> None:
        self._functions = functions

    def update(self, pair: Pair) -> dict[str, float]:
        """Each figure of this frame."""
        return {name: function(pair) for name, function in self._functions.items()}

    def compute(self) -> dict[str, float]:
        """Nothing: a clip's figure is the mean."""
        return {}


class ColorDifference:
    """CIEDE2000: its mean over the pixels and its 90th percentile."""

    def update(self, pair: Pair) -> dict[str, float]:
        """Both figures of this frame."""
        difference = ciede2000(pair.lab, pair.true_lab)
        return {"ciede2000": difference.mean().item(), "ciede2000_p90": percentile(difference, 90.0)}

    def compute(self) -> dict[str, float]:
        """Nothing: a clip's figure is the mean."""
        return {}


class WarpError:
    """The change of color along the truth's motion."""

    def __init__(self) -> None:
        self._before: Pair | None = None

    def update(self, pair: Pair) -> dict[str, float]:
        """The change since the frame before; nothing for the first."""
        before, self._before = self._before, pair
        if before is None:
            return {}
        flow, visible = _motion(pair.true_lab[:1], before.true_lab[:1])
        return {"warp_error": warp_error(pair.lab[1:], before.lab[1:], flow, visible)}

    def compute(self) -> dict[str, float]:
        """Nothing: a clip's figure is the mean."""
        return {}


def _motion(luma: Luma, before: Luma) -> tuple[Flow, Bool[Tensor, "1 h w"]]:
    return motion(luma, before)


class ColorConsistency:
    """CDC."""

    def __init__(self) -> None:
        self._cdc = Cdc()

    def update(self, pair: Pair) -> dict[str, float]:
        """Nothing: CDC is said of a clip."""
        self._cdc.add(pair.picture)
        return {}

    def compute(self) -> dict[str, float]:
        """CDC of the clip."""
        return {"cdc": self._cdc.value}


class Lookalike:
    """LPIPS."""

    def __init__(self, network: Lpips, names: Collection[str]) -> None:
        self._network = network
        self._scaled = {name: name == "lpips" for name in LPIPS_FIGURES if name in names}

    def update(self, pair: Pair) -> dict[str, float]:
        """LPIPS of this frame, rightly scaled and as the script has it, as far as asked for."""
        return {name: self._network(pair.picture, pair.truth, scaled=s) for name, s in self._scaled.items()}

    def compute(self) -> dict[str, float]:
        """Nothing: a clip's figure is the mean."""
        return {}


class SameClass:
    """Whether a classifier names the picture as it names the truth."""

    def __init__(self, classify: Classify) -> None:
        self._classify = classify

    def update(self, pair: Pair) -> dict[str, float]:
        """100 or 0 for the first name and the first five."""
        scores, truth = self._classify(pair.picture), self._classify(pair.truth)
        return {f"top{among}": 100.0 * agrees(scores, truth, among=among) for among in (1, 5)}

    def compute(self) -> dict[str, float]:
        """Nothing: a clip's figure is the mean."""
        return {}


class InceptionDistance:
    """FID of the frames given so far, exemplars left out: of a clip, or of all clips if it is kept for all."""

    def __init__(self, network: Inception, name: str) -> None:
        self._network, self._name = network, name
        self._pictures, self._truths = FeatureStatistics(FEATURES), FeatureStatistics(FEATURES)

    def update(self, pair: Pair) -> dict[str, float]:
        """Nothing: FID is said of many frames."""
        if not pair.is_exemplar:
            self._pictures.add(self._network(pair.picture))
            self._truths.add(self._network(pair.truth))
        return {}

    def compute(self) -> dict[str, float]:
        """FID so far."""
        return {self._name: frechet_distance(self._pictures, self._truths)}


def _inner(function: Callable[..., float]) -> Callable[[Pair], float]:
    return lambda pair: _within(function, pair, inside=True)


def _outer(function: Callable[..., float]) -> Callable[[Pair], float]:
    return lambda pair: _within(function, pair, inside=False)


def _within(function: Callable[..., float], pair: Pair, *, inside: bool) -> float:
    """The figure of the objects' pixels or of all others; NaN where the clip has no masks, or none are there."""
    if pair.objects is None:
        return math.nan
    return function(pair.picture, pair.truth, region=pair.objects if inside else ~pair.objects)


_FUNCTIONS: dict[str, Callable[[Pair], float]] = {
    "psnr": lambda pair: psnr(pair.picture, pair.truth),
    "psnr_ab": lambda pair: psnr_ab(pair.lab[1:], pair.true_lab[1:]),
    "psnr_wrapping": lambda pair: wrapping_psnr(pair.picture, pair.truth),
    "ssim_uniform7": lambda pair: ssim(pair.picture, pair.truth, window="uniform7"),
    "ssim_gaussian11": lambda pair: ssim(pair.picture, pair.truth, window="gaussian11"),
    "outliers": lambda pair: outliers(pair.picture, pair.truth),
    "psnr_inner": _inner(psnr),
    "psnr_outer": _outer(psnr),
    "outliers_inner": _inner(outliers),
    "outliers_outer": _outer(outliers),
    "colorfulness": lambda pair: colorfulness(pair.picture),
}
_STATEFUL: dict[str, Callable[[], Measure]] = {
    "ciede2000": ColorDifference,
    "ciede2000_p90": ColorDifference,
    "warp_error": WarpError,
    "cdc": ColorConsistency,
    "confidence_spearman": ConfidenceRank,
    **dict.fromkeys(REACH_FIGURES, ErrorByReach),
}


def measures_for(names: Collection[str], networks: Networks) -> list[Measure]:
    """New measures that give these figures (names of ``FIGURES``) of one clip, as far as there are networks for them.

    Pooled figures are none of a clip: ``pooled_measures`` gives them.
    """
    functions = {name: function for name, function in _FUNCTIONS.items() if name in names}
    kinds = dict.fromkeys(kind for name, kind in _STATEFUL.items() if name in names)
    found: list[Measure] = [PerFrame(functions), *(kind() for kind in kinds)]
    if networks.lpips is not None and LPIPS_FIGURES.intersection(names):
        found.append(Lookalike(networks.lpips, names))
    if networks.classify is not None and CLASS_FIGURES.intersection(names):
        found.append(SameClass(networks.classify))
    if networks.fid_clip is not None and "fid_clip" in names:
        found.append(InceptionDistance(networks.fid_clip, "fid_clip"))
    return found


def pooled_measures(names: Collection[str], networks: Networks) -> list[Measure]:
    """New measures to be kept for all clips of a row."""
    found: list[Measure] = [ConfidenceRank()] if "confidence_spearman" in names else []
    if networks.fid is not None and "fid" in names:
        found.append(InceptionDistance(networks.fid, "fid"))
    return found
