"""The task of finding the frames that are worth painting next."""

from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch

from kinemacolor.engine.inputs import exemplars_of
from kinemacolor.engine.job import ExemplarChoice
from kinemacolor.engine.project import open_project
from kinemacolor.errors import KinemacolorError
from kinemacolor.frames import Shot
from kinemacolor.io import Film
from kinemacolor.layers.place_features import PlaceEncoder
from kinemacolor.studio.calls import Context
from kinemacolor.studio.edits import Edits
from kinemacolor.studio.places import CACHE
from kinemacolor.suggest.choose import suggest_among
from kinemacolor.suggest.confidence import read_confidence
from kinemacolor.suggest.film import Sample, look_through, samples_of

_SAMPLES = 320


def suggest(context: Context, folder: str, frames: int, count: int) -> list[dict[str, Any]]:
    """The frames to color next, the one that brings most first."""
    project, edits = open_project(Path(folder)), Edits(Path(folder), frames)
    film, shots = Film.open(project.film), [each.shot for each in edits.shots()]
    samples = _samples(context, film, shots, Path(folder))
    specs = tuple(f"{s.path}@{'none' if s.frame is None else s.frame}" for s in edits.stills())
    known = exemplars_of(ExemplarChoice(exemplars=specs), film, lambda line: None, required=False)
    sure: dict[int, float] = {}
    with suppress(KinemacolorError):  # nothing is colored yet
        sure = read_confidence(project.track)
    found = suggest_among(samples, shots, count, _encoder(), exemplars=known, confidence=sure)
    return [{"frame": s.frame, "gain": s.gain, "covered": s.covered, "shot": s.shot.start} for s in found]


@cache
def _encoder() -> PlaceEncoder:
    return PlaceEncoder()


def _samples(context: Context, film: Film, shots: list[Shot], folder: Path) -> list[Sample]:
    """Small pictures of the film; those of an earlier pass are used again, whatever its shots were."""
    kept = folder / CACHE / "samples.npz"
    try:
        with np.load(kept) as read:
            numbers, lumas = [int(n) for n in read["frames"]], torch.from_numpy(read["lumas"])
    except (OSError, ValueError, KeyError, EOFError):
        context.tell(what="Looking through the film", done=0, total=None)
        _, glances = look_through(film, shots=shots)
        taken = samples_of(shots, glances, _SAMPLES)
        numbers, lumas = [each.frame for each in taken], torch.stack([each.luma for each in taken])
        with suppress(OSError):
            kept.parent.mkdir(exist_ok=True)
            np.savez(kept, frames=np.array(numbers), lumas=lumas.numpy())
    found = []
    for number, luma in zip(numbers, lumas):
        home = next((n for n, shot in enumerate(shots) if shot.start <= number < shot.stop), None)
        if home is not None:
            found.append((number, home, luma))
    held = [home for _, home, _ in found]
    return [Sample(number, home, len(shots[home]) / held.count(home), luma) for number, home, luma in found]
