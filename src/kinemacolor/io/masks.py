"""Object masks of a film from files: a folder of index maps, or a COCO-style JSON file."""

import re
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from kinemacolor.errors import InputError, reason_of
from kinemacolor.frames import Instance, ObjectMasks
from kinemacolor.io.documents import DocumentError, read_json
from kinemacolor.io.guard import PICTURE_ERRORS, decoders_quiet
from kinemacolor.io.regular import require_regular
from kinemacolor.io.time_limit import PROBE_SECONDS, TimeUpError, within

MAX_PIXELS = 178_956_970
"""As of stills: 16K x 8K has 133 million."""

MAX_OBJECTS = 1000
"""In one frame: each takes a mask of its size."""

MAX_EDGE_ROWS = 10**9
"""Numbers of a polygon times rows: some seconds to draw."""

_LIMIT_BYTES = 2**31
_LONGEST_NUMBER_BITS = 60
_TRACK_NAMES = ("track_id", "instance_id")
_LAST_NUMBER = re.compile(r"(\d+)(?!.*\d)")


def open_masks(path: str | Path) -> ObjectMasks:
    """The masks in a folder of PNG index maps, or in a COCO-style JSON file.

    Raises:
        InputError: there is no such file or folder, or it holds no masks that can be read.
    """
    path = Path(path)
    if path.is_dir():
        return IndexMaps(path)
    if not path.is_file():
        raise InputError(f"There are no masks at {path}. Give a folder of PNG index maps, or a COCO-style JSON file.")
    return CocoMasks(path)


def _number_in(path: Path) -> int | None:
    """The last number in a file's name, without its ending."""
    found = _LAST_NUMBER.search(path.stem)
    return int(found[1]) if found else None


class IndexMaps:
    """A picture for each frame, whose values number the objects: 0 is none, an object keeps its number (DAVIS).

    The number in a file's name is its frame, as ``00012.png``. Palette and gray pictures are read by value, up to 16
    bits; in RGB pictures each color but black is an object.
    """

    def __init__(self, folder: Path) -> None:
        found = sorted(path for path in folder.iterdir() if path.suffix.lower() == ".png")
        self._paths: dict[int, Path] = {}
        for path in found:
            number = _number_in(path)
            if number is None:
                raise InputError(f"{path.name} in {folder} has no frame number. Name index maps as 00012.png.")
            if number in self._paths:
                raise InputError(f"{self._paths[number].name} and {path.name} in {folder} are one frame. Keep one.")
            self._paths[number] = path
        if not self._paths:
            raise InputError(f"Folder {folder} holds no PNG. Index maps are one PNG a frame, named by its number.")

    def instances(self, index: int) -> Sequence[Instance]:
        """The objects of a frame, by their values."""
        path = self._paths.get(index)
        if path is None:
            return []
        values = _values(path)
        numbers = [int(number) for number in np.unique(values) if number]
        if len(numbers) > MAX_OBJECTS:
            raise InputError(
                f"Mask {path} has {len(numbers)} objects; {MAX_OBJECTS} are the limit. Is it a photograph?"
            )
        return [Instance(torch.from_numpy(values == number), track=number) for number in numbers]


def _values(path: Path) -> NDArray[np.generic]:
    """A number for each pixel."""
    try:
        require_regular(path)
        with decoders_quiet():
            return within(PROBE_SECONDS, lambda: _decoded(path))
    except (Image.DecompressionBombError, *PICTURE_ERRORS, TimeUpError) as error:
        raise InputError(f"Mask {path} cannot be read ({reason_of(error)}). Replace it or remove it.") from error


def _decoded(path: Path) -> NDArray[np.generic]:
    with Image.open(path) as picture:
        if picture.mode not in {"1", "L", "P", "I", "I;16"}:
            padded = picture.convert("RGB").convert("RGBX")  # four bytes a pixel: read as one number
            return np.asarray(padded).view("<u4")[..., 0] & 0xFFFFFF
        return np.asarray(picture)


class CocoMasks:
    """A COCO-style JSON file: ``images`` and ``annotations``, or a list of results.

    A frame is the last number in an image's ``file_name``, or where there is none its ``id``. Segmentations are
    polygons, run lengths, or run lengths as text. ``track_id`` or ``instance_id`` is an object's number through the
    film; without it objects are found again by overlap. Masks are drawn when their frame comes.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        content = _read_json(path)
        try:
            self._read(content)
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
            raise InputError(
                f"{path} is no COCO-style file ({type(error).__name__}: {error}). It needs annotations with image_id "
                "and segmentation, and images with id, file_name, height and width."
            ) from error
        if not self._annotations:
            raise InputError(f"{path} holds no annotation. Without masks leave --masks out.")

    def _read(self, content: Any) -> None:
        images = {} if isinstance(content, list) else {image["id"]: image for image in content["images"]}
        self._annotations: dict[int, list[tuple[dict[str, Any], tuple[int, int] | None]]] = defaultdict(list)
        for annotation in content if isinstance(content, list) else content["annotations"]:
            image = images.get(annotation["image_id"], {})
            size = (int(image["height"]), int(image["width"])) if "height" in image else None
            name = image.get("file_name")
            number = _number_in(Path(name)) if name else None
            frame = int(annotation["image_id"]) if number is None else number
            self._annotations[frame].append((annotation, size))

    def instances(self, index: int) -> Sequence[Instance]:
        """The objects of a frame, in the file's order."""
        found = self._annotations.get(index, [])
        if len(found) > MAX_OBJECTS:
            raise InputError(f"{self._path} has {len(found)} objects in frame {index}; {MAX_OBJECTS} are the limit.")
        return [self._instance(annotation, size) for annotation, size in found]

    def _instance(self, annotation: dict[str, Any], size: tuple[int, int] | None) -> Instance:
        try:
            track = next((int(annotation[name]) for name in _TRACK_NAMES if annotation.get(name) is not None), None)
            return Instance(
                torch.from_numpy(_drawn(annotation["segmentation"], size)),
                category=int(annotation.get("category_id", 0)),
                score=float(annotation.get("score", 1.0)),
                track=None if track is None else abs(track),
            )
        except (KeyError, TypeError, ValueError, IndexError, OverflowError) as error:
            raise InputError(
                f"An annotation of image {annotation.get('image_id')} in {self._path} cannot be drawn "
                f"({reason_of(error)}). Segmentations are polygons (with the image's height and width) or run "
                "lengths with their size."
            ) from error


def _read_json(path: Path) -> Any:
    try:
        return read_json(path, limit_bytes=_LIMIT_BYTES)
    except (FileNotFoundError, DocumentError) as error:
        raise InputError(f"{path} cannot be read as JSON ({reason_of(error)}). Give a COCO-style file.") from error


def _drawn(segmentation: Any, size: tuple[int, int] | None) -> NDArray[np.bool_]:
    if isinstance(segmentation, dict):
        counts = segmentation["counts"]
        lengths = run_lengths(counts) if isinstance(counts, str) else [int(count) for count in counts]
        height, width = _checked_size(*segmentation["size"])
        return _runs(lengths, height, width)
    if size is None:
        raise ValueError("a polygon of an image without height and width")
    height, width = _checked_size(*size)
    picture = Image.new("1", (width, height))
    for polygon in segmentation:
        if len(polygon) * height > MAX_EDGE_ROWS:
            raise ValueError(f"a polygon of {len(polygon) // 2} points, which is too many to draw")
        ImageDraw.Draw(picture).polygon([float(value) for value in polygon], fill=1)
    return np.array(picture, dtype=bool)


def _checked_size(height: Any, width: Any) -> tuple[int, int]:
    """Height and width of a mask. Raises ``ValueError`` where no frame is so large."""
    height, width = int(height), int(width)
    if not (height > 0 and width > 0 and height * width <= MAX_PIXELS):
        raise ValueError(f"a mask of {width} x {height} pixels, and {MAX_PIXELS / 1e6:.0f} million are the limit")
    return height, width


def _runs(lengths: list[int], height: int, width: int) -> NDArray[np.bool_]:
    """The mask of run lengths: down the columns, beginning with pixels outside."""
    if min(lengths, default=0) < 0 or sum(lengths) != height * width:
        raise ValueError(f"run lengths add up to {sum(lengths)} instead of {height} x {width} pixels")
    inside = np.repeat(np.arange(len(lengths)) % 2 == 1, lengths)
    return np.ascontiguousarray(inside.reshape(width, height).T)


def run_lengths(text: str) -> list[int]:
    """The run lengths that COCO writes as text.

    Each number is a few characters of 5 bits, least significant first, offset by 48; bit 5 says that more follow, and
    bit 4 of the last is the sign. From the fourth on, numbers are differences from the one two before.
    """
    lengths: list[int] = []
    value, shift = 0, 0
    for character in text:
        bits = ord(character) - 48
        value |= (bits & 0x1F) << shift
        shift += 5
        if shift > _LONGEST_NUMBER_BITS:
            raise ValueError("a number without end in the run lengths")
        if bits & 0x20:
            continue
        if bits & 0x10:
            value -= 1 << shift
        lengths.append(value + (lengths[-2] if len(lengths) > 2 else 0))
        value, shift = 0, 0
    return lengths
