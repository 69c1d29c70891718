import threading
import time
from collections.abc import Iterator

import pytest

from kinemacolor.engine.pipeline import WriteBehind, read_ahead


def test_items_come_in_order() -> None:
    assert list(read_ahead(range(100), 3)) == list(range(100))


def test_reading_stays_within_the_bound() -> None:
    made: list[int] = []

    def items() -> Iterator[int]:
        for i in range(50):
            made.append(i)
            yield i

    ahead = read_ahead(items(), 4)
    next(ahead)
    time.sleep(0.3)
    assert len(made) <= 7  # the one taken, four waiting, one being offered, one of slack
    ahead.close()


def test_an_error_of_the_source_is_raised_after_its_items() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise OSError("damaged")

    ahead = read_ahead(items(), 2)
    assert next(ahead) == 1
    with pytest.raises(OSError, match="damaged"):
        next(ahead)


def test_closing_ends_the_thread() -> None:
    before = threading.active_count()
    ahead = read_ahead(iter(range(10**9)), 2)
    next(ahead)
    ahead.close()
    assert threading.active_count() == before


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
