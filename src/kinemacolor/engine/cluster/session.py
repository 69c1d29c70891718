"""A list of films on a Ray cluster from beginning to end: what ``batch --ray`` and ``project run --ray`` do."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Protocol, runtime_checkable

from kinemacolor._version import __version__
from kinemacolor.engine.batch import JobOutcome, is_there, make_home
from kinemacolor.engine.cluster.films import FilmsOnNodes, Standing, Ways
from kinemacolor.engine.cluster.forecast import Forecast, forecasts
from kinemacolor.engine.cluster.here import OnlyHere
from kinemacolor.engine.cluster.journal import Journal
from kinemacolor.engine.cluster.places import (
    NodeSight,
    absolute,
    as_nodes_see,
    files_to_see,
    mapped,
    maps_of,
    require_same_sight,
    signature_in_short,
)
from kinemacolor.engine.cluster.ray_nodes import RayNodes, Share
from kinemacolor.engine.cluster.units import Nodes
from kinemacolor.engine.job import Job
from kinemacolor.engine.run import Result
from kinemacolor.errors import KinemacolorError, OutputError


@runtime_checkable
class Seeing(Nodes, Protocol):
    """Nodes that say who they are, how many shots they color at a time, and what they see.

    ``gone`` are those that died while they were asked what they see.
    """

    names: tuple[str, ...]
    gone: tuple[str, ...]
    can_run: int

    def sights(self, wanted: Mapping[str, str]) -> list[NodeSight]:
        """Asks every living node which files it sees, and gives the answers."""
        ...


@dataclass(frozen=True, slots=True)
class Cluster:
    """Which cluster, and how it is used.

    ``maps`` are FROM=TO: a folder here and on the nodes. ``shared``: the nodes put the shots' files into a folder
    beside the track, which they see, rather than send them.
    """

    address: str
    maps: tuple[str, ...] = ()
    share: Share = field(default_factory=Share)
    shared: bool = False


def color_on(
    cluster: Cluster,
    jobs: Sequence[Job],
    log: Path,
    *,
    say: Callable[[str], None] | None = None,
    told: Callable[[Standing], None] | None = None,
) -> Iterator[JobOutcome]:
    """Colors films on a cluster; what became of each as soon as it is known, and all of it in ``log``.

    ``say`` hears once which nodes there are and how films reach them. Closing the iterator ends what is out.

    Raises ``SettingError`` before the work where Ray or the cluster is missing, or a node does not see the films.
    """
    seen = [absolute(job) for job in jobs]
    with RayNodes(cluster.address, cluster.share) as nodes:
        _require_films_seen(cluster, seen, nodes, say)
        ways = Ways(maps_of(cluster.maps), cluster.shared)
        yield from FilmsOnNodes(seen, nodes, Journal(log), ways=ways, told=told).outcomes()


def forecasts_on(
    cluster: Cluster | None, jobs: Sequence[Job], *, say: Callable[[str], None] | None = None
) -> tuple[int, Iterator[Forecast]]:
    """How many shots a cluster colors at a time, and what each film would take; None is this machine alone.

    Raises as ``color_on`` does.
    """
    seen = [absolute(job) for job in jobs]
    if cluster is None:
        return 1, forecasts(seen, seen, OnlyHere())
    maps = maps_of(cluster.maps)
    node_jobs = [as_nodes_see(job, maps) for job in seen]
    with RayNodes(cluster.address, cluster.share) as nodes:
        _require_films_seen(cluster, seen, nodes, say)
        return nodes.can_run, iter(list(forecasts(seen, node_jobs, nodes)))


def road_on(
    cluster: Cluster,
    log: Path,
    *,
    say: Callable[[str], None] | None = None,
    told: Callable[[Standing], None] | None = None,
) -> Callable[[Job], Result]:
    """A function that does with one job what ``engine.run.run`` does, on a cluster.

    It raises ``OutputError`` with the reason where the film fails.
    """

    def color(job: Job) -> Result:
        (outcome,) = color_on(cluster, [job], log, say=say, told=told)
        if outcome.state == "failed":
            raise OutputError(outcome.message)
        warnings = (outcome.message,) if outcome.message else ()
        damaged = outcome.state == "damaged"
        return Result(str(job.output.output), outcome.frames, outcome.seconds, warnings, damaged)

    return color


def _require_films_seen(
    cluster: Cluster, jobs: Sequence[Job], nodes: Seeing, say: Callable[[str], None] | None
) -> None:
    """Says which nodes there are, and raises ``SettingError`` where one does not see what it has to."""
    maps, to_do = maps_of(cluster.maps), _to_do(jobs)
    wanted = {mapped(path, maps): short for path, short in files_to_see(to_do).items()}
    homes = sorted({home for job in to_do if (home := _home(job))}) if cluster.shared else []
    with ExitStack() as stack:  # a folder of the same name on the node's own disk has no such file
        marks = [stack.enter_context(NamedTemporaryFile(dir=home, prefix=".kinemacolor-")) for home in homes]
        for mark in marks:
            mark.write(os.urandom(16))
            mark.flush()
        seen = {mapped(mark.name, maps): signature_in_short(Path(mark.name)) for mark in marks}
        require_same_sight(nodes.sights({**wanted, **seen}), __version__)
    if say is not None:
        say(_said(nodes, len(wanted), cluster))


def _to_do(jobs: Sequence[Job]) -> list[Job]:
    return [job for job in jobs if not is_there(job)]


def _home(job: Job) -> str:
    """The folder of a job's track, which is made; empty where it cannot be, which its film will say."""
    place = Path(str(job.output.track))
    with suppress(KinemacolorError):
        make_home(Path(job.output.output))
    return str(place.parent) if place.parent.is_dir() else ""


def _said(nodes: Seeing, files: int, cluster: Cluster) -> str:
    ways = "at the same paths" if not cluster.maps else f"by {', '.join(cluster.maps)}"
    back = "through a folder beside the track" if cluster.shared else "through Ray's object store"
    died = f" Left out, since they died when they were asked: {', '.join(nodes.gone)}." if nodes.gone else ""
    return (
        f"{len(nodes.names)} nodes ({', '.join(dict.fromkeys(nodes.names))}) have room for {nodes.can_run} shots at "
        f"a time and see all {files} films and folders of stills {ways}. Shots come back {back}.{died}"
    )
