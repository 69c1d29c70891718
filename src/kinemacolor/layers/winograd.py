"""3x3 convolutions by Winograd's minimal filtering, F(4x4, 3x3): 36 products for 16 pixels in place of 144.

Lavin and Gray, 2016, with the points 0, +-1/sqrt(2), +-sqrt(2) and infinity, whose rounding errors are half those of
the usual 0, +-1, +-2: in fp32 the result is off by about 7e-7 of its own spread, six times as far as a plain one.
"""

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

_TILE = 4
_TAPS = _TILE + 2
_TILES_AT_ONCE = 256
_LEAST_CHANNELS = 128
_LEAST_PIXELS = 1024
_NEAR, _FAR = math.sqrt(0.5), math.sqrt(2)


class Conv3x3(nn.Conv2d):
    """A 3x3 convolution with a border of zeros, by ``conv3x3``."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(inputs, outputs, 3, padding=1)

    def forward(self, x: Float[Tensor, "b c h w"], *, rectify: bool = False) -> Float[Tensor, "b c2 h w"]:
        """Features of the same size, of ``x`` or of ``relu(x)``."""
        return conv3x3(x, self.weight, self.bias, rectify=rectify)


def conv3x3(
    x: Float[Tensor, "b c h w"],
    weight: Float[Tensor, "c2 c 3 3"],
    bias: Float[Tensor, " c2"] | None = None,
    *,
    rectify: bool = False,
) -> Float[Tensor, "b c2 h w"]:
    """The convolution of ``x``, or of ``relu(x)``, with a border of zeros.

    By minimal filtering where that pays, else by torch's own. It pays on a CPU in fp32, for maps of some channels and
    pixels, where no gradient is asked for.
    """
    if _pays(x, weight):
        return minimal_conv3x3(x, weight, bias, rectify=rectify)
    return F.conv2d(F.relu(x) if rectify else x, weight, bias, padding=1)


def _pays(x: Tensor, weight: Tensor) -> bool:
    if x.device.type != "cpu" or torch.is_autocast_enabled("cpu") or not x.dtype == weight.dtype == torch.float32:
        return False
    if torch.is_grad_enabled() and (x.requires_grad or weight.requires_grad):
        return False
    return min(weight.shape[:2]) >= _LEAST_CHANNELS and x.shape[-2] * x.shape[-1] >= _LEAST_PIXELS


def minimal_conv3x3(
    x: Float[Tensor, "b c h w"],
    weight: Float[Tensor, "c2 c 3 3"],
    bias: Float[Tensor, " c2"] | None = None,
    *,
    rectify: bool = False,
) -> Float[Tensor, "b c2 h w"]:
    """The convolution of ``x``, or of ``relu(x)``, with a border of zeros by F(4x4, 3x3); channels last in memory.

    Without a gradient. A strip of tiles at a time, so that what passes between the steps stays in the cache.
    """
    batch, inputs, height, width = x.shape
    outputs = len(weight)
    down, across = -(-height // _TILE), -(-width // _TILE)
    at_once = min(down, max(1, _TILES_AT_ONCE // across))
    points = _weight_at_points(weight)
    scale = _NEAR ** torch.arange(_TILE, dtype=x.dtype)
    scale = scale[:, None, None, None] * scale[:, None]
    shift = x.new_zeros(1) if bias is None else bias
    out = x.new_empty(batch, down, _TILE, across, _TILE, outputs)
    strip = x.new_zeros(at_once * _TILE + 2, across * _TILE + 2, inputs)
    for picture, into in zip(x.movedim(1, -1), out):
        for first in range(0, down, at_once):
            target = into[first : first + at_once]
            count = len(target)
            part = strip[: count * _TILE + 2]
            _fill(part, picture, first * _TILE - 1, rectify=rectify)
            values = _at_points(part).view(_TAPS**2, count * across, inputs)
            products = torch.bmm(values, points)
            _from_points(products.view(_TAPS, _TAPS, count, across, outputs), target)
            torch.addcmul(shift, target, scale, out=target)
    whole = out.view(batch, down * _TILE, across * _TILE, outputs)
    return whole[:, :height, :width].contiguous().movedim(-1, 1)


def _fill(strip: Float[Tensor, "h2 w2 c"], picture: Float[Tensor, "h w c"], top: int, *, rectify: bool) -> None:
    """Puts the rows from ``top`` on into a strip whose border columns are zeros; zeros where there is no row."""
    height, width, _ = picture.shape
    first, last = max(top, 0), min(top + len(strip), height)
    strip[: first - top] = 0
    strip[last - top :] = 0
    inner = strip[first - top : last - top, 1 : 1 + width]
    if rectify:
        torch.clamp_min(picture[first:last], 0, out=inner)
    else:
        inner.copy_(picture[first:last])


def _weight_at_points(weight: Float[Tensor, "c2 c 3 3"]) -> Float[Tensor, "36 c c2"]:
    near, far = _NEAR, _FAR
    # at each point the filter's polynomial, divided by the product of the point's distances to the others
    matrix = weight.new_tensor(
        [
            [1, 0, 0],
            [-2 / 3, -2 / 3 * near, -1 / 3],
            [-2 / 3, 2 / 3 * near, -1 / 3],
            [1 / 6, 1 / 6 * far, 1 / 3],
            [1 / 6, -1 / 6 * far, 1 / 3],
            [0, 0, 1],
        ]
    )
    outputs, inputs = weight.shape[:2]
    taps = weight.permute(0, 2, 3, 1).reshape(outputs, 9, inputs)
    return (torch.kron(matrix, matrix) @ taps).permute(1, 2, 0)


def _at_points(strip: Float[Tensor, "h w c"]) -> Float[Tensor, "6 6 n m c"]:
    """Each tile's 6x6 pixels, which overlap by two, as its polynomial's values at the points of both axes."""
    height, width, channels = strip.shape
    down, across = height // _TILE, width // _TILE
    halfway = strip.new_empty(_TAPS, down, width, channels)
    pixels = [strip[k : k + height - 5 : _TILE] for k in range(_TAPS)]
    _to_points(pixels, list(halfway))
    values = strip.new_empty(_TAPS, _TAPS, down, across, channels)
    pixels = [halfway[:, :, k : k + width - 5 : _TILE] for k in range(_TAPS)]
    _to_points(pixels, list(values.transpose(0, 1)))
    return values


def _to_points(pixels: Sequence[Tensor], values: Sequence[Tensor]) -> None:
    """Six pixels in a line to their values at the six points."""
    for p, value in ((0, values[0]), (1, values[5])):
        torch.sub(pixels[p], pixels[p + 2], alpha=2.5, out=value)
        value += pixels[p + 4]
    even, odd = torch.empty_like(values[1]), torch.empty_like(values[1])
    for point, other, plus, minus in ((_NEAR, 2, values[1], values[2]), (_FAR, 0.5, values[3], values[4])):
        torch.sub(pixels[4], pixels[2], alpha=other, out=even)
        torch.sub(pixels[3], pixels[1], alpha=other, out=odd)
        torch.add(even, odd, alpha=point, out=plus)
        torch.sub(even, odd, alpha=point, out=minus)


def _from_points(values: Float[Tensor, "6 6 n m c"], tiles: Float[Tensor, "n 4 m 4 c"]) -> None:
    """Values at the points of both axes to the tiles' pixels, scaled as by ``_to_pixels``."""
    _, _, down, across, channels = values.shape
    halfway = values.new_empty(_TILE, _TAPS, down, across, channels)
    _to_pixels(list(values), list(halfway))
    pixels = list(tiles.movedim(1, 0).unbind(3))
    _to_pixels(list(halfway.transpose(0, 1)), pixels)


def _to_pixels(values: Sequence[Tensor], pixels: Sequence[Tensor]) -> None:
    """Values at the six points to the four pixels in a line, of which number ``k`` is divided by ``_NEAR ** k``."""
    even_near, odd_near = values[1] + values[2], values[1] - values[2]
    even_far, odd_far = values[3] + values[4], values[3] - values[4]
    torch.add(even_near, even_far, out=pixels[0])
    torch.add(odd_near, odd_far, alpha=2, out=pixels[1])
    torch.add(even_near, even_far, alpha=4, out=pixels[2])
    torch.add(odd_near, odd_far, alpha=8, out=pixels[3])
    pixels[0].add_(values[0])
    pixels[3].add_(values[5], alpha=_NEAR**-3)
