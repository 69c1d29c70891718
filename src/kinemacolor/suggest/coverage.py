"""Choice of the frames that cover a film best: greedy facility location over the places of sampled frames.

How well a place is known by a chosen frame follows from its best likeness to a place there: the error in color to be
expected of it falls with likeness, and within a shot faster than beyond it. The worth of a choice is the sum over
frames of the logarithm of the mean expected error, as PSNR counts it, so that frames beyond help do not take all
choices. Each next choice gains most (Nemhauser, Wolsey and Fisher, 1978).

The design's farthest-point sampling asks for the frame least like any chosen one, and so begins with the oddest
frames; this prefers a frame that stands for many.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from kinemacolor.layers.place_features import PlaceFeatures, PlaceProjection

_CHANNELS = 64
_NO_GAIN = 1e-4

# squared error of the best place's color as a share of a gray picture's, measured on 40 clips of color film
_LIKENESS = (0.2, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
_WITHIN_SHOT = (1.0, 0.6, 0.36, 0.17, 0.08, 0.04, 0.015, 0.005)
_BEYOND_SHOT = (1.0, 1.0, 1.0, 0.56, 0.17, 0.05, 0.015, 0.005)

Errors = Float[Tensor, "n m p"]
"""The error that candidate m leaves in place p of frame n, as a share of a gray picture's."""


def keys_of(features: Sequence[PlaceFeatures], places: int) -> Float[Tensor, "n p c"]:
    """``places`` places of each picture, evenly, as unit rows, all in the same principal components."""
    sampled = [each.key.flatten(1) for each in features]
    sampled = [key[:, torch.linspace(0, key.shape[1] - 1, places).round().long()] for key in sampled]
    projection = PlaceProjection.of(torch.cat(sampled, dim=1), min(_CHANNELS, len(sampled[0])))
    return torch.stack([projection(key[:, None]) for key in sampled])


def expected_error(likeness: Float[Tensor, "*n"], *, within_shot: bool) -> Float[Tensor, "*n"]:
    """The squared error in color that likeness (-1..1) lets expect, as a share of a gray picture's."""
    knots, levels = torch.tensor(_LIKENESS), torch.tensor(_WITHIN_SHOT if within_shot else _BEYOND_SHOT)
    alike = likeness.float().clamp(_LIKENESS[0], _LIKENESS[-1])
    step = torch.bucketize(alike, knots[1:-1])
    part = (alike - knots[step]) / (knots[step + 1] - knots[step])
    return levels[step] + part * (levels[step + 1] - levels[step])


def errors_of(
    asked: Float[Tensor, "n p c"],
    answering: Float[Tensor, "m q c"],
    shot_asked: Sequence[int],
    shot_answering: Sequence[int],
) -> Errors:
    """The error that each answering picture would leave in each place of each asked one; half precision."""
    candidates = answering.flatten(0, 1)
    errors = torch.empty(len(asked), len(answering), asked.shape[1], dtype=torch.float16)
    for number, places in enumerate(asked):
        likeness = (candidates @ places.T).view(len(answering), -1, len(places)).amax(1)
        within = torch.tensor([shot == shot_asked[number] for shot in shot_answering])
        errors[number] = torch.where(
            within[:, None], expected_error(likeness, within_shot=True), expected_error(likeness, within_shot=False)
        )
    return errors


@dataclass(frozen=True, slots=True)
class Choice:
    """A candidate chosen, and the share of the film that is covered with it and all before: 0 gray, 1 known."""

    candidate: int
    covered: float


def covered(left: Float[Tensor, "n p"], weights: Float[Tensor, " n"]) -> float:
    """The share of the film that is known where ``left`` is the error left."""
    return float((weights * (1 - left.float().mean(1))).sum() / weights.sum())


def choose(
    errors: Errors, weights: Float[Tensor, " n"], count: int, *, left: Float[Tensor, "n p"] | None = None
) -> list[Choice]:
    """Up to ``count`` candidates, each the one that gains most after those before it.

    ``weights`` say for how many frames each sampled frame stands, or how much it matters; ``left`` is the error left
    by exemplars there are already. Ends early where nothing can be gained.
    """
    left = torch.ones(errors.shape[0], errors.shape[2]) if left is None else left.float()
    chosen: list[Choice] = []
    for _ in range(min(count, errors.shape[1])):
        # all anew each time: the logarithm lets a gain grow when another choice has covered the rest of a frame
        worths = [_worth(torch.minimum(left, error.float()), weights) for error in errors.unbind(1)]
        gains = torch.stack(worths) - _worth(left, weights)
        best = int(gains.argmax())
        if gains[best] <= _NO_GAIN:
            break
        left = torch.minimum(left, errors[:, best].float())
        chosen.append(Choice(best, covered(left, weights)))
    return chosen


def _worth(left: Float[Tensor, "n p"], weights: Float[Tensor, " n"]) -> Float[Tensor, ""]:
    """The value of a choice: how small the expected error is, as PSNR counts it."""
    return -(weights * left.mean(1).log()).sum() / weights.sum()
