"""Between the film's size and the network's: fit, pad to a multiple, undo exactly, and upsample chroma. Pure."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float, UInt8
from torch import Tensor

from kinemacolor.errors import SettingError


def fit(size: tuple[int, int], short_side_px: int | None) -> tuple[int, int]:
    """The size with this short side and the same aspect; never larger than ``size``, never below 1 px.

    ``None`` keeps the size. Raises ``SettingError`` for a short side below 16.
    """
    if short_side_px is None:
        return size
    if short_side_px < 16:
        raise SettingError(f"Working size {short_side_px} is too small. Give 16 or more, or 'native'.")
    height, width = size
    scale = min(1.0, short_side_px / min(height, width))
    return max(1, round(height * scale)), max(1, round(width * scale))


def in_steps(size: tuple[int, int], step: int, *, scale: float = 1.0) -> tuple[int, int]:
    """The size nearest to ``scale`` times this one whose sides are multiples of ``step``, at least one step."""
    height, width = (max(step, step * round(side * scale / step)) for side in size)
    return height, width


def resize(planes: Float[Tensor, "*b c h w"], size: tuple[int, int]) -> Float[Tensor, "*b c h2 w2"]:
    """Planes at another size: antialiased bilinear when smaller, bilinear when larger, untouched when equal."""
    if tuple(planes.shape[-2:]) == size:
        return planes
    batch = planes if planes.ndim == 4 else planes[None]
    # antialiasing changes nothing where no side shrinks, but takes twice the time
    shrinks = planes.shape[-2] > size[0] or planes.shape[-1] > size[1]
    out = F.interpolate(batch, size, mode="bilinear", align_corners=False, antialias=shrinks)
    return out if planes.ndim == 4 else out[0]


def resize_picture(rgb: UInt8[Tensor, "3 h w"], size: tuple[int, int]) -> UInt8[Tensor, "3 h2 w2"]:
    """An 8-bit picture at another size, rounded; see ``resize``."""
    return resize(rgb.float(), size).round().clamp(0, 255).to(torch.uint8)


@dataclass(frozen=True, slots=True)
class Padding:
    """Rows and columns added on each side so that both sides are multiples of a number."""

    left: int
    right: int
    top: int
    bottom: int

    @classmethod
    def to_multiple(cls, size: tuple[int, int], multiple: int) -> "Padding":
        """The padding of ``(height, width)``; the smaller half goes on top and left (ColorMNet's release)."""
        rows, columns = -size[0] % multiple, -size[1] % multiple
        return cls(columns // 2, columns - columns // 2, rows // 2, rows - rows // 2)

    def pad(self, planes: Float[Tensor, "*b c h w"], value: float = 0.0) -> Float[Tensor, "*b c h2 w2"]:
        """Planes with the border added."""
        return F.pad(planes, (self.left, self.right, self.top, self.bottom), value=value)

    def unpad(self, planes: Float[Tensor, "*b c h w"]) -> Float[Tensor, "*b c h2 w2"]:
        """Planes with the border taken off."""
        height, width = planes.shape[-2:]
        return planes[..., self.top : height - self.bottom, self.left : width - self.right]


def sample_chroma(
    chroma: Float[Tensor, "c h w"],
    size: tuple[int, int],
    subsampling: tuple[int, int],
    *,
    left_sited: bool = True,
) -> Float[Tensor, "c h2 w2"]:
    """Chroma at the sample positions of a film's chroma planes.

    ``size`` is the luma's ``(height, width)``; ``subsampling`` is (rows, columns) in luma pixels per chroma
    sample. With ``left_sited`` (MPEG-2 siting, the default of H.264) samples lie on the even luma columns,
    otherwise between them.
    """
    rows, columns = subsampling
    height, width = -(-size[0] // rows), -(-size[1] // columns)
    if columns == 1 or not left_sited:
        return resize(chroma, (height, width))
    full_width = resize(chroma, (height, width * columns))
    if columns == 2:  # as below, without a copy that is wider
        even, odd = full_width[..., ::2], full_width[..., 1::2]
        beside = odd.contiguous()
        beside[..., 1:].add_(odd[..., :-1])
        beside[..., :1].add_(full_width[..., :1])
        return beside.mul_(0.5).add_(even).div_(2)
    padded = F.pad(full_width, (columns // 2, columns // 2), mode="replicate")
    # a triangle of columns + 1 taps; sliced sums are thirty times faster here than a one-channel convolution
    taps = [padded[..., i : i + columns * width : columns] for i in range(columns + 1)]
    return (0.5 * (taps[0] + taps[-1]) + sum(taps[1:-1])) / columns
