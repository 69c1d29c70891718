"""The scheduling of threads is as it was when an encoder has been opened."""

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from kinemacolor.io.scheduling import scheduling_kept

needs_real_time = pytest.mark.skipif(
    not hasattr(os, "sched_setscheduler"), reason="this system has no real-time scheduling that Python knows"
)

_OPENED_AS_AV1 = """
import os, sys
from pathlib import Path
from kinemacolor.io import open_reader, open_writer

reader = open_reader(sys.argv[1])
writer = open_writer(sys.argv[2], reader, codec="av1")
seen = [os.sched_getscheduler(int(each.name)) for each in Path("/proc/self/task").iterdir()]
print(sorted(set(seen)), os.sched_getscheduler(0), len(seen), flush=True)
os._exit(0)
"""


def in_real_time() -> bool:
    """Puts this thread into real time where that is allowed."""
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    except PermissionError:
        return False
    return True


@needs_real_time
def test_a_thread_that_an_encoder_puts_into_real_time_is_taken_out() -> None:
    with scheduling_kept():
        able = in_real_time()
    if not able:
        pytest.skip("only root may put threads into real time")
    assert os.sched_getscheduler(0) == os.SCHED_OTHER


@needs_real_time
def test_who_began_in_real_time_stays_there() -> None:
    try:
        if not in_real_time():
            pytest.skip("only root may put threads into real time")
        with scheduling_kept():
            pass
        assert os.sched_getscheduler(0) == os.SCHED_FIFO
    finally:
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))


@needs_real_time
@pytest.mark.process
def test_no_thread_is_in_real_time_while_a_film_is_written_as_av1(media: SimpleNamespace, tmp_path: Path) -> None:
    source = media.encode(tmp_path / "in.mkv", size=(256, 256), frames=2)
    done = subprocess.run(
        [sys.executable, "-c", _OPENED_AS_AV1, str(source), str(tmp_path / "out.mkv")],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    policies, own, threads = done.stdout.rsplit(maxsplit=2)
    assert int(threads) > 8, "the encoder's own threads are there"
    assert (policies, own) == ("[0]", "0")
