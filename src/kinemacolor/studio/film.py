"""One film of the studio: facts, shots, what is colored, by its files; what is kept in memory is small."""

import json
import threading
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

from kinemacolor.engine.project import open_project
from kinemacolor.engine.track import ChromaTrack
from kinemacolor.engine.track.chunk import ChunkNotes
from kinemacolor.frames import Shot
from kinemacolor.io.destination import write_file
from kinemacolor.studio.edits import Edits, still_id
from kinemacolor.studio.places import CACHE, DRAFT, LIVE, LIVE_STEP, PREVIEW, ColorPlace, PreviewPlace

_HEAT_COLUMNS = 4000
_UNKNOWN = -1


@dataclass(slots=True)
class PlannedRow:
    """A shot, the names of its stills, and the key of its colors; ``drafts`` are keys in the track of drafts."""

    start: int
    stop: int
    stills: list[str]
    key: str

    @property
    def frames(self) -> int:
        """How many frames."""
        return self.stop - self.start


@dataclass(slots=True)
class _Preview:
    """The edits that a small film in color shows the film with, and how sure the model was of each frame."""

    signature: str
    confidence: list[float]


@dataclass(slots=True)
class _Page:
    """The state that is kept between two programs, in ``cache/page.json``."""

    signature: str = ""
    rows: list[PlannedRow] = field(default_factory=list)
    drafts: dict[str, str] = field(default_factory=dict)
    former: dict[str, list[Any]] = field(default_factory=dict)
    suggestions: list[dict[str, Any]] = field(default_factory=list)
    preview: _Preview | None = None


class StudioFilm:
    """A film with a project. ``lock`` guards its edits."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name, self.folder = name, folder
        self.lock = threading.RLock()
        self.facts: dict[str, Any] = json.loads((folder / CACHE / "facts.json").read_text(encoding="utf-8"))
        rate = self.facts["rate"]
        self.edits = Edits(
            folder, int(self.facts["frames"] or 0), Fraction(rate).limit_denominator(1001) if rate else None
        )
        self.source = open_project(folder).film
        self.planning = False
        self.plan_error = ""
        self._notes: dict[tuple[str, int, str], ChunkNotes | None] = {}
        self._page = self._read()

    # ---- the plan

    @property
    def planned(self) -> bool:
        """Whether the plan is of the edits as they are now."""
        return bool(self._page.rows) and self._page.signature == self.edits.signature()

    @property
    def rows(self) -> list[PlannedRow]:
        """The planned shots; those of an older plan where there is no newer."""
        return self._page.rows

    def take_plan(self, signature: str, rows: list[tuple[int, int, list[str], str]]) -> None:
        """A plan has come for edits of this signature."""
        with self.lock:
            for row in self._page.rows:
                if self.notes(row) is not None:
                    self._page.former[str(row.start)] = [row.start, row.stop, row.key]
            self._page.rows = [PlannedRow(*row) for row in rows]
            self._page.signature = signature
            self._save()

    def take_draft(self, key: str, draft_key: str) -> None:
        """A draft is there for the shot of this key."""
        with self.lock:
            keys = {row.key for row in self._page.rows}
            self._page.drafts = {k: v for k, v in self._page.drafts.items() if k in keys}
            self._page.drafts[key] = draft_key
            self._save()

    def forget(self, row: PlannedRow) -> None:
        """Something may have come for a shot: look again."""
        with self.lock:
            self._notes.pop(("track", row.start, row.key), None)
            self._notes.pop((DRAFT, row.start, self._page.drafts.get(row.key, "")), None)

    def forget_all(self) -> None:
        """Looks again at everything: the track has been cleared up."""
        with self.lock:
            self._notes.clear()
            self._page.former.clear()
            self._save()

    def notes(self, row: PlannedRow) -> ChunkNotes | None:
        """The notes of a shot that is colored."""
        return self._noted("track", row.start, row.stop, row.key)

    def draft_notes(self, row: PlannedRow) -> ChunkNotes | None:
        """The notes of a shot that is there as a draft."""
        key = self._page.drafts.get(row.key)
        return None if key is None else self._noted(DRAFT, row.start, row.stop, key)

    def _noted(self, track: str, start: int, stop: int, key: str) -> ChunkNotes | None:
        name = (track, start, key)
        with self.lock:
            if self._notes.get(name) is None:
                self._notes[name] = ChromaTrack(self.folder / track).notes(Shot(start, stop), key)
            return self._notes[name]

    def row_at(self, frame: int) -> PlannedRow | None:
        """The planned shot that a frame lies in."""
        return next((row for row in self._page.rows if row.start <= frame < row.stop), None)

    def missing(self, starts: list[int] | None) -> list[PlannedRow]:
        """The shots that are not colored yet, of those that begin at these frames (None: of all)."""
        chosen = [row for row in self._page.rows if starts is None or row.start in starts]
        return [row for row in chosen if self.notes(row) is None]

    def places(self, frame: int) -> list[ColorPlace | PreviewPlace]:
        """Where colors of a frame may lie, the best first: final, draft, those of before the last edits."""
        found: list[ColorPlace | PreviewPlace] = []
        if (row := self.row_at(frame)) is not None:
            found.append(ColorPlace(self.folder / "track", row.start, row.stop, row.key))
            if self.planned and (draft := self._page.drafts.get(row.key)) is not None:
                found.append(ColorPlace(self.folder / DRAFT, row.start, row.stop, draft))
        for start, stop, key in self._page.former.values():
            if start <= frame < stop:
                found.append(ColorPlace(self.folder / "track", start, stop, key))
        if self._page.preview is not None:
            found.append(PreviewPlace(self.folder / PREVIEW))
        return found

    def take_preview(self, confidence: list[float]) -> None:
        """A small film in color shows what this film looks like with its edits as they are; it lies at ``PREVIEW``.

        ``confidence`` is the mean of each frame.
        """
        with self.lock:
            self._page.preview = _Preview(self.edits.signature(), confidence)
            self._save()

    def live(self, frame: int) -> Path | None:
        """The picture of a frame of the shot that is being colored."""
        row = self.row_at(frame)
        if row is None:
            return None
        drawn = frame - (frame - row.start) % LIVE_STEP
        path = self.folder / LIVE / str(row.start) / f"{drawn}.jpg"
        return path if path.is_file() else None

    # ---- what others may know

    @property
    def suggestions(self) -> list[dict[str, Any]]:
        """Frames to color next, as they were last found."""
        return self._page.suggestions

    def take_suggestions(self, found: list[dict[str, Any]]) -> None:
        """Frames to color next have been found."""
        with self.lock:
            self._page.suggestions = found
            self._save()

    def described(self) -> dict[str, Any]:
        """The film as JSON."""
        with self.lock:
            planned = self.planned
            stills, strokes = self.edits.stills(), self.edits.strokes()
            undo, redo = self.edits.steps()
            rows = {row.start: row for row in self._page.rows} if planned else {}
            shots = [self._shot(each.shot, rows.get(each.shot.start)) for each in self.edits.shots()]
            reach: dict[str, int] = {}
            for row in rows.values():
                for name in row.stills:
                    reach[Path(name).name] = reach.get(Path(name).name, 0) + 1
            return {
                "name": self.name,
                "title": self.source.name,
                "facts": self.facts,
                "shots": shots,
                "planned": planned,
                "planning": self.planning,
                "plan_error": self.plan_error,
                "heat": self._heat(list(rows.values())),
                "stills": [
                    {
                        "id": still_id(s),
                        "name": s.path.name,
                        "frame": s.frame,
                        "note": s.note,
                        "reach": reach.get(s.path.name, 0),
                        "there": s.path.is_file(),
                    }
                    for s in stills
                ],
                "strokes": [asdict(stroke) for stroke in strokes],
                "undo": undo,
                "redo": redo,
                "suggestions": self.suggestions,
                "outputs": self.outputs(),
                "fps": self.rate(),
            }

    def _shot(self, shot: Shot, row: PlannedRow | None) -> dict[str, Any]:
        state, version = "none", ""
        if row is not None and row.stop == shot.stop:
            version = row.key[:10]
            if self.notes(row) is not None:
                state = "done"
            elif self.draft_notes(row) is not None:
                state = "draft"
        if state == "none" and str(shot.start) in self._page.former:
            state, version = "old", self._page.former[str(shot.start)][2][:10]
        elif state == "none" and self._page.preview is not None:
            state = "draft" if self._page.preview.signature == self.edits.signature() else "old"
            version = "preview"
        return {"start": shot.start, "stop": shot.stop, "state": state, "version": version}

    def _heat(self, rows: list[PlannedRow]) -> dict[str, Any]:
        """How sure the model is, from 0 to 100, -1 where nothing is known; one number for ``step`` frames."""
        frames = max(1, int(self.facts["frames"] or 1))
        step = -(-frames // _HEAT_COLUMNS)
        values = [_UNKNOWN] * -(-frames // step)
        least = (2.0, -1)
        for start, confidence in self._known(rows):
            for frame, sure in enumerate(confidence, start):
                level = round(100 * sure)
                values[frame // step] = min(level, values[frame // step] % 101)
                least = min(least, (sure, frame))
        return {"step": step, "values": values, "least": least[1]}

    def _known(self, rows: list[PlannedRow]) -> list[tuple[int, list[float]]]:
        """How sure the model is of stretches of frames: first frame and a number for each."""
        noted = [(row.start, self.notes(row) or self.draft_notes(row)) for row in rows]
        found = [(start, notes.confidence) for start, notes in noted if notes is not None]
        if not found and self._page.preview is not None:
            return [(0, self._page.preview.confidence)]
        return found

    def rate(self) -> float | None:
        """Frames a second that this film's shots took, None where none is colored."""
        noted = [notes for row in self._page.rows if (notes := self.notes(row)) is not None and notes.seconds]
        seconds = sum(notes.seconds for notes in noted)
        return sum(notes.frames for notes in noted) / seconds if seconds else None

    def outputs(self) -> list[dict[str, Any]]:
        """The films that were written."""
        folder = self.folder / "out"
        if not folder.is_dir():
            return []
        files = [path for path in folder.iterdir() if path.is_file() and not path.name.startswith(".")]
        return [
            {"name": path.name, "bytes": path.stat().st_size}
            for path in sorted(files, key=lambda path: -path.stat().st_mtime)
        ]

    # ---- memory

    @property
    def _file(self) -> Path:
        return self.folder / CACHE / "page.json"

    def _read(self) -> _Page:
        try:
            kept = json.loads(self._file.read_text(encoding="utf-8"))
            rows = [PlannedRow(**row) for row in kept["rows"]]
            shown = kept.get("preview")
            return _Page(**{**kept, "rows": rows, "preview": None if shown is None else _Preview(**shown)})
        except (OSError, ValueError, TypeError, KeyError):
            return _Page()

    def _save(self) -> None:
        with suppress(OSError):
            write_file(self._file, json.dumps(asdict(self._page)).encode())
