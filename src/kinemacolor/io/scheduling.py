"""How the system schedules this process's threads, which an encoder may change for all of them."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_THREADS = Path("/proc/self/task")


@contextmanager
def scheduling_kept() -> Iterator[None]:
    """Takes threads out of real time behind it that were not in it before; nothing where the system has none.

    SVT-AV1 gives its own threads and the one that opens it real time with the highest priority, where it may: as
    root, as in most containers. That thread keeps it when the film is closed, and so does all that it starts. Two
    such threads that never rest stop a machine of two cores. Who began this process in real time has wanted so, and
    it stays.
    """
    before = _in_real_time()
    try:
        yield
    finally:
        if threading.get_native_id() not in before:
            for thread in _in_real_time() - before:
                with suppress(OSError):  # it has ended meanwhile
                    os.sched_setscheduler(thread, os.SCHED_OTHER, os.sched_param(0))


def _in_real_time() -> set[int]:
    """The threads of this process, by their numbers in the system, that it schedules in real time."""
    if not hasattr(os, "sched_getscheduler"):
        return set()  # macOS and Windows
    found = set()
    with suppress(OSError):
        for each in _THREADS.iterdir():
            with suppress(OSError):  # it has ended meanwhile
                if os.sched_getscheduler(int(each.name)) in (os.SCHED_FIFO, os.SCHED_RR):
                    found.add(int(each.name))
    return found
