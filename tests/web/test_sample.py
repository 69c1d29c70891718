"""The sample opens in color: nothing is computed for it, and one fault is left to be mended."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from kinemacolor.engine.project import open_project, project_job
from kinemacolor.studio.studio import Studio
from kinemacolor.web import sample

pytestmark = pytest.mark.process


@pytest.fixture
def studio(tmp_path: Path):
    made = Studio(tmp_path / "work", options={"model": "flow"})
    yield made
    made.close()


def colors_of(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).astype(int)


def test_the_sample_is_in_color_before_anything_is_computed(studio: Studio) -> None:
    assert sample.is_there()
    name = sample.put_in(studio)
    assert sample.put_in(studio) == name
    film = studio.film(name)  # not started: no process is there that could compute anything
    about = film.described()
    assert [shot["state"] for shot in about["shots"]] == ["draft"]
    assert about["strokes"][0]["color"] == sample.FAULT.color
    assert (about["undo"], about["redo"]) == (1, 0)
    assert len(about["heat"]["values"]) == 120
    assert min(about["heat"]["values"]) > 0
    found = studio.views.picture(name, 0, "color")
    assert found is not None
    picture = colors_of(found[0])
    assert picture.shape == (360, 640, 3)
    assert (picture.max(-1) - picture.min(-1)).mean() > 20
    assert studio.views.picture(name, 0, "source") is not None
    film.edits.undo()
    assert film.edits.strokes() == []
    assert [shot["state"] for shot in film.described()["shots"]] == ["old"]


def test_the_sample_is_a_project_like_any_other(studio: Studio) -> None:
    name = sample.put_in(studio)
    studio.start()
    job = project_job(open_project(studio.folder.project(name)))
    assert job.exemplars.points == (sample.FAULT.text,)
    found = studio.views.picture(name, 40, "color")
    assert found is not None
    sleeve = colors_of(found[0])[270:310, 48:60].mean((0, 1))
    assert sleeve[1] > sleeve[0] > 0  # the fault: green where the suit is orange
    assert studio.views.picture(name, 40, "veil") is None
