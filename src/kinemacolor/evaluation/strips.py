"""Pictures to look at: for a clip, what each row makes of its middle and its last frame, beside the truth."""

import torch
from jaxtyping import UInt8
from torch import Tensor

from kinemacolor.evaluation.score import FrameScore
from kinemacolor.frames import RGB
from kinemacolor.io.sheets import encoded, sheet
from kinemacolor.resize import resize_picture

_TILE_WIDTH_PX, _LABEL_PX, _LETTERS_PX = 320, 26, 19


class Strips:
    """Collects small tiles of one clip; held only until they are saved."""

    def __init__(self, clip: str, frames: int) -> None:
        self.clip = clip
        self.wanted = (frames // 2, frames - 1)
        self._tiles: dict[tuple[int, str], RGB] = {}

    def add(self, frame: FrameScore) -> None:
        """Keeps the frame if it is one of those shown."""
        if frame.index in self.wanted:
            self._tiles[frame.index, frame.row] = _tile(frame.picture)

    def jpeg(self) -> bytes:
        """A picture: a line for each frame, a labeled tile for each row; empty where there is no tile."""
        if not self._tiles:
            return b""
        indices = sorted({index for index, _ in self._tiles})
        rows = list(dict.fromkeys(row for _, row in self._tiles))
        none = torch.full_like(next(iter(self._tiles.values())), 255)
        lines = [
            [(f"{row}, frame {index}", self._tiles.get((index, row), none)) for row in rows] for index in indices
        ]
        return encoded(sheet(lines, gap_px=0, label_px=_LABEL_PX, letters_px=_LETTERS_PX), "JPEG", quality=90)


def _tile(picture: RGB) -> UInt8[Tensor, "3 h2 w2"]:
    height, width = picture.shape[-2:]
    size = (max(1, round(height * _TILE_WIDTH_PX / width)), _TILE_WIDTH_PX)
    return resize_picture(picture, size)
