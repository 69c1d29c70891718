"""A training clip through ColorMNet-lite: the same candidates as in use, and how sure the head is of them."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Generator, Tensor

from kinemacolor.layers.flow import Preset
from kinemacolor.layers.place_features import PlaceFeatures
from kinemacolor.models.base import Reference
from kinemacolor.models.colormnet_lite.evidence import Carried, Evidence, Past, ages_there, carry, flows, fused
from kinemacolor.models.colormnet_lite.network import ColorMNetLite, maps_of
from kinemacolor.models.matching.bank import Bank
from kinemacolor.resize import resize


@dataclass(frozen=True, slots=True)
class ClipSettings:
    """How clips are gone through.

    The last ``scored`` frames are scored, those before only lead there: the head meets errors as late in a shot.
    Colors are carried from the frames ``ages`` before, in the clip's own steps. With probability
    ``exemplar_before`` an exemplar of the same scene also counts as the frame before the clip.
    """

    scored: int = 4
    ages: tuple[int, ...] = (1, 4, 16)
    exemplar_before: float = 0.6
    preset: Preset = "medium"


@dataclass(frozen=True, slots=True)
class ScoredClip:
    """The output for a batch's last frames.

    a*b* at stride 2, without gradients, and the logarithm of its likely error at stride 4, with.
    """

    chromas: Float[Tensor, "b t 2 h2 w2"]
    log_error: Float[Tensor, "b t 1 h4 w4"]


def scored_clips(
    network: ColorMNetLite,
    lumas: Float[Tensor, "b t 1 h w"],
    exemplar_luma: Float[Tensor, "b 1 h w"],
    exemplar_chroma: Float[Tensor, "b 2 h w"],
    related: Bool[Tensor, " b"],
    generator: Generator,
    settings: ClipSettings,
) -> ScoredClip:
    """Each clip in color, with its likely error. ``generator`` draws which exemplars come before."""
    clips = []
    network.prior.eval()  # as in use: nothing is dropped
    for i in range(len(lumas)):
        before = bool(related[i]) and float(torch.rand((), generator=generator)) < settings.exemplar_before
        reference = Reference(exemplar_luma[i], exemplar_chroma[i])
        with torch.no_grad():
            frames = _colored(network, lumas[i], reference, settings, is_before=before)
        clips.append(frames[-settings.scored :])
    chromas = torch.stack([torch.stack([past.chroma for _, past in frames]) for frames in clips])
    errors = torch.stack([torch.stack([network.confidence_head(*frame) for frame in frames]) for frames in clips])
    return ScoredClip(chromas, errors)


def _colored(
    network: ColorMNetLite, lumas: Tensor, reference: Reference, settings: ClipSettings, *, is_before: bool
) -> list[tuple[Evidence, Past]]:
    """One clip's frames in color, and what spoke for them."""
    size = (-(-lumas.shape[-2] // 2), -(-lumas.shape[-1] // 2))
    maps = network.trunk(torch.cat((reference.luma[None], lumas)))
    shown = [maps_of(maps, 0)]
    bank = network.bank([reference], shown, torch.float32, at_once=1, some=shown)
    pasts: list[Past] = []
    if is_before:
        pasts.append(Past.known(resize(reference.luma, size), resize(reference.chroma, size)))
    frames = []
    for t, luma in enumerate(lumas):
        evidence = _evidence(network, luma, maps_of(maps, t + 1), bank, pasts, settings)
        pasts.append(fused(resize(luma, size), evidence))
        frames.append((evidence, pasts[-1]))
    return frames


def _evidence(
    network: ColorMNetLite,
    luma: Tensor,
    features: PlaceFeatures,
    bank: Bank,
    pasts: Sequence[Past],
    settings: ClipSettings,
) -> Evidence:
    small = resize(luma, (-(-luma.shape[-2] // 2), -(-luma.shape[-1] // 2)))
    carried: list[Carried | None] = [
        None if age is None else carry(pasts[-age], *flows(small, pasts[-age].luma, settings.preset))
        for age in ages_there(settings.ages, len(pasts))
    ]
    match = network.match(bank, luma, features)
    return network.variances.weigh(small, network.prior_colors(luma, features), match, carried)
