"""Likeness: the strokes' colors for places that look like painted ones, however far away, and the model's guess.

The mean of the paint, weighed by likeness to where it lies (Nadaraya and Watson's regression): likeness of the
model's features and of luma. A guess weighs as much as paint on something unlike, so that it speaks only where
nothing like it is painted.
"""

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from kinemacolor.engine.paint.strokes import Strokes
from kinemacolor.frames import Luma, size_of
from kinemacolor.models.base import Guess
from kinemacolor.resize import resize

_KEY_GAIN, _DETAIL_GAIN, _LUMA_SIGMA = 8.0, 5.0, 15.0
_GUESS_SHARE = 1e-5
_MOST_PLACES = 512
_LEAST_COVERED, _OF_THE_MOST = 0.5, 0.7


def expected(luma: Luma, guess: Guess, strokes: Strokes) -> Float[Tensor, "2 h4 w4"]:
    """a*b* for each place of stride 4, by the strokes on places like it and by the guess."""
    places = guess.places
    size = size_of(places.detail)
    small = resize(luma, size)[0].flatten()
    where = strokes.where.float()[None]
    covered = resize(where, size)[0].flatten()
    paint = resize(strokes.chroma * where, size).flatten(1) / covered.clamp_min(1e-6)
    painted = _some(covered >= min(_LEAST_COVERED, _OF_THE_MOST * float(covered.max())))
    detail = places.detail.flatten(1)
    # at stride 8, where the features are, and then finer: likeness is as smooth as they are
    row, column = painted // size[1], painted % size[1]
    rows8, columns8 = size_of(places.key)
    at8 = (row * rows8 // size[0]) * columns8 + column * columns8 // size[1]
    alike = (places.key.flatten(1)[:, at8].T @ places.key.flatten(1)).view(-1, rows8, columns8)
    logits = _KEY_GAIN * (F.interpolate(alike[None], size, mode="bilinear", align_corners=False)[0].flatten(1) - 1)
    logits += _DETAIL_GAIN * (detail[:, painted].T @ detail - 1)
    logits -= (small[painted, None] - small).square() / (2 * _LUMA_SIGMA**2)
    weights = logits.exp_() / len(painted)
    guessed = resize(guess.chroma, size).flatten(1)
    mean = (paint[:, painted] @ weights + _GUESS_SHARE * guessed) / (weights.sum(0) + _GUESS_SHARE)
    return mean.view(2, *size)


def _some(covered: Tensor) -> Tensor:
    """The numbers of places that are covered; evenly spaced ones of very many."""
    numbers = covered.nonzero()[:, 0]
    return numbers[:: -(-len(numbers) // _MOST_PLACES)]
