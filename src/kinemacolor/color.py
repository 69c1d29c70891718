"""sRGB to CIELAB (D65, 2 degree observer) and back, and luma planes to L* and chroma planes. Pure; CPU and GPU.

Constants are those of IEC 61966-2-1 as scikit-image rounds them, so results agree with it to fp32 rounding.
Film code values R'G'B' are taken as sRGB-encoded, as every published colorization protocol does.
"""

from functools import lru_cache

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, UInt8
from torch import Tensor

from kinemacolor.frames import RGB, Chroma, Luma, Matrix, Plane, Planes

_RGB_TO_XYZ = np.array(
    [[0.412453, 0.357580, 0.180423], [0.212671, 0.715160, 0.072169], [0.019334, 0.119193, 0.950227]]
)
_XYZ_TO_RGB = np.linalg.inv(_RGB_TO_XYZ)
_WHITE = np.array([0.95047, 1.0, 1.08883])
_EPSILON, _KAPPA = 0.008856, 7.787

LUMA_COEFFICIENTS: dict[Matrix, tuple[float, float, float]] = {
    "bt601": (0.299, 0.587, 0.114),
    "bt709": (0.2126, 0.7152, 0.0722),
    "bt2020": (0.2627, 0.6780, 0.0593),
}
"""Kr, Kg, Kb of each matrix (ITU-R BT.601-7, BT.709-6, BT.2020-2)."""


def _matrix(values: np.ndarray, like: Tensor) -> Tensor:
    return torch.as_tensor(values, dtype=like.dtype, device=like.device)


def _mix(matrix: np.ndarray, planes: Tensor) -> Tensor:
    return torch.einsum("ij,...jhw->...ihw", _matrix(matrix, planes), planes)


def srgb_to_linear(encoded: Tensor) -> Tensor:
    """Linear light (0..1) of sRGB code values (0..1)."""
    return torch.where(encoded > 0.04045, ((encoded.clamp_min(0.04045) + 0.055) / 1.055) ** 2.4, encoded / 12.92)


def linear_to_srgb(linear: Tensor) -> Tensor:
    """SRGB code values of linear light; may lie outside 0..1 where the color is out of gamut."""
    return torch.where(linear > 0.0031308, 1.055 * linear.clamp_min(0.0031308) ** (1 / 2.4) - 0.055, linear * 12.92)


def lab_of(rgb: Float[Tensor, "*b 3 h w"] | RGB) -> Float[Tensor, "*b 3 h w"]:
    """CIELAB of sRGB (uint8 0..255, or float 0..1): L* in 0..100, a* and b* about -110..110.

    Equals ``skimage.color.rgb2lab`` to about 1e-4.
    """
    values = rgb.float() / 255 if rgb.dtype == torch.uint8 else rgb
    xyz = _mix(_RGB_TO_XYZ / _WHITE[:, None], srgb_to_linear(values))
    # cube root as a power of a clamped value: autograd stays finite at black
    f = torch.where(xyz > _EPSILON, xyz.clamp_min(_EPSILON) ** (1 / 3), _KAPPA * xyz + 16 / 116)
    x, y, z = f.unbind(-3)
    return torch.stack((116 * y - 16, 500 * (x - y), 200 * (y - z)), dim=-3)


def unclipped_rgb_of(lab: Float[Tensor, "*b 3 h w"]) -> Float[Tensor, "*b 3 h w"]:
    """SRGB of CIELAB; outside 0..1 where the color is out of gamut."""
    lightness, a, b = lab.unbind(-3)
    y = (lightness + 16) / 116
    f = torch.stack((y + a / 500, y, (y - b / 200).clamp_min(0)), dim=-3)
    xyz = torch.where(f > 0.2068966, f**3, (f - 16 / 116) / _KAPPA)
    return linear_to_srgb(_mix(_XYZ_TO_RGB * _WHITE[None, :], xyz))


def rgb_of(lab: Float[Tensor, "*b 3 h w"]) -> Float[Tensor, "*b 3 h w"]:
    """SRGB 0..1 of CIELAB, clipped. Equals ``skimage.color.lab2rgb`` to about 1e-5."""
    return unclipped_rgb_of(lab).clamp(0, 1)


def split(rgb: RGB) -> tuple[Luma, Chroma]:
    """L* and a*b* of an sRGB picture."""
    lab = lab_of(rgb)
    return lab[:1], lab[1:]


def combine(luma: Luma, chroma: Chroma) -> RGB:
    """The sRGB picture (uint8, rounded) of L* and a*b* of equal size."""
    return to_8_bits(rgb_of(torch.cat((luma, chroma))))


def to_8_bits(rgb: Float[Tensor, "*b h w"]) -> UInt8[Tensor, "*b h w"]:
    """Code values 0..255 of values 0..1, rounded; what lies outside is clipped."""
    return (rgb.clamp(0, 1) * 255).round().to(torch.uint8)


def chroma_magnitude(chroma: Float[Tensor, "*b 2 h w"]) -> Float[Tensor, "*b h w"]:
    """CIE C*ab, the length of (a*, b*): 0 is gray."""
    return torch.linalg.vector_norm(chroma, dim=-3)


def _luma_scale(bits: int, full_range: bool) -> tuple[float, float]:
    """Code value of black, and code values from black to white."""
    if full_range:
        return 0.0, float(2**bits - 1)
    return 16.0 * 2 ** (bits - 8), 219.0 * 2 ** (bits - 8)


def _chroma_scale(bits: int, full_range: bool) -> tuple[float, float]:
    """Code value of neutral chroma, and code values for Cb or Cr from -0.5 to 0.5."""
    return float(2 ** (bits - 1)), float(2**bits - 1) if full_range else 224.0 * 2 ** (bits - 8)


def gray_level_of(plane: Plane, *, bits: int, full_range: bool) -> Float[Tensor, "1 h w"]:
    """Y' of a luma plane's code values as 0..1, foot- and headroom clipped."""
    black, span = _luma_scale(bits, full_range)
    levels = np.clip((np.arange(2**bits, dtype=np.float64) - black) / span, 0, 1).astype(np.float32)
    return _looked_up(plane, levels)


def _looked_up(plane: Plane, table: np.ndarray) -> Float[Tensor, "1 h w"]:
    """The table's entry for each code of a plane; its last for codes beyond it."""
    if plane.dtype == np.uint8 and len(table) == 256:
        return torch.from_numpy(cv2.LUT(plane, table))[None]  # five times as fast as NumPy
    return torch.from_numpy(np.take(table, plane, mode="clip"))[None]


def gray_of_rgb(rgb: RGB, matrix: Matrix = "bt709") -> Float[Tensor, "1 h w"]:
    """Y' of an sRGB picture as 0..1, in steps of 1/255, as an 8-bit film's luma plane would hold it."""
    red, green, blue = rgb.double().unbind(-3)
    kr, kg, kb = LUMA_COEFFICIENTS[matrix]
    return ((kr * red + kg * green + kb * blue).round() / 255).float()[None]


def luma_of_gray(gray: Float[Tensor, "1 h w"]) -> Luma:
    """L* of the gray with this Y' (0..1)."""
    return lab_of(gray.expand(3, -1, -1))[:1]


@lru_cache(maxsize=8)
def _lightness_table(bits: int, full_range: bool) -> np.ndarray:
    codes = np.arange(2**bits, dtype=np.uint16)[None]
    gray = gray_level_of(codes, bits=bits, full_range=full_range)
    return np.asarray(lab_of(gray.expand(3, -1, -1))[0, 0].numpy())


def luma_of(planes: Planes) -> Luma:
    """L* of a film's luma plane, at its full size: the lightness of the gray with that Y'."""
    return _looked_up(planes.y, _lightness_table(planes.bits, planes.full_range))


def rgb_of_planes(planes: Planes) -> Float[Tensor, "3 h w"]:
    """R'G'B' 0..1 of a film's planes, clipped; chroma upsampled by repetition of the nearest sample."""
    gray = gray_level_of(planes.y, bits=planes.bits, full_range=planes.full_range)
    if planes.u is None or planes.v is None:
        return gray.repeat(3, 1, 1)
    neutral, span = _chroma_scale(planes.bits, planes.full_range)
    blue_red = torch.from_numpy(np.stack((planes.u, planes.v)).astype(np.float32)).sub(neutral).div(span)
    if blue_red.shape[-2:] != gray.shape[-2:]:
        height, width = planes.size
        rows = -(-height // blue_red.shape[-2])
        columns = -(-width // blue_red.shape[-1])
        blue_red = blue_red.repeat_interleave(rows, -2).repeat_interleave(columns, -1)[:, :height, :width]
    return rgb_of_blue_red(gray, blue_red, planes.matrix)


def rgb_of_blue_red(
    gray: Float[Tensor, "1 h w"], blue_red: Float[Tensor, "2 h w"], matrix: Matrix
) -> Float[Tensor, "3 h w"]:
    """R'G'B' 0..1 of Y' (0..1) and Cb, Cr (-0.5..0.5), clipped."""
    return (gray + _rgb_offsets(blue_red, matrix)).clamp(0, 1)


def _rgb_offsets(blue_red: Tensor, matrix: Matrix) -> Tensor:
    """R'-Y', G'-Y', B'-Y' of Cb, Cr (-0.5..0.5)."""
    kr, kg, kb = LUMA_COEFFICIENTS[matrix]
    blue = 2 * (1 - kb) * blue_red[0]
    red = 2 * (1 - kr) * blue_red[1]
    return torch.stack((red, -(kr * red + kb * blue) / kg, blue))


def _blue_red(gray: Tensor, chroma: Tensor, matrix: Matrix) -> Tensor:
    """Cb, Cr of the color with this Y' and, as nearly as the RGB cube allows, this a*b*.

    L* is found by fixed-point steps so that the color's Y' is the given one.
    """
    kr, kg, kb = LUMA_COEFFICIENTS[matrix]
    target = lab_of(gray.expand(3, -1, -1))[:1]
    lightness = target
    for _ in range(6):
        rgb = rgb_of(torch.cat((lightness, chroma)))
        y = (kr * rgb[0] + kg * rgb[1] + kb * rgb[2])[None]
        lightness = (lightness + target - lab_of(y.expand(3, -1, -1))[:1]).clamp(0, 100)
    rgb = rgb_of(torch.cat((lightness, chroma)))
    y = kr * rgb[0] + kg * rgb[1] + kb * rgb[2]
    return torch.stack(((rgb[2] - y) / (2 * (1 - kb)), (rgb[0] - y) / (2 * (1 - kr))))


_TABLE_SIDE, _CHROMA_LIMIT = 65, 128.0


@lru_cache(maxsize=8)
def _blue_red_table(matrix: Matrix, device: torch.device) -> Float[Tensor, "1 4 ya b"]:
    """``_blue_red`` on a grid of Y' and a*b*, as one picture: looking it up is twenty times faster than solving it.

    Tiles of a* by b*, one below the other, are for rising Y'; each has Cb and Cr of its own Y' and of the next.
    """
    n = _TABLE_SIDE
    y = torch.linspace(0, 1, n, device=device)
    ab = torch.linspace(-_CHROMA_LIMIT, _CHROMA_LIMIT, n, device=device)
    y, a, b = torch.meshgrid(y, ab, ab, indexing="ij")
    solved = _blue_red(y.reshape(1, n, -1), torch.stack((a, b)).reshape(2, n, -1), matrix).reshape(1, 2, n, n, n)
    tiles = torch.cat((solved[:, :, :-1], solved[:, :, 1:]), dim=1).reshape(1, 4, (n - 1) * n, n)
    return tiles.contiguous(memory_format=torch.channels_last)


def blue_red_of(gray: Float[Tensor, "1 h w"], chroma: Chroma, *, matrix: Matrix) -> Float[Tensor, "2 h w"]:
    """Cb, Cr (-0.5..0.5) of the color that has this Y' (0..1) and this a*b*.

    Within 0.001 of the exact solution inside the RGB cube, 0.05 at its corners.
    What is outside the RGB cube is brought in by shrinking Cb and Cr towards neutral. Y' itself never changes.
    """
    last = _TABLE_SIDE - 1
    level = gray[0] * last
    tile = level.floor().clamp(0, last - 1)
    a, b = (chroma / _CHROMA_LIMIT).add_(1).mul_(last / 2).clamp_(0, last)
    row = a.add_(tile, alpha=_TABLE_SIDE)
    where = torch.stack((b.mul_(2 / last).sub_(1), row.mul_(2 / (last * _TABLE_SIDE - 1)).sub_(1)), dim=-1)
    table = _blue_red_table(matrix, gray.device)
    found = F.grid_sample(table, where[None], mode="bilinear", padding_mode="border", align_corners=True)[0]
    blue_red = torch.lerp(found[:2], found[2:], level.sub_(tile))
    offsets = _rgb_offsets(blue_red, matrix)
    above, below = offsets.amax(0, keepdim=True), offsets.amin(0, keepdim=True).neg_()
    room = torch.minimum((1 - gray).div_(above.clamp_min_(1e-6)), gray / below.clamp_min_(1e-6))
    return blue_red.mul_(room.clamp_(0, 1))


def codes_of(blue_red: Float[Tensor, "2 h w"], *, bits: int, full_range: bool) -> tuple[Plane, Plane]:
    """U and V code values of Cb, Cr (-0.5..0.5), rounded and kept in the legal range."""
    neutral, span = _chroma_scale(bits, full_range)
    low, high = (0, 2**bits - 1) if full_range else (16 * 2 ** (bits - 8), 240 * 2 ** (bits - 8))
    codes = (blue_red * span).add_(neutral).round_().clamp_(low, high).cpu().numpy()
    u, v = codes.astype(np.uint8 if bits <= 8 else np.uint16)
    return u, v
