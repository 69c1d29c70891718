"""Work in a process of its own: whatever ends that process, this one goes on and says what it was.

The process is forked from a server that has the engine imported and nothing else done, which takes hundredths of a
second; where there is no forking (Windows) it is started anew, which takes seconds. It has memory, locks and signals
of its own, and ends when this one does.
"""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext
from typing import TypeVar

from kinemacolor.errors import KinemacolorError
from kinemacolor.interruption import CODE, interrupted, listening

ValueT = TypeVar("ValueT")

_PRELOADED = ["kinemacolor.engine.run", "kinemacolor.models.load"]
_PATIENCE_SECONDS = 20
_OUT_OF_MEMORY = "which is what a system does that has no memory left. Give a smaller --working-size or fewer stills"


class CrashedError(KinemacolorError):
    """The process that did the work ended without a word; the message says how."""


def in_own_process(act: Callable[..., ValueT], *given: object) -> ValueT:
    """The result of ``act``, done in a process of its own; ``act``, ``given`` and the outcome can be pickled.

    ``act`` is a function of a module, and has to answer for its own errors. An interruption here ends the process
    first, which has 20 seconds to leave everything in order.

    Raises ``CrashedError`` where the process ends without an outcome: a crash of a library, no memory, a kill.
    """
    context = _context()
    ours, theirs = context.Pipe()
    process = context.Process(target=_work, args=(theirs, act, given), daemon=True)  # type: ignore[attr-defined]
    process.start()
    theirs.close()
    try:
        value: ValueT = ours.recv()
    except EOFError:
        process.join()
        raise CrashedError(_cause(process.exitcode)) from None
    except BaseException:
        process.terminate()
        process.join(_PATIENCE_SECONDS)
        process.kill()
        raise
    finally:
        ours.close()
    process.join()
    return value


def _context() -> BaseContext:
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_PRELOADED)
    return context


def _work(connection: Connection, act: Callable[..., object], given: tuple[object, ...]) -> None:
    try:
        with listening():
            threading.Thread(target=_end_with, args=(connection,), daemon=True).start()
            outcome = act(*given)
            if not interrupted():  # else a library made an outcome of it
                connection.send(outcome)
    finally:
        if interrupted():
            os._exit(CODE)


def _end_with(connection: Connection) -> None:
    """Ends this process, in order, when the one that started it is gone."""
    try:
        connection.recv()
    except (EOFError, OSError):
        os.kill(os.getpid(), signal.SIGTERM)


def _cause(code: int | None) -> str:
    if code is None or code >= 0:
        return f"The process that colored this film ended with code {code} without a word. Color it alone."
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    if name == "SIGKILL":
        return f"The process that colored this film was killed ({name}), {_OUT_OF_MEMORY}."
    return (
        f"The process that colored this film crashed ({name}), in a library that it uses. No other film is touched. "
        "Please report it, with the film."
    )
