"""The computer's own memory, which the C library keeps for later where nobody uses it."""

import ctypes
from collections.abc import Callable
from contextlib import suppress

_trim: Callable[[int], int] | None = None
with suppress(AttributeError, OSError, TypeError):  # glibc has it; macOS, Windows and musl do not
    _trim = ctypes.CDLL(None).malloc_trim


def give_back_unused() -> None:
    """Gives memory that was freed back to the system, in some hundredths of a second; nothing where that is unknown.

    What a shot's exemplars take while they are prepared is in the way of nothing then: a film of twelve shots takes
    a tenth less at its peak (``benchmarks/results/2026-11-29-speed.md``).
    """
    if _trim is not None:
        _trim(0)
