"""Exemplars from files: which frame a still is bound to, what is refused, and how it comes to the film's size."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from kinemacolor import color
from kinemacolor.errors import ExemplarError, ExemplarIndexError, GrayExemplarError
from kinemacolor.frames import Exemplar
from kinemacolor.io.info import frame_name
from kinemacolor.io.pictures import read_picture
from kinemacolor.io.position import FrameAt, Position, parse_position
from kinemacolor.io.sequence import STILL_ENDINGS
from kinemacolor.io.still_names import number_in

_NO_STILLS = frozenset({".txt", ".csv", ".md", ".json", ".toml", ".xmp", ".db", ".ini", ".html", ".pdf", ".zip"})
_NAMED_FILES = 4

GRAY_MEAN_CHROMA, GRAY_PEAK_CHROMA = 2.0, 5.0
"""A still is gray if its mean C*ab and its 99th percentile lie below these; sepia has a mean of 9 and more."""

_GRAY_CHECK_PX = 256
_SAME_ASPECT = 0.02
_HIDDEN_LEVEL = 128


@dataclass(frozen=True, slots=True)
class _Still:
    """A picture file and the frame it is bound to; ``by_time`` is the time by which, as it was written."""

    path: Path
    index: int | None
    no_frame: bool = False
    by_time: str | None = None


def parse(spec: str | Path) -> tuple[Path, Position | None]:
    """The path of an exemplar, and what it is bound to: a frame, a time, a timecode, or None.

    ``still.png@123``, ``still.png@00:01:02.5`` and ``still.png@62.5s`` say it, ``still.png@none`` says that it is no
    frame of the film. Without that ``ref_000123.png``, ``frame_0123.png``, ``000123.png``, ``reel1.0123.png`` and
    copies of them (``ref_000123 copy.png``) are frame 123, and other names none. A path that exists is taken as it
    is, whatever ``@`` is in it.

    Raises:
        ExemplarError: there is no name, or what follows the ``@`` is no frame and no time.
    """
    text = str(spec)
    if not text:
        raise ExemplarError("An exemplar has no name. Give a color still or a folder of them with --exemplar.")
    head, at, tail = text.rpartition("@")
    if not at or Path(text).exists() or "/" in tail or "\\" in tail:
        return Path(text), number_in(text)
    if tail.lower() == "none":
        return Path(head), None
    if (position := parse_position(tail)) is not None:
        return Path(head), position
    if Path(head).exists():
        raise ExemplarError(
            f"'{tail}' in {text} is no frame and no time. Write @123, @00:01:02.5, @62.5s, or @none for no frame."
        )
    return Path(text), number_in(text)


def load(
    specs: Sequence[str | Path],
    *,
    frames: int | None = None,
    frame_at: FrameAt | None = None,
    place_of: Callable[[str], int | None] | None = None,
    note: Callable[[str], None] | None = None,
    length: str | None = None,
    fields_a_frame: int = 1,
) -> list[Exemplar]:
    """The exemplars of files and folders, by frame, those of no frame last and by name; the order given is ignored.

    A folder stands for the pictures in it and in its folders. ``frames`` is the film's length, None if it is not
    known, ``length`` the same in words; ``frame_at`` gives the frame of a time or a timecode; ``place_of`` that of a
    file's name, where the film knows it; ``note`` is told what is worth knowing but no error. ``fields_a_frame`` is
    how many pictures are made of each frame, for messages. Bindings are checked before any picture is decoded.

    Raises:
        ExemplarError: a folder without pictures, two stills for one frame, or a still that is wholly transparent.
        ExemplarIndexError: a frame that the film does not have.
        UnreadableImageError: a file that is missing or cannot be decoded.
        GrayExemplarError: a still without color.
    """
    stills = {still for spec in specs for still in _stills_of(spec, frame_at, place_of, note)}
    ordered = sorted(stills, key=_order)
    _check_bindings(ordered, frames, length, fields_a_frame)
    return [_exemplar_of(still, note) for still in ordered]


def _order(still: _Still) -> tuple[bool, int, list[tuple[int, str]], str]:
    # numbers within names count as numbers: photo_2 comes before photo_10
    name = [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", still.path.name)]
    return still.index is None, still.index or 0, name, str(still.path)


def _stills_of(
    spec: str | Path,
    frame_at: FrameAt | None,
    place_of: Callable[[str], int | None] | None,
    note: Callable[[str], None] | None,
) -> list[_Still]:
    path, binding = parse(spec)
    is_named = str(path) == str(Path(spec))
    if path.is_dir():
        if not is_named:
            raise ExemplarError(f"{spec}: {path} is a folder, and a folder has no one frame. Number its pictures.")
        return [_named(each, place_of) for each in pictures_in(path, note=note)]
    if is_named:
        return [_named(path, place_of)]
    if binding is None or (isinstance(binding, int) and frame_at is None):
        return [_Still(path, binding, no_frame=binding is None)]
    if isinstance(binding, int) and frame_at is not None:
        return [_Still(path, frame_at(binding))]
    if frame_at is None:
        raise ExemplarError(f"{spec}: there is no film here whose frame a time could name. Give a frame number.")
    return [_Still(path, frame_at(binding), by_time=str(spec).rpartition("@")[2])]


def _named(path: Path, place_of: Callable[[str], int | None] | None) -> _Still:
    """A still and the frame that its name says, by the film's own names first."""
    place = place_of(path.name) if place_of is not None else None
    return _Still(path, number_in(path.name) if place is None else place)


def pictures_in(path: str | Path, *, note: Callable[[str], None] | None = None) -> list[Path]:
    """The picture files of a folder and of the folders in it, by name, or the file itself.

    ``note`` is told which files look like pictures and cannot be read. Raises ``ExemplarError`` for a folder without
    pictures.
    """
    folder = Path(path)
    if not folder.is_dir():
        return [folder]
    files = sorted(each for each in folder.rglob("*") if each.is_file() and not _is_hidden(each, folder))
    pictures = [each for each in files if each.suffix.lower() in STILL_ENDINGS]
    others = [each for each in files if each.suffix.lower() not in STILL_ENDINGS | _NO_STILLS]
    if not pictures:
        found = f" It has {_listed(others, folder)}." if others else ""
        raise ExemplarError(f"{folder} has no pictures.{found} Give a folder of png, jpeg, tiff or webp.")
    if others and note is not None:
        note(f"Left out of {folder}: {_listed(others, folder)}. Save them as png, jpeg or tiff if they are stills.")
    return pictures


def _is_hidden(path: Path, folder: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(folder).parts)


def _listed(paths: Sequence[Path], folder: Path) -> str:
    named = ", ".join(str(each.relative_to(folder)) for each in paths[:_NAMED_FILES])
    return named + (f" and {len(paths) - _NAMED_FILES} more" if len(paths) > _NAMED_FILES else "")


def _check_bindings(ordered: list[_Still], frames: int | None, length: str | None, each: int) -> None:
    by_index: dict[int, _Still] = {}
    for still in ordered:
        if still.index is None:
            continue
        if frames is not None and still.index >= frames:
            raise ExemplarIndexError(_past_the_end(still, still.index // each, frames // each, length))
        other = by_index.setdefault(still.index, still)
        if other is not still:
            raise ExemplarError(
                f"{other.path} and {still.path} are both bound to frame {frame_name(still.index, each)}. Leave one "
                "of them, or bind the other to another frame (@123) or to none (@none)."
            )


def _past_the_end(still: _Still, index: int, frames: int, length: str | None) -> str:
    last = frames - 1
    if still.by_time is not None:
        return (
            f"{still.path} is bound to {still.by_time}, which would be frame {index}, but the film has "
            f"{length or f'{frames} frames'}. Bind it to a frame from 0 to {last}, or to none with @none."
        )
    message = f"{still.path} is bound to frame {index}, but the film's last frame is {last} (counted from 0)."
    if index == frames:
        return f"{message} If your numbers count from 1, it is {still.path}@{last}, and all others are one less too."
    return f"{message} Bind it to a frame of the film, {still.path}@{last} for instance, or to none with @none."


def _exemplar_of(still: _Still, note: Callable[[str], None] | None) -> Exemplar:
    rgb, alpha = read_picture(still.path, note=note)
    exemplar = Exemplar(rgb, still.index, alpha, str(still.path), still.no_frame)
    _check_color(exemplar)
    return exemplar


def _check_color(exemplar: Exemplar) -> None:
    # averaged to a small picture first: grain and JPEG blocks in gray are no color, and a huge scan is quick
    scale = min(1.0, _GRAY_CHECK_PX / max(exemplar.rgb.shape[-2:]))
    height, width = (max(1, round(side * scale)) for side in exemplar.rgb.shape[-2:])
    small = _resampled(exemplar, (height, width), Image.Resampling.BOX)
    chroma = color.chroma_magnitude(color.lab_of(small.rgb)[1:])
    seen = chroma if small.alpha is None else chroma[small.alpha[0] > 0]
    if seen.numel() == 0:
        raise ExemplarError(f"{exemplar.name} is wholly transparent, so none of it counts. Save it without alpha.")
    mean, peak = float(seen.mean()), float(seen.flatten().quantile(0.99))
    if mean < GRAY_MEAN_CHROMA and peak < GRAY_PEAK_CHROMA:
        raise GrayExemplarError(
            f"{exemplar.name} has no color to give: its mean chroma is {mean:.1f}, that of a color still 5 to 25. "
            f"Give a still in color."
        )


def fit_to(
    exemplar: Exemplar, size: tuple[int, int], sample_aspect: Fraction, *, rotation_degrees: int = 0
) -> Exemplar:
    """The exemplar at the scale of frames of this ``(height, width)``, whose pixels are ``sample_aspect`` wide.

    One with the aspect of the stored or of the displayed frame (within 2 %) gets exactly ``size``. Any other is taken
    to have square pixels, keeps its own proportions in the film's pixels, and gets about the frame's area: nothing is
    stretched. Antialiased bilinear, as ColorMNet's release does it. ``rotation_degrees`` is the clockwise turn at
    which the film is shown: an upright still is turned back, one that fits the stored frame only is not. What alpha
    hides becomes mid-gray, so that it cannot tell.
    """
    height, width = size
    stored, displayed = Fraction(width, height), Fraction(width, height) * sample_aspect
    quarter_turned = rotation_degrees % 180 != 0
    shown = 1 / displayed if quarter_turned else displayed
    if rotation_degrees % 360 and not (
        quarter_turned and not _same(exemplar, shown) and (_same(exemplar, stored) or _same(exemplar, displayed))
    ):
        exemplar = _turned_back(exemplar, rotation_degrees)
    if not (_same(exemplar, stored) or _same(exemplar, displayed)):
        aspect = exemplar.rgb.shape[-1] / exemplar.rgb.shape[-2] / float(sample_aspect)
        area = height * width
        size = max(1, round((area / aspect) ** 0.5)), max(1, round((area * aspect) ** 0.5))
    return _resampled(exemplar, size, Image.Resampling.BILINEAR)


def _same(exemplar: Exemplar, aspect: Fraction) -> bool:
    own = exemplar.rgb.shape[-1] / exemplar.rgb.shape[-2]
    return abs(own / float(aspect) - 1) <= _SAME_ASPECT


def _turned_back(exemplar: Exemplar, degrees: int) -> Exemplar:
    """The picture turned counter-clockwise by a multiple of 90 degrees."""
    turns = round(degrees / 90)
    alpha = None if exemplar.alpha is None else exemplar.alpha.rot90(turns, (1, 2))
    return replace(exemplar, rgb=exemplar.rgb.rot90(turns, (1, 2)), alpha=alpha)


def _resampled(exemplar: Exemplar, size: tuple[int, int], how: Image.Resampling) -> Exemplar:
    """The picture at another size; with alpha weighted by it, so that hidden colors do not seep in."""
    if exemplar.alpha is None:
        return replace(exemplar, rgb=_picture_of(exemplar.rgb, size, how))
    alpha = color.to_8_bits(exemplar.alpha)
    rgba = torch.cat((exemplar.rgb, alpha))
    sized = _picture_of(rgba, size, how)
    seen = sized[3:]
    return replace(exemplar, rgb=torch.where(seen > 0, sized[:3], _HIDDEN_LEVEL), alpha=seen.float() / 255)


def _picture_of(channels: torch.Tensor, size: tuple[int, int], how: Image.Resampling) -> torch.Tensor:
    """Three or four uint8 channels at another size; Pillow weights RGBA by its alpha."""
    image = Image.fromarray(np.ascontiguousarray(channels.permute(1, 2, 0).cpu().numpy()))
    sized = image.resize((size[1], size[0]), how)
    return torch.from_numpy(np.array(sized)).permute(2, 0, 1).contiguous()
