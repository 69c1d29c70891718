"""Pictures to look at: for a clip, what each row makes of its middle and its last frame, beside the truth."""

from pathlib import Path

import numpy as np
import torch
from jaxtyping import UInt8
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from kinemacolor.evaluation.score import FrameScore
from kinemacolor.frames import RGB
from kinemacolor.resize import resize

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

    def save(self, path: Path) -> None:
        """Writes a picture: a line for each frame, a labelled tile for each row; nothing where there is no tile."""
        if not self._tiles:
            return
        indices = sorted({index for index, _ in self._tiles})
        rows = list(dict.fromkeys(row for _, row in self._tiles))
        height = _LABEL_PX + max(tile.shape[-2] for tile in self._tiles.values())
        sheet = Image.new("RGB", (_TILE_WIDTH_PX * len(rows), height * len(indices)), "white")
        draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(_LETTERS_PX)
        for (index, row), tile in self._tiles.items():
            x, y = rows.index(row) * _TILE_WIDTH_PX, indices.index(index) * height
            draw.text((x + 3, y + 1), f"{row}, frame {index}", fill="black", font=font)
            sheet.paste(Image.fromarray(np.ascontiguousarray(tile.permute(1, 2, 0).numpy())), (x, y + _LABEL_PX))
        sheet.save(path, quality=90)


def _tile(picture: RGB) -> UInt8[Tensor, "3 h2 w2"]:
    height, width = picture.shape[-2:]
    size = (max(1, round(height * _TILE_WIDTH_PX / width)), _TILE_WIDTH_PX)
    return resize(picture.float(), size).round().clamp(0, 255).to(torch.uint8)
