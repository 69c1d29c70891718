"""A Ray cluster as nodes: each unit is a task of Ray, which places it, retries it, and brings back what it gives."""

import os
import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from kinemacolor._version import __version__
from kinemacolor.engine.cluster.here import Apart
from kinemacolor.engine.cluster.places import NodeSight, sight
from kinemacolor.engine.cluster.units import Lost, Unit
from kinemacolor.engine.cluster.work import Done, performed
from kinemacolor.errors import SettingError, is_out_of_memory

_RETRIES = 3
_WAIT_SECONDS = 1.0
_SIGHT_SECONDS = 180
_NOTICED_SECONDS = 60.0
_MEASURE_SECONDS = 10.0
_JOIN_SECONDS = 60.0
"""How long nodes that begin with this run may take until they are there."""
_ALONE_SECONDS = 600.0
_AT_ONCE = 4
"""Shots whose bytes are in memory here at a time."""
_AHEAD = 2
"""Units out for each that can run: a node never waits for this machine."""


@dataclass(frozen=True, slots=True)
class Share:
    """What of a node a unit takes: processors, and GPUs (None: one where the cluster has any)."""

    cpus: float = 1.0
    gpus: float | None = None


class RayNodes:
    """The cluster at an address: ``auto`` is the one of RAY_ADDRESS or of this machine, else one made here.

    A context manager. Raises ``SettingError`` on entering where Ray is not installed, there is no cluster, or none of
    its nodes has what a unit takes.
    """

    def __init__(self, address: str, share: Share | None = None) -> None:
        self._address, self._share = address, share or Share()
        self._out: dict[Any, Unit] = {}
        self._apart = Apart()
        self._slots, self._most_memory, self._is_open = 1, 0, False
        self._gpus = self._share.gpus or 0.0
        self._had_room = time.monotonic()
        self.gone: tuple[str, ...] = ()

    def __enter__(self) -> "RayNodes":
        self._ray = _ray()
        _join(self._ray, self._address)
        self.measure()
        joining = time.monotonic() + _JOIN_SECONDS
        while not self.can_run and time.monotonic() < joining:
            time.sleep(1)
            self.measure()
        if not self.can_run:
            self._ray.shutdown()
            raise SettingError(
                f"No node of the cluster has {self._share.cpus:g} processors and {self._gpus:g} GPUs for a shot, nor "
                f"has one joined in {_JOIN_SECONDS:g} s. Give smaller --ray-cpus or --ray-gpus, or start nodes first."
            )
        self._is_open = True
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for reference in self._out:
            self._ray.cancel(reference, force=True)
        self._out.clear()
        self._ray.shutdown()

    def measure(self) -> None:
        """Sees what the nodes have: some may have joined, and some died."""
        self._measured, most = time.monotonic(), self._most_memory
        alive = [node for node in self._ray.nodes() if node["Alive"]]
        having = [node["Resources"] for node in alive]
        if self._share.gpus is None and not self._is_open:  # what a shot takes stays the same, whichever nodes die
            self._gpus = float(any(each.get("GPU", 0) for each in having))
        slots = [_slots_of(each, self._share.cpus, self._gpus) for each in having]
        self.names = tuple(str(node["NodeManagerHostname"]) for node in alive)
        self.can_run = sum(slots)
        able = [each for each, slot in zip(having, slots) if slot]
        self._most_memory = int(max((each.get("memory", 0) for each in able), default=0))
        self._slots = _AHEAD * max(1, self.can_run)
        if self.can_run:
            self._had_room = time.monotonic()
            self._ask_for_less(most)
        elif time.monotonic() - self._had_room > _ALONE_SECONDS:
            raise SettingError(
                f"No node of the cluster has had room for a shot for {_ALONE_SECONDS / 60:g} minutes. What is done "
                "is kept: the same command goes on when there are nodes."
            )

    def _ask_for_less(self, most: int) -> None:
        """Gives out again what asks for more memory than any node has, since the one that had it is gone."""
        for reference, unit in list(self._out.items()):
            if min(unit.memory_bytes, most) > self._most_memory:
                self._ray.cancel(reference, force=True)
                del self._out[reference]
                self.submit(unit)

    def sights(self, wanted: Mapping[str, str]) -> list[NodeSight]:
        """Asks every living node which files it sees, and gives the answers; one that dies meanwhile is in ``gone``.

        ``wanted`` are the files' places and what is known of each here. Raises ``SettingError`` where a node does not
        answer or cannot run Kinemacolor, or where no node is left.
        """
        ray = self._ray
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        known = ray.put(dict(wanted))
        look = ray.remote(num_cpus=0, max_retries=0)(_sight)
        asked = {
            look.options(scheduling_strategy=NodeAffinitySchedulingStrategy(node["NodeID"], soft=False)).remote(
                str(node["NodeManagerHostname"]), known
            ): node
            for node in ray.nodes()
            if node["Alive"]
        }
        answered, silent = ray.wait(list(asked), num_returns=len(asked), timeout=_SIGHT_SECONDS)
        found, gone = [], []
        for reference in (*answered, *silent):
            node, name = asked[reference], asked[reference]["NodeManagerHostname"]
            try:
                found.append(ray.get(reference, timeout=0))
            except ray.exceptions.GetTimeoutError as error:
                if not self._has_gone(node):
                    raise SettingError(
                        f"Node {name} does not answer within {_SIGHT_SECONDS} s. Take it out of the cluster."
                    ) from error
                gone.append(str(name))
            except ray.exceptions.RayError as error:
                if not self._has_gone(node):
                    raise SettingError(
                        f"Node {name} cannot run Kinemacolor ({_reason(error)}). Install the same version of it, of "
                        "Python and of Ray on all nodes."
                    ) from error
                gone.append(str(name))
        self.gone = tuple(gone)
        self.measure()
        if not found:
            raise SettingError("No node of the cluster answers. Start nodes first.")
        return found

    def _has_gone(self, node: Mapping[str, Any]) -> bool:
        """Whether a node is dead, which Ray may notice only half a minute after it died."""
        until = time.monotonic() + _NOTICED_SECONDS
        while any(each["NodeID"] == node["NodeID"] and each["Alive"] for each in self._ray.nodes()):
            if time.monotonic() >= until:
                return False
            time.sleep(0.5)
        return True

    @property
    def room(self) -> int:
        """How many more units may be given out now."""
        return self._slots - len(self._out)

    def submit(self, unit: Unit) -> None:
        """Gives a unit to the cluster, or to a process here where it has to be done here."""
        if unit.here:
            self._apart.submit(unit)
            return
        options: dict[str, Any] = {
            "num_cpus": self._share.cpus,
            "num_gpus": self._gpus,
            "memory": min(unit.memory_bytes, self._most_memory),
            "scheduling_strategy": "SPREAD",
            "max_retries": _RETRIES,
            "retry_exceptions": True,
            "name": f"kinemacolor {unit.kind}",
        }
        task = self._ray.remote(performed).options(**options)
        self._out[task.remote(unit.act, unit.given)] = unit

    def finished(self) -> list[tuple[Unit, Done | Lost]]:
        """Some of the units that have ended since, after waiting up to a second for one."""
        ray = self._ray
        if time.monotonic() - self._measured > _MEASURE_SECONDS:
            self.measure()
        if not self._out:
            return self._apart.finished(_WAIT_SECONDS)
        wait = _WAIT_SECONDS if not self._apart.out else _WAIT_SECONDS / 5
        ready, _ = ray.wait(list(self._out), num_returns=1, timeout=wait)
        if ready:
            ready, _ = ray.wait(list(self._out), num_returns=len(self._out), timeout=0)
        ended = [(self._out.pop(reference), self._result(reference)) for reference in ready[:_AT_ONCE]]
        return ended + self._apart.finished()

    def _result(self, reference: Any) -> Done | Lost:
        try:
            value: Done = self._ray.get(reference)
        except self._ray.exceptions.RayError as error:
            return Lost(_reason(error))
        return value

    def drop(self, film: int) -> None:
        """Ends the units of a film; none of them comes back."""
        for reference in [each for each, unit in self._out.items() if unit.film == film]:
            self._ray.cancel(reference, force=True)
            del self._out[reference]


def _sight(name: str, known: Mapping[str, str]) -> NodeSight:
    return sight(name, __version__, known)


def _ray() -> Any:
    try:
        import ray
    except ImportError as error:
        raise SettingError(
            "Ray is not installed, which --ray needs. Run: pip install 'kinemacolor[cluster]'; or leave --ray out."
        ) from error
    return ray


def _join(ray: Any, address: str) -> None:
    """Connects to a cluster, or makes one here. Raises ``SettingError`` where there is none."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_task_oom_retries", str(_RETRIES))  # by itself Ray tries forever
    names = [name for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before: dict[str, Any] = {name: signal.getsignal(getattr(signal, name)) for name in names}
    try:
        ray.init(
            address=None if address == "auto" else address,
            log_to_driver=False,
            logging_level="error",
            include_dashboard=False if address == "local" else None,
        )
    except (ConnectionError, ValueError, RuntimeError, OSError) as error:
        raise SettingError(
            f"There is no Ray cluster at {address} ({str(error).splitlines()[0]}). Start one with `ray start "
            "--head`, or give --ray local for one on this machine alone."
        ) from error
    finally:
        _restore(before)


def _restore(handlers: Mapping[str, Any]) -> None:
    """Gives signals back to who had them: Ray takes SIGTERM."""
    for name, handler in handlers.items():
        if handler is not None:
            signal.signal(getattr(signal, name), handler)


def _slots_of(having: Mapping[str, float], cpus: float, gpus: float) -> int:
    """How many units fit on a node at once."""
    fits: Callable[[float, float], float] = lambda has, takes: has // takes if takes else float("inf")  # noqa: E731
    most = min(fits(having.get("CPU", 0), cpus), fits(having.get("GPU", 0), gpus))
    return int(most) if most != float("inf") else 1


def _reason(error: Exception) -> str:
    """The reason of Ray's error in one line: that of the unit's own where it had one."""
    cause = getattr(error, "cause", None) or error
    if is_out_of_memory(cause):
        return "the memory of the node did not suffice"
    text = next((line.strip() for line in str(cause).splitlines() if line.strip()), "no reason is given")
    return f"{type(cause).__name__}: {text}"[:400]
