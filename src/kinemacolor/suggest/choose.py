"""The frames of a film to color next, and how much each would add."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor

from kinemacolor import color
from kinemacolor.errors import SettingError
from kinemacolor.frames import Exemplar, Shot, size_of
from kinemacolor.io import Film
from kinemacolor.layers.place_features import PlaceEncoder
from kinemacolor.resize import fit, resize
from kinemacolor.suggest.coverage import choose, covered, errors_of, keys_of
from kinemacolor.suggest.film import GLANCE_PX, Sample, features_of, look_through, samples_of

_MOST_SAMPLES = 320
_PLACES = 160
_KNOWN_WEIGHT = 0.02


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A frame to color.

    ``gain`` is the share of the film that it adds to what is covered, ``covered`` the share
    that is covered with it, the exemplars there are and the suggestions before it (0..1).
    """

    frame: int
    shot: Shot
    gain: float
    covered: float


def suggest_frames(
    film: Film | str | Path,
    count: int,
    *,
    shots: Sequence[Shot] | None = None,
    exemplars: Sequence[Exemplar] = (),
    confidence: Mapping[int, float] | None = None,
    encoder: PlaceEncoder | None = None,
) -> list[Suggestion]:
    """Up to ``count`` frames, the one that brings most first. Fewer where no more would bring anything.

    ``exemplars`` are those there are already. ``confidence`` (0..1, by frame number) is how sure a model was of its
    colors: what it is sure of needs no more stills. Frames it does not name count as unsure.

    Raises ``SettingError`` for a count below 1, ``InputError`` where the film cannot be read.
    """
    if count < 1:
        raise SettingError(f"{count} frames cannot be suggested. Give 1 or more.")
    found, glances = look_through(film, shots=shots)
    samples = samples_of(found, glances, _MOST_SAMPLES)
    return suggest_among(samples, found, count, encoder or PlaceEncoder(), exemplars=exemplars, confidence=confidence)


@torch.inference_mode()
def suggest_among(
    samples: Sequence[Sample],
    shots: Sequence[Shot],
    count: int,
    encoder: PlaceEncoder,
    *,
    exemplars: Sequence[Exemplar] = (),
    confidence: Mapping[int, float] | None = None,
) -> list[Suggestion]:
    """The same for a film that was looked through already."""
    lumas = [sample.luma for sample in samples] + [_small_luma(exemplar) for exemplar in exemplars]
    keys = keys_of(features_of(lumas, encoder), _PLACES)
    homes = [sample.shot for sample in samples]
    asked = keys[: len(samples)]
    weights = torch.tensor([sample.weight * _need(sample.frame, confidence) for sample in samples])
    left = torch.ones(len(samples), _PLACES)
    if exemplars:
        known = [_home(exemplar.index, shots) for exemplar in exemplars]
        left = errors_of(asked, keys[len(samples) :], homes, known).float().amin(1)
    before, suggestions = covered(left, weights), []
    for choice in choose(errors_of(asked, asked, homes, homes), weights, count, left=left):
        sample = samples[choice.candidate]
        suggestions.append(Suggestion(sample.frame, shots[sample.shot], choice.covered - before, choice.covered))
        before = choice.covered
    return suggestions


def _need(frame: int, confidence: Mapping[int, float] | None) -> float:
    """Weight of a frame: all of it, or little where a model was confident."""
    return max(_KNOWN_WEIGHT, 1 - (confidence or {}).get(frame, 0.0))


def _home(index: int | None, shots: Sequence[Shot]) -> int:
    """The number of the shot that a frame lies in; -1 for no frame of the film."""
    inside = [n for n, shot in enumerate(shots) if index is not None and shot.start <= index < shot.stop]
    return inside[0] if inside else -1


def _small_luma(exemplar: Exemplar) -> Float[Tensor, "1 h w"]:
    luma, _ = color.split(exemplar.rgb)
    return resize(luma, fit(size_of(luma), GLANCE_PX))
