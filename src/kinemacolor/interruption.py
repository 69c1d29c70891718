"""Ctrl-C, SIGTERM and a closed terminal: heard wherever they come, also inside a library that swallows exceptions.

Python raises an interruption in whatever the main thread is doing. That may be a callback whose exceptions are
ignored, a module that is being imported and takes it for a missing part, or a library in C that turns it into an
error of its own. So what is raised here is watched: it exists while it is on its way, and while a ``finally`` or a
``with`` works because of it; where it is gone and the process goes on, it is raised again.
"""

import atexit
import os
import signal
import sys
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import NoReturn

CODE = 130
"""The exit code of a command that was interrupted, as shells have it."""

_NAMES = ("SIGINT", "SIGTERM", "SIGHUP")  # the last is a closed terminal
_AGAIN_SECONDS = 0.1


class Interruption(KeyboardInterrupt):
    """A signal that asked this process to end. Unlike a plain ``KeyboardInterrupt`` it can be watched."""


_raised: "weakref.ref[Interruption] | None" = None


@contextmanager
def listening() -> Iterator[None]:
    """Lets the signals that ask a process to end raise ``Interruption``, also where they were ignored before."""
    global _raised
    _raised = None
    names = [name for name in _NAMES if hasattr(signal, name)]
    before = {name: signal.signal(getattr(signal, name), _interrupt) for name in names}
    try:
        yield
    finally:
        if hasattr(signal, "setitimer"):
            signal.setitimer(signal.ITIMER_REAL, 0)
        for name, handler in before.items():
            if handler is not None:  # one that was not set by Python
                signal.signal(getattr(signal, name), handler)


def interrupted() -> bool:
    """Whether an ``Interruption`` was raised while ``listening``, whatever has become of it."""
    return _raised is not None


def said_already(unraisable: "sys.UnraisableHookArgs") -> None:
    """A ``sys.unraisablehook`` that says nothing of an interruption in a callback: it is raised again elsewhere."""
    if not issubclass(unraisable.exc_type, Interruption):
        sys.__unraisablehook__(unraisable)


def end_now() -> NoReturn:
    """Ends the process with code 130, at once: Python's own way to end crashes where a thread works in a library."""
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError, AttributeError):  # a pipe that is gone; no stream at all
            stream.flush()
    os._exit(CODE)


def _interrupt(signal_number: int, frame: FrameType | None) -> None:
    """Raises, but not while a module is being imported, which would be left half done, nor twice."""
    global _raised
    if hasattr(signal, "setitimer"):
        signal.signal(signal.SIGALRM, _interrupt)
        signal.setitimer(signal.ITIMER_REAL, _AGAIN_SECONDS)
        alarm = signal_number == signal.SIGALRM
        if _imports(frame) or (alarm and _raised is not None and _raised() is not None):
            return
    error = Interruption()
    _raised = weakref.ref(error)
    try:
        raise error
    finally:
        del error  # its traceback holds this frame


def _imports(frame: FrameType | None) -> bool:
    while frame is not None:
        if "importlib" in frame.f_code.co_filename:
            return True
        frame = frame.f_back
    return False
