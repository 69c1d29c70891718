import os
import platform
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from kinemacolor.models.host_memory import give_back_unused, giving_back, peak_bytes

_BLOCK, _BLOCKS = 60_000, 2_000

needs_glibc = pytest.mark.skipif(
    platform.libc_ver()[0] != "glibc", reason="the C library of this system gives nothing back"
)

_EIGHT_THREADS = """
import ctypes, sys, threading
from kinemacolor.models.host_memory import keep_few_arenas

libc, together = ctypes.CDLL(None), threading.Barrier(8)
libc.malloc.restype = ctypes.c_void_p
libc.fopen.restype = ctypes.c_void_p

def allocate():
    together.wait()
    libc.malloc(ctypes.c_size_t(50_000))
    together.wait()

keep_few_arenas()
threads = [threading.Thread(target=allocate) for _ in range(8)]
for each in threads:
    each.start()
for each in threads:
    each.join()
file = ctypes.c_void_p(libc.fopen(sys.argv[1].encode(), b"w"))
libc.malloc_info(0, file)
libc.fclose(file)
"""


def arenas_of_eight_threads(told: Path, environment: dict[str, str]) -> int:
    variables = {
        name: text for name, text in os.environ.items() if name not in ("MALLOC_ARENA_MAX", "GLIBC_TUNABLES")
    }
    subprocess.run([sys.executable, "-c", _EIGHT_THREADS, str(told)], check=True, env=variables | environment)
    return told.read_text().count("<heap nr=")


@needs_glibc
@pytest.mark.process
def test_threads_share_two_arenas_unless_the_user_says_how_many(tmp_path: Path) -> None:
    assert arenas_of_eight_threads(tmp_path / "ours", {}) == 2
    assert arenas_of_eight_threads(tmp_path / "of the user", {"MALLOC_ARENA_MAX": "5"}) == 5


@needs_glibc
def test_what_is_freed_between_what_is_kept_goes_back_to_the_system() -> None:
    blocks = [bytearray(_BLOCK) for _ in range(_BLOCKS)]
    kept = blocks[::50]
    del blocks
    held = psutil.Process().memory_info().rss
    give_back_unused()
    assert held - psutil.Process().memory_info().rss > _BLOCK * _BLOCKS / 2
    assert len(kept) == _BLOCKS / 50


@needs_glibc
def test_what_a_shot_frees_while_it_starts_goes_back_to_the_system() -> None:
    with giving_back():
        blocks = [bytearray(_BLOCK) for _ in range(_BLOCKS)]
        kept = blocks[::50]
        held = psutil.Process().memory_info().rss
        del blocks
    assert held - psutil.Process().memory_info().rss > _BLOCK * _BLOCKS / 2
    assert len(kept) == _BLOCKS / 50


_SAYS_PEAKS = """
from kinemacolor.models.host_memory import peak_bytes

before = peak_bytes()
block = bytearray(200 * 2**20)
held = peak_bytes()
del block
print(before, held, peak_bytes())
"""


@pytest.mark.process
def test_the_peak_is_what_this_process_held_and_not_the_one_that_began_it() -> None:
    block = bytearray(os.urandom(2**20)) * 300
    assert peak_bytes() > len(block)
    del block
    done = subprocess.run([sys.executable, "-c", _SAYS_PEAKS], check=True, capture_output=True, text=True)
    before, held, after = map(int, done.stdout.split())
    about = 8 * 2**20
    assert before < 150 * 2**20
    assert held >= before + 200 * 2**20 - about
    assert abs(after - held) < about
