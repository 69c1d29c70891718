"""The files of a project: ``project.toml``, ``shots.csv``, ``exemplars.csv``."""

import csv
import io
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from kinemacolor.engine.job import Job, option_fields
from kinemacolor.engine.project.bind import BoundStill
from kinemacolor.errors import OutputError, SettingError, reason_of
from kinemacolor.io.destination import write_file
from kinemacolor.io.documents import DocumentError, read_toml
from kinemacolor.io.position import parse_position
from kinemacolor.io.table import cell, read_table

ENDING = ".kinemacolor"
SETTINGS, SHOTS, STILLS, TRACK, REPORT = "project.toml", "shots.csv", "exemplars.csv", "track", "report.html"
_NOT_HERE = frozenset({"source", "exemplars", "shots", "track", "report", "overwrite", "settings"})
_LIMIT_BYTES = 2**22
_TEXTS = ("film", "output", "model", "device", "precision")
"""Options that Python may give as objects, and a file only as text."""

_STILL_COLUMNS = ("file", "frame", "note")


@dataclass(frozen=True, slots=True)
class Project:
    """The content of a project's files. ``film`` and ``output`` are paths as they can be opened.

    ``options`` are those of a run (``engine.job``) by name, ``model_settings`` those of the model.
    """

    folder: Path
    film: Path
    output: Path
    options: dict[str, object] = field(default_factory=dict)
    model_settings: dict[str, object] = field(default_factory=dict)

    @property
    def shots(self) -> Path:
        """The shot list."""
        return self.folder / SHOTS

    @property
    def track(self) -> Path:
        """The chroma track."""
        return self.folder / TRACK

    @property
    def report(self) -> Path:
        """The page on the last run."""
        return self.folder / REPORT


def relative(path: Path, folder: Path) -> str:
    """The path as seen from the folder, with forward slashes; absolute where there is no way (another drive)."""
    try:
        return Path(os.path.relpath(path.absolute(), folder.absolute())).as_posix()
    except ValueError:
        return str(path.absolute())


def _toml(value: object) -> str:
    # a JSON string is a TOML string, but for the delete character
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def write_settings(project: Project) -> None:
    """Writes ``project.toml``."""
    lines = [
        "# A film to be colored. Edit this, shots.csv and exemplars.csv, then run: kinemacolor project run FOLDER",
        "# Only shots that depend on what you change are colored again.",
        f"film = {_toml(relative(project.film, project.folder))}",
        f"output = {_toml(relative(project.output, project.folder))}",
        *(f"{name} = {_toml(value)}" for name, value in project.options.items() if value is not None),
        "",
        "[settings]  # of the model, as with `colorize --set`",
        *(f"{name} = {_toml(value)}" for name, value in project.model_settings.items()),
    ]
    write_file(project.folder / SETTINGS, ("\n".join(lines) + "\n").encode())


def open_project(folder: Path) -> Project:
    """The project of a folder. Raises ``SettingError`` where there is none or a setting is unknown."""
    path = folder / SETTINGS
    try:
        content = read_toml(path, limit_bytes=_LIMIT_BYTES)
    except FileNotFoundError:
        raise SettingError(
            f"{folder} is no project: it has no {SETTINGS}. Make one: kinemacolor project new."
        ) from None
    except DocumentError as error:
        raise SettingError(f"{path} cannot be read ({reason_of(error)}). Correct that line.") from error
    settings = content.pop("settings", {})
    known = ("film", *(name for name in option_fields() if name not in _NOT_HERE))
    unknown = sorted(set(content) - set(known))
    if unknown or "film" not in content or "output" not in content or not isinstance(settings, dict):
        what = f"knows no '{unknown[0]}'" if unknown else "needs a film and an output"
        raise SettingError(f"{path} {what}. Its names are {', '.join(known)}, and the table settings.")
    for name in _TEXTS:
        if not isinstance(content.get(name, ""), str) or "\0" in content.get(name, ""):
            raise SettingError(f"{path}: '{name}' cannot be {content[name]!r}. Give a text.")
    film, output = (folder / content.pop(name) for name in ("film", "output"))
    try:
        Job.of(content)
    except SettingError as error:
        raise SettingError(f"{path}: {error}") from None
    return Project(folder, film, output, content, settings)


def write_stills(project: Project, stills: Sequence[BoundStill]) -> None:
    """Writes ``exemplars.csv``. Raises ``OutputError`` where it cannot be written."""
    try:
        text = io.StringIO(newline="")
        lines = csv.writer(text)
        lines.writerow(_STILL_COLUMNS)
        for still in stills:
            lines.writerow(map(cell, (relative(still.path, project.folder), still.frame, still.note)))
        write_file(project.folder / STILLS, text.getvalue().encode())
    except OSError as error:
        raise OutputError(f"{project.folder / STILLS} cannot be written ({reason_of(error)}).") from error


def read_stills(project: Project) -> list[BoundStill]:
    """The stills of ``exemplars.csv``; ``frame`` is empty for a still that is no frame of the film.

    Raises ``SettingError``, which names the line, for a frame that is no number.
    """
    path = project.folder / STILLS
    try:
        table = read_table(path)
    except (OSError, UnicodeDecodeError) as error:
        raise SettingError(
            f"{path} cannot be read ({reason_of(error)}). Give a CSV of {','.join(_STILL_COLUMNS)}."
        ) from error
    if "file" not in table.columns:
        raise SettingError(
            f"{path}, line {table.line}: there is no column 'file'. Let it be {','.join(_STILL_COLUMNS)}."
        )
    found = []
    for row in table.rows:
        frame = row.cells.get("frame", "")
        position = parse_position(frame) if frame else None
        if frame and not isinstance(position, int):
            raise SettingError(f"{path}, line {row.line}: '{frame}' is no frame number. Write one, or nothing.")
        number = position if isinstance(position, int) else None
        if row.cells["file"]:
            found.append(BoundStill(project.folder / row.cells["file"], number, row.cells.get("note", "")))
    return found
