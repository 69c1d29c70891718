"""The files of ``examples/cluster`` can be read by what they are for, and their commands by ours."""

import re
import shlex
import subprocess
from pathlib import Path

import pytest
import typer

from kinemacolor.cli import app

FILES = Path(__file__).parents[1] / "examples" / "cluster"


@pytest.mark.parametrize("name", ["slurm.sh", "kuberay.yaml"])
def test_commands_are_understood(name: str) -> None:
    lines = re.findall(r"\bkinemacolor (batch [^&\n]*)", (FILES / name).read_text())
    assert lines
    batch = typer.main.get_command(app).commands["batch"]  # type: ignore[attr-defined]
    for line in lines:
        given = batch.make_context("batch", shlex.split(line)[1:]).params
        assert given["ray"]
        assert len(given["inputs"]) == 1


@pytest.mark.process
def test_the_script_is_one_of_a_shell() -> None:
    subprocess.run(["bash", "-n", FILES / "slurm.sh"], check=True)


@pytest.mark.parametrize(("name", "key"), [("kuberay.yaml", "spec"), ("cloud.yaml", "available_node_types")])
def test_yaml_is_yaml(name: str, key: str) -> None:
    yaml = pytest.importorskip("yaml", reason="PyYAML comes with the extra docs")
    assert key in yaml.safe_load((FILES / name).read_text())
