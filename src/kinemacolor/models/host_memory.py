"""The computer's own memory, which the C library keeps for later where nobody uses it."""

import ctypes
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_ARENA_MAX = -8  # M_ARENA_MAX of malloc.h
_ARENAS = 2

_trim: Callable[[int], int] | None = None
_set: Callable[[int, int], int] | None = None
with suppress(AttributeError, OSError, TypeError):  # glibc has them; macOS, Windows and musl do not
    _trim = ctypes.CDLL(None).malloc_trim
    _set = ctypes.CDLL(None).mallopt


def keep_few_arenas() -> None:
    """Lets threads that begin from now on share two of malloc's arenas; nothing where that is unknown.

    Each arena keeps what is freed in it for its own threads. With one for each of a dozen threads a film of
    1920x1080 takes 90 MiB more, in the same time (``benchmarks/results/2026-11-29-speed.md``). What the user has set
    with ``MALLOC_ARENA_MAX`` or ``GLIBC_TUNABLES`` stays.
    """
    chosen = "MALLOC_ARENA_MAX" in os.environ or "arena_max" in os.environ.get("GLIBC_TUNABLES", "")
    if _set is not None and not chosen:
        _set(_ARENA_MAX, _ARENAS)


def give_back_unused() -> None:
    """Gives memory that was freed back to the system, in some hundredths of a second; nothing where unknown."""
    if _trim is not None:
        _trim(0)


@contextmanager
def giving_back() -> Iterator[None]:
    """Gives back what was freed before, and what is freed within, where exemplars of a shot are prepared.

    What they take meanwhile is in the way of nothing then: a film of twelve shots takes a tenth less at its peak
    (``benchmarks/results/2026-11-29-speed.md``).
    """
    give_back_unused()
    yield
    give_back_unused()


def peak_bytes() -> int:
    """The most of the computer's memory that this process has had at one time; 0 where the system does not say.

    Linux is asked for VmHWM (``proc_pid_status(5)``) and not by ``getrusage``: for a process that ``vfork`` began,
    as ``subprocess`` does, that gives at least the peak of the process that began it.
    """
    with suppress(OSError, ValueError, IndexError):
        for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    try:
        import resource
    except ImportError:  # Windows
        return 0
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
