"""The best color photographs for each shot, from a folder of any number of them.

All photographs are ranked by what they show as a whole; the best of each shot are then compared place by place: how
well do places of the photograph know those of the shot.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from kinemacolor.frames import Shot
from kinemacolor.io import Film
from kinemacolor.layers.place_features import PlaceEncoder, PlaceFeatures
from kinemacolor.suggest.coverage import keys_of
from kinemacolor.suggest.film import Sample, features_of, look_through, samples_of
from kinemacolor.suggest.index import Photographs, photo_luma, photographs_of

_SHORTLIST = 40
_SAMPLES_A_SHOT = 3
_PLACES = 160


@dataclass(frozen=True, slots=True)
class PhotoMatch:
    """A photograph for a shot.

    ``likeness`` is the mean similarity of the shot's places to their best in the photograph, -1..1: the same scene
    gives 0.6 and more, one of the same kind 0.4 to 0.6.
    """

    shot: Shot
    photograph: Path
    likeness: float


def match_photographs(
    film: Film | str | Path,
    folder: Path,
    *,
    best: int = 3,
    shots: Sequence[Shot] | None = None,
    index: Path | None = None,
    encoder: PlaceEncoder | None = None,
    note: Callable[[str], None] | None = None,
) -> list[PhotoMatch]:
    """The ``best`` photographs of each shot, in the order of shots, the most alike first.

    ``index`` is where the photographs' descriptors are kept, None for the cache folder; ``note`` is told which
    pictures were left out. Raises ``InputError`` where film or folder cannot be read.
    """
    encoder = encoder or PlaceEncoder()
    photographs = photographs_of(folder, encoder, index=index)
    for line in photographs.left_out:
        if note is not None:
            note(line)
    found, glances = look_through(film, shots=shots)
    samples = samples_of(found, glances, _SAMPLES_A_SHOT * len(found))
    return _matches(found, samples, features_of([s.luma for s in samples], encoder), photographs, encoder, best)


def _matches(
    shots: Sequence[Shot],
    samples: Sequence[Sample],
    features: Sequence[PlaceFeatures],
    photographs: Photographs,
    encoder: PlaceEncoder,
    best: int,
) -> list[PhotoMatch]:
    numbers = sorted({sample.shot for sample in samples})
    of_shot = {n: [i for i, sample in enumerate(samples) if sample.shot == n] for n in numbers}
    summaries = torch.stack([torch.stack([features[i].summary for i in of_shot[n]]).mean(0) for n in numbers])
    shortlist = dict(zip(numbers, _nearest(summaries, photographs.summaries)))
    looked_at = sorted({photo for photos in shortlist.values() for photo in photos})
    near = features_of([photo_luma(photographs.paths[photo])[0] for photo in looked_at], encoder)
    keys = keys_of([*features, *near], _PLACES)
    row = {photo: len(features) + i for i, photo in enumerate(looked_at)}
    matches = []
    for number in numbers:
        scores = {photo: _likeness(keys[of_shot[number]], keys[row[photo]]) for photo in shortlist[number]}
        ranked = sorted(scores, key=lambda photo: (-scores[photo], photo))[:best]
        matches += [PhotoMatch(shots[number], photographs.paths[photo], scores[photo]) for photo in ranked]
    return matches


def _nearest(asked: Float[Tensor, "m s"], held: Float[Tensor, "n s"]) -> list[list[int]]:
    """The photographs most like each shot as a whole; without what all have in common, which says "a picture"."""
    common = held.mean(0)
    alike = F.normalize(asked - common, dim=1) @ F.normalize(held - common, dim=1).T
    return alike.topk(min(_SHORTLIST, len(held)), dim=1).indices.tolist()


def _likeness(shot: Float[Tensor, "n p c"], photograph: Float[Tensor, "q c"]) -> float:
    return float((shot @ photograph.T).amax(-1).mean())
