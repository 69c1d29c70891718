"""Sheets of pictures to look at: rows of pictures beside each other, with or without labels."""

import io
from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import UInt8
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

Picture = UInt8[Tensor, "3 _ _"]
"""An sRGB picture of any size."""

LABEL_PX, GAP_PX = 16, 8


def image_of(rgb: Picture) -> Image.Image:
    """The pixels as a picture of Pillow's."""
    return Image.fromarray(np.ascontiguousarray(rgb.cpu().permute(1, 2, 0).numpy()))


def encoded(picture: Image.Image, kind: str, **options: int) -> bytes:
    """A picture as a file of Pillow's ``kind``, with the options of its writer."""
    data = io.BytesIO()
    picture.save(data, kind, **options)
    return data.getvalue()


def stacked(rows: Sequence[Picture]) -> Picture:
    """Pictures below each other; what is narrower than the widest ends in black."""
    width = max(row.shape[-1] for row in rows)
    return torch.cat([F.pad(row, (0, width - row.shape[-1])) for row in rows], dim=-2)


def sheet(
    rows: Sequence[Sequence[tuple[str, Picture]]],
    *,
    gap_px: int = GAP_PX,
    label_px: int = LABEL_PX,
    letters_px: int | None = None,
) -> Image.Image:
    """Rows of pictures on white, below each other, each under its label; ``letters_px`` None is Pillow's own font."""
    heights = [label_px + max(rgb.shape[-2] for _, rgb in row) for row in rows]
    width = max(sum(rgb.shape[-1] + gap_px for _, rgb in row) for row in rows)
    made = Image.new("RGB", (width, sum(heights)), "white")
    draw, font = ImageDraw.Draw(made), None if letters_px is None else ImageFont.load_default(letters_px)
    for number, row in enumerate(rows):
        x, y = 0, sum(heights[:number])
        for label, rgb in row:
            draw.text((x + 3, y + 1), label, fill="black", font=font)
            made.paste(image_of(rgb), (x, y + label_px))
            x += rgb.shape[-1] + gap_px
    return made
