"""A frame and its strokes to a still in color that keeps the frame's own luma."""

from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from kinemacolor import color
from kinemacolor.engine.compose import rgb_in_color
from kinemacolor.engine.paint.spread import Graph
from kinemacolor.engine.paint.strokes import Strokes
from kinemacolor.frames import RGB, Chroma, size_of
from kinemacolor.io.pixels import UNSPECIFIED_MATRIX, matrix_of
from kinemacolor.models.base import Guess, Guesser
from kinemacolor.models.default import DEFAULT
from kinemacolor.models.load import load_model
from kinemacolor.resize import fit, resize

PREVIEW_PX = 240
"""Short side in pixels at which a preview is solved."""

_LUMA_SIGMA = 3.0
_STROKE_WEIGHT = 10.0
_GUESS_WEIGHT = 1e-4


class Canvas:
    """A frame to be painted: what does not depend on the strokes is found once.

    ``frame`` is RGB, of which the luma alone counts (Y', by BT.601 below 720 rows, else by BT.709). ``model`` guesses
    colors where no stroke reaches: one that is a ``Guesser``, or a model's name; None leaves these places to the
    strokes alone.
    """

    def __init__(self, frame: RGB, model: Guesser | str | None = DEFAULT) -> None:
        self.frame = frame
        self._model = model
        self._matrix = matrix_of(UNSPECIFIED_MATRIX, frame.shape[-2], is_rgb=False)
        self._luma = color.luma_of_gray(color.gray_of_rgb(frame, self._matrix))

    @cached_property
    def guess(self) -> Guess | None:
        """What colors the model takes for likely by the frame's look; None where there is no such model."""
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
        graph = self._graph(size)
        where = strokes.where.float()[None]
        share = resize(where, size)
        paint = resize(strokes.chroma * where, size) / share.clamp_min(1e-6)
        weight = _STROKE_WEIGHT * share
        known = weight * paint
        guess = self.guess
        if guess is not None:
            known = known + _GUESS_WEIGHT * resize(guess.chroma, size)
            weight = weight + _GUESS_WEIGHT
        found = graph.spread(_array(known / weight.clamp_min(1e-9)), _array(weight[0]))
        return torch.from_numpy(found).float().clamp(-110, 110)

    def _graph(self, size: tuple[int, int]) -> Graph:
        return Graph.of(_array(resize(self._luma, size)), _LUMA_SIGMA)


def _array(planes: Tensor) -> np.ndarray:
    return planes.double().cpu().numpy()


def still_from_strokes(frame: RGB, strokes: Strokes, *, model: Guesser | str | None = DEFAULT) -> RGB:
    """The frame in color: the strokes' colors spread over it along its luma, and its own luma kept.

    Arguments are those of ``Canvas``, which is quicker where a frame gets more than one picture of strokes.
    """
    return Canvas(frame, model).still(strokes)


def preview_from_strokes(frame: RGB, strokes: Strokes, *, model: Guesser | str | None = DEFAULT) -> RGB:
    """About the same as ``still_from_strokes``, several times faster."""
    return Canvas(frame, model).preview(strokes)
