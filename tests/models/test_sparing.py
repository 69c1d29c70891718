"""Models in less memory: the same colors, to what a sum in another order changes."""

import pytest
import torch

from kinemacolor.models.base import Reference, StreamingColorizer
from kinemacolor.models.load import load_model
from kinemacolor.models.matching.host_bank import HostBank
from kinemacolor.models.moved import moved
from kinemacolor.models.sparing import KeepsExemplars, OneByOne, lighter


def film(frames: int) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    world = torch.rand(1, 1, 14, 16, generator=generator)
    world = 20 + 60 * torch.nn.functional.interpolate(world, (112, 128), mode="bicubic")[0].clamp(0, 1)
    return [world[:, :, 2 * i : 2 * i + 96] for i in range(frames)]


@pytest.mark.parametrize("name", ["colormnet-lite", "matching"])
def test_case_38_a_lighter_model_gives_the_same_colors(name: str) -> None:
    model = load_model(name, device="cpu")
    lumas = film(3)
    chroma = torch.stack((lumas[0][0] - 50, 60 - lumas[0][0]))
    references = [Reference(lumas[0], chroma, None), Reference(lumas[2], -chroma, None)]
    usual = [answer.chroma for answer in model.colorize(iter(lumas), references)]
    seen: list[str] = []
    while (found := lighter(model)) is not None:
        model, what = found
        seen.append(what)
        for one, other in zip(usual, model.colorize(iter(lumas), references)):
            assert (one - other.chroma).abs().max() < 0.01
    assert len(seen) == (2 if name == "colormnet-lite" else 1)
    inner = model.model if isinstance(model, OneByOne) else model
    assert isinstance(inner, KeepsExemplars)
    assert isinstance(inner, StreamingColorizer)
    assert isinstance(inner.start(references).bank, HostBank)


def test_a_model_that_can_save_nothing_stays() -> None:
    assert lighter(load_model("deep-exemplar-lite", device="cpu")) is None


def test_tensors_move_within_what_holds_them() -> None:
    reference = Reference(torch.zeros(1, 2, 2), torch.zeros(2, 2, 2), 3)
    there = moved((reference, [1, torch.ones(1)]), torch.device("meta"))
    assert there[0].luma.is_meta
    assert there[0].index == 3
    assert there[1][0] == 1
    assert there[1][1].is_meta
