"""A run as one value: a film, exemplars, a model and an output.

Flags of the command, a line of a manifest, ``project.toml`` and keywords in Python all become a ``Job``. An option is
one field: its name is the keyword, the column and the flag, its type checks what is given, its ``help`` is what the
command prints. Nothing here loads a network or opens a file.
"""

from collections.abc import Iterator, Mapping
from dataclasses import Field, dataclass, field, fields, replace
from difflib import get_close_matches
from fractions import Fraction
from functools import cache
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from kinemacolor.errors import SettingError
from kinemacolor.models.default import DEFAULT

Anything = Any
"""A value that is checked where it is used: a loaded model, an ``Exemplar``, a ``torch.dtype``."""

PartT = TypeVar("PartT")
_YES, _NO = ("true", "yes", "on", "1"), ("false", "no", "off", "0")
_BETWEEN = "|"
_KEYWORDS = ("auto", "none", "native", "-")


def option(
    default: object = None,
    *,
    help: str,
    flags: tuple[str, ...] = (),
    metavar: str | None = None,
    is_path: bool = False,
    shown_as: object = None,
) -> Any:
    """A field of a job's part. ``flags`` are the command's, where they are not the name; an argument has none.

    ``is_path`` fields are seen from the folder of the file that they stand in. ``shown_as`` is the type that the
    command line takes where the field takes more.
    """
    about = {"help": help, "flags": flags, "metavar": metavar, "is_path": is_path, "shown_as": shown_as}
    made = {"default_factory": dict} if default is dict else {"default": default}
    return field(**made, metadata=about)


@dataclass(frozen=True, slots=True, kw_only=True)
class FilmChoice:
    """Which film, and which part of it."""

    source: str | Path = option(
        "", help="A film, a folder or pattern of pictures, or - (y4m).", is_path=True, shown_as=str
    )
    start: str | int | None = option(
        help="The first frame to color: a number from 0, a time (00:01:02.5) or a timecode (00:01:02:12).",
        shown_as=str,
    )
    end: str | int | None = option(help="The frame, time or timecode to stop before.", shown_as=str)
    frame_rate: str | Fraction | None = option(
        help="The frame rate of pictures as input (what they say, else 24), or one to give to a film instead of its "
        "own times: 18, 24000/1001, ...",
        shown_as=str,
    )
    deinterlace: Literal["frame", "field"] | None = option(
        help="Make whole pictures of an interlaced film: one a frame, or one a field at twice the rate."
    )
    sound: bool = option(True, help="Keep the film's sound. A film with another --frame-rate has to go without.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExemplarChoice:
    """From which colors."""

    exemplars: tuple[Anything, ...] = option(
        (),
        help="A color still: PATH, PATH@FRAME, PATH@HH:MM:SS.s, or a folder. Repeatable.",
        flags=("--exemplar", "-e"),
        is_path=True,
        shown_as=list[str],
    )
    points: tuple[str, ...] = option(
        (),
        help="A correction: this place of this frame has this color; several places are a stroke. Repeatable.",
        flags=("--point",),
        metavar="X,Y@FRAME=#RRGGBB",
        shown_as=list[str],
    )
    both_ways: bool | None = option(
        help="Color from stills inside a shot towards its start too. Our own models do so by default."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelChoice:
    """By which model, and how it behaves."""

    model: Anything = option(
        DEFAULT, help="The model that colors; `kinemacolor models` lists them.", flags=("--model",), shown_as=str
    )
    weights: str | Path = option("default", help="A checkpoint file instead of the model's own.", shown_as=str)
    accept_license: bool = option(False, help="Agree to the license of weights that have to be fetched.")
    device: Anything = option(
        "auto", help="The device to compute on: auto, cpu, cuda (or gpu), cuda:1, ...", shown_as=str
    )
    precision: Anything = option(
        "auto", help="The precision of the network.", shown_as=Literal["auto", "fp32", "bf16", "fp16"]
    )
    effort: Literal["draft", "default", "best"] = option(
        "default",
        help="draft is several times as fast and less exact, best slower and a little more exact; docs/films.md "
        "has the figures. What --set and --working-size say comes first.",
    )
    working_size: str | int | None = option(
        "auto",
        help="The short side in pixels at which the network sees the film, or 'native'. The output keeps the "
        "film's size.",
        shown_as=str,
    )
    allow_smaller: bool = option(
        False, help="Where memory does not suffice, color the film at a smaller working size rather than end."
    )
    masks: str | Path | None = option(
        help="Object masks by frame, for spatiotemporal: a folder of PNG index maps or a COCO-style JSON file.",
        is_path=True,
        shown_as=str,
    )
    restrict: Literal["dense"] | None = option(
        help="Let colormnet read its memory only from where dense tracks lead."
    )
    settings: Mapping[str, object] = option(
        dict,
        help="A setting of the model. A wrong name lists the model's settings. Repeatable.",
        flags=("--set",),
        metavar="NAME=VALUE",
        shown_as=list[str],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputChoice:
    """The output, and how it is written."""

    output: str | Path = option(
        "",
        help="The film to write, a folder or pattern of pictures, or - (y4m).",
        flags=("--output", "-o"),
        is_path=True,
        shown_as=str,
    )
    codec: str | None = option(
        help="The codec: h264, h265, av1, vp9, prores, prores-4444, dnxhr, ffv1, or an encoder's own name."
    )
    quality: float | None = option(
        help="The quality on the encoder's own scale (a CRF, a ProRes profile, ...).", flags=("--quality", "--crf")
    )
    pixel_format: str | None = option(help="The pixel format, instead of the one nearest to the source's.")
    overwrite: bool = option(False, help="Replace the output if it exists.")
    track: bool | str | Path = option(
        False,
        help="Keep the colors in OUTPUT.kctrack, to resume, to recolor a shot, or for `kinemacolor render`.",
        is_path=True,
        shown_as=bool,
    )
    strip: str | Path | None = option(
        help="Also write a picture of a few frames: source, exemplar and color side by side.",
        is_path=True,
        shown_as=Path,
    )
    preview: str | Path | None = option(
        help="Show the latest frame, source and color, in this picture, replaced every few seconds during the run.",
        is_path=True,
        shown_as=Path,
    )
    report: str | Path | None = option(
        help="Also write a page on shots, stills, confidence and provenance (HTML, with JSON beside it).",
        is_path=True,
        shown_as=Path,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ShotChoice:
    """Where the film's shots begin."""

    shots: str | Path = option(
        "auto",
        help="auto finds the film's shots, none takes it as one shot; else a shot list from `kinemacolor shots`.",
        is_path=True,
        shown_as=str,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A film to be colored: all that a run is asked for."""

    film: FilmChoice = field(default_factory=FilmChoice)
    exemplars: ExemplarChoice = field(default_factory=ExemplarChoice)
    model: ModelChoice = field(default_factory=ModelChoice)
    output: OutputChoice = field(default_factory=OutputChoice)
    shots: ShotChoice = field(default_factory=ShotChoice)

    @classmethod
    def of(cls, options: Mapping[str, object], *, folder: Path | None = None) -> "Job":
        """The job of these options by name, as text or as values; paths are seen from ``folder``.

        Raises ``SettingError`` for a name that is no option, naming the nearest, and for a value that an option
        cannot take.
        """
        return cls().changed(options, folder=folder)

    def changed(self, options: Mapping[str, object], *, folder: Path | None = None) -> "Job":
        """The same job with some options changed. Raises as ``of`` does."""
        homes = option_homes()
        wanted: dict[str, dict[str, object]] = {}
        for given, value in options.items():
            name = _SYNONYMS.get(given, given)
            if name not in homes:
                near = get_close_matches(given, homes, 1)
                hint = f" Did you mean '{near[0]}'?" if near else ""
                raise SettingError(f"There is no option '{given}'.{hint} Options are {', '.join(homes)}.")
            about = option_fields()[name]
            checked = _checked(name, _hints(homes[name])[name], value)
            seen = checked if folder is None or not about.metadata["is_path"] else _from(folder, checked)
            wanted.setdefault(homes[name], {})[name] = seen
        parts = {part: replace(getattr(self, part), **values) for part, values in wanted.items()}
        return replace(self, **parts)

    def options(self) -> dict[str, object]:
        """All options by name, flat."""
        return {name: getattr(getattr(self, part), name) for name, part in option_homes().items()}

    def chosen(self) -> dict[str, object]:
        """The options that are not at their default, by name."""
        usual = Job().options()
        return {name: value for name, value in self.options().items() if value != usual[name]}


_SYNONYMS = {"dtype": "precision", "exemplar": "exemplars", "point": "points", "input": "source"}
"""Other names that options go by: a torch.dtype in Python, the words of manifests."""


@cache
def option_homes() -> dict[str, str]:
    """The part of a job that holds each option, by the option's name."""
    return {each.name: part.name for part in fields(Job) for each in fields(_part(part))}


@cache
def option_fields() -> dict[str, Field[Any]]:
    """The field of each option, by its name."""
    return {each.name: each for part in fields(Job) for each in fields(_part(part))}


def _part(part: Field[Any]) -> type:
    return cast(type, part.type)


@cache
def _hints(part: str) -> dict[str, Any]:
    return get_type_hints(_part(next(each for each in fields(Job) if each.name == part)))


def _checked(name: str, hint: Any, value: object) -> object:
    """The value as a field of this type takes it. Raises ``SettingError`` where it cannot."""
    for kind in _kinds(hint):
        try:
            return _taken(kind, value)
        except ValueError:
            continue
    raise SettingError(f"Option '{name}' cannot be {value!r}. Give {_described(hint)}.")


def _kinds(hint: Any) -> Iterator[Any]:
    """The types of a union, text last: any text may also be a number or none."""
    kinds = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
    return iter(sorted(kinds, key=lambda kind: kind in (str, Path)))


def _taken(kind: Any, value: object) -> object:
    """The value as one type takes it. Raises ``ValueError`` where it does not."""
    if kind is Any:
        return value
    if kind is NoneType and value is None:
        return None
    if kind is bool:
        return _truth(value)
    if kind in (int, float, Fraction):
        return _number(kind, value)
    if kind in (str, Path) and isinstance(value, str | Path):
        return value
    origin = get_origin(kind)
    if origin is Literal and value in get_args(kind):
        return value
    if origin is tuple and isinstance(value, str | Path):
        return tuple(part.strip() for part in str(value).split(_BETWEEN) if part.strip())
    if origin is tuple and isinstance(value, list | tuple):
        return tuple(value)
    if origin is not None and isinstance(origin, type) and issubclass(origin, Mapping) and isinstance(value, Mapping):
        return dict(value)
    raise ValueError(value)


def _truth(value: object) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in (*_YES, *_NO):
        return value.lower() in _YES
    raise ValueError(value)


def _number(kind: type, value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, str | int | float | Fraction):
        raise ValueError(value)
    if kind is Fraction or (kind is int and not isinstance(value, int)):
        # a text stays text for who reads it in its own notation (24000/1001, 00:01:02.5, native)
        if isinstance(value, Fraction):
            return value
        raise ValueError(value)
    return kind(value)


def _described(hint: Any) -> str:
    """The values that an option takes, in words."""
    words = {bool: "yes or no", int: "a whole number", float: "a number", str: "a text", Path: "a path"}
    said = []
    for kind in _kinds(hint):
        if get_origin(kind) is Literal:
            said.append(" or ".join(get_args(kind)))
        elif get_origin(kind) is tuple:
            said.append("a list")
        elif kind is NoneType:
            said.append("none")
        else:
            said.append(words.get(kind, "a value"))
    return ", or ".join(dict.fromkeys(said))


def _from(folder: Path, value: object) -> object:
    """A path as seen from a folder; words that are no paths, and values that are no text, stay."""
    if isinstance(value, tuple):
        return tuple(_from(folder, each) for each in value)
    if not isinstance(value, str | Path) or str(value) in _KEYWORDS or not str(value):
        return value
    return str(folder / value)
