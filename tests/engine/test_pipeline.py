import threading
import time
from collections.abc import Iterator

import pytest

from kinemacolor.engine.pipeline import WriteBehind, read_ahead


def test_items_come_in_order() -> None:
    with read_ahead(range(100), 3) as ahead:
        assert list(ahead) == list(range(100))


def test_reading_stays_within_the_bound() -> None:
    made: list[int] = []

    def items() -> Iterator[int]:
        for i in range(50):
            made.append(i)
            yield i

    with read_ahead(items(), 4) as ahead:
        next(ahead)
        time.sleep(0.3)
        assert len(made) <= 7  # the one taken, four waiting, one being offered, one of slack


def test_an_error_of_the_source_is_raised_after_its_items() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise OSError("damaged")

    with read_ahead(items(), 2) as ahead:
        assert next(ahead) == 1
        with pytest.raises(OSError, match="damaged"):
            next(ahead)


def test_leaving_waits_for_the_item_that_is_being_made_and_ends_the_thread() -> None:
    before = set(threading.enumerate())
    at_work = threading.Event()

    def items() -> Iterator[int]:
        yield 0
        at_work.set()
        time.sleep(0.2)
        at_work.clear()
        yield 1

    with read_ahead(items(), 2) as ahead:
        assert next(ahead) == 0
        assert at_work.wait(5)
    assert not at_work.is_set()
    assert set(threading.enumerate()) <= before


def test_written_items_keep_their_order() -> None:
    written: list[int] = []
    with WriteBehind(written.append, 2) as sink:
        for i in range(50):
            sink.put(i)
    assert written == list(range(50))


def test_an_error_of_the_writer_reaches_the_caller() -> None:
    def write(item: int) -> None:
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"), WriteBehind(write, 2) as sink:
        for i in range(100):
            sink.put(i)


def test_leaving_by_an_error_drops_what_waits() -> None:
    written: list[int] = []

    def write(item: int) -> None:
        time.sleep(0.05)
        written.append(item)

    with pytest.raises(KeyboardInterrupt), WriteBehind(write, 50) as sink:
        for i in range(50):
            sink.put(i)
        raise KeyboardInterrupt
    assert len(written) < 50
