"""Settings by name: text becomes what a field is, and a slip says what there is."""

from dataclasses import dataclass, field
from typing import Any, Literal

import pytest

from kinemacolor.errors import SettingError
from kinemacolor.models.bistnet import BiSTNetSettings
from kinemacolor.models.cards import CARDS, ModelCard
from kinemacolor.models.deep_exemplar import DeepExemplarSettings
from kinemacolor.models.deep_exemplar.smoothing import Smoothing
from kinemacolor.models.load import load_model, settings_of
from kinemacolor.models.matching import MatchingColorizer
from kinemacolor.models.settings import assignments, changed, names_of


@dataclass(frozen=True)
class Inner:
    strength: float = 2.0


@dataclass(frozen=True)
class Outer:
    steps: int = 3
    gain: float = 1.0
    on: bool = True
    size: tuple[int, int] | None = None
    ages: tuple[int, ...] = (1, 2)
    way: Literal["fast", "slow"] = "fast"
    limit: int | None = 5
    inner: Inner | None = field(default_factory=Inner)


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("steps", "7", 7),
        ("gain", "0.5", 0.5),
        ("on", "no", False),
        ("on", True, True),
        ("size", "432x768", (432, 768)),
        ("size", (432, 768), (432, 768)),
        ("size", "none", None),
        ("ages", "1,4,16", (1, 4, 16)),
        ("way", "slow", "slow"),
        ("limit", None, None),
        ("limit", "8", 8),
        ("inner", "none", None),
        ("inner", "default", Inner()),
    ],
)
def test_a_value_becomes_what_its_field_is(name: str, text: object, value: object) -> None:
    assert getattr(changed(Outer(), {name: text}, model="m"), name) == value


def test_an_inner_setting_is_reached_by_a_dot_and_brings_back_what_was_off() -> None:
    made = changed(Outer(inner=None), {"inner.strength": "4"}, model="m")
    assert made.inner == Inner(4.0)
    assert made == Outer(inner=Inner(4.0))


def test_all_names_are_listed() -> None:
    assert names_of(Outer) == ["steps", "gain", "on", "size", "ages", "way", "limit", "inner", "inner.strength"]


def test_a_wrong_name_lists_the_right_ones() -> None:
    with pytest.raises(SettingError, match=r"Model 'm' has no setting 'gian'.*steps, gain, .*inner\.strength"):
        changed(Outer(), {"gian": "2"}, model="m")


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("steps", "many", "a whole number"),
        ("gain", "none", "a number"),
        ("on", "2", "yes or no"),
        ("size", "432", "none, or numbers like 432x768"),
        ("ages", "a,b", "numbers like 1,4,16"),
        ("way", "quick", "fast or slow"),
        ("inner", "3", "'default'"),
    ],
)
def test_a_wrong_value_says_what_would_be_right(name: str, text: str, words: str) -> None:
    with pytest.raises(SettingError, match=rf"Setting '{name}' cannot be '{text}'. Give .*{words}"):
        changed(Outer(), {name: text}, model="m")


@pytest.mark.parametrize(
    ("name", "text"), [("gain", "nan"), ("gain", "inf"), ("steps", "9" * 30), ("ages", "1,4,9999999999")]
)
def test_a_wrong_value_of_no_bounds_is_refused(name: str, text: str) -> None:
    with pytest.raises(SettingError, match=f"Setting '{name}' cannot be"):
        changed(Outer(), {name: text}, model="m")


@pytest.mark.parametrize(
    ("model", "name", "text"),
    [
        ("colormnet-lite", "ages", "0,0,0"),
        ("colormnet-lite", "ages", "-1,-2,-3"),
        ("colormnet-lite", "exemplars_at_once", "0"),
        ("colormnet-lite", "stride", "-1"),
        ("matching", "exemplars_at_once", "0"),
        ("matching", "key_channels", "-5"),
        ("matching", "familiar", "0.1"),
        ("spatiotemporal", "temperature", "0"),
        ("spatiotemporal", "working_size_px", "0"),
    ],
)
def test_a_wrong_value_outside_its_range_is_named(model: str, name: str, text: str) -> None:
    with pytest.raises(SettingError, match=rf"{name} is .*Give"):
        load_model(model, device="cpu", settings={name: text})


@pytest.mark.parametrize(
    "given", [{"size": (0, 9)}, {"saturation": -1.0}, {"emitted_frames": 0}, {"ahead_frames": -1}]
)
def test_a_wrong_value_of_bistnet_is_named(given: dict[str, Any]) -> None:
    with pytest.raises(SettingError, match=next(iter(given))):
        BiSTNetSettings(**given)


def test_assignments_are_name_and_value() -> None:
    assert assignments(["a=1", "b.c = x=y"]) == {"a": "1", "b.c": " x=y"}
    with pytest.raises(SettingError, match=r"'a' is no setting.*NAME=VALUE"):
        assignments(["a"])


def test_deep_exemplars_steps_have_names() -> None:
    values = {"canvas": "64x96", "smoothing": "none", "saturation": "1", "begin_with_exemplar": "yes"}
    made = changed(DeepExemplarSettings(), values, model="deep-exemplar")
    assert made == DeepExemplarSettings(canvas=(64, 96), smoothing=None, saturation=1.0, begin_with_exemplar=True)
    assert changed(made, {"smoothing.sigma": 2}, model="deep-exemplar").smoothing == Smoothing(sigma=2.0)
    with pytest.raises(SettingError, match="multiples of 16 and 32"):
        changed(made, {"canvas": "64x100"}, model="deep-exemplar")


def test_a_model_is_loaded_with_its_settings_changed() -> None:
    model = load_model("matching", device="cpu", settings={"preset": "medium", "noise.step": 0.1})
    assert isinstance(model, MatchingColorizer)
    assert (model.settings.preset, model.settings.noise.step) == ("medium", 0.1)


def test_flow_stays_flow_alone_whatever_else_is_set() -> None:
    model = load_model("flow", device="cpu", settings={"preset": "medium"})
    assert isinstance(model, MatchingColorizer)
    assert (model.settings.features, model.settings.preset) == (False, "medium")


@pytest.mark.parametrize("card", CARDS.values(), ids=lambda card: card.name)
def test_every_models_settings_can_be_changed_before_its_weights_are_there(card: ModelCard) -> None:
    with pytest.raises(SettingError, match=f"Model '{card.name}' has no setting 'color'. It has "):
        settings_of(card, {"color": 1})
    assert (settings_of(card, {}) is None) == (not card.fixed)
