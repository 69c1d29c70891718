"""This machine as the only node: units one after the other, in this process."""

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
