"""The steps that a work of the queue needs, by the studio's films."""

import contextlib
import shutil
import time
from pathlib import Path
from typing import Any

from kinemacolor.engine.inputs import draft_of, size_chosen, working_size_of
from kinemacolor.engine.project import project_job
from kinemacolor.errors import InputError, KinemacolorError
from kinemacolor.studio.calls import Told
from kinemacolor.studio.film import PlannedRow, StudioFilm
from kinemacolor.studio.places import LIVE
from kinemacolor.studio.plans import Plans
from kinemacolor.studio.presets import PRESETS
from kinemacolor.studio.queue import Step, Work
from kinemacolor.studio.shelf import Shelf

_WORTH_A_DRAFT_FRAMES = 12
_ENOUGH_FRAMES = 60


class ColorSteps:
    """Knows what a work needs next, draft before final where somebody waits."""

    def __init__(self, shelf: Shelf, plans: Plans) -> None:
        self._shelf, self._plans = shelf, plans
        self._begun: dict[str, tuple[float, int]] = {}

    def next_step(self, work: Work) -> Step | None:
        """The next shot that is missing, its draft first where somebody waits; then the film itself."""
        film = self._shelf.film(work.film)
        self._plans.wait(film)
        chosen = [row for row in film.rows if work.shots is None or row.start in work.shots]
        missing = film.missing(work.shots)
        work.frames_total = sum(row.frames for row in chosen)
        work.frames_done = work.frames_total - sum(row.frames for row in missing)
        self._estimate(work, film)
        if missing:
            row = missing[0]
            has_draft = film.draft_notes(row) is not None
            draft = work.shots is not None and not has_draft and self._is_worth(row, film)
            signature = film.edits.signature()
            arguments = (str(film.folder), signature, row.start, draft, draft or not has_draft)
            return Step("color_shot", arguments, row.frames, row.start, draft)
        if work.what == "write" and work.output is None:
            preset = PRESETS[work.preset or "h264"]
            output = film.folder / "out" / f"{film.source.stem}.color.{preset.name}{preset.ending}"
            return Step("write", (str(film.folder), str(output), preset.options), work.frames_total)
        return None

    @staticmethod
    def _is_worth(row: PlannedRow, film: StudioFilm) -> bool:
        """Whether a draft of a shot comes so much sooner than the shot that somebody who waits is glad of it."""
        draft = draft_of(project_job(film.edits.project))
        size = None if draft is None else working_size_of(size_chosen(draft))
        return size is not None and row.frames >= _WORTH_A_DRAFT_FRAMES and min(film.facts["shown"]) > size

    def _estimate(self, work: Work, film: StudioFilm) -> None:
        """The time left by how fast this work has gone, all in all; at its beginning by the network's time alone."""
        began, before = self._begun.setdefault(work.id, (time.monotonic(), work.frames_done))
        gone, made = time.monotonic() - began, work.frames_done - before
        rate = made / gone if made >= _ENOUGH_FRAMES and gone else film.rate()
        left = work.frames_total - work.frames_done
        work.seconds_left = left / rate if rate else None

    def told(self, work: Work, step: Step, told: Told) -> None:
        """Counts frames, and says which picture is there."""
        film = self._shelf.film(work.film)
        if step.task == "color_shot" and told.get("frame") is not None:
            self._shelf.events.tell(
                "frame", film=work.film, shot=step.shot, frame=told["frame"], draft=step.draft, work=work.id
            )
        if step.task == "write":
            work.frames_done = told["done"]
            return
        if not step.draft:
            before = sum(row.frames for row in film.missing(work.shots))
            work.frames_done = work.frames_total - before + told["done"]
        self._estimate(work, film)

    def done(self, work: Work, step: Step, answer: Any) -> None:
        """Notes what has come."""
        film = self._shelf.film(work.film)
        if step.task == "write":
            work.output = Path(step.arguments[1]).name
            work.message = " ".join(answer["warnings"])
            film.forget_all()  # what no shot asks for has gone from the track
            return
        row = next((row for row in film.rows if row.start == step.shot), None)
        if row is None:
            return
        if step.draft:
            film.take_draft(row.key, answer["key"])
        elif answer["key"] != row.key and film.edits.signature() == step.arguments[1]:
            raise InputError("The film or a still has changed on the disk meanwhile. Open the film again.")
        film.forget(row)
        self._shelf.events.tell("film", film=work.film)

    def left(self, work: Work, step: Step) -> None:
        """Removes the pictures of a shot that is finished or stopped."""
        if step.task == "color_shot":
            with contextlib.suppress(KinemacolorError):
                shutil.rmtree(self._shelf.film(work.film).folder / LIVE / str(step.shot), ignore_errors=True)
