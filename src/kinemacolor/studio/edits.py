"""Edits of a project: stills, corrections, strokes and shots in its own files, each to be undone.

Every edit writes the files that ``kinemacolor project run`` reads, so the page and the shell see the same project.
Pictures are never changed once they are written; a step back is the former text of three files.
"""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from kinemacolor.engine.analysis.shot_list import ListedShot, read_shots, write_shots
from kinemacolor.engine.project.bind import BoundStill
from kinemacolor.engine.project.files import Project, open_project, read_stills, write_settings, write_stills
from kinemacolor.engine.track.keys import key_of
from kinemacolor.errors import SettingError
from kinemacolor.frames import Shot
from kinemacolor.io.destination import write_file
from kinemacolor.io.points import parse_point
from kinemacolor.studio.films import safe_name
from kinemacolor.studio.strokes import Stroke, simplified, stroke_of, uncovered

STILLS = "stills"
_HISTORY, _PLACE = "history", "place.json"
_MOST_STEPS = 60


def still_id(still: BoundStill) -> str:
    """A still's name for as long as its file is the same."""
    return key_of(str(still.path))[:12]


class Edits:
    """The edits of one project. Not safe to use from two threads at once: who owns it locks."""

    def __init__(self, folder: Path, frames: int, rate: Fraction | None = None) -> None:
        self.folder, self.frames, self._rate = folder, frames, rate

    @property
    def project(self) -> Project:
        """The project as its files say now."""
        return open_project(self.folder)

    def stills(self) -> list[BoundStill]:
        """All stills, scribbles among them."""
        return read_stills(self.project)

    def strokes(self) -> list[Stroke]:
        """All corrections."""
        written = self.project.options.get("points", [])
        points = [parse_point(text) for text in (written if isinstance(written, list | tuple) else [])]
        return [stroke for stroke in map(stroke_of, points) if stroke is not None]

    def shots(self) -> list[ListedShot]:
        """All shots."""
        return read_shots(
            self.project.shots, lambda place: place if isinstance(place, int) else 0, frames=self.frames
        )

    def signature(self) -> str:
        """Changes when an edit changes anything that colors depend on."""
        return key_of([self._texts(), str(self.project.film)])

    # ---- stills

    def place_for_still(self, name: str) -> Path:
        """A path in the project's folder for a new still."""
        folder = self.folder / STILLS
        folder.mkdir(exist_ok=True)
        wanted = safe_name(name)
        stem, _, ending = wanted.rpartition(".")
        path, number = folder / wanted, 1
        while path.exists():
            number += 1
            path = folder / f"{stem or wanted} ({number}).{ending or 'png'}"
        return path

    def add_still(self, path: Path, frame: int | None, note: str = "") -> None:
        """Takes a picture in; a whole still of that frame that was there belongs to no frame from now on."""
        self._require_frame(frame)
        others = [
            replace(s, frame=None, note="") if frame is not None and s.frame == frame else s for s in self.stills()
        ]
        self._write(lambda: write_stills(self.project, [*others, BoundStill(path, frame, note)]))

    def bind_still(self, name: str, frame: int | None) -> None:
        """Says which frame a still shows; None for no frame of the film."""
        self._require_frame(frame)
        self._still(name)
        bound = []
        for still in self.stills():
            if still_id(still) == name:
                bound.append(BoundStill(still.path, frame))
            elif frame is not None and still.frame == frame:
                bound.append(replace(still, frame=None, note=""))
            else:
                bound.append(still)
        self._write(lambda: write_stills(self.project, bound))

    def remove_still(self, name: str) -> None:
        """Leaves a still out; its file stays, so that this can be undone."""
        self._still(name)
        left = [still for still in self.stills() if still_id(still) != name]
        self._write(lambda: write_stills(self.project, left))

    def still(self, name: str) -> BoundStill:
        """The still of this id. Raises ``SettingError`` where there is none."""
        return self._still(name)

    def _still(self, name: str) -> BoundStill:
        found = [still for still in self.stills() if still_id(still) == name]
        if not found:
            raise SettingError("There is no such still in this film any more.")
        return found[0]

    # ---- corrections

    def add_stroke(self, stroke: Stroke, *, within_px: float = 0.0) -> None:
        """Adds a correction; what lies within a few pixels of it on its frame is covered by it and goes."""
        stroke.check()
        self._require_frame(stroke.frame)
        new = replace(stroke, places=simplified(stroke.places))
        kept = [part for old in self.strokes() for part in uncovered(old, new, within_px)]
        self._write_strokes([*kept, new])

    def remove_stroke(self, stroke: Stroke) -> None:
        """Takes a correction away, whole."""
        self._write_strokes([each for each in self.strokes() if each.text != stroke.text])

    def _write_strokes(self, strokes: list[Stroke]) -> None:
        def write() -> None:
            project = self.project
            options = {**project.options, "points": sorted({*self._timed(), *(each.text for each in strokes)})}
            write_settings(replace(project, options=options))

        self._write(write)

    def _timed(self) -> list[str]:
        """The corrections of the settings that are bound to a time; the page leaves them as they are."""
        written = self.project.options.get("points", [])
        texts = [text for text in (written if isinstance(written, list | tuple) else []) if isinstance(text, str)]
        return [text for text in texts if stroke_of(parse_point(text)) is None]

    # ---- shots

    def split(self, frame: int) -> None:
        """Lets a shot begin at a frame. Raises ``SettingError`` where one does already, or none can."""
        listed = self.shots()
        inside = next((n for n, each in enumerate(listed) if each.shot.start < frame < each.shot.stop), None)
        if inside is None:
            raise SettingError(f"Frame {frame} begins a shot already. Go to a frame inside a shot to split it there.")
        old = listed[inside]
        halves = [
            ListedShot(Shot(old.shot.start, frame), old.pinned),
            ListedShot(Shot(frame, old.shot.stop), old.pinned),
        ]
        self._write_shots([*listed[:inside], *halves, *listed[inside + 1 :]])

    def merge(self, start: int) -> None:
        """Joins the shot that begins at a frame to the one before it."""
        listed = self.shots()
        place = next((n for n, each in enumerate(listed) if each.shot.start == start), None)
        if not place:
            raise SettingError(f"No cut lies at frame {start}. Choose a shot that has another before it.")
        before, own = listed[place - 1], listed[place]
        pinned = tuple(dict.fromkeys((*before.pinned, *own.pinned)))
        joined = ListedShot(Shot(before.shot.start, own.shot.stop), pinned)
        self._write_shots([*listed[: place - 1], joined, *listed[place + 1 :]])

    def move_cut(self, start: int, to: int) -> None:
        """Lets the shot that begins at ``start`` begin at another frame, between the cuts beside it."""
        listed = self.shots()
        place = next((n for n, each in enumerate(listed) if each.shot.start == start), None)
        if not place:
            raise SettingError(f"No cut lies at frame {start}.")
        before, own = listed[place - 1], listed[place]
        if not before.shot.start < to < own.shot.stop:
            raise SettingError(
                f"The cut at frame {start} can be moved to frames {before.shot.start + 1} to {own.shot.stop - 1}."
            )
        listed[place - 1] = replace(before, shot=Shot(before.shot.start, to))
        listed[place] = replace(own, shot=Shot(to, own.shot.stop))
        self._write_shots(listed)

    def _write_shots(self, listed: list[ListedShot]) -> None:
        self._write(lambda: write_shots(self.project.shots, listed, self._rate))

    # ---- steps back and forth

    def steps(self) -> tuple[int, int]:
        """How many edits can be undone, and how many done again."""
        place = self._place()
        return place["at"] - place["first"], place["last"] - place["at"]

    def begin_here(self) -> None:
        """Lets what was done until now be where undoing ends."""
        shutil.rmtree(self._history, ignore_errors=True)

    def undo(self) -> None:
        """Takes the last edit back. Raises ``SettingError`` where there is none."""
        self._step(-1, "There is nothing to undo.")

    def redo(self) -> None:
        """Does again what was undone. Raises ``SettingError`` where there is nothing."""
        self._step(1, "There is nothing to do again.")

    def _step(self, by: int, otherwise: str) -> None:
        place = self._place()
        to = place["at"] + by
        if not place["first"] <= to <= place["last"]:
            raise SettingError(otherwise)
        texts = json.loads((self._history / f"{to}.json").read_text(encoding="utf-8"))
        for path, text in zip(self._files(), texts):
            write_file(path, text.encode())
        self._write_place({**place, "at": to})

    @property
    def _history(self) -> Path:
        return self.folder / _HISTORY

    def _files(self) -> list[Path]:
        return [self.folder / name for name in ("project.toml", "shots.csv", "exemplars.csv")]

    def _texts(self) -> list[str]:
        return [path.read_text(encoding="utf-8") if path.exists() else "" for path in self._files()]

    def _place(self) -> dict[str, int]:
        try:
            found: dict[str, Any] = json.loads((self._history / _PLACE).read_text(encoding="utf-8"))
            return {name: int(found[name]) for name in ("first", "at", "last")}
        except (OSError, ValueError, KeyError, TypeError):
            return {"first": 0, "at": 0, "last": 0}

    def _write_place(self, place: dict[str, int]) -> None:
        write_file(self._history / _PLACE, json.dumps(place).encode())

    def _write(self, change: Callable[[], None]) -> None:
        """Makes a change to be undone: what was before and what is after are both kept."""
        self._history.mkdir(exist_ok=True)
        place = self._place()
        before = self._texts()
        write_file(self._history / f"{place['at']}.json", json.dumps(before, ensure_ascii=False).encode())
        change()
        after = self._texts()
        if after == before:
            return
        at = place["at"] + 1
        write_file(self._history / f"{at}.json", json.dumps(after, ensure_ascii=False).encode())
        first = max(place["first"], at - _MOST_STEPS)
        self._write_place({"first": first, "at": at, "last": at})
        for number in range(place["first"], first):
            (self._history / f"{number}.json").unlink(missing_ok=True)

    def _require_frame(self, frame: int | None) -> None:
        if frame is not None and not 0 <= frame < self.frames:
            raise SettingError(f"The film has no frame {frame}; its last is {self.frames - 1}.")
