"""Validation on clips that the network never saw: PSNR, and a strip of pictures to look at."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, UInt8
from torch import Tensor, nn

from kinemacolor import color
from kinemacolor.data.samples import Sample, collate
from kinemacolor.frames import size_of
from kinemacolor.io.sheets import encoded, image_of, stacked
from kinemacolor.metrics.psnr import psnr
from kinemacolor.resize import fit, resize
from kinemacolor.training.recipe import Recipe

_ROWS, _SHORT_SIDE_PX = 8, 128


@dataclass(frozen=True, slots=True)
class Validation:
    """PSNR in dB over all frames and over each clip's last, a mean over clips; and rows of pictures.

    PSNR is that of 8-bit sRGB with the true luma, computed in float64, as in use where the luma is never changed.
    """

    psnr: float
    psnr_last: float
    rows: tuple[UInt8[Tensor, "3 _ _"], ...]

    def strip(self) -> bytes:
        """The rows (exemplar | gray | colored, first and last frame | truth, last frame) as PNG."""
        return encoded(image_of(stacked(self.rows)), "PNG")


@torch.no_grad()
def validate(recipe: Recipe, network: nn.Module, samples: Sequence[Sample], device: torch.device) -> Validation:
    """The validation of a network on samples, colored one at a time."""
    every: list[float] = []
    last: list[float] = []
    rows: list[Tensor] = []
    for sample in samples:
        chromas = recipe.predict(network, collate([sample]).to(device))[0].float().cpu()
        figures = [psnr_of(*frames) for frames in zip(sample.lumas, chromas, sample.chromas)]
        every.append(sum(figures) / len(figures))
        last.append(figures[-1])
        if len(rows) < _ROWS:
            rows.append(_row(sample, chromas))
    return Validation(sum(every) / len(every), sum(last) / len(last), tuple(rows))


def psnr_of(luma: Float[Tensor, "1 h w"], chroma: Float[Tensor, "2 h w"], truth: Float[Tensor, "2 h w"]) -> float:
    """PSNR in dB between two colorings of a luma, as 8-bit sRGB; 100 where they are equal."""
    return psnr(color.combine(luma, chroma), color.combine(luma, truth))


def _row(sample: Sample, chromas: Tensor) -> UInt8[Tensor, "3 h2 w2"]:
    panels = (
        (sample.exemplar_luma, sample.exemplar_chroma),
        (sample.lumas[-1], torch.zeros_like(chromas[-1])),
        (sample.lumas[0], chromas[0]),
        (sample.lumas[-1], chromas[-1]),
        (sample.lumas[-1], sample.chromas[-1]),
    )
    size = fit(size_of(sample.lumas), _SHORT_SIDE_PX)
    return torch.cat([color.combine(resize(luma, size), resize(chroma, size)) for luma, chroma in panels], dim=-1)
