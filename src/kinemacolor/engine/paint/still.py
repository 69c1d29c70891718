"""A frame and its strokes to a still in color that keeps the frame's own luma."""

from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from kinemacolor import color
from kinemacolor.engine.compose import rgb_in_color
from kinemacolor.engine.paint.likeness import expected
from kinemacolor.engine.paint.spread import Graph
from kinemacolor.engine.paint.strokes import Strokes
from kinemacolor.frames import RGB, Chroma, size_of
from kinemacolor.io.pixels import UNSPECIFIED_MATRIX, matrix_of
from kinemacolor.models.base import Colorizer, Guess, Guesser
from kinemacolor.models.default import DEFAULT
from kinemacolor.models.load import load_model
from kinemacolor.resize import fit, resize

PREVIEW_PX = 240
"""Short side in pixels at which a preview is solved."""

_LUMA_SIGMA = 1.5
_STROKE_WEIGHT, _LIKELY_PX, _NOTHING = 10.0, 20.0, 1e-9
_COARSEST_PX = 40


class Canvas:
    """A frame to be painted: what does not depend on the strokes is found once.

    ``frame`` is RGB, of which the luma alone counts (Y', by BT.601 below 720 rows, else by BT.709). ``model`` guesses
    colors where no stroke reaches: one that is a ``Guesser``, or a model's name; None leaves these places to the
    strokes alone.
    """

    def __init__(self, frame: RGB, model: Colorizer | Guesser | str | None = DEFAULT) -> None:
        self.frame = frame
        self._model = model
        self._matrix = matrix_of(UNSPECIFIED_MATRIX, frame.shape[-2], is_rgb=False)
        self._graphs: dict[tuple[int, int], Graph] = {}
        self._luma = color.luma_of_gray(color.gray_of_rgb(frame, self._matrix))

    @cached_property
    def guess(self) -> Guess | None:
        """The colors that the model takes for likely by the frame's look; None where there is no such model."""
        model = load_model(self._model) if isinstance(self._model, str) else self._model
        return model.guess(self._luma) if isinstance(model, Guesser) else None

    def still(self, strokes: Strokes) -> RGB:
        """The frame in color: the strokes' colors spread over it, with its own luma.

        The strokes are of the frame's size. Takes a second or two at 854x480.
        """
        return rgb_in_color(self.frame, self._chroma(strokes, size_of(self.frame)), self._matrix)

    def preview(self, strokes: Strokes) -> RGB:
        """About the same as ``still``, several times faster: solved at a short side of 240."""
        return rgb_in_color(self.frame, self._chroma(strokes, fit(size_of(self.frame), PREVIEW_PX)), self._matrix)

    def _chroma(self, strokes: Strokes, size: tuple[int, int]) -> Chroma:
        """a*b* at this size, found at half of it first, and so on: what is left is found in a few steps."""
        likely = None if self.guess is None else expected(self._luma, self.guess, strokes)
        found: Chroma | None = None
        for each in _coarse_to_fine(size):
            found = self._solved(strokes, each, likely, found)
        assert found is not None
        return found

    def _solved(self, strokes: Strokes, size: tuple[int, int], likely: Tensor | None, start: Tensor | None) -> Chroma:
        where = strokes.where.float()[None]
        share = resize(where, size)
        weight = _STROKE_WEIGHT * share
        known = _STROKE_WEIGHT * resize(strokes.chroma * where, size)
        if likely is not None:
            # a share of the frame, not of pixels, is what a stroke reaches at any size
            trust = (_LIKELY_PX / min(size)) ** 2
            known, weight = known + trust * resize(likely, size), weight + trust
        begin = None if start is None else _array(resize(start, size))
        found = self._graph(size).spread(_array(known / weight.clamp_min(_NOTHING)), _array(weight[0]), begin)
        return torch.from_numpy(found).clamp(-110, 110)

    def _graph(self, size: tuple[int, int]) -> Graph:
        if size not in self._graphs:
            self._graphs[size] = Graph.of(_array(resize(self._luma, size)), _LUMA_SIGMA)
        return self._graphs[size]


def _coarse_to_fine(size: tuple[int, int]) -> list[tuple[int, int]]:
    sizes = [size]
    while min(sizes[0]) >= 2 * _COARSEST_PX:
        sizes.insert(0, (-(-sizes[0][0] // 2), -(-sizes[0][1] // 2)))
    return sizes


def _array(planes: Tensor) -> np.ndarray:
    return planes.float().cpu().numpy()


def still_from_strokes(frame: RGB, strokes: Strokes, *, model: Colorizer | Guesser | str | None = DEFAULT) -> RGB:
    """The frame in color: the strokes' colors spread over it along its luma, and its own luma kept.

    Arguments are those of ``Canvas``, which is quicker where a frame gets more than one picture of strokes.
    """
    return Canvas(frame, model).still(strokes)


def preview_from_strokes(frame: RGB, strokes: Strokes, *, model: Colorizer | Guesser | str | None = DEFAULT) -> RGB:
    """About the same as ``still_from_strokes``, several times faster."""
    return Canvas(frame, model).preview(strokes)
