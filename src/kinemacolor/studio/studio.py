"""The studio itself: films of a work folder, their edits, their pictures, and the queue that colors them."""

import contextlib
import shutil
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from kinemacolor.engine.exemplars.assign import MOST_ALIKE
from kinemacolor.errors import ExemplarError, InputError, KinemacolorError, SettingError
from kinemacolor.io.exemplars import parse as parse_still
from kinemacolor.studio.calls import Told
from kinemacolor.studio.edits import Mark
from kinemacolor.studio.events import Events
from kinemacolor.studio.film import PlannedRow, StudioFilm, facts_in
from kinemacolor.studio.films import WorkFolder, safe_name, slug
from kinemacolor.studio.helper import Helper
from kinemacolor.studio.limits import Limits
from kinemacolor.studio.presets import PRESETS
from kinemacolor.studio.queue import Queue, Step, Work
from kinemacolor.studio.tasks import CACHE, DRAFT_PX, LIVE, SHORT_SIDE_PX

_SUGGESTIONS = 3
_LOOK_THREADS = 3
_PICTURE_SECONDS = 60.0
_MARK_SHARE = 0.02
_WORTH_A_DRAFT_FRAMES = 12
_ENOUGH_FRAMES = 60


class Studio:
    """All that a page needs. Methods may be called from any thread; news comes by ``events``.

    ``options`` are those of a run (``engine.job``) that a new project begins with. ``helpers`` look and color;
    studios may share them, so that one thing is colored at a time.
    """

    def __init__(
        self,
        root: Path,
        *,
        limits: Limits | None = None,
        options: dict[str, object] | None = None,
        helpers: tuple[Helper, Helper] | None = None,
    ) -> None:
        self.folder = WorkFolder(root)
        self.limits, self.events = limits or Limits(), Events()
        self._options = dict(options or {})
        self._look, self._color = helpers or (Helper("look", threads=_LOOK_THREADS), Helper("color", threads=1))
        self._queue = Queue(self._color, _ColorSteps(self), self.events, self.folder.own / "queue.json")
        self._lock = threading.RLock()
        self._films: dict[str, StudioFilm] = {}
        self._opening: dict[str, dict[str, Any]] = {}
        self._plans: dict[str, Future[Any]] = {}
        self._suggesting: set[str] = set()

    def start(self) -> None:
        """Starts what works in the background, with what an earlier program left undone."""
        self._look.start()
        self._queue.start()
        self.folder.clear_up()
        for name in self.folder.names():
            if not self.folder.has_project(name):
                self._survey(name)

    def close(self) -> None:
        """Ends what works in the background. Nothing that is finished is lost."""
        self._look.close()
        self._queue.close()

    # ---- films

    def films(self) -> list[dict[str, Any]]:
        """The films, those that are being looked through among them."""
        return [self._listed(name) for name in self.folder.names()]

    def _listed(self, name: str) -> dict[str, Any]:
        about: dict[str, Any] = {"name": name, "title": name, "opening": self._opening.get(name)}
        with contextlib.suppress(KinemacolorError, OSError):
            about["title"] = self.folder.film(name).name
        return about

    def describe(self, name: str) -> dict[str, Any]:
        """A film as JSON. Raises ``NoSuchFilmError`` where there is none."""
        self.folder.require(name)
        if not self.folder.has_project(name) or name in self._opening:
            return {**self._listed(name), "shots": [], "works": []}
        film = self.film(name)
        if not film.planned:
            self._plan(film)
        if not film.suggestions and not film.edits.stills():
            self.suggest(name)
        works = [Queue.described(work) for work in self._queue.works(name)]
        presets = [{"name": p.name, "title": p.title, "about": p.about} for p in PRESETS.values()]
        return {
            **film.described(),
            "works": works[-8:],
            "presets": presets,
            "suggesting": name in self._suggesting,
            "command": f"kinemacolor project run {film.folder}",
        }

    def film(self, name: str) -> StudioFilm:
        """A film with a project. Raises ``NoSuchFilmError``, or ``InputError`` where it is still looked through."""
        self.folder.require(name)
        if not self.folder.has_project(name):
            raise InputError("The film is still being looked through. Wait until its shots are there.")
        with self._lock:
            if name not in self._films:
                place = self.folder.project(name)
                if facts_in(place) is None:
                    self._look.call("facts", str(place)).future.result(self.limits.probe_seconds)
                self._films[name] = StudioFilm(name, place)
            return self._films[name]

    def remove(self, name: str) -> None:
        """Removes a film that was put in, with its project; a film that lies elsewhere stays."""
        self.folder.require(name)
        self._queue.stop_film(name)
        with self._lock:
            self._films.pop(name, None)
            self._opening.pop(name, None)
        self.folder.remove(name)
        self.events.tell("films")

    def check_upload(self, size_bytes: int | None) -> None:
        """Raises ``InputError`` for a film that is too large, or larger than the disk has room for."""
        if size_bytes is None:
            raise InputError("The browser does not say how large the film is, so it is not taken in.")
        if size_bytes > self.limits.film_bytes:
            raise InputError(
                f"The film has {size_bytes / 2**30:.1f} GiB, and {self.limits.film_bytes / 2**30:g} are the limit. "
                "Color it with `kinemacolor colorize`."
            )
        free = shutil.disk_usage(self.folder.root).free
        if size_bytes > free:
            raise InputError(
                f"The film has {size_bytes / 2**30:.2f} GiB, and the disk has {free / 2**30:.2f} GiB left. Make room."
            )

    def begin_upload(self, file_name: str) -> tuple[str, Path]:
        """The name of a film that is coming in, and where its bytes go until ``end_upload``."""
        with self._lock:
            name = self.folder.new_name(Path(safe_name(file_name)).stem)
            place = self.folder.place_for(name, file_name)
            return name, place.with_name(f".{slug(name)}.partial")

    def end_upload(self, name: str, partial: Path, file_name: str) -> dict[str, Any]:
        """The facts of a film that has come in whole; its shots are found from now on.

        Raises ``InputError`` for what is no film, or one beyond the limits; nothing of it is left then.
        """
        place = self.folder.place_for(name, file_name)
        try:
            partial.replace(place)
            facts = self._probe(place)
        except BaseException:
            self.drop_upload(place)
            raise
        self._survey(name)
        self.events.tell("films")
        return {"name": name, "facts": facts}

    @staticmethod
    def drop_upload(partial: Path) -> None:
        """Removes what has come of a film that does not come."""
        partial.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            partial.parent.rmdir()

    def _probe(self, path: Path) -> dict[str, Any]:
        """The facts, from a process that may be killed. Raises ``InputError``."""
        call = self._look.call("probe", str(path), self.limits)
        try:
            return dict(call.future.result(self.limits.probe_seconds))
        except TimeoutError:
            self._look.kill()
            raise InputError(
                f"{path.name} could not be read within {self.limits.probe_seconds:g} seconds and is not taken in."
            ) from None
        except InputError as error:
            raise InputError(str(error).replace(str(path), path.name)) from None

    def take(self, path: Path) -> str:
        """The name of a film or project that its owner named on the command line; it is opened."""
        name = self.folder.take(path)
        if not self.folder.has_project(name):
            self._probe(self.folder.film(name))
            self._survey(name)
        return name

    def _survey(self, name: str) -> None:
        with self._lock:
            if name in self._opening:
                return
            self._opening[name] = {"what": "Looking for cuts", "done": 0, "total": None, "error": ""}
        source, place = self.folder.film(name), self.folder.project(name)

        def told(now: Told) -> None:
            self._opening[name] = {**now, "error": ""}
            self.events.tell("look", film=name, **now)

        call = self._look.call("survey", str(source), str(place), self._options, told=told)
        call.future.add_done_callback(lambda future: self._surveyed(name, future))

    def _surveyed(self, name: str, future: "Future[Any]") -> None:
        error = future.exception()
        if error is None:
            self._opening.pop(name, None)
        else:
            words = str(error).replace(str(self.folder.root) + "/", "")
            self._opening[name] = {"what": "", "done": 0, "total": None, "error": words}
        self.events.tell("film", film=name)
        self.events.tell("films")

    # ---- pictures

    def picture(self, name: str, frame: int, what: str, *, full: bool = False) -> tuple[bytes, str] | None:
        """A frame with its media type; None where there are no colors of it.

        ``what`` is ``source``, ``png`` (the source whole, to be painted elsewhere), ``color`` or ``veil``.
        """
        size = None if full else SHORT_SIDE_PX
        if what in ("source", "png"):
            self.folder.require(name)
            source = str(self.folder.film(name))
            data = self._look.call("picture", source, frame, what, size, None).future.result(_PICTURE_SECONDS)
            return data, "image/jpeg" if what == "source" else "image/png"
        film = self.film(name)
        for place in film.places(frame):
            call = self._look.call("picture", str(film.source), frame, what, size, place)
            if (data := call.future.result(_PICTURE_SECONDS)) is not None:
                return data, "image/png" if what == "veil" else "image/jpeg"
        return None

    def live_picture(self, name: str, frame: int) -> bytes | None:
        """A frame of the shot that is being colored, as far as that has come."""
        path = self.film(name).live(frame)
        try:
            return None if path is None else path.read_bytes()
        except OSError:
            return None

    def thumb(self, name: str, frame: int) -> bytes:
        """A small picture of a frame, as JPEG."""
        self.folder.require(name)
        kept = self.folder.project(name) / CACHE / "thumbs" / f"{int(frame)}.jpg"
        with contextlib.suppress(OSError):
            return kept.read_bytes()
        if not self.folder.has_project(name):
            kept = Path()  # the folder is still to be made by who looks through the film
        source = str(self.folder.film(name))
        return bytes(self._look.call("small_picture", source, frame, str(kept)).future.result(_PICTURE_SECONDS))

    def still_picture(self, name: str, still: str, *, small: bool) -> bytes:
        """A still, as JPEG."""
        path = self.film(name).edits.still(still).path
        size = 160 if small else SHORT_SIDE_PX
        return bytes(self._look.call("still_picture", str(path), size).future.result(_PICTURE_SECONDS))

    # ---- edits

    def edit(self, name: str, change: Callable[[StudioFilm], None], *, stills: bool = False) -> None:
        """Makes an edit, and a new plan for it. ``stills``: it changes which frames are worth painting next."""
        film = self.film(name)
        with film.lock:
            change(film)
        if stills:
            self.suggest(name)
        self._plan(film)
        self.events.tell("film", film=name)

    def add_still(self, name: str, data: bytes, file_name: str, shown: int | None, frame: int | None = None) -> None:
        """Takes a color still in, for ``frame``, or the frame that its name says, or the shown one if it is that.

        Raises ``ExemplarError`` (or one of its classes) for a picture that cannot serve.
        """
        film = self.film(name)
        if len(data) > self.limits.still_bytes:
            raise ExemplarError(
                f"The still has {len(data) / 2**20:.0f} MiB; {self.limits.still_bytes >> 20} are the limit."
            )
        with film.lock:
            path = film.edits.place_for_still(file_name)
            path.write_bytes(data)
        try:
            position = parse_still(path)[1] if frame is None else frame
            named = position if isinstance(position, int) and position < film.edits.frames else None
            call = self._look.call("check_still", str(film.source), str(path), named, shown)
            found = call.future.result(_PICTURE_SECONDS)
        except BaseException as error:
            path.unlink(missing_ok=True)
            if isinstance(error, KinemacolorError):
                raise type(error)(str(error).replace(str(path), path.name)) from None
            raise
        self.edit(name, lambda it: it.edits.add_still(path, found["frame"], found["note"]), stills=True)

    def paint(self, name: str, frame: int, strokes: bytes, *, keep: bool) -> bytes:
        """A frame painted with strokes (a PNG), as JPEG; with ``keep`` it becomes the frame's still.

        Raises ``ExemplarError`` where there are no strokes.
        """
        film = self.film(name)
        with film.lock:
            place = film.edits.place_for_still(f"painted_{frame:06d}.png") if keep else None
            if place is not None:
                place.touch()
        try:
            call = self._look.call("paint", str(film.source), frame, strokes, None if place is None else str(place))
            picture = bytes(call.future.result(_PICTURE_SECONDS))
        except BaseException:
            if place is not None:
                place.unlink(missing_ok=True)
            raise
        if place is not None:
            self.edit(name, lambda it: it.edits.add_still(place, frame), stills=True)
        return picture

    def find_still(self, name: str, still: str) -> None:
        """Looks for the frame that a still shows and binds it; tells ``look`` events meanwhile."""
        film = self.film(name)
        path = film.edits.still(still).path
        call = self._look.call(
            "find_still", str(film.source), str(path), told=lambda now: self.events.tell("look", film=name, **now)
        )

        def found(future: "Future[Any]") -> None:
            if future.exception() is None and future.result()["frame"] is not None:
                frame = future.result()["frame"]
                self.edit(name, lambda it: it.edits.bind_still(still, frame), stills=True)
            self.events.tell("look", film=name, what="", done=0, total=0)

        call.future.add_done_callback(found)

    def add_marks(self, name: str, marks: list[Mark]) -> None:
        """Adds corrections; one beside another takes its place."""
        width, height = self.film(name).facts["shown"]
        for mark in marks:
            if mark.x >= width or mark.y >= height:
                raise SettingError(f"{mark.text} lies outside the picture, which is {width}x{height}.")
        self.edit(name, lambda it: it.edits.add_marks(marks, within_px=_MARK_SHARE * min(width, height)))

    def suggest(self, name: str) -> None:
        """Looks for the frames that are worth painting next; an event says when they are there."""
        film = self.film(name)
        with self._lock:
            if name in self._suggesting:
                return
            self._suggesting.add(name)

        def found(future: "Future[Any]") -> None:
            self._suggesting.discard(name)
            if future.exception() is None:
                film.take_suggestions(future.result())
            self.events.tell("look", film=name, what="", done=0, total=0)
            self.events.tell("film", film=name)

        call = self._look.call(
            "suggest",
            str(film.folder),
            film.edits.frames,
            _SUGGESTIONS,
            told=lambda now: self.events.tell("look", film=name, **now),
        )
        call.future.add_done_callback(found)

    # ---- plans

    def _plan(self, film: StudioFilm) -> "Future[Any] | None":
        """Plans a film as its edits are; None where there is nothing to plan from."""
        if not film.edits.stills():
            return None
        signature = film.edits.signature()
        with self._lock:
            known = self._plans.get(film.name)
            if known is not None and not known.done() and film.planning:
                return known
            film.planning, film.plan_error = True, ""
            told = None
            if len(film.edits.stills()) > MOST_ALIKE:
                told = lambda now: self.events.tell("look", film=film.name, **now)  # noqa: E731
            call = self._look.call("plan", str(film.folder), told=told)
            self._plans[film.name] = call.future
        call.future.add_done_callback(lambda future: self._planned(film, signature, future))
        return call.future

    def _planned(self, film: StudioFilm, signature: str, future: "Future[Any]") -> None:
        film.planning = False
        error = future.exception()
        if error is None:
            film.take_plan(signature, future.result())
        else:
            film.plan_error = str(error).replace(str(film.folder), film.folder.name)
        if error is None and film.edits.signature() != signature:
            self._plan(film)  # it was changed meanwhile
        self.events.tell("look", film=film.name, what="", done=0, total=0)
        self.events.tell("film", film=film.name)
        self._queue.again()

    def _looking(self, name: str, now: Told) -> None:
        self.events.tell("look", film=name, **now)

    def plan_now(self, film: StudioFilm) -> None:
        """Waits for a plan of the film as it is. Raises what is wrong with it."""
        while not film.planned:
            self._require_stills(film)
            signature = film.edits.signature()
            call = self._look.call("plan", str(film.folder), told=lambda now: self._looking(film.name, now))
            film.take_plan(signature, call.future.result())

    # ---- work

    def color(self, name: str, shots: list[int] | None) -> dict[str, Any]:
        """Colors shots that begin at these frames, or the whole film: a work of the queue."""
        film = self.film(name)
        self._require_stills(film)
        return Queue.described(self._queue.add(Work(name, "color", shots)))

    def write(self, name: str, preset: str) -> dict[str, Any]:
        """Writes the film in color, after what is missing of it is colored: a work of the queue."""
        film = self.film(name)
        self._require_stills(film)
        if preset not in PRESETS:
            raise SettingError(f"There is no kind of film '{preset}'. Choose {', '.join(PRESETS)}.")
        return Queue.described(self._queue.add(Work(name, "write", None, preset)))

    @staticmethod
    def _require_stills(film: StudioFilm) -> None:
        if not film.edits.stills():
            raise ExemplarError(
                "There is no color still yet, so there are no colors to take. Paint a frame or drop a still first."
            )

    def stop(self, work: str) -> None:
        """Stops a work within a second; what is finished of it stays."""
        self._queue.stop(work)

    def works(self, name: str) -> list[dict[str, Any]]:
        """A film's works, the oldest first."""
        return [Queue.described(work) for work in self._queue.works(name)]

    def output(self, name: str, file: str) -> Path:
        """A film that was written. Raises ``InputError`` where there is none of this name."""
        film = self.film(name)
        if file not in {each["name"] for each in film.outputs()}:
            raise InputError("This film has not been written yet, or was removed.")
        return film.folder / "out" / file


class _ColorSteps:
    """The steps that a work of the queue needs, by the studio's films."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio
        self._begun: dict[str, tuple[float, int]] = {}

    def next_step(self, work: Work) -> Step | None:
        """The next shot that is missing, its draft first where somebody waits; then the film itself."""
        film = self._studio.film(work.film)
        self._studio.plan_now(film)
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
        return row.frames >= _WORTH_A_DRAFT_FRAMES and min(film.facts["shown"]) > DRAFT_PX

    def _estimate(self, work: Work, film: StudioFilm) -> None:
        """The time left by how fast this work has gone, all in all; at its beginning by the network's time alone."""
        began, before = self._begun.setdefault(work.id, (time.monotonic(), work.frames_done))
        gone, made = time.monotonic() - began, work.frames_done - before
        rate = made / gone if made >= _ENOUGH_FRAMES and gone else film.rate()
        left = work.frames_total - work.frames_done
        work.seconds_left = left / rate if rate else None

    def told(self, work: Work, step: Step, told: Told) -> None:
        """Counts frames, and says which picture is there."""
        film = self._studio.film(work.film)
        if step.task == "color_shot" and told.get("frame") is not None:
            self._studio.events.tell(
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
        film = self._studio.film(work.film)
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
        self._studio.events.tell("film", film=work.film)

    def left(self, work: Work, step: Step) -> None:
        """Removes the pictures of a shot that is finished or stopped."""
        if step.task == "color_shot":
            with contextlib.suppress(KinemacolorError):
                shutil.rmtree(self._studio.film(work.film).folder / LIVE / str(step.shot), ignore_errors=True)
