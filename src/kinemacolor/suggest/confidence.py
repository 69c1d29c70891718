"""How sure a model was of each frame, from a file."""

import json
from pathlib import Path

from kinemacolor.errors import InputError


def read_confidence(path: Path) -> dict[int, float]:
    """Confidence (0..1) by frame number, from a JSON object such as ``{"120": 0.4}``.

    Raises ``InputError`` where the file is no such thing.
    """
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        return {int(frame): float(value) for frame, value in values.items()}
    except (OSError, ValueError, AttributeError, TypeError) as error:
        raise InputError(
            f'{path} is no JSON object of frame numbers and confidences ({error}). Write {{"120": 0.4}}.'
        ) from error
