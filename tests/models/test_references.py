"""An exemplar as models take it in: what its alpha hides has no influence, wherever alpha ends."""

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from kinemacolor.errors import ExemplarError
from kinemacolor.models.base import Colorizer, Reference
from kinemacolor.models.bistnet import BiSTNet, BiSTNetColorizer, BiSTNetConfig, BiSTNetSettings
from kinemacolor.models.bistnet.meb import MixedExperts, NoSegmentation, gradient_edges
from kinemacolor.models.colormnet import ColorMNet, ColorMNetColorizer, ColorMNetConfig, MemoryPolicy
from kinemacolor.models.colormnet_lite import ColorMNetLite, ColorMNetLiteColorizer, ColorMNetLiteConfig
from kinemacolor.models.deep_exemplar import (
    DeepExemplar,
    DeepExemplarColorizer,
    DeepExemplarConfig,
    DeepExemplarSettings,
)
from kinemacolor.models.matching import load as load_matching
from kinemacolor.models.references import counted, fitted, own_chroma, pooled, require_shown
from kinemacolor.models.spatiotemporal import load as load_spatiotemporal

HEIGHT, WIDTH = 64, 96
EDGE = 50
"""The column at which alpha ends: in the middle of a cell of 4 x 4, and of one of 8 x 8."""


def _bistnet() -> Colorizer:
    experts = MixedExperts(gradient_edges, NoSegmentation(3), raw_luma=False)
    settings = BiSTNetSettings(size=(HEIGHT, WIDTH), smoothing=None)
    return BiSTNetColorizer(BiSTNet(BiSTNetConfig.tiny()), experts, settings=settings)


def _deep_exemplar() -> Colorizer:
    return DeepExemplarColorizer(
        DeepExemplar(DeepExemplarConfig.tiny()), settings=DeepExemplarSettings(canvas=(128, 192), smoothing=None)
    )


def _colormnet() -> Colorizer:
    return ColorMNetColorizer(ColorMNet(ColorMNetConfig.tiny()), policy=MemoryPolicy(conflict_radius=20.0))


MODELS: dict[str, Callable[[], Colorizer]] = {
    "matching": lambda: load_matching(device="cpu", dtype=torch.float32),
    "colormnet-lite": lambda: ColorMNetLiteColorizer(ColorMNetLite(ColorMNetLiteConfig.tiny())),
    "colormnet": _colormnet,
    "deep-exemplar": _deep_exemplar,
    "spatiotemporal": lambda: load_spatiotemporal(device=torch.device("cpu")),
    "bistnet": _bistnet,
}


def picture() -> tuple[Tensor, Tensor]:
    """L* and a*b* of smooth random blobs."""
    coarse = torch.rand(1, 3, 8, 12, generator=torch.Generator().manual_seed(0)) - 0.5
    blobs = torch.nn.functional.interpolate(coarse, (HEIGHT, WIDTH), mode="bicubic")[0]
    return 50 + 60 * blobs[:1], 80 * blobs[1:]


@pytest.mark.parametrize("name", MODELS)
def test_case_28_hidden_colors_do_not_seep_in_where_alpha_ends_within_a_cell(name: str) -> None:
    torch.manual_seed(0)
    model = MODELS[name]()
    luma, chroma = picture()
    alpha = torch.zeros(1, HEIGHT, WIDTH)
    alpha[..., :EDGE] = 1
    found = []
    for hidden in (0.0, 90.0):
        spoilt = torch.where(alpha > 0, chroma, torch.full_like(chroma, hidden))
        answers = model.colorize([luma, luma.roll(3, -1)], [Reference(luma, spoilt, None, alpha)])
        found.append([answer.chroma for answer in answers])
    assert all(torch.equal(one, two) for one, two in zip(*found))


def test_a_cell_has_the_mean_of_what_is_shown_in_it() -> None:
    chroma = torch.tensor([[10.0, 90.0], [20.0, 90.0]]).expand(2, 2, 2)
    alpha = torch.tensor([[[1.0, 0.0], [1.0, 0.0]]])
    cell = pooled(Reference(torch.full((1, 2, 2), 40.0), chroma, 3, alpha), 2)
    assert (cell.chroma.flatten().tolist(), cell.luma.item(), cell.alpha.item()) == ([15.0, 15.0], 40.0, 0.5)
    assert cell.index == 3
    whole = pooled(Reference(torch.full((1, 2, 2), 40.0), chroma), 2)
    assert whole.alpha is None
    assert whole.chroma.flatten().tolist() == [52.5, 52.5]


def test_a_smaller_exemplar_keeps_the_colors_that_are_shown() -> None:
    luma, chroma = picture()
    alpha = torch.zeros(1, HEIGHT, WIDTH)
    alpha[..., :EDGE] = 1
    spoilt = torch.where(alpha > 0, torch.full_like(chroma, 20.0), 90.0)
    small = fitted(Reference(luma, spoilt, None, alpha), (13, 17), torch.device("cpu"))
    assert small.luma.shape == (1, 13, 17)
    shown = counted(small.alpha)
    torch.testing.assert_close(small.chroma.flatten(1)[:, shown], torch.full((2, int(shown.sum())), 20.0))


def test_places_count_that_are_shown_by_half() -> None:
    assert counted(None) is None
    assert counted(torch.tensor([[[0.49, 0.5], [1.0, 0.0]]])).tolist() == [False, True, True, False]
    require_shown(None)
    require_shown(torch.tensor([False, True]))
    with pytest.raises(ExemplarError, match="transparent all over"):
        require_shown(torch.tensor([False, False]))


@pytest.mark.parametrize(
    ("changes", "found"),
    [({}, True), ({"index": 2}, False), ({"index": None}, False), ({"alpha": torch.ones(1, 64, 96)}, False)],
)
def test_a_whole_exemplar_gives_its_own_frame_its_colors(changes: dict[str, object], found: bool) -> None:
    luma, chroma = picture()
    reference = replace(Reference(luma, chroma, 5), **changes)
    own = own_chroma([reference], 5, (32, 48), torch.device("cpu"))
    assert (own is not None) == found
    assert own is None or own.shape == (2, 32, 48)
    assert own_chroma([reference], 5, (32, 64), torch.device("cpu")) is None
