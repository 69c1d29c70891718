"""Ray itself: what can be asked without it, and one real cluster where it is installed and --slow is given."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import av
import pytest

from kinemacolor.engine.cluster import ray_nodes
from kinemacolor.engine.cluster.journal import events_of
from kinemacolor.engine.cluster.places import NodeSight
from kinemacolor.engine.cluster.ray_nodes import RayNodes, Share, _reason, _slots_of
from kinemacolor.engine.cluster.units import Lost, Unit
from kinemacolor.engine.cluster.work import Done
from kinemacolor.errors import SettingError


def test_without_ray_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(SettingError, match=r"pip install 'kinemacolor\[cluster\]'"):
        RayNodes("auto").__enter__()


@pytest.mark.parametrize(
    ("having", "cpus", "gpus", "slots"),
    [
        ({"CPU": 8.0}, 1.0, 0.0, 8),
        ({"CPU": 8.0}, 3.0, 0.0, 2),
        ({"CPU": 8.0, "GPU": 2.0}, 1.0, 1.0, 2),
        ({"CPU": 8.0, "GPU": 2.0}, 1.0, 0.5, 4),
        ({"CPU": 8.0}, 1.0, 1.0, 0),
        ({}, 1.0, 0.0, 0),
    ],
)
def test_as_many_shots_fit_on_a_node_as_its_resources_allow(
    having: dict[str, float], cpus: float, gpus: float, slots: int
) -> None:
    assert _slots_of(having, cpus, gpus) == slots


def test_a_reason_is_one_line_and_the_units_own() -> None:
    class TaskError(Exception):
        cause = ValueError("the shot\nand more")

    assert _reason(TaskError("a long traceback\n...")) == "ValueError: the shot"
    assert _reason(MemoryError()) == "the memory of the node did not suffice"


class RayError(Exception):
    pass


class GetTimeoutError(RayError):
    pass


class FakeRay:
    """As much of Ray as nodes ask it: tasks are done as they are given out, on nodes that are a list."""

    class exceptions:  # noqa: N801
        RayError = RayError
        GetTimeoutError = GetTimeoutError

    def __init__(self, *resources: dict[str, float]) -> None:
        self.resources = list(resources)
        self.asked: list[dict[str, Any]] = []
        self.cancelled: list[object] = []
        self.dead: set[int] = set()

    def put(self, value: object) -> object:
        return value

    def nodes(self) -> list[dict[str, Any]]:
        about = enumerate(self.resources)
        nodes = [{"Alive": True, "Resources": each, "NodeManagerHostname": "a", "NodeID": i} for i, each in about]
        return [node for node in nodes if node["NodeID"] not in self.dead]

    def remote(self, act: Callable[..., object] | None = None, **_: object) -> Any:
        if act is None:
            return self.remote

        def give(*given: Any) -> object:
            reference = object()
            try:
                self.results[reference] = act(*given)
            except ValueError as error:
                self.results[reference] = RayError(str(error))
            return reference

        def options(**options: Any) -> SimpleNamespace:
            self.asked.append(options)
            return SimpleNamespace(remote=give)

        self.results: dict[object, Any] = getattr(self, "results", {})
        return SimpleNamespace(options=options)

    def wait(self, references: list[object], **_: object) -> tuple[list[object], list[object]]:
        return references, []

    def get(self, reference: object, timeout: float | None = None) -> object:
        if isinstance(self.results[reference], RayError):
            raise self.results[reference]
        return self.results[reference]

    def cancel(self, reference: object, *, force: bool) -> None:
        self.cancelled.append(reference)

    def shutdown(self) -> None:
        pass


@pytest.fixture
def by_node(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ray's module for placing a task on a node of one's choice."""
    for name in ("ray", "ray.util"):
        monkeypatch.setitem(sys.modules, name, SimpleNamespace(__path__=[]))
    place = SimpleNamespace(NodeAffinitySchedulingStrategy=lambda node, *, soft: node)
    monkeypatch.setitem(sys.modules, "ray.util.scheduling_strategies", place)


@pytest.mark.usefixtures("by_node")
def test_a_node_that_dies_before_it_has_answered_is_none(fake: FakeRay, monkeypatch: pytest.MonkeyPatch) -> None:
    def look(name: str, known: object) -> object:
        if len(looked) == 1:
            looked.append("dead")
            fake.dead.add(1)
            raise ValueError("The node does not exist any more")
        looked.append(name)
        return NodeSight(name, "1", ())

    looked: list[str] = []
    monkeypatch.setattr(ray_nodes, "_sight", look)
    with RayNodes("auto") as nodes:
        assert nodes.can_run == 6
        assert [each.name for each in nodes.sights({})] == ["a", "a"]
        assert nodes.gone == ("a",)
        assert nodes.can_run == 2  # the one with four processors has gone


@pytest.mark.usefixtures("by_node")
def test_a_node_that_lives_and_cannot_run_the_program_is_named(
    fake: FakeRay, monkeypatch: pytest.MonkeyPatch
) -> None:
    def look(name: str, known: object) -> object:
        raise ValueError("no module of this name")

    monkeypatch.setattr(ray_nodes, "_sight", look)
    monkeypatch.setattr(ray_nodes, "_NOTICED_SECONDS", 0.0)
    with RayNodes("auto") as nodes, pytest.raises(SettingError, match="Node a cannot run Kinemacolor"):
        nodes.sights({})


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> FakeRay:
    ray = FakeRay({"CPU": 0.0}, {"CPU": 4.0, "memory": 8e9}, {"CPU": 2.0, "memory": 2e9})
    monkeypatch.setattr(ray_nodes, "_ray", lambda: ray)
    monkeypatch.setattr(ray_nodes, "_join", lambda *given: None)
    monkeypatch.setattr(ray_nodes, "_JOIN_SECONDS", 0.0)
    return ray


def unit(**more: Any) -> Unit:
    return Unit(**{"film": 0, "kind": "color", "act": int, "given": ("7",), **more})


def test_units_are_placed_by_what_they_take(fake: FakeRay) -> None:
    with RayNodes("auto") as nodes:
        assert (nodes.can_run, nodes.room) == (6, 12)
        nodes.submit(unit(memory_bytes=9 * 10**9))
        assert nodes.room == 11
        asked = fake.asked[-1]
        assert (asked["num_cpus"], asked["num_gpus"], asked["memory"]) == (1.0, 0.0, 8 * 10**9)
        assert (asked["max_retries"], asked["retry_exceptions"]) == (3, True)
        ((_, done),) = nodes.finished()
        assert isinstance(done, Done)
        assert (done.value, nodes.room) == (7, 12)


def test_a_gpu_is_asked_for_where_there_are_any(fake: FakeRay) -> None:
    fake.resources.append({"CPU": 8.0, "GPU": 2.0, "memory": 8e9})
    with RayNodes("auto") as nodes:
        assert nodes.can_run == 2
        nodes.submit(unit())
    assert fake.asked[-1]["num_gpus"] == 1.0


def test_an_error_that_comes_back_is_a_unit_lost(fake: FakeRay) -> None:
    with RayNodes("auto") as nodes:
        nodes.submit(unit(given=("no number",)))
        ((_, lost),) = nodes.finished()
    assert isinstance(lost, Lost)
    assert "no number" in lost.reason


def test_units_of_a_film_are_dropped_and_all_at_the_end(fake: FakeRay) -> None:
    with RayNodes("auto") as nodes:
        for film in (0, 1, 1):
            nodes.submit(unit(film=film))
        nodes.drop(1)
        assert len(fake.cancelled) == 2
        assert nodes.room == 11
    assert len(fake.cancelled) == 3


def test_only_a_few_shots_are_in_memory_at_a_time(fake: FakeRay) -> None:
    with RayNodes("auto") as nodes:
        for _ in range(6):
            nodes.submit(unit())
        assert [len(nodes.finished()) for _ in range(2)] == [4, 2]


def test_what_no_node_has_the_memory_for_any_more_asks_for_less(fake: FakeRay) -> None:
    with RayNodes("auto") as nodes:
        nodes.submit(unit(memory_bytes=4 * 10**9))
        del fake.resources[1]
        nodes.measure()
        assert fake.asked[-1]["memory"] == 2 * 10**9
        assert len(nodes.finished()) == 1


def test_a_cluster_without_room_is_said_at_the_start_and_later(
    fake: FakeRay, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(SettingError, match="No node of the cluster has 16 processors and 0 GPUs"):
        RayNodes("auto", Share(16.0)).__enter__()
    with RayNodes("auto") as nodes:
        fake.resources.clear()
        nodes.measure()
        assert nodes.room == 2, "what is out may come back"
        monkeypatch.setattr(ray_nodes, "_ALONE_SECONDS", 0.0)
        with pytest.raises(SettingError, match="the same command goes on when there are nodes"):
            nodes.measure()


@pytest.mark.process
def test_what_has_to_be_done_here_is_done_in_a_process_and_takes_no_room(fake: FakeRay) -> None:
    with RayNodes("auto") as nodes:
        nodes.submit(unit(kind="write", act=os.getpid, given=(), here=True))
        assert nodes.room == 12
        ended: list[Any] = []
        until = time.monotonic() + 60
        while not ended and time.monotonic() < until:
            ended = nodes.finished()
        ((_, done),) = ended
    assert done.value not in (None, os.getpid())
    assert fake.asked == []


@pytest.mark.slow
@pytest.mark.process
@pytest.mark.skipif(find_spec("ray") is None, reason="Ray is not installed: pip install 'kinemacolor[cluster]'")
def test_films_on_a_real_cluster_are_those_of_one_machine(job, tmp_path: Path) -> None:
    """``benchmarks/cluster.py`` kills nodes and the driver; here all goes well."""
    jobs = [job(name) for name in "abc"]
    command = [sys.executable, "-m", "kinemacolor", "batch", "--model", "flow", "--quiet"]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    for folder, more in (("color", ["--ray", "local"]), ("color", ["--ray", "local"]), ("alone", [])):
        manifest = tmp_path / f"{folder}.csv"
        rows = [
            f"{each.film.source},{folder}/{name}.mkv,{each.exemplars.exemplars[0]},{each.shots.shots}"
            for name, each in zip("abc", jobs)
        ]
        manifest.write_text("\n".join(["input,output,exemplars,shots", *rows]))
        subprocess.run([*command, str(manifest), *more], check=True, env=environment, timeout=300)
    found = [line for line in events_of(tmp_path / "color.csv.log.jsonl") if line["event"] == "taken"]
    assert len(found) == 6
    for name in "abc":
        assert planes_of(tmp_path / "color" / f"{name}.mkv") == planes_of(tmp_path / "alone" / f"{name}.mkv")


def planes_of(film: Path) -> list[bytes]:
    with av.open(str(film)) as container:
        return [bytes(plane) for frame in container.decode(video=0) for plane in frame.planes]
