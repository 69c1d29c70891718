from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import torch
from torch import nn

from kinemacolor.models.base import Reference
from kinemacolor.models.colormnet_lite import ColorMNetLite, ColorMNetLiteColorizer, ColorMNetLiteConfig, LiteSettings
from kinemacolor.models.identity import identity_of
from kinemacolor.models.load import load_model
from kinemacolor.models.matching import MatchingSettings
from kinemacolor.models.matching.colorizer import MatchingColorizer


@dataclass(frozen=True)
class Inner:
    scale: float = 0.5


@dataclass(frozen=True)
class Settings:
    top_k: int = 30
    inner: Inner = Inner()


def network(seed: int = 0) -> nn.Module:
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(3, 4), nn.ReLU())


def test_a_model_is_known_by_its_name_weights_and_settings() -> None:
    same = identity_of("one", network(), settings=(Settings(), torch.float32))
    assert identity_of("one", network(), settings=(Settings(), torch.float32)) == same
    others = [
        identity_of("two", network(), settings=(Settings(), torch.float32)),
        identity_of("one", network(seed=1), settings=(Settings(), torch.float32)),
        identity_of("one", network(), None, settings=(Settings(), torch.float32)),
        identity_of("one", None, settings=(Settings(), torch.float32)),
        identity_of("one", network(), settings=(Settings(top_k=31), torch.float32)),
        identity_of("one", network(), settings=(Settings(inner=Inner(0.6)), torch.float32)),
        identity_of("one", network(), settings=(Settings(), torch.bfloat16)),
    ]
    assert len({same, *others}) == len(others) + 1


def test_the_order_of_weights_in_memory_does_not_matter() -> None:
    torch.manual_seed(0)
    plain = nn.Conv2d(8, 8, 3)
    before = identity_of("one", plain)
    assert identity_of("one", plain.to(memory_format=torch.channels_last)) == before


def test_a_setting_that_is_no_plain_value_is_an_error() -> None:
    with pytest.raises(TypeError, match="Conv2d"):
        identity_of("one", settings={"network": nn.Conv2d(1, 1, 1)})


def test_two_loads_of_the_default_model_in_one_process_are_one_model(tmp_path: Path) -> None:
    first, second = load_model(device="cpu"), load_model(device="cpu")
    luma, chroma = torch.rand(1, 40, 56) * 100, torch.zeros(2, 40, 56)
    list(first.colorize([luma] * 3, [Reference(luma, chroma, 0)]))
    assert first.identity == second.identity == load_model(device="cpu", weights="permissive").identity
    others = {
        load_model(device="cpu", weights="all").identity,
        load_model(device="cpu", settings={"stride": 1}).identity,
        load_model(device="cpu", dtype=torch.float16).identity,
        load_model("matching", device="cpu").identity,
    }
    assert len({first.identity, *others}) == 5


def test_what_a_network_learns_makes_it_another() -> None:
    torch.manual_seed(0)
    tiny = ColorMNetLite(ColorMNetLiteConfig.tiny())
    before = ColorMNetLiteColorizer(tiny).identity
    assert ColorMNetLiteColorizer(tiny).identity == before
    assert ColorMNetLiteColorizer(tiny, settings=replace(LiteSettings(), preset="fast")).identity != before
    with torch.no_grad():
        next(tiny.parameters()).add_(0.01)
    assert ColorMNetLiteColorizer(tiny).identity != before


def test_where_a_model_runs_does_not_matter() -> None:
    def identity(settings: MatchingSettings, device: str = "cpu") -> str:
        return MatchingColorizer(None, settings, torch.device(device), torch.float32).identity

    assert identity(MatchingSettings()) == identity(MatchingSettings(), "meta")
    assert identity(MatchingSettings()) != identity(MatchingSettings(strange=0.4))
