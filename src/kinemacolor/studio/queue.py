"""The queue: films and shots to be colored, one at a time, in a process that outlives whoever asked.

Work is done shot by shot. What somebody waits for (a shot) goes before what runs through the night (a film), at
the next shot. The queue is a file, so that a program that was ended goes on where it was; finished
shots are in the track.
"""

import json
import threading
import time
import uuid
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol, runtime_checkable

from kinemacolor.errors import KinemacolorError, SettingError
from kinemacolor.io.destination import write_file
from kinemacolor.studio.calls import HelperDiedError, StoppedError, Told
from kinemacolor.studio.events import Events
from kinemacolor.studio.helper import Call, Helper

State = Literal["queued", "running", "done", "stopped", "failed"]

_SECONDS_TO_STOP = 0.8
_MOST_KEPT = 40
_MOST_DEATHS = 2


@dataclass(slots=True)
class Work:
    """Something to be done. ``shots`` are first frames, None for all of the film."""

    film: str
    what: Literal["color", "write"]
    shots: list[int] | None = None
    preset: str | None = None
    id: str = field(default_factory=lambda: uuid.uuid4().hex[:12])
    state: State = "queued"
    frames_done: int = 0
    frames_total: int = 0
    shot: int | None = None
    draft: bool = False
    seconds_left: float | None = None
    message: str = ""
    output: str | None = None
    order: float = field(default_factory=time.time)

    @property
    def is_over(self) -> bool:
        """Whether there is nothing more to do."""
        return self.state in ("done", "stopped", "failed")

    @property
    def urgency(self) -> tuple[int, float]:
        """The order of works: a few shots before a whole film."""
        return (0 if self.shots is not None else 1), self.order


@dataclass(frozen=True, slots=True)
class Step:
    """A call that brings a work on: a task with its arguments; ``frames`` that it colors."""

    task: str
    arguments: tuple[Any, ...]
    frames: int
    shot: int | None = None
    draft: bool = False


@runtime_checkable
class Steps(Protocol):
    """Knows what a work needs next."""

    def next_step(self, work: Work) -> Step | None:
        """The next call, None where all is done. Sets what the work says of its frames. May raise any of ours."""
        ...

    def done(self, work: Work, step: Step, answer: Any) -> None:
        """A step is done."""
        ...

    def told(self, work: Work, step: Step, told: Told) -> None:
        """A step says how it comes along."""
        ...

    def left(self, work: Work, step: Step) -> None:
        """A step has ended, whichever way."""
        ...


class Queue:
    """Works through what is asked for, on a thread of its own."""

    def __init__(self, helper: Helper, steps: Steps, events: Events, file: Path) -> None:
        self._helper, self._steps, self._events, self._file = helper, steps, events, file
        self._change = threading.Condition()
        self._works: dict[str, Work] = {}
        self._closed = False
        self._current: tuple[Work, Call] | None = None
        self._deaths: dict[str, int] = {}
        self._read()
        self._thread = threading.Thread(target=self._run, name="kinemacolor-queue", daemon=True)

    def start(self) -> None:
        """Begins, with what an earlier program left."""
        self._thread.start()

    def close(self) -> None:
        """Ends; what was at work goes on when the queue is next opened."""
        with self._change:
            self._closed = True
            self._change.notify_all()
            current = self._current
        if current is not None:
            self._helper.cancel(current[1])
        if self._thread.is_alive():
            self._thread.join(3)

    def works(self, film: str | None = None) -> list[Work]:
        """All works, or those of a film, the oldest first."""
        with self._change:
            return [work for work in self._works.values() if film in (None, work.film)]

    def add(self, work: Work) -> Work:
        """Takes a work in. One of the same film that is asked for already is left as it is and given back."""
        with self._change:
            for other in self._works.values():
                same = (other.film, other.what, other.shots, other.preset)
                if not other.is_over and same == (work.film, work.what, work.shots, work.preset):
                    return other
            self._works[work.id] = work
            over = [each for each in self._works.values() if each.is_over]
            for old in over[:-_MOST_KEPT]:
                del self._works[old.id]
            self._write()
            self._change.notify_all()
        self._tell(work)
        return work

    def stop(self, name: str) -> Work:
        """Stops a work within a second. Raises ``SettingError`` where there is none of this id."""
        with self._change:
            work = self._works.get(name)
            if work is None:
                raise SettingError("There is no such job any more.")
            if work.is_over:
                return work
            work.state = "stopped"
            running = self._current if self._current is not None and self._current[0] is work else None
            self._write()
        if running is not None:
            self._end(running[1])
        self._tell(work)
        return work

    def stop_film(self, film: str) -> None:
        """Stops all works of a film."""
        for work in self.works(film):
            if not work.is_over:
                self.stop(work.id)

    def again(self) -> None:
        """Lets works that wait look again: a plan has come."""
        with self._change:
            self._change.notify_all()

    def _end(self, call: Call) -> None:
        self._helper.cancel(call)

        def insist() -> None:
            if not call.future.done():
                self._helper.kill()

        timer = threading.Timer(_SECONDS_TO_STOP, insist)
        timer.daemon = True
        timer.start()

    # ---- the thread

    def _run(self) -> None:
        while True:
            with self._change:
                work = self._next()
                while work is None and not self._closed:
                    self._change.wait(1)
                    work = self._next()
                if self._closed or work is None:
                    return
            self._advance(work)

    def _next(self) -> Work | None:
        waiting = [work for work in self._works.values() if not work.is_over]
        return min(waiting, key=lambda work: work.urgency, default=None)

    def _advance(self, work: Work) -> None:
        try:
            step = self._steps.next_step(work)
        except KinemacolorError as error:
            self._finish(work, "failed", str(error))
            return
        except Exception as error:  # a queue must outlive whatever is wrong with one work
            self._finish(work, "failed", f"This should not have happened ({type(error).__name__}: {error}).")
            return
        if step is None:
            self._finish(work, "done", "")
            return
        self._take(work, step)

    def _take(self, work: Work, step: Step) -> None:
        with self._change:
            if work.is_over or self._closed:
                return
            work.state, work.shot, work.draft = "running", step.shot, step.draft
            call = self._helper.call(step.task, *step.arguments, told=lambda told: self._told(work, step, told))
            self._current = (work, call)
        self._pause_others(work)
        self._tell(work)
        try:
            answer = call.future.result()
        except StoppedError:
            pass  # whoever stopped it has said so
        except HelperDiedError as error:
            self._died(work, str(error))
        except KinemacolorError as error:
            self._finish(work, "failed", str(error))
        else:
            self._deaths.pop(work.id, None)
            self._steps.done(work, step, answer)
        finally:
            with self._change:
                self._current = None
            self._steps.left(work, step)

    def _pause_others(self, work: Work) -> None:
        for other in self.works():
            if other is not work and other.state == "running":
                other.state = "queued"
                self._tell(other)

    def _died(self, work: Work, message: str) -> None:
        with self._change:
            if work.is_over or self._closed:
                return
            self._deaths[work.id] = self._deaths.get(work.id, 0) + 1
            again = self._deaths[work.id] < _MOST_DEATHS
        if not again:
            self._finish(work, "failed", message)

    def _told(self, work: Work, step: Step, told: Told) -> None:
        with suppress(Exception):
            self._steps.told(work, step, told)
        self._events.tell("job", **self.described(work))

    def _finish(self, work: Work, state: State, message: str) -> None:
        with self._change:
            if not work.is_over:
                work.state, work.message, work.shot, work.seconds_left = state, message, None, None
            self._write()
        self._tell(work)

    def _tell(self, work: Work) -> None:
        self._events.tell("job", **self.described(work))
        self._events.tell("film", film=work.film)

    @staticmethod
    def described(work: Work) -> dict[str, Any]:
        """A work as JSON."""
        return asdict(work)

    # ---- the file

    def _read(self) -> None:
        try:
            kept = json.loads(self._file.read_text(encoding="utf-8"))
            works = [Work(**each) for each in kept]
        except (OSError, ValueError, TypeError):
            works = []
        for work in works:
            if work.state == "running":
                work.state = "queued"
            self._works[work.id] = work

    def _write(self) -> None:
        with suppress(OSError):
            content = [asdict(work) for work in self._works.values()]
            write_file(self._file, json.dumps(content).encode())
