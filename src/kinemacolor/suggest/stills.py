"""The frames to color as pictures: 16-bit PNG, named so that ``colorize`` knows the frame."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from kinemacolor import color
from kinemacolor.errors import OutputError, OutputExistsError, reason_of
from kinemacolor.frames import Shot
from kinemacolor.io import Film
from kinemacolor.io.destination import write_file


def name_of(frame: int) -> str:
    """``ref_000123.png``."""
    return f"ref_{frame:06d}.png"


def export(film: Film | str | Path, frames: Sequence[int], folder: Path, *, overwrite: bool = False) -> list[Path]:
    """The frames as 16-bit RGB PNGs in a folder, as they are, to be colored; their paths in the order of time.

    Raises ``OutputExistsError`` where one is there already (it may be colored by now), ``OutputError`` where one
    cannot be written.
    """
    wanted = sorted(set(frames))
    present = [name_of(number) for number in wanted if (folder / name_of(number)).exists()]
    if present and not overwrite:
        raise OutputExistsError(
            f"{folder / present[0]} exists, and may be colored already. Give another folder, or --overwrite."
        )
    written = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        opened = film if isinstance(film, Film) else Film.open(film)
        with opened.frames(Shot(0, wanted[-1] + 1)) as reader:
            for number, frame in enumerate(reader):
                if number in wanted:
                    assert frame.planes is not None
                    written.append(folder / name_of(number))
                    write_file(written[-1], _png_of(color.rgb_of_planes(frame.planes).numpy()))
    except OSError as error:
        raise OutputError(f"{folder} cannot be written ({reason_of(error)}). Give another --output.") from error
    return written


def _png_of(rgb: np.ndarray) -> bytes:
    """RGB (3, h, w) in 0..1 as a PNG of 16 bits a channel."""
    deep = np.rint(rgb[::-1].transpose(1, 2, 0).astype(np.float64).clip(0, 1) * 65535).astype(np.uint16)
    done, data = cv2.imencode(".png", deep)
    assert done
    return data.tobytes()
