"""Wear of old film, on the luma only: grain, dust, scratches, blur, flicker, lost contrast and highlights.

Lumas are L* (0..100) and stay in that range. Colors to be learnt never change.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Generator, Tensor

from kinemacolor.data.draw import chance, normal, uniform, whole

Lumas = Float[Tensor, "t 1 h w"]


@dataclass(frozen=True, slots=True)
class Wear:
    """Probability of each kind of wear; strengths are drawn within each function."""

    contrast: float = 0.5
    highlights: float = 0.3
    blur: float = 0.3
    flicker: float = 0.4
    scratches: float = 0.15
    dust: float = 0.2
    grain: float = 0.6


def degrade(lumas: Lumas, wear: Wear, generator: Generator) -> Lumas:
    """The lumas as worn film shows them: optics first, then the print, then its handling, then grain."""
    kinds: tuple[tuple[float, Callable[[Lumas, Generator], Lumas]], ...] = (
        (wear.contrast, change_contrast),
        (wear.highlights, lose_highlights),
        (wear.blur, blur),
        (wear.flicker, flicker),
        (wear.scratches, scratch),
        (wear.dust, add_dust),
        (wear.grain, add_grain),
    )
    for probability, apply in kinds:
        if chance(generator, probability):
            lumas = apply(lumas, generator)
    return lumas.clamp(0, 100)


def change_contrast(lumas: Lumas, generator: Generator) -> Lumas:
    """Another gamma, gain about the middle, and black level for the whole clip."""
    gamma = 2.0 ** uniform(generator, -0.5, 0.5)
    gain, lift = uniform(generator, 0.7, 1.25), uniform(generator, -6.0, 6.0)
    curved = 100 * (lumas.clamp(0, 100) / 100) ** gamma
    return ((curved - 50) * gain + 50 + lift).clamp(0, 100)


def lose_highlights(lumas: Lumas, generator: Generator) -> Lumas:
    """All above a knee becomes white: the scan was overexposed."""
    return (lumas * (100 / uniform(generator, 65.0, 92.0))).clamp(max=100)


def blur(lumas: Lumas, generator: Generator) -> Lumas:
    """A Gaussian of 0.4 to 1.6 px, one for the clip."""
    return gaussian(lumas, uniform(generator, 0.4, 1.6))


def gaussian(planes: Float[Tensor, "t c h w"], sigma_px: float) -> Float[Tensor, "t c h w"]:
    """Planes blurred; the border's pixels are repeated outwards."""
    radius = max(1, round(3 * sigma_px))
    steps = torch.arange(-radius, radius + 1, dtype=planes.dtype)
    kernel = torch.exp(-0.5 * (steps / sigma_px) ** 2)
    kernel = kernel / kernel.sum()
    padded = F.pad(planes.flatten(0, 1)[:, None], (radius,) * 4, mode="replicate")
    blurred = F.conv2d(F.conv2d(padded, kernel[None, None, :, None]), kernel[None, None, None])
    return blurred[:, 0].view_as(planes)


def flicker(lumas: Lumas, generator: Generator) -> Lumas:
    """Each frame's exposure differs, a little more at one side than at the other."""
    frames, _, height, width = lumas.shape
    strength = uniform(generator, 0.01, 0.08)
    corners = torch.randn(frames, 1, 2, 2, generator=generator) * 0.4 + torch.randn(
        frames, 1, 1, 1, generator=generator
    )
    gain = 1 + strength * F.interpolate(corners, (height, width), mode="bilinear", align_corners=True)
    return (lumas * gain).clamp(0, 100)


def scratch(lumas: Lumas, generator: Generator) -> Lumas:
    """One to three thin upright lines that stay from frame to frame and drift sideways."""
    frames, _, _, width = lumas.shape
    columns = torch.arange(width)
    for _ in range(1 + whole(generator, 3)):
        drift = torch.randn(frames, generator=generator).cumsum(0) * 0.7
        position = uniform(generator, 0.0, float(width)) + drift
        depth = uniform(generator, 15.0, 60.0) * (1 if chance(generator, 0.6) else -1)
        line = torch.exp(-((columns - position[:, None]) ** 2) / uniform(generator, 0.3, 1.2))
        lumas = lumas + depth * line[:, None, None, :]
    return lumas.clamp(0, 100)


def add_dust(lumas: Lumas, generator: Generator) -> Lumas:
    """A few specks, black or white, in other places on each frame."""
    frames, _, height, width = lumas.shape
    count = 1 + whole(generator, 6)
    places = torch.rand(frames, count, 2, generator=generator) * torch.tensor([height, width])
    radii = 0.7 + 2.5 * torch.rand(frames, count, 2, generator=generator) ** 2
    white = torch.rand(frames, count, generator=generator) < 0.5
    rows = (torch.arange(height) - places[..., :1]) / radii[..., :1]
    columns = (torch.arange(width) - places[..., 1:]) / radii[..., 1:]
    specks = torch.exp(-((rows[..., :, None] ** 2 + columns[..., None, :] ** 2) ** 2))
    level = torch.where(white, 95.0, 5.0)[..., None, None]
    for speck, value in zip(specks.unbind(1), level.unbind(1)):
        lumas = lumas + speck[:, None] * (value[:, None] - lumas)
    return lumas


def add_grain(lumas: Lumas, generator: Generator) -> Lumas:
    """Noise of 0.5 to 5 L*, of grains of 1 to 2.5 px, strongest in the middle tones and new on each frame."""
    frames, _, height, width = lumas.shape
    strength, size = uniform(generator, 0.5, 5.0), uniform(generator, 1.0, 2.5)
    coarse = max(1, round(height / size)), max(1, round(width / size))
    noise = torch.randn(frames, 1, *coarse, generator=generator)
    if coarse != (height, width):
        noise = F.interpolate(noise, (height, width), mode="bicubic", align_corners=False)
    tone = 0.4 + 0.6 * (1 - (lumas / 50 - 1) ** 2)
    return (lumas + strength * (1 + 0.1 * normal(generator)) * tone * noise).clamp(0, 100)
