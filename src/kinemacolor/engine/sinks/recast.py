"""A film at another size or range: what its reader gives, changed on the way."""

from collections.abc import Iterator
from dataclasses import replace

import cv2
import numpy as np

from kinemacolor.frames import Frame, Plane, Planes
from kinemacolor.io import FilmInfo, FrameReader
from kinemacolor.io.pixels import UNSPECIFIED_MATRIX, converted, matrix_code
from kinemacolor.io.wrapped import WrappedReader

_LIMITED, _FULL = 1, 2


class Recast(WrappedReader):
    """A reader whose frames have another size, another range, or both; times and all beside the film stay.

    ``size`` is (height, width) as stored; the pixels' own shape changes so that the picture keeps its proportions.
    """

    def __init__(
        self, reader: FrameReader, *, size: tuple[int, int] | None = None, full_range: bool | None = None
    ) -> None:
        super().__init__(reader, _recast(reader.info, size, full_range))

    def __iter__(self) -> Iterator[Frame]:
        """The frames, recast."""
        for frame in self._reader:
            assert frame.planes is not None
            planes = _resized(frame.planes, (self.info.height, self.info.width))
            yield replace(frame, planes=converted(planes, bits=planes.bits, full_range=self.info.full_range))


def _recast(info: FilmInfo, size: tuple[int, int] | None, full_range: bool | None) -> FilmInfo:
    if size is not None:
        height, width = size
        aspect = info.sample_aspect * info.width / width * height / info.height
        # a rounding of the size is no change of proportions
        aspect = info.sample_aspect if abs(aspect / info.sample_aspect - 1) < 0.01 else aspect
        # players guess an unwritten matrix by the size
        code = matrix_code(info.matrix) if info.matrix_code == UNSPECIFIED_MATRIX else info.matrix_code
        info = replace(info, height=height, width=width, sample_aspect=aspect, matrix_code=code)
    if full_range is not None and full_range != info.full_range:
        info = replace(info, full_range=full_range, range_code=_FULL if full_range else _LIMITED)
    return info


def _resized(planes: Planes, size: tuple[int, int]) -> Planes:
    """Luma and alpha at another size; the film's own chroma is not kept."""
    if planes.size == size:
        return planes
    y = _plane(planes.y, size)
    alpha = None if planes.alpha is None else _plane(planes.alpha, size)
    return replace(planes, y=y, u=None, v=None, alpha=alpha)


def _plane(plane: Plane, size: tuple[int, int]) -> Plane:
    smaller = size[0] * size[1] < plane.size
    how = cv2.INTER_AREA if smaller else cv2.INTER_CUBIC
    resized = np.asarray(cv2.resize(plane, (size[1], size[0]), interpolation=how))
    return resized.astype(np.uint8) if plane.dtype == np.uint8 else resized.astype(np.uint16)
