"""A limit on the time that a library may take for a file of a stranger's: some pictures decode for days.

A decoder in C can be neither asked nor stopped, so it works on a thread of its own, which is left behind when its
time is up, and ends with the process. What it has opened stays its own: nothing is closed under it.
"""

import queue
import threading
import time
from collections.abc import Callable
from typing import TypeVar

ValueT = TypeVar("ValueT")

PROBE_SECONDS = 20.0
"""For headers and the first frame or picture; they take thousandths of a second."""

_PATIENCE = 6
"""How many times as long may pass by the clock, on a machine that is busy or waits for a disk."""

_LOOK_SECONDS = 0.5
_SECONDS_A_MEGAPIXEL = 0.25


class TimeUpError(Exception):
    """The work was not done in time."""


def decoding_seconds(pixels: int) -> float:
    """The time for decoding a picture of so many pixels: some twenty times what the slowest kind takes."""
    return PROBE_SECONDS / 2 + _SECONDS_A_MEGAPIXEL * pixels / 1e6


def within(seconds: float, act: Callable[[], ValueT]) -> ValueT:
    """The result of ``act``, which may take so many seconds of CPU, and six times as many by the clock.

    Raises what ``act`` raises, and ``TimeUpError`` where it is not done by then: it then goes on in vain.
    """
    answers: queue.SimpleQueue[tuple[ValueT | None, BaseException | None]] = queue.SimpleQueue()

    def work() -> None:
        try:
            answers.put((act(), None))
        except BaseException as error:
            answers.put((None, error))

    worker = threading.Thread(target=work, name="decoder", daemon=True)
    worker.start()
    value, error = _waited(answers, worker, seconds)
    if error is not None:
        raise error
    return value  # type: ignore[return-value]


def _waited(
    answers: "queue.SimpleQueue[tuple[ValueT | None, BaseException | None]]", worker: threading.Thread, seconds: float
) -> tuple[ValueT | None, BaseException | None]:
    begun = time.monotonic()
    while True:
        try:
            return answers.get(timeout=min(_LOOK_SECONDS, seconds))
        except queue.Empty:
            passed = time.monotonic() - begun
            if passed > _PATIENCE * seconds or _cpu_seconds(worker, passed) > seconds:
                raise TimeUpError(f"it takes more than {seconds:.0f} s to decode") from None


def _cpu_seconds(worker: threading.Thread, passed: float) -> float:
    """The CPU that a thread has used; all the time passed where the system does not tell."""
    if worker.ident is None or not hasattr(time, "pthread_getcpuclockid"):
        return passed
    try:
        return time.clock_gettime(time.pthread_getcpuclockid(worker.ident))
    except OSError:  # it has just ended
        return 0.0
