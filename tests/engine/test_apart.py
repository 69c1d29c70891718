"""Work in a process of its own: its outcome comes back, and whatever ends it, this process goes on."""

import ctypes
import operator
import os
import signal
import subprocess
import sys
import threading
import time

import psutil
import pytest

from kinemacolor.engine.apart import CrashedError, in_own_process

pytestmark = pytest.mark.process


def test_the_outcome_comes_back_from_another_process() -> None:
    assert in_own_process(operator.add, [1], [2]) == [1, 2]
    assert in_own_process(os.getpid) not in (os.getpid(), in_own_process(os.getpid))


@pytest.mark.parametrize(
    ("act", "given", "said"),
    [
        (ctypes.string_at, (0,), "crashed .SIGSEGV"),
        (os.abort, (), "crashed .SIGABRT"),
        (os._exit, (3,), "code 3"),
        (signal.raise_signal, (signal.SIGKILL,), "killed .SIGKILL.*memory"),
        (signal.raise_signal, (signal.SIGTERM,), "code 130"),
    ],
)
def test_a_process_that_ends_otherwise_is_told(act, given: tuple, said: str) -> None:
    with pytest.raises(CrashedError, match=said):
        in_own_process(act, *given)
    assert in_own_process(operator.add, 1, 2) == 3


def test_an_interruption_ends_the_process_first() -> None:
    threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()
    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        in_own_process(time.sleep, 60)
    assert time.monotonic() - began < 15
    assert not [each for each in psutil.Process().children(recursive=True) if each.status() == "zombie"]


def test_a_process_whose_starter_is_killed_ends_too() -> None:
    code = "import time\nfrom kinemacolor.engine.apart import in_own_process\nin_own_process(time.sleep, 60)\n"
    with subprocess.Popen([sys.executable, "-c", code]) as starter:
        below: list[psutil.Process] = []
        while len(below) < 3:  # a server, its tracker, and the process itself
            time.sleep(0.1)
            below = psutil.Process(starter.pid).children(recursive=True)
        time.sleep(0.5)
        starter.kill()
    _, alive = psutil.wait_procs(below, timeout=15)
    assert not alive
