"""Options of a run as options of a command: each is written down once, in ``engine.job``."""

from collections.abc import Callable, Mapping, Sequence
from inspect import Parameter, Signature, signature
from typing import Annotated, Any, get_type_hints

import typer

from kinemacolor.engine.job import Job, option_fields, option_homes

_FIRST = ("source", "output", "exemplars")
_NO_FLAGS = {"source": "INPUT"}
"""Options that a command takes as arguments, with the name that its help shows."""


def takes_options(names: Sequence[str] | None = None, **defaults: object) -> Callable[[Callable[..., None]], Any]:
    """Gives a command the options of a run: those named, or all. ``defaults`` replace the options' own.

    The command is a function of ``options``, a mapping of what was given by name, and of parameters of its own, which
    come last in its help.
    """
    chosen = list(dict.fromkeys((*_FIRST, *option_fields()))) if names is None else list(names)

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        own = [p for p in signature(command, eval_str=True).parameters.values() if p.name != "options"]
        hints = get_type_hints(command, include_extras=True)

        def run(**given: Any) -> None:
            options = {name: given.pop(name) for name in chosen}
            command(options=_as_values(options), **given)

        parameters = [_parameter(name, defaults) for name in chosen]
        parameters += [p.replace(kind=Parameter.KEYWORD_ONLY) for p in own]
        run.__signature__ = Signature(parameters)  # type: ignore[attr-defined]
        run.__annotations__ = {p.name: hints.get(p.name, p.annotation) for p in parameters}
        run.__name__, run.__doc__, run.__module__ = command.__name__, command.__doc__, command.__module__
        return run

    return decorate


def _parameter(name: str, defaults: Mapping[str, object]) -> Parameter:
    """A parameter as typer reads it: type, flags, help and default."""
    field = option_fields()[name]
    about = field.metadata
    kind = about["shown_as"] or _hints()[name]
    default = defaults.get(name, _default_of(name))
    is_required = default == "" or (name in defaults and default is ...)
    if kind in (list[str], str) and not is_required and default in (None, (), {}):
        default = None
    if default is None:
        kind = kind | None
    if name in _NO_FLAGS:
        info = typer.Argument(metavar=_NO_FLAGS[name], help=about["help"])
    else:
        info = typer.Option(*about["flags"], help=about["help"], metavar=about["metavar"])
    annotation: Any = Annotated[kind, info]
    shown = Parameter.empty if is_required else default
    return Parameter(name, Parameter.KEYWORD_ONLY, default=shown, annotation=annotation)


def _default_of(name: str) -> object:
    return Job().options()[name]


def _hints() -> dict[str, Any]:
    hints: dict[str, Any] = {}
    for home in dict.fromkeys(option_homes().values()):
        hints |= get_type_hints(type(getattr(Job(), home)))
    return hints


def _as_values(options: Mapping[str, Any]) -> dict[str, object]:
    """The options given, as a job takes them: lists that are missing are empty, and settings are a mapping."""
    from kinemacolor.models.settings import assignments

    values = dict(options)
    for name in ("exemplars", "points"):
        if name in values:
            values[name] = tuple(values[name] or ())
    if "settings" in values:
        values["settings"] = assignments(values["settings"] or [])
    return values
