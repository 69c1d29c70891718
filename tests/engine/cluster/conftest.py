from pathlib import Path

import pytest
from PIL import Image

from kinemacolor.engine.cluster.places import absolute
from kinemacolor.engine.job import Job


@pytest.fixture
def job(two_scenes, tmp_path: Path):
    """The job of a small film of two shots with a still."""

    def make(name: str = "reel", **more: object) -> Job:
        film, still = two_scenes(6, name=f"{name}.mkv"), tmp_path / f"{name}.png"
        Image.new("RGB", (64, 48), (150, 90, 60)).save(still)
        options = {"source": film, "output": tmp_path / "color" / f"{name}.mkv", "exemplars": f"{still}@none"}
        shots = tmp_path / "shots.csv"
        shots.write_text("start\n0\n6\n")
        return absolute(Job.of({**options, "model": "flow", "shots": shots, "track": True, **more}))

    return make
