"""Shapes are checked in every test: jaxtyping's hook wraps the whole package.

``--fast`` is the tier for between two edits: no test that starts a process (marked ``process``), none of
``tests/parity``, and none that ``long_tests.txt`` lists. ``--write-long`` measures that list anew.
"""

import os
import re
import signal
import subprocess
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

# before torch comes in: idle threads that spin cost a busy machine fifty times the work itself
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import hypothesis
import pytest
import torch
from jaxtyping import install_import_hook

install_import_hook("kinemacolor", "beartype.beartype")

# a busy machine is no fault: the time of an example is measured nowhere
hypothesis.settings.register_profile("patient", deadline=None)
hypothesis.settings.load_profile("patient")

_LONG_LIST = Path(__file__).with_name("long_tests.txt")
_LONG_SECONDS = 0.2
_QUICK = ("git", "ffmpeg")
"""Programs that any test may start: evaluation asks for the commit, scenedetect at its import for FFmpeg."""

_NOT_FAST = ("process", "slow", "gpu")
_seconds: dict[str, float] = defaultdict(float)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--slow", action="store_true", help="run tests marked slow too")
    parser.addoption("--gpu", action="store_true", help="run tests marked gpu too")
    parser.addoption("--fast", action="store_true", help="leave out processes, parity, and what takes long")
    parser.addoption("--write-long", action="store_true", help="write the list of tests that take long")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--fast"):
        long = set(_LONG_LIST.read_text().splitlines())
        out = {item for item in items if _is_left_out(item, long)}
        config.hook.pytest_deselected(items=list(out))
        items[:] = [item for item in items if item not in out]
    for item in items:
        if "slow" in item.keywords and not config.getoption("--slow"):
            item.add_marker(pytest.mark.skip(reason="slow: run with --slow"))
        if "gpu" in item.keywords and not (config.getoption("--gpu") and torch.cuda.is_available()):
            item.add_marker(pytest.mark.skip(reason="needs a CUDA device: run with --gpu on a machine that has one"))


def _is_left_out(item: pytest.Item, long: set[str]) -> bool:
    """Whether the fast tier does without this test."""
    marked = any(item.get_closest_marker(mark) is not None for mark in _NOT_FAST)
    return marked or item.nodeid.startswith("tests/parity/") or _function_of(item.nodeid) in long


def _function_of(nodeid: str) -> str:
    """A test without its parameters."""
    return re.sub(r"\[.*", "", nodeid, flags=re.DOTALL)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    _seconds[report.nodeid] += report.duration


def pytest_sessionfinish(session: pytest.Session) -> None:
    if session.config.getoption("--write-long") and not hasattr(session.config, "workerinput"):
        long = {_function_of(name) for name, seconds in _seconds.items() if seconds >= _LONG_SECONDS}
        _LONG_LIST.write_text("".join(f"{name}\n" for name in sorted(long)))


@pytest.fixture(autouse=True, scope="session")
def _few_threads() -> None:
    torch.set_num_threads(2)


@pytest.fixture(autouse=True, scope="session")
def _interrupts() -> None:
    """Tests interrupt themselves; a shell that starts them in the background has interrupts ignored."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def _no_real_time() -> Iterator[None]:
    """No test leaves its process in real time, where it would starve all others, as SVT-AV1 does by itself."""
    before = os.sched_getscheduler(0) if hasattr(os, "sched_getscheduler") else None
    yield
    if before is not None and before != os.sched_getscheduler(0) in (os.SCHED_FIFO, os.SCHED_RR):
        os.sched_setscheduler(0, before, os.sched_param(0))
        pytest.fail("This test left its thread in real time. Open encoders within scheduling_kept().")


@pytest.fixture(autouse=True)
def _no_process_unless_marked(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that starts a process says so, and so stays out of the fast tier."""
    start = subprocess.Popen.__init__

    def refuse(process: subprocess.Popen, words: list[str], *settings: object, **more: object) -> None:
        if words[0] not in _QUICK:
            pytest.fail("This test starts a process: mark it with @pytest.mark.process.")
        start(process, words, *settings, **more)

    if request.node.get_closest_marker("process") is None:
        monkeypatch.setattr(subprocess.Popen, "__init__", refuse)
