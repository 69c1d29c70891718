"""Settings of a model by name, as text: ``temperature=0.02``, ``canvas=432x768``, ``smoothing.sigma=2``.

A model's settings are a frozen dataclass, which may hold others; names and types are read from its fields, so that
what a model can be told is written down once.
"""

import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from kinemacolor.errors import SettingError

SettingsT = TypeVar("SettingsT")

_YES, _NO, _NONE = ("true", "yes", "on", "1"), ("false", "no", "off", "0"), "none"
_LARGEST_NUMBER = 10**9
_BETWEEN_NUMBERS = re.compile(r"[x,\s()\[\]]+")


def names_of(kind: type) -> list[str]:
    """The names of all settings, with those of inner dataclasses after a dot."""
    names = []
    hints = get_type_hints(kind)
    for field in fields(kind):
        names.append(field.name)
        inner = _dataclass_in(hints[field.name])
        if inner is not None:
            names.extend(f"{field.name}.{name}" for name in names_of(inner))
    return names


def changed(settings: SettingsT, values: Mapping[str, object], *, model: str) -> SettingsT:
    """The settings with some of them changed; values are text or what ``str`` makes of them.

    ``none`` and ``default`` (an inner dataclass as it begins) are taken where the type allows.

    Raises ``SettingError`` naming all settings for a wrong name, and what a setting takes for a wrong value.
    """
    names = names_of(type(settings))
    for name, value in values.items():
        if name not in names:
            raise SettingError(f"Model '{model}' has no setting '{name}'. It has {', '.join(names)}.")
        settings = _with(settings, name, name.split("."), str(value).strip())
    return settings


def assignments(texts: list[str]) -> dict[str, str]:
    """Values by name, of ``name=value``. Raises ``SettingError`` for anything else."""
    values = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            raise SettingError(f"'{text}' is no setting. Give it as NAME=VALUE, for instance temperature=0.02.")
        values[name.strip()] = value
    return values


def _with(settings: Any, whole: str, path: list[str], text: str) -> Any:
    first, *rest = path
    hint = get_type_hints(type(settings))[first]
    if rest:
        inner = getattr(settings, first)
        kind = _dataclass_in(hint)
        assert kind is not None
        value = _with(kind() if inner is None else inner, whole, rest, text)
    else:
        try:
            value = _parsed(hint, text)
        except ValueError:
            raise SettingError(f"Setting '{whole}' cannot be '{text}'. Give {_described(hint)}.") from None
    return replace(settings, **{first: value})


def _parsed(hint: Any, text: str) -> Any:
    """The value that a text says, of the first type of a union that takes it. Raises ``ValueError``."""
    for kind in _kinds(hint):
        if kind is NoneType and text.lower() == _NONE:
            return None
        if kind is bool and text.lower() in (*_YES, *_NO):
            return text.lower() in _YES
        if kind in (int, float):
            return _bounded(kind(text))
        if get_origin(kind) is Literal and text in get_args(kind):
            return text
        if get_origin(kind) is tuple:
            return _numbers(kind, text)
        if is_dataclass(kind) and text.lower() == "default":
            return kind()  # type: ignore[operator]
    raise ValueError(text)


def _numbers(kind: Any, text: str) -> tuple[Any, ...]:
    parts = [part for part in _BETWEEN_NUMBERS.split(text) if part]
    types = get_args(kind)
    if types[-1] is not Ellipsis and len(parts) != len(types):
        raise ValueError(text)
    return tuple(_bounded(types[0](part)) for part in parts)


def _bounded(number: Any) -> Any:
    """The number. Raises ``ValueError`` for one that is none, or that nothing can be counted or measured by."""
    if isinstance(number, int | float) and not abs(number) <= _LARGEST_NUMBER:
        raise ValueError(number)
    return number


def _kinds(hint: Any) -> list[Any]:
    """The types of a union, none first, since any text may be none."""
    kinds = list(get_args(hint)) if get_origin(hint) in (Union, UnionType) else [hint]
    return sorted(kinds, key=lambda kind: kind is not NoneType)


def _dataclass_in(hint: Any) -> type | None:
    return next((kind for kind in _kinds(hint) if isinstance(kind, type) and is_dataclass(kind)), None)


def _described(hint: Any) -> str:
    """The values that a setting takes, in words."""
    said = []
    for kind in _kinds(hint):
        if kind is NoneType:
            said.append("none")
        elif kind is bool:
            said.append("yes or no")
        elif kind in (int, float):
            said.append("a whole number" if kind is int else "a number")
        elif get_origin(kind) is Literal:
            said.append(" or ".join(get_args(kind)))
        elif get_origin(kind) is tuple:
            said.append("numbers like 432x768" if Ellipsis not in get_args(kind) else "numbers like 1,4,16")
        elif is_dataclass(kind):
            said.append("'default', or one of its own settings after a dot")
    return ", or ".join(said)
