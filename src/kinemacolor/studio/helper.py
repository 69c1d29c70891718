"""A process of its own for heavy work: calls go there, progress and results come back. It can be killed at any time.

What a call does is a function of ``studio.tasks`` by name. A helper that dies (out of memory, a decoder that crashes)
takes its calls with it and nothing else: each of them fails with ``HelperDiedError``, and the next call starts it
again.
"""

import itertools
import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any

from kinemacolor import errors
from kinemacolor.errors import KinemacolorError
from kinemacolor.studio.calls import Context, HelperDiedError, StoppedError, Told
from kinemacolor.studio.tasks import task_of

_SECONDS_TO_END = 2.0
_LOOK_THREADS = 3


@dataclass(slots=True)
class Call:
    """A call on its way. ``future`` has the result or the error."""

    number: int
    told: Callable[[Told], None] | None = None
    future: "Future[Any]" = field(default_factory=Future)


class Helper:
    """The process. Safe to call from any thread; ``threads`` is how many calls it works on at a time.

    ``ahead`` is a task whose module is loaded at once, before the first call.
    """

    def __init__(self, name: str, *, threads: int, ahead: str | None = None) -> None:
        self._name, self._threads, self._ahead = name, threads, ahead
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._calls: dict[int, Call] = {}
        self._process: BaseProcess | None = None
        self._pipe: Connection | None = None
        self._closed = False

    def start(self) -> None:
        """Starts the process, unless it runs, so that the first call need not wait for it."""
        with self._lock:
            self._started()

    def call(self, task: str, *arguments: object, told: Callable[[Told], None] | None = None) -> Call:
        """Sends a call. ``told`` is called on another thread with what the task says."""
        call = Call(next(self._numbers), told)
        with self._lock:
            if self._closed:
                call.future.set_exception(StoppedError("The program is being closed."))
                return call
            pipe = self._started()
            self._calls[call.number] = call
            with suppress(OSError):  # a process that has just died: whoever reads from it fails the call
                pipe.send(("call", call.number, task, arguments))
        return call

    def cancel(self, call: Call) -> None:
        """Asks a call to stop: it fails with ``StoppedError`` when the task next says something."""
        with self._lock, suppress(OSError):
            if self._pipe is not None and call.number in self._calls:
                self._pipe.send(("cancel", call.number))

    def kill(self) -> None:
        """Ends the process now; all its calls fail."""
        with self._lock:
            if self._process is not None:
                self._process.kill()

    def close(self) -> None:
        """Ends the process for good."""
        with self._lock:
            self._closed = True
            process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.join(_SECONDS_TO_END)

    def _started(self) -> Connection:
        if self._process is not None and self._pipe is not None and self._process.is_alive():
            return self._pipe
        context = get_context("spawn")
        here, there = context.Pipe()
        self._process = context.Process(
            target=_serve, args=(there, self._threads, self._ahead), name=f"kinemacolor-{self._name}", daemon=True
        )
        self._process.start()
        there.close()
        self._pipe = here
        reader = threading.Thread(target=self._listen, args=(here, self._process), daemon=True)
        reader.start()
        return here

    def _listen(self, pipe: Connection, process: BaseProcess) -> None:
        """Hands on what comes from the process until it has ended."""
        while True:
            try:
                kind, number, content = pipe.recv()
            except (EOFError, OSError):
                break
            call = self._calls.get(number)
            if call is None:
                continue
            if kind == "told":
                if call.told is not None:
                    call.told(content)
                continue
            with self._lock:
                self._calls.pop(number, None)
            _settle(call.future, kind, content)
        process.join(_SECONDS_TO_END)
        with self._lock:
            if self._pipe is pipe:
                self._pipe = self._process = None
            left, self._calls = list(self._calls.values()), {}
        for call in left:
            _settle(call.future, "died", None)


def helpers() -> tuple[Helper, Helper]:
    """The process that looks at films and the one that colors them; studios may share them."""
    return Helper("look", threads=_LOOK_THREADS, ahead="picture"), Helper("color", threads=1)


def _settle(future: "Future[Any]", kind: str, content: Any) -> None:
    if future.done():
        return
    if kind == "done":
        future.set_result(content)
    elif kind == "failed":
        name, message = content
        known = StoppedError if name == "StoppedError" else getattr(errors, name, KinemacolorError)
        future.set_exception(known(message))
    else:
        future.set_exception(
            HelperDiedError("The process that did this ended by itself, perhaps for want of memory. Try it again.")
        )


def _serve(pipe: Connection, threads: int, ahead: str | None) -> None:
    """The process's own life: takes calls until the pipe ends, which it does when whoever started it is gone."""
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    for name in ("SIGINT", "SIGHUP"):  # of the terminal: the program that started us ends us itself
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    lock, stops = threading.Lock(), dict[int, threading.Event]()
    pool = ThreadPoolExecutor(threads)

    def send(message: object) -> None:
        with lock:
            pipe.send(message)

    if ahead is not None:
        pool.submit(task_of, ahead)
    while True:
        try:
            message = pipe.recv()
        except (EOFError, OSError):
            os._exit(0)
        if message[0] == "cancel":
            if message[1] in stops:
                stops[message[1]].set()
            continue
        _, number, task, arguments = message
        stops[number] = threading.Event()
        pool.submit(_work, send, stops, number, task, arguments)


def _work(
    send: Callable[[object], None],
    stops: dict[int, threading.Event],
    number: int,
    task: str,
    arguments: tuple[object, ...],
) -> None:
    context = Context(send, number, stops[number])
    try:
        context.check()
        answer = task_of(task)(context, *arguments)
    except KinemacolorError as error:
        send(("failed", number, (type(error).__name__, str(error))))
    except MemoryError:
        send(("failed", number, ("KinemacolorError", "The memory did not suffice. Close other programs.")))
    except OSError as error:
        what = f"{os.fsdecode(error.filename)} cannot be used" if error.filename else "A file cannot be used"
        send(("failed", number, ("KinemacolorError", f"{what} ({error.strerror or error}).")))
    except Exception as error:
        what = f"{type(error).__name__}: {error}"[:300]
        send(("failed", number, ("KinemacolorError", f"This should not have happened ({what}). Please report it.")))
    else:
        send(("done", number, answer))
    finally:
        stops.pop(number, None)
