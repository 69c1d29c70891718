"""The machine: system, processors, memory, graphics card, and how it writes text."""

import locale
import os
import platform
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil

from kinemacolor.doctor.finding import Finding
from kinemacolor.doctor.installed import version_of

_DRIVER = Path("/proc/driver/nvidia/version")
_LEAST_MEMORY_BYTES = 2 << 30


def findings() -> Iterator[Finding]:
    """System, processor, memory, graphics card, text."""
    yield Finding("machine", "system", f"{platform.system()} {platform.release()}, {platform.machine()}")
    yield Finding("machine", "processors", f"{_usable_processors()} of {os.cpu_count()} for this process")
    yield _memory()
    yield _card()
    yield _text()


def _usable_processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _memory() -> Finding:
    memory = psutil.virtual_memory()
    value = f"{memory.available / 2**30:.1f} GiB free of {memory.total / 2**30:.1f}"
    if memory.available < _LEAST_MEMORY_BYTES:
        return Finding("machine", "memory", value, "absent", "Films of 1920x1080 take 1.4 GiB. Close other programs.")
    return Finding("machine", "memory", value)


def _card() -> Finding:
    """What can be told of a card without torch; the self-test says what torch makes of it."""
    build = version_of("torch") or ""
    if _DRIVER.is_file():
        with suppress(OSError):
            line = _DRIVER.read_text(encoding="utf-8", errors="replace").splitlines()[0]
            if build.endswith("+cpu"):
                advice = "Kinemacolor runs on the processor. Install a PyTorch with CUDA to use the card."
                return Finding(
                    "machine", "graphics card", f"NVIDIA driver, but torch {build} is without CUDA", "absent", advice
                )
            return Finding("machine", "graphics card", line)
    if sys.platform == "darwin" and platform.machine() == "arm64":
        return Finding("machine", "graphics card", "Apple; used with --device mps")
    return Finding("machine", "graphics card", "none with an NVIDIA driver; the processor is used")


def _text() -> Finding:
    encoding = sys.getfilesystemencoding()
    value = f"names of files in {encoding}, text in {locale.getpreferredencoding(False)}"
    if encoding.lower().replace("-", "") != "utf8":
        return Finding("machine", "text", value, "absent", "Names with accents may fail. Run with PYTHONUTF8=1.")
    return Finding("machine", "text", value)
