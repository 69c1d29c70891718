"""A signal that asks the process to end is heard, also where a library swallows what it raises."""

import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator

import pytest

from kinemacolor.interruption import Interruption, interrupted, listening, said_already


@pytest.fixture(autouse=True)
def _listening(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr("sys.unraisablehook", said_already)
    with listening():
        yield


def go_on(seconds: float = 2) -> None:
    begun = time.monotonic()
    while time.monotonic() - begun < seconds:
        time.sleep(0.01)


def in_a_finalizer() -> None:
    class Asked:
        def __del__(self) -> None:
            signal.raise_signal(signal.SIGINT)

    Asked()


def in_a_library() -> None:
    try:
        signal.raise_signal(signal.SIGINT)
    except KeyboardInterrupt:
        raise ValueError("this file is cut off") from None


def for_a_missing_part() -> None:
    try:
        signal.raise_signal(signal.SIGINT)
    except BaseException:
        return


@pytest.mark.parametrize("swallow", [in_a_finalizer, for_a_missing_part])
def test_an_interruption_that_was_swallowed_is_raised_again(swallow: Callable[[], None]) -> None:
    swallow()
    assert interrupted()
    with pytest.raises(Interruption):
        go_on()


def test_what_a_library_makes_of_it_can_be_told_from_an_error() -> None:
    with pytest.raises(ValueError, match="cut off"):
        in_a_library()
    assert interrupted()


def test_what_leaves_because_of_it_is_not_interrupted_again() -> None:
    left = False
    with pytest.raises(Interruption):
        try:
            signal.raise_signal(signal.SIGTERM)
        finally:
            go_on(0.5)
            left = True
    assert left


def test_a_second_signal_is_raised_too() -> None:
    with pytest.raises(Interruption) as second:
        try:
            signal.raise_signal(signal.SIGINT)
        finally:
            signal.raise_signal(signal.SIGINT)
    assert isinstance(second.value.__context__, Interruption)


def test_signals_are_theirs_again_who_had_them() -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    with listening():
        assert signal.getsignal(signal.SIGTERM) is not signal.SIG_IGN
        for_a_missing_part()
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_IGN
    go_on(0.5)  # nothing is raised again


def test_a_module_is_imported_to_its_end_first(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "slow_to_load.py").write_text(
        "import signal, time\nsignal.raise_signal(signal.SIGINT)\ntime.sleep(0.5)\nWHOLE = True\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(Interruption):
        import slow_to_load  # type: ignore[import-not-found]

        assert slow_to_load.WHOLE
        go_on()
    assert sys.modules.pop("slow_to_load").WHOLE


@pytest.mark.process
def test_a_thread_that_works_in_torch_does_not_break_the_end() -> None:
    """The end of the interpreter is a SIGABRT here, five times of five: a thread in torch cannot be ended."""
    code = """
        import signal, sys, threading
        import torch
        from kinemacolor import interruption

        def work():
            while True:
                torch.ones(3).permute(0)

        sys.unraisablehook = interruption.said_already
        for _ in range(4):
            threading.Thread(target=work, daemon=True).start()
        try:
            with interruption.listening():
                signal.raise_signal(signal.SIGTERM)
        except KeyboardInterrupt:
            print("said")
            interruption.end_now()
    """
    for _ in range(3):
        done = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(code)],
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert (done.returncode, done.stdout, done.stderr) == (130, "said\n", "")
