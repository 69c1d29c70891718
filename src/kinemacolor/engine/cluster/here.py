"""Units on this machine: in this process, one after the other; or beside a cluster, each in a process of its own."""

import os
import threading
from queue import Empty, Queue

from kinemacolor.engine.apart import CrashedError, in_own_process
from kinemacolor.engine.cluster.units import Lost, Unit
from kinemacolor.engine.cluster.work import Done, performed


class OnlyHere:
    """Does a unit when it is asked what has finished."""

    def __init__(self) -> None:
        self._waiting: list[Unit] = []

    @property
    def room(self) -> int:
        """How many more units may be given out now."""
        return 1 - len(self._waiting)

    def submit(self, unit: Unit) -> None:
        """Takes a unit."""
        self._waiting.append(unit)

    def finished(self) -> list[tuple[Unit, Done | Lost]]:
        """The unit that was taken first, done."""
        unit = self._waiting.pop(0)
        try:
            return [(unit, performed(unit.act, unit.given))]
        except Exception as error:  # as a node would end, and not what gives units out
            return [(unit, Lost(f"{type(error).__name__}: {error}"))]

    def drop(self, film: int) -> None:
        """Forgets the units of a film."""
        self._waiting = [each for each in self._waiting if each.film != film]


class Apart:
    """Units in processes of their own, half as many at a time as there are processors: others wait their turn.

    They end with this process, whatever ends it.
    """

    def __init__(self) -> None:
        self._turns = threading.Semaphore(max(1, (os.cpu_count() or 2) // 2))
        self._ended: Queue[tuple[Unit, Done | Lost]] = Queue()
        self.out = 0

    def submit(self, unit: Unit) -> None:
        """Takes a unit."""
        self.out += 1
        threading.Thread(target=self._do, args=(unit,), name="kinemacolor-apart", daemon=True).start()

    def _do(self, unit: Unit) -> None:
        with self._turns:
            try:
                self._ended.put((unit, in_own_process(performed, unit.act, unit.given)))
            except CrashedError as error:
                self._ended.put((unit, Lost(str(error))))

    def finished(self, wait_seconds: float = 0) -> list[tuple[Unit, Done | Lost]]:
        """Units that have ended since; waits so long for the first."""
        ended = []
        while True:
            try:
                ended.append(self._ended.get(timeout=wait_seconds) if wait_seconds else self._ended.get_nowait())
            except Empty:
                self.out -= len(ended)
                return ended
            wait_seconds = 0
