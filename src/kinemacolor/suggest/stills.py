"""The frames to color as pictures: 16-bit PNG, named so that ``colorize`` knows the frame."""

import os
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from kinemacolor import color
from kinemacolor.errors import OutputExistsError
from kinemacolor.frames import Shot
from kinemacolor.io import Film
from kinemacolor.io.output_folder import OutputFolder


def name_of(frame: int) -> str:
    """``ref_000123.png``."""
    return f"ref_{frame:06d}.png"


def export(
    film: Film | str | Path,
    frames: Sequence[int],
    folder: Path,
    *,
    overwrite: bool = False,
    spared: Sequence[Path] = (),
) -> list[Path]:
    """The frames as 16-bit RGB PNGs in a folder, as they are, to be colored; their paths in the order of time.

    Raises ``OutputExistsError`` where one is there already (it may be colored by now), ``OutputError`` where one
    cannot be written, or would replace a picture of the film or one of ``spared``: files, and folders of files.
    """
    wanted = sorted(set(frames))
    present = [name_of(number) for number in wanted if os.path.lexists(folder / name_of(number))]
    if present and not overwrite:
        raise OutputExistsError(
            f"{folder / present[0]} exists, and may be colored already. Give another folder, or --overwrite."
        )
    opened = film if isinstance(film, Film) else Film.open(film)
    reads = [*opened.files, *spared]
    target = OutputFolder(folder, [name_of(number) for number in wanted], reads=reads, overwrite=overwrite)
    written = []
    with opened.frames(Shot(0, max(wanted, default=-1) + 1)) as reader:
        for number, frame in enumerate(reader):
            if number in wanted:
                assert frame.planes is not None
                png = _png_of(color.rgb_of_planes(frame.planes).numpy())
                written.append(target.write(name_of(number), png))
    return written


def _png_of(rgb: np.ndarray) -> bytes:
    """RGB (3, h, w) in 0..1 as a PNG of 16 bits a channel."""
    deep = np.rint(rgb[::-1].transpose(1, 2, 0).astype(np.float64).clip(0, 1) * 65535).astype(np.uint16)
    done, data = cv2.imencode(".png", deep)
    assert done
    return data.tobytes()
