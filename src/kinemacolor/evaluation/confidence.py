"""Models' confidence, held against their error."""

from kinemacolor.evaluation.pair import Pair
from kinemacolor.frames import size_of
from kinemacolor.metrics.calibration import Calibration
from kinemacolor.metrics.rank_correlation import rank_correlation
from kinemacolor.resize import resize

_PIXELS_RANKED = 10_000


class ConfidenceRank:
    """Rank correlation of confidence and accuracy in each frame; over all frames the error at each confidence.

    The latter is ``calibration``.
    """

    def __init__(self) -> None:
        self.calibration = Calibration()

    def update(self, pair: Pair) -> dict[str, float]:
        """Spearman's correlation of confidence and the negated error; nothing where the model gave no confidence."""
        if pair.confidence is None or pair.is_exemplar:
            return {}
        squared = (pair.lab[1:] - pair.true_lab[1:]).square().sum(0, keepdim=True)
        size = size_of(pair.confidence)
        error = resize(squared, size).clamp_min(0).sqrt().flatten()
        step = -(-len(error) // _PIXELS_RANKED)
        confidence = pair.confidence.flatten()
        self.calibration.add(confidence, error)
        return {"confidence_spearman": rank_correlation(confidence[::step], -error[::step])}

    def compute(self) -> dict[str, float]:
        """Nothing: a clip's figure is the mean."""
        return {}
