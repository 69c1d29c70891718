"""Decode, network and encode at the same time: threads joined by bounded queues."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from queue import Empty, Full, Queue
from threading import Event, Thread
from types import TracebackType
from typing import Generic, TypeVar

T = TypeVar("T")
_POLL_SECONDS = 0.1


class _End:
    """Marks the end of a stream, with the error that ended it."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.error = error


def _offer(queue: "Queue[T | _End]", item: "T | _End", stop: Event) -> None:
    """Puts an item into a bounded queue, or drops it once ``stop`` is set."""
    while not stop.is_set():
        try:
            queue.put(item, timeout=_POLL_SECONDS)
            return
        except Full:
            continue


def _produce(items: Iterable[T], queue: "Queue[T | _End]", stop: Event, sparing: Event | None) -> None:
    """Fills the queue until the items end, fail, or nobody asks for them any more."""
    try:
        for item in items:
            if sparing is not None and sparing.is_set():
                queue.maxsize = 1
            _offer(queue, item, stop)
            if stop.is_set():
                return
        _offer(queue, _End(), stop)
    except BaseException as error:
        _offer(queue, _End(error), stop)


@contextmanager
def read_ahead(items: Iterable[T], depth: int, *, sparing: Event | None = None) -> Iterator[Iterator[T]]:
    """The items, made by a thread of their own that stays at most ``depth`` ahead; 1 once ``sparing`` is set.

    An error of ``items`` is raised where they are taken, after the items before it. Leaving stops the thread and
    waits for it, whoever still holds the iterator: what ``items`` reads from may be closed then, and not before.
    """
    queue: Queue[T | _End] = Queue(depth)
    stop = Event()
    thread = Thread(target=_produce, args=(items, queue, stop, sparing), name="kinemacolor-read", daemon=True)
    try:
        thread.start()
        yield _taken(queue)
    finally:
        stop.set()
        if thread.ident is not None:
            thread.join()


def _taken(queue: "Queue[T | _End]") -> Iterator[T]:
    while not isinstance(item := queue.get(), _End):
        yield item
    if item.error is not None:
        raise item.error


class WriteBehind(Generic[T]):
    """Hands items to ``write`` on a thread of its own, in order, at most ``depth`` waiting.

    An error of ``write`` is raised by the next ``put`` or on leaving. Leaving by an exception drops what waits.
    """

    def __init__(self, write: Callable[[T], None], depth: int) -> None:
        self._write = write
        self._queue: Queue[T | _End] = Queue(depth)
        self._error: BaseException | None = None
        self._stop = Event()
        self._thread = Thread(target=self._consume, name="kinemacolor-write", daemon=True)

    def _consume(self) -> None:
        while not self._stop.is_set():
            try:
                item = self._queue.get(timeout=_POLL_SECONDS)
            except Empty:
                continue
            if isinstance(item, _End):
                return
            try:
                self._write(item)
            except BaseException as error:
                self._error = error
                return

    def _offer(self, item: T | _End) -> None:
        while self._error is None:
            try:
                self._queue.put(item, timeout=_POLL_SECONDS)
                return
            except Full:
                continue
        raise self._error

    def put(self, item: T) -> None:
        """Hands over one item; waits while ``depth`` items wait."""
        self._offer(item)

    def __enter__(self) -> "WriteBehind[T]":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self._offer(_End())
        else:
            self._stop.set()
        self._thread.join()
        if kind is None and self._error is not None:
            raise self._error
