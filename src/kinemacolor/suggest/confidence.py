"""A model's confidence in each frame, from the chroma track of a run or from a file."""

from pathlib import Path
from typing import Any

from kinemacolor.engine.track import ChromaTrack, read_header
from kinemacolor.errors import InputError, reason_of
from kinemacolor.io.documents import json_object


def read_confidence(path: Path) -> dict[int, float]:
    """Confidence (0..1) by frame number, from a chroma track or a JSON object such as ``{"120": 0.4}``.

    Frames of shots that are not colored yet, or by a model that does not say, are left out.

    Raises ``TrackError`` or ``InputError`` where it is no such thing.
    """
    return _of_track(path) if path.is_dir() else _of_file(path)


def _of_track(path: Path) -> dict[int, float]:
    track, found = ChromaTrack(path), dict[int, float]()
    for each in read_header(path).shots:
        notes = track.notes(each.shot, each.key)
        found |= {} if notes is None else dict(enumerate(notes.confidence, each.shot.start))
    return found


def _of_file(path: Path) -> dict[int, float]:
    try:
        return {int(frame): _share(value) for frame, value in json_object(path).items()}
    except (OSError, ValueError) as error:
        raise InputError(
            f"{path} is no chroma track and no JSON object of frames and confidences ({reason_of(error)}). "
            'Write {"120": 0.4}.'
        ) from error


def _share(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise ValueError(f"a confidence of {value!r}, and it is a number from 0 to 1")
    return float(value)
