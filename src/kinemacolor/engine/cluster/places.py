"""Where films and stills lie, here and on the nodes, and whether they are the same files."""

import hashlib
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from kinemacolor.engine.inputs import files_read_by, track_place
from kinemacolor.engine.job import Job, option_fields
from kinemacolor.errors import InputError, SettingError
from kinemacolor.frames import Exemplar
from kinemacolor.io.exemplars import parse
from kinemacolor.io.sequence import is_sequence, pictures_of

_END_BYTES = 2**16
_DIGEST_BYTES = 16

Map = tuple[str, str]
"""A folder as this machine calls it, and as the nodes do."""


def maps_of(texts: Sequence[str]) -> tuple[Map, ...]:
    """The maps of ``FROM=TO``, the longest first. Raises ``SettingError`` where one is none."""
    found = []
    for text in texts:
        here, equals, there = text.partition("=")
        if not (equals and here and there):
            raise SettingError(
                f"The map '{text}' is not FROM=TO. Give a folder here and the same folder on the nodes."
            )
        found.append((os.path.abspath(here), there.rstrip("/") or "/"))  # noqa: PTH100 - a name, which may not exist
    return tuple(sorted(found, key=lambda each: -len(each[0])))


def mapped(path: str, maps: Iterable[Map]) -> str:
    """A path, or a still with its frame, as the nodes call it."""
    for here, there in maps:
        path = os.path.normpath(path)
        if path == here or path.startswith(here.rstrip("/") + "/"):
            return there.rstrip("/") + path[len(here.rstrip("/")) :]
    return path


def absolute(job: Job) -> Job:
    """The job with paths that do not depend on the folder one is in, and with its track's place said.

    Raises ``SettingError`` for what cannot be done on other machines: a pipe, a model or stills given as objects.
    """
    if "-" in (str(job.film.source), str(job.output.output)):
        raise SettingError("A pipe cannot be read on other machines. Give files, or leave --ray out.")
    if not isinstance(job.model.model, str) or any(isinstance(each, Exemplar) for each in job.exemplars.exemplars):
        raise SettingError("Other machines need a model and stills by name. Give names, or color on this one.")
    if job.output.track is False:
        raise SettingError("The nodes' colors are gathered in a track. Leave --no-track out, or leave --ray out.")
    given = {name: value for name, value in job.options().items() if option_fields()[name].metadata["is_path"]}
    if Path(job.model.weights).is_file():
        given["weights"] = Path(job.model.weights).absolute()
    seen = job.changed({name: value for name, value in given.items() if value is not None}, folder=Path.cwd())
    return seen.changed({"track": track_place(seen)})


def as_nodes_see(job: Job, maps: Sequence[Map]) -> Job:
    """An absolute job with its paths as the nodes call them."""
    changes: dict[str, object] = {}
    for name, value in job.options().items():
        if not (option_fields()[name].metadata["is_path"] or name == "weights"):
            continue
        if isinstance(value, tuple):
            changes[name] = tuple(mapped(str(each), maps) for each in value)
        elif isinstance(value, str | Path) and os.path.isabs(value):  # noqa: PTH117
            changes[name] = mapped(str(value), maps)
    return job.changed(changes)


def signature_in_short(path: Path) -> str:
    """A hash of a file's length and of its first and last 64 KiB; of a folder or pictures, of names and lengths.

    Empty where there is nothing.
    """
    try:
        if path.is_dir():
            files = sorted(each for each in path.rglob("*") if each.is_file())
            return _digest(*(f"{each.relative_to(path)} {each.stat().st_size}\n".encode() for each in files))
        if is_sequence(path):
            return _digest(*(f"{each.name} {each.stat().st_size}\n".encode() for each in pictures_of(path)[0]))
        with path.open("rb") as file:
            head, size = file.read(_END_BYTES), path.stat().st_size
            file.seek(max(0, size - _END_BYTES))
            return _digest(str(size).encode(), head, file.read())
    except (OSError, InputError, ValueError):
        return ""


def _digest(*parts: bytes) -> str:
    return hashlib.blake2b(b"".join(parts), digest_size=_DIGEST_BYTES).hexdigest()


def files_to_see(jobs: Iterable[Job]) -> dict[str, str]:
    """The files and folders that the nodes have to see, with a short signature each: those that are here."""
    found: dict[str, str] = {}
    for job in jobs:
        named = {str(job.film.source), *(str(parse(each)[0]) for each in job.exemplars.exemplars)}
        named |= {str(path) for path in files_read_by(job) if path.is_absolute() and path.is_file()} & {
            str(job.shots.shots),
            str(job.model.masks),
            str(job.model.weights),
        }
        for name in named - found.keys():
            signature = signature_in_short(Path(name))
            if signature:
                found[name] = signature
    return found


@dataclass(frozen=True, slots=True)
class NodeSight:
    """What a node is and sees: its name, its version of Kinemacolor, and the files that are missing or other ones."""

    name: str
    version: str
    unseen: tuple[str, ...]


def sight(name: str, version: str, wanted: Mapping[str, str]) -> NodeSight:
    """What this machine sees of files, by path, whose short signature is known."""
    unseen = [path for path, signature in wanted.items() if signature_in_short(Path(path)) != signature]
    return NodeSight(name, version, tuple(unseen))


def require_same_sight(seen: Sequence[NodeSight], version: str) -> None:
    """Raises ``SettingError`` where a node does not see what is here, or has another version."""
    for node in seen:
        if node.version != version:
            raise SettingError(
                f"Node {node.name} has Kinemacolor {node.version}, and this machine {version}. Their colors may "
                "differ: install the same version on all."
            )
        if node.unseen:
            more = f" and {len(node.unseen) - 1} more" if len(node.unseen) > 1 else ""
            raise SettingError(
                f"Node {node.name} does not see {node.unseen[0]}{more} as it is here. Mount the folder there at the "
                "same path, or say where it lies with --ray-map FROM=TO."
            )
