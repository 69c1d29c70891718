"""A piece of work on its way to a node, and what nodes are to the one that gives it out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, Protocol, runtime_checkable

from kinemacolor.engine.cluster.work import Done, ShotToColor, color_shot, look_through, write_film


@dataclass(frozen=True, slots=True)
class Unit:
    """A piece of work for the film of this number: ``act`` called with ``given``.

    ``memory_bytes`` is what it is known to need, 0 where that is not known. One that is ``here`` has to be done on
    this machine. ``tries`` counts those whose outcome was damaged on its way.
    """

    film: int
    kind: Literal["look", "color", "write"]
    act: Callable[..., object]
    given: tuple[object, ...] = field(repr=False)
    shot: ShotToColor | None = None
    memory_bytes: int = 0
    here: bool = False
    tries: int = 1

    def again(self) -> "Unit":
        """The same, once more."""
        return replace(self, tries=self.tries + 1)


@dataclass(frozen=True, slots=True)
class Lost:
    """What became of a unit that no node could do: the reason of the last try."""

    reason: str


@runtime_checkable
class Nodes(Protocol):
    """Machines that do units. What dies with one of them is done on another, a few times."""

    @property
    def room(self) -> int:
        """How many more units may be given out now."""
        ...

    def submit(self, unit: Unit) -> None:
        """Gives a unit out."""
        ...

    def finished(self) -> Sequence[tuple[Unit, Done | Lost]]:
        """Units that have ended since, after waiting for one a moment."""
        ...

    def drop(self, film: int) -> None:
        """Ends the units of a film; none of them comes back."""
        ...


@dataclass(frozen=True, slots=True)
class Acts:
    """The functions that nodes are given; others stand in for them where work is simulated."""

    look: Callable[..., object] = look_through
    color: Callable[..., object] = color_shot
    write: Callable[..., object] = write_film
