"""Pictures of a film to look at: a frame as it is, in color, how sure the model is of it, small ones for a strip."""

import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import cv2
import numpy as np
import torch

from kinemacolor import color
from kinemacolor.engine.compose import planes_in_color
from kinemacolor.engine.track import ChromaTrack
from kinemacolor.errors import InputError, KinemacolorError
from kinemacolor.frames import Chroma, Frame, Plane, Planes, Shot
from kinemacolor.io import Film, FrameReader
from kinemacolor.io.base import OutputLayout
from kinemacolor.resize import fit
from kinemacolor.studio.places import SHORT_SIDE_PX, THUMB_PX, ColorPlace, PreviewPlace

_QUALITY, _THUMB_QUALITY = 88, 75
_AHEAD_FRAMES = 48
_HELD_BYTES = 64 * 2**20
_OPEN_FILMS = 3

Levels = np.ndarray
"""An 8-bit picture, ``(h, w)`` or ``(h, w, 3)`` in R, G, B."""


class FilmPictures:
    """One film, open: its frames at any place; going forward is quick."""

    def __init__(self, source: Path, frame_rate: str | None = None) -> None:
        self.film = Film.open(source, frame_rate=frame_rate)
        self._lock = threading.Lock()
        self._reader: FrameReader | None = None
        self._frames: Iterator[Frame] = iter(())
        self._next = -1
        self._held: OrderedDict[int, Planes] = OrderedDict()
        self._bytes = 0

    def close(self) -> None:
        """Lets go of the file."""
        with self._lock:
            self._leave()

    def _leave(self) -> None:
        if self._reader is not None:
            with suppress(Exception):
                self._reader.__exit__(None, None, None)
        self._reader, self._next = None, -1

    def planes(self, frame: int) -> Planes:
        """The planes of a frame. Raises ``InputError`` past the film's end."""
        with self._lock:
            if frame in self._held:
                self._held.move_to_end(frame)
                return self._held[frame]
            if self._reader is None or not self._next <= frame < self._next + _AHEAD_FRAMES:
                self._leave()
                self._reader = self.film.frames(Shot(frame, 2**62))
                self._reader.__enter__()
                self._frames, self._next = iter(self._reader), frame
            for read in self._frames:
                self._next = read.index + 1
                assert read.planes is not None
                self._hold(read.index, read.planes)
                if read.index >= frame:
                    return read.planes
            self._leave()
            raise InputError(f"The film has no frame {frame}.")

    def _hold(self, frame: int, planes: Planes) -> None:
        self._held[frame] = planes
        self._bytes += planes.y.nbytes
        while self._bytes > _HELD_BYTES and len(self._held) > 1:
            _, gone = self._held.popitem(last=False)
            self._bytes -= gone.y.nbytes

    def shown(self, picture: Levels, short_side_px: int | None) -> Levels:
        """A stored picture as a viewer sees it: upright, in square pixels, no larger than asked for."""
        info = self.film.info
        turned = info.rotation_degrees % 180 != 0
        height, width = info.display_size
        stored = (width, height) if turned else (height, width)
        size = fit(stored, short_side_px)
        if picture.shape[:2] != size:
            how = cv2.INTER_AREA if size[0] < picture.shape[0] else cv2.INTER_LINEAR
            picture = np.asarray(cv2.resize(picture, (size[1], size[0]), interpolation=how))
        return np.ascontiguousarray(np.rot90(picture, -info.rotation_degrees // 90))

    def source(self, frame: int, short_side_px: int | None = SHORT_SIDE_PX) -> Levels:
        """A frame as it is, gray."""
        planes = self.smaller(self.planes(frame), short_side_px)
        level = color.gray_level_of(planes.y, bits=planes.bits, full_range=planes.full_range)
        return self.shown(color.to_8_bits(level)[0].numpy(), short_side_px)

    def colored(self, frame: int, chroma: Chroma, short_side_px: int | None = SHORT_SIDE_PX) -> Levels:
        """A frame with this chroma."""
        return self.in_color(self.planes(frame), chroma, short_side_px)

    def in_color(self, planes: Planes, chroma: Chroma, short_side_px: int | None = SHORT_SIDE_PX) -> Levels:
        """Planes with this chroma, as a viewer sees them: composed as the film is, at the picture's size."""
        small = self.smaller(planes, short_side_px)
        layout = OutputLayout("yuv444p", small.bits, small.full_range, small.matrix, (1, 1), left_sited=False)
        rgb = color.to_8_bits(color.rgb_of_planes(planes_in_color(small, chroma, layout)))
        return self.shown(rgb.permute(1, 2, 0).numpy(), short_side_px)

    def smaller(self, planes: Planes, short_side_px: int | None) -> Planes:
        """The luma at about the size it is to be shown at."""
        size = fit(planes.size, short_side_px)
        if size == planes.size:
            return replace(planes, u=None, v=None, alpha=None)
        y = cast(Plane, cv2.resize(planes.y, (size[1], size[0]), interpolation=cv2.INTER_AREA))
        return replace(planes, y=y, u=None, v=None, alpha=None)


class Viewer:
    """The films that are being looked at; the last few stay open."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._films: OrderedDict[str, FilmPictures] = OrderedDict()

    def film(self, source: str, frame_rate: str | None = None) -> FilmPictures:
        """The film, open."""
        stat = Path(source).stat()
        name = f"{source}|{stat.st_mtime_ns}|{stat.st_size}"
        with self._lock:
            if name not in self._films:
                self._films[name] = FilmPictures(Path(source), frame_rate)
            self._films.move_to_end(name)
            while len(self._films) > _OPEN_FILMS:
                self._films.popitem(last=False)[1].close()
            return self._films[name]


VIEWER = Viewer()
"""The films that this process looks at."""


def chroma_at(place: ColorPlace | PreviewPlace, frame: int) -> Chroma | None:
    """The chroma that a place has for a frame, None where it has none that can be read."""
    if isinstance(place, PreviewPlace):
        try:
            return color.lab_of(color.rgb_of_planes(VIEWER.film(str(place.film)).planes(frame)))[1:]
        except (KinemacolorError, OSError):
            return None
    answer = answer_at(place, frame)
    return None if answer is None else answer.chroma


def answer_at(place: ColorPlace, frame: int) -> Any:
    """The answer that a track has for a frame, None where it has none that can be read."""
    track, shot = ChromaTrack(place.track), Shot(place.start, place.stop)
    if track.notes(shot, place.key) is None:
        return None
    try:
        return next(track.read(shot, place.key, first=frame - place.start), None)
    except KinemacolorError:
        return None


def jpeg(picture: Levels, quality: int = _QUALITY) -> bytes:
    """A picture as JPEG without loss of color resolution."""
    shown = picture if picture.ndim == 2 else picture[..., ::-1]
    settings = [cv2.IMWRITE_JPEG_QUALITY, quality]
    if picture.ndim == 3:
        settings += [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444]
    done, data = cv2.imencode(".jpg", np.ascontiguousarray(shown), settings)
    assert done
    return data.tobytes()


def png(picture: Levels) -> bytes:
    """A picture as PNG."""
    done, data = cv2.imencode(".png", np.ascontiguousarray(picture if picture.ndim == 2 else picture[..., ::-1]))
    assert done
    return data.tobytes()


def thumb(film: FilmPictures, frame: int) -> bytes:
    """A small picture of a frame, as JPEG."""
    return jpeg(film.source(frame, THUMB_PX), _THUMB_QUALITY)


def veil(film: FilmPictures, confidence: torch.Tensor) -> bytes:
    """How sure the model is, as a small gray PNG of the displayed shape: 255 is sure."""
    levels = (confidence[0].clamp(0, 1) * 255).round().byte().numpy()
    info = film.film.info
    return png(np.ascontiguousarray(np.rot90(levels, -info.rotation_degrees // 90)))
