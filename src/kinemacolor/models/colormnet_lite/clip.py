"""A training clip through ColorMNet-lite: the same candidates and decoder as in use, with gradients."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Generator, Tensor

from kinemacolor.frames import Chroma
from kinemacolor.layers.flow import Preset
from kinemacolor.models.base import Reference
from kinemacolor.models.colormnet_lite.evidence import Carried, Past, ages_there, carry, flows
from kinemacolor.models.colormnet_lite.network import ColorMNetLite, maps_of
from kinemacolor.models.matching.bank import Bank
from kinemacolor.resize import resize


@dataclass(frozen=True, slots=True)
class ClipSettings:
    """How clips are gone through.

    The last ``learned`` frames have gradients, those before only lead there: the network meets errors of its own, as
    late in a shot. No gradient goes from frame to frame: each is to make the best of what comes to it. Colours are
    carried from the frames ``ages`` before, in the clip's own steps. With probability
    ``exemplar_before`` an exemplar of the same scene also counts as the frame before the clip. With probability
    ``spoiled`` the colours of an earlier frame are spoiled in part, so that the network learns to recover from drift.
    """

    learned: int = 9
    ages: tuple[int, ...] = (1, 4, 16)
    exemplar_before: float = 0.6
    spoiled: float = 0.15
    preset: Preset = "medium"


@dataclass(frozen=True, slots=True)
class ColoredClip:
    """What the network made of a batch's last frames: a*b*, and the logarithm of its likely error, at stride 2."""

    chromas: Float[Tensor, "b t 2 h w"]
    log_error: Float[Tensor, "b t 1 h2 w2"]


def color_clips(
    network: ColorMNetLite,
    lumas: Float[Tensor, "b t 1 h w"],
    exemplar_luma: Float[Tensor, "b 1 h w"],
    exemplar_chroma: Float[Tensor, "b 2 h w"],
    related: Bool[Tensor, " b"],
    generator: Generator,
    settings: ClipSettings,
) -> ColoredClip:
    """Each clip in colour, frame by frame. ``generator`` draws what is spoiled and which exemplars come before."""
    clips, count = lumas.shape[:2]
    size = (-(-lumas.shape[-2] // 2), -(-lumas.shape[-1] // 2))
    every = network.trunk(torch.cat((exemplar_luma[:, None], lumas), dim=1).flatten(0, 1))
    maps = {stride: torch.unflatten(level, 0, (clips, count + 1)) for stride, level in every.items()}
    banks = [
        _bank(network, {s: level[:, 0] for s, level in maps.items()}, exemplar_luma, exemplar_chroma, i)
        for i in range(clips)
    ]
    before = [_drawn(settings.exemplar_before, generator) and bool(same) for same in related]
    pasts = [
        [Past.known(resize(luma, size), resize(chroma, size))] if is_before else []
        for luma, chroma, is_before in zip(exemplar_luma, exemplar_chroma, before)
    ]
    first = max(0, count - settings.learned)
    frames = []
    for t in range(count):
        of_frame = {stride: level[:, t + 1] for stride, level in maps.items()}
        with torch.set_grad_enabled(torch.is_grad_enabled() and t >= first):
            frames.append(_color_frame(network, lumas[:, t], of_frame, banks, pasts, settings))
        for past in pasts:
            if _drawn(settings.spoiled, generator):
                past[-1] = spoiled(past[-1], generator)
    chromas, errors = zip(*frames[first:])
    return ColoredClip(torch.stack(chromas, 1), torch.stack(errors, 1))


def _color_frame(
    network: ColorMNetLite,
    lumas: Float[Tensor, "b 1 h w"],
    maps: dict[int, Tensor],
    banks: Sequence[Bank],
    pasts: Sequence[list[Past]],
    settings: ClipSettings,
) -> tuple[Tensor, Tensor]:
    """One frame of each clip: a*b* and the logarithm of the error. Appends it, without gradient, to the past."""
    size = (lumas.shape[-2], lumas.shape[-1])
    small = resize(lumas, (-(-size[0] // 2), -(-size[1] // 2)))
    evidence = []
    for i, bank in enumerate(banks):
        match = bank.match(lumas[i], maps_of(maps, i), network.search)
        evidence.append(network.doubt.weigh(small[i], match, _carried(small[i], pasts[i], settings)))
    colored = network.colored(small, evidence)
    for past, each in zip(pasts, colored):
        past.append(each.detached())
    chroma = resize(torch.stack([each.chroma for each in colored]), size)
    return chroma, torch.stack([each.log_error for each in colored])


def _bank(network: ColorMNetLite, maps: dict[int, Tensor], lumas: Tensor, chromas: Tensor, index: int) -> Bank:
    reference = Reference(lumas[index], chromas[index])
    features = [maps_of(maps, index)]
    return network.bank([reference], features, torch.float32, at_once=1, pictured=features)


def _carried(small: Tensor, pasts: Sequence[Past], settings: ClipSettings) -> list[Carried | None]:
    return [
        None if age is None else carry(pasts[-age], *flows(small, pasts[-age].luma, settings.preset))
        for age in ages_there(settings.ages, len(pasts))
    ]


def spoiled(past: Past, generator: Generator) -> Past:
    """A frame whose colours are wrong in places: paler, of another hue, or from a few pixels aside."""
    size = (past.chroma.shape[-2], past.chroma.shape[-1])
    rough = torch.randn(1, 1, 5, 5, generator=generator)
    where = torch.sigmoid(6 * F.interpolate(rough, size, mode="bicubic", align_corners=True)[0])
    kind = int(torch.randint(3, (), generator=generator))
    wrong, origin = past.chroma * torch.rand((), generator=generator), past.origin
    if kind == 1:
        shift: Chroma = 15 * torch.randn(2, 1, 1, generator=generator)
        wrong = past.chroma + shift
    if kind == 2:
        rows, columns = (int(n) for n in torch.randint(-6, 7, (2,), generator=generator))
        wrong, origin = (planes.roll((rows, columns), (-2, -1)) for planes in (past.chroma, past.origin))
    where = where.to(past.luma.device)
    chroma = past.chroma + where * (wrong.to(past.luma.device) - past.chroma)
    return replace(past, chroma=chroma, origin=past.origin + where * (origin - past.origin))


def _drawn(probability: float, generator: Generator) -> bool:
    return float(torch.rand((), generator=generator)) < probability
