"""Two finished films side by side: figures, pictures of where they differ, and a film of both."""

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from kinemacolor import color
from kinemacolor.errors import InputError
from kinemacolor.evaluation.clips import Clip, Pictures, survey
from kinemacolor.evaluation.exemplars import parse_exemplars
from kinemacolor.evaluation.preview import write_preview
from kinemacolor.evaluation.protocols import PROTOCOLS
from kinemacolor.evaluation.report import Report
from kinemacolor.evaluation.rows import ResultsRow, Row, Truth
from kinemacolor.evaluation.run import RunSettings, evaluate, report_folder
from kinemacolor.frames import RGB, size_of
from kinemacolor.io import probe
from kinemacolor.io.sheets import encoded, image_of, sheet, stacked
from kinemacolor.metrics.ciede2000 import ciede2000
from kinemacolor.resize import fit, resize_picture

_STRETCHES, _TILE_HEIGHT_PX = 5, 240
_BRIGHTEST = 20.0
"""The CIEDE2000 that a difference picture shows brightest."""

_USUAL_RATE = Fraction(24)
_DIFFERENCES, _BOTH = "differences.png", "side_by_side.mp4"


def compare(
    one: Path,
    other: Path,
    output: Path,
    *,
    truth: Path | None = None,
    video: bool = True,
    overwrite: bool = False,
    say: Callable[[str], None] = lambda line: None,
) -> Report:
    """The report on two films of equal length and size: each against the truth, or without one B against A.

    Under ``output`` come the files of ``evaluate``, ``differences.png`` (of each fifth of the film the frame where
    they differ most: A, B, their CIEDE2000, and the same of each against the truth) and ``side_by_side.mp4``.

    Raises ``InputError`` where one cannot be read or is not as long or as large as the other, ``OutputExistsError``
    where a report is there already and ``overwrite`` is off.
    """
    named = dict(zip(_names(one, other), (one, other)))
    sources = {**named, **({"truth": truth} if truth is not None else {})}
    frames = _require_alike(sources)
    rows: list[Row] = [Truth(), *(ResultsRow(name, path) for name, path in named.items())]
    if truth is None:
        first, second = named
        rows = [Truth(first), ResultsRow(second, other)]
    clips = [Clip(one.stem, truth or one)]
    folder = report_folder(output, clips, rows, overwrite=overwrite, more=[_DIFFERENCES, *([_BOTH] if video else [])])
    report = evaluate(
        clips,
        rows,
        PROTOCOLS["standard"],
        folder,
        settings=RunSettings(parse_exemplars("none"), working_size=None),
        about={"compared": " and ".join(named), "against": truth.name if truth else next(iter(named))},
        say=say,
    )
    differences = _Differences(frames)
    views = _views(sources, differences)
    if video:
        with folder.place(_BOTH) as place:
            write_preview(place, views, _rate(one))
    else:
        for _ in views:
            continue
    folder.write(_DIFFERENCES, differences.png())
    return report


def _names(one: Path, other: Path) -> tuple[str, str]:
    return (one.name, other.name) if one.name != other.name else (f"A: {one.name}", f"B: {other.name}")


def _require_alike(sources: dict[str, Path]) -> int:
    """The number of frames of all."""
    surveys = {name: survey(Pictures(path)) for name, path in sources.items()}
    if len(set(surveys.values())) > 1:
        told = ", ".join(f"{n} has {s.frames} frames of {s.size[1]}x{s.size[0]}" for n, s in surveys.items())
        raise InputError(f"The films cannot be compared frame by frame: {told}. Cut or scale them alike.")
    return next(iter(surveys.values())).frames


def _rate(path: Path) -> Fraction:
    return probe(path).frame_rate or _USUAL_RATE


def _views(sources: dict[str, Path], differences: "_Differences") -> Iterator[UInt8[Tensor, "3 _ _"]]:
    """The frames of all films beside each other, under their names. ``differences`` sees them on the way."""
    for pictures in zip(*(Pictures(path) for path in sources.values())):
        shown = dict(zip(sources, (picture.rgb for picture in pictures)))
        differences.add(pictures[0].index, shown)
        yield beside(list(shown.values()), list(shown))


def beside(pictures: Sequence[RGB], labels: Sequence[str]) -> UInt8[Tensor, "3 _ _"]:
    """Pictures of one height beside each other, each under its label."""
    labeled = sheet([list(zip(labels, pictures))], gap_px=0)
    return torch.from_numpy(np.array(labeled)).permute(2, 0, 1)


def difference_picture(picture: RGB, other: RGB) -> tuple[float, UInt8[Tensor, "3 h2 w2"]]:
    """The mean CIEDE2000 of two pictures, and a picture of it: black 0, brightest 20 and more (OpenCV's inferno)."""
    difference = ciede2000(color.lab_of(picture), color.lab_of(other))
    levels: Float[Tensor, "h2 w2"] = (difference / _BRIGHTEST * 255).round().clamp(0, 255)
    mapped = cv2.applyColorMap(levels.byte().numpy(), cv2.COLORMAP_INFERNO)
    return difference.mean().item(), torch.from_numpy(np.ascontiguousarray(mapped[..., ::-1].transpose(2, 0, 1)))


class _Differences:
    """Keeps, of each fifth of the film, the frame where A and B differ most."""

    def __init__(self, frames: int) -> None:
        self._frames = frames
        self._worst: dict[int, tuple[float, int, UInt8[Tensor, "3 _ _"]]] = {}

    def add(self, index: int, shown: dict[str, RGB]) -> None:
        """Sees one frame of all films."""
        stretch = index * _STRETCHES // self._frames
        (first, one), (second, other), *rest = ((name, _small(picture)) for name, picture in shown.items())
        mean, picture = difference_picture(one, other)
        if stretch in self._worst and self._worst[stretch][0] >= mean:
            return
        tiles = [(f"{first}, frame {index}", one), (second, other), (f"dE00, mean {mean:.1f}", picture)]
        for name, truth in rest:
            tiles.append((name, truth))
            for label, film in ((first, one), (second, other)):
                error, map_of_error = difference_picture(film, truth)
                tiles.append((f"{label}: dE00 {error:.1f}", map_of_error))
        self._worst[stretch] = (mean, index, beside([tile for _, tile in tiles], [label for label, _ in tiles]))

    def png(self) -> bytes:
        """The frames kept, one below the other."""
        return encoded(image_of(stacked([line for _, _, line in self._worst.values()])), "PNG")


def _small(picture: RGB) -> UInt8[Tensor, "3 h2 w2"]:
    return resize_picture(picture, fit(size_of(picture), _TILE_HEIGHT_PX))
