"""Numbered pictures as a film, and a film as numbered pictures.

Pictures are decoded by PyAV, which gives a JPEG's own luma plane and PNG and TIFF at 8 and 16 bits alike; they are
encoded by OpenCV, which writes RGB at 8 and 16 bits in all three.
"""

import io
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from types import TracebackType

import av
import cv2
import numpy as np
from av.error import FFmpegError
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from kinemacolor import color
from kinemacolor.errors import CodecError, InputError, OutputError, reason_of, reason_of_failed_write
from kinemacolor.frames import Frame, Planes
from kinemacolor.io import pixels, sequence
from kinemacolor.io.base import FrameReader, OutputLayout
from kinemacolor.io.captions import captions_line
from kinemacolor.io.destination import Destination
from kinemacolor.io.guard import errors_heard, picture_options
from kinemacolor.io.image_info import info_of_pictures, picture_bytes, rate_of
from kinemacolor.io.info import FilmInfo
from kinemacolor.io.time_limit import PROBE_SECONDS, TimeUpError, within

_WRITTEN_ENDINGS = frozenset({".png", ".tif", ".tiff", ".jpg", ".jpeg"})
_JPEG_ENDINGS = frozenset({".jpg", ".jpeg"})
_JPEG_QUALITY = 95
_DAMAGED_NAMED = 8


class ImageReader:
    """Numbered pictures as frames ``start`` to before ``stop``, at a constant rate from 0 s.

    ``source`` is a folder, a pattern or one picture. A frame's index is its place in the order of numbers.
    """

    def __init__(
        self,
        source: str | Path,
        *,
        start: int = 0,
        stop: int | None = None,
        frame_rate: str | Fraction | None = None,
        info: FilmInfo | None = None,
    ) -> None:
        self.start, self.stop = start, stop
        self.info = info or info_of_pictures(Path(source), None if frame_rate is None else rate_of(frame_rate))
        self.warnings: list[str] = []
        self.notes: list[str] = []
        self._paths, _ = sequence.pictures_of(Path(source))
        self._damaged = 0

    def __enter__(self) -> "ImageReader":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing stays open between pictures."""

    def __iter__(self) -> Iterator[Frame]:
        """The pictures in order of their numbers."""
        for index in range(self.start, min(len(self._paths), self.stop or len(self._paths))):
            planes = self._planes(self._paths[index])
            yield Frame(planes=planes, index=index, seconds=index * self.info.time_base)

    def _note_damage(self, path: Path, fault: str) -> None:
        self._damaged += 1
        if self._damaged <= _DAMAGED_NAMED:
            self.warnings.append(f"{path} is damaged ({fault}) and shown as far as it could be decoded.")
        else:
            more = f"{self._damaged - _DAMAGED_NAMED} more pictures are damaged, the last of them {path}."
            self.warnings[_DAMAGED_NAMED:] = [more]

    def _planes(self, path: Path) -> Planes:
        frame, faults = _decoded(path)
        if faults:
            self._note_damage(path, faults[0])
        planes = pixels.planes_of(frame, full_range=self.info.full_range, matrix=self.info.matrix)
        if (planes.size, planes.bits) != ((self.info.height, self.info.width), self.info.bits):
            raise InputError(
                f"{path} is {frame.width}x{frame.height} at {planes.bits} bits, but the first picture is "
                f"{self.info.width}x{self.info.height} at {self.info.bits}. Give pictures of one size and depth."
            )
        return planes


def _decoded(path: Path) -> tuple[VideoFrame, list[str]]:
    """The picture, and what its decoder said of damage that it concealed."""
    # as bytes: a name with % or : would be read as a pattern or a protocol
    data = picture_bytes(path)
    try:
        return within(PROBE_SECONDS, lambda: _frame_of(data))
    except (FFmpegError, OSError, StopIteration, IndexError, TimeUpError) as error:
        raise InputError(f"{path} cannot be read as a picture ({reason_of(error)}). Replace or remove it.") from error


def _frame_of(data: io.BytesIO) -> tuple[VideoFrame, list[str]]:
    with errors_heard() as heard, av.open(data, "r", options=picture_options()) as container:
        frame = next(container.decode(video=0))
    return frame, [*heard, *(["it is marked as damaged"] if frame.is_corrupt else [])]


class ImageWriter:
    """Frames as numbered RGB pictures, each numbered as in the source; all appear together when complete.

    ``output`` is a pattern (``out/frame_%04d.tif``) or a folder (``frame_%06d.png`` in it). Sources above 8 bits give
    16-bit PNG and TIFF. ``quality`` is that of JPEG, 1 to 100.

    Raises ``OutputError``, ``OutputExistsError`` or ``CodecError`` at once where this cannot be done.
    """

    def __init__(
        self,
        output: str | Path,
        source: FrameReader,
        *,
        codec: str | None = None,
        quality: float | None = None,
        pixel_format: str | None = None,
        overwrite: bool = False,
    ) -> None:
        info = source.info
        pattern = sequence.pattern_for_output(Path(output))
        if pattern is None:
            raise CodecError(
                f"'{output}' names one picture. Number them: {Path(output).stem}_%06d{Path(output).suffix}."
            )
        self._pattern = pattern
        self._ending = Path(pattern.name).suffix.lower()
        self._check(codec, quality, pixel_format)
        self._quality = _JPEG_QUALITY if quality is None else round(quality)
        is_jpeg = self._ending in _JPEG_ENDINGS
        self._deep = info.bits > 8 and not is_jpeg
        self._keeps_alpha = info.has_alpha and not is_jpeg
        self._source, self._said_captions = info.path, info.has_captions
        self.warnings = _lost_beside(info)
        if info.has_alpha and is_jpeg:
            self.warnings.append(f"Left out: the alpha of {info.path}. JPEG has no place for it; png and tif have.")
        if is_jpeg and info.bits > 8:
            self.warnings.append(f"JPEG stores 8 bits and the source has {info.bits}: it is rounded. Use png.")
        self.layout = OutputLayout(
            pixel_format="rgb48" if self._deep else "rgb24",
            bits=info.bits,
            full_range=info.full_range,
            matrix=info.matrix,
            subsampling=(1, 1),
            left_sited=False,
        )
        self._destination = Destination.for_pictures(pattern, overwrite=overwrite)
        self._written = 0

    @property
    def partial(self) -> Path | None:
        """Where the unfinished output lies, to be removed should the process be killed; None on a pipe."""
        return self._destination.partial

    def _check(self, codec: str | None, quality: float | None, pixel_format: str | None) -> None:
        if self._ending not in _WRITTEN_ENDINGS:
            raise CodecError(f"Pictures cannot be written as {self._ending}. Use png, tif or jpg.")
        if codec is not None or pixel_format is not None:
            raise CodecError("Pictures take no --codec and no --pixel-format: their ending says what they are.")
        if quality is not None and (self._ending not in _JPEG_ENDINGS or not 1 <= quality <= 100):
            raise CodecError(f"--quality {quality:g} does not suit {self._ending}. JPEG takes 1 to 100, others none.")

    def write(self, frame: Frame) -> None:
        """Writes one picture."""
        if frame.planes is None:
            raise ValueError("ImageWriter takes frames with planes.")
        if frame.captions and not self._said_captions:
            self._said_captions = True
            self.warnings.append(captions_line(self._source, "a picture"))
        path = self._destination.partial / self._pattern.path(frame.index).name
        options = [cv2.IMWRITE_JPEG_QUALITY, self._quality] if self._ending in _JPEG_ENDINGS else []
        done, data = cv2.imencode(
            self._ending, _stored(frame.planes, deep=self._deep, alpha=self._keeps_alpha), options
        )
        if not done:
            raise OutputError(f"{path.name} could not be encoded as {self._ending}. Use png.")
        try:
            path.write_bytes(data.tobytes())
        except OSError as error:
            raise OutputError(f"Writing {path.name} failed: {reason_of_failed_write(error)}.") from error
        self._written += 1

    def __enter__(self) -> "ImageWriter":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        found = len(list(self._destination.partial.iterdir()))
        if kind is None and self._written and found == self._written:
            try:
                self._destination.commit()
            except OutputError:
                self._destination.discard()
                raise
            return
        self._destination.discard()
        if kind is None:
            raise OutputError(f"{found} of {self._written} pictures are there: somebody has removed some meanwhile.")


def _stored(planes: Planes, *, deep: bool, alpha: bool) -> NDArray[np.uint8] | NDArray[np.uint16]:
    """The picture as OpenCV stores it: (h, w, 3), or 4 with ``alpha`` last, blue first, 8 or 16 bits."""
    values = color.rgb_of_planes(planes).flip(0).permute(1, 2, 0).double().numpy()
    if alpha:
        opaque = np.ones(planes.size) if planes.alpha is None else planes.alpha / (2**planes.bits - 1)
        values = np.concatenate([values, opaque[..., None]], axis=2)
    if deep:
        return np.rint(values * 65535).astype(np.uint16)
    return np.rint(values * 255).astype(np.uint8)


def _lost_beside(info: FilmInfo) -> list[str]:
    kinds = {stream.kind for stream in info.streams if info.sound_is_kept or stream.kind != "audio"}
    lines = [f"Left out: {', '.join(sorted(kinds))} of {info.path}; pictures have no room for them."] if kinds else []
    return lines + ([captions_line(info.path, "a picture")] if info.has_captions else [])
