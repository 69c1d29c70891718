"""Ray itself: what can be asked without it, and one real cluster where it is installed and --slow is given."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import av
import pytest

from kinemacolor.engine.cluster.journal import events_of
from kinemacolor.engine.cluster.ray_nodes import RayNodes, _reason, _slots_of
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
