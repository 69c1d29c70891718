from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from kinemacolor.engine.project import (
    color_shots,
    identity_of_job,
    new_project,
    open_project,
    plan_project,
    project_job,
    run_project,
    status_of,
)
from kinemacolor.engine.project.bind import BoundStill
from kinemacolor.engine.project.files import write_stills
from kinemacolor.engine.run import loaded_model
from kinemacolor.engine.track import ChromaTrack
from kinemacolor.errors import SettingError

SCENE_FRAMES = 12


@pytest.fixture
def project(two_scenes, scene_frame, tmp_path: Path):
    made, _ = new_project(two_scenes(SCENE_FRAMES), [], options={"model": "flow", "working_size": 48})
    levels = scene_frame(3, scene_frames=SCENE_FRAMES).astype(np.float32)
    tinted = np.stack([levels * gain for gain in (1.2, 0.9, 0.7)], -1)
    Image.fromarray(np.clip(tinted, 0, 255).astype(np.uint8)).save(made.folder / "still.png")
    write_stills(made, [BoundStill(made.folder / "still.png", 3)])
    return open_project(made.folder)


def test_a_project_begins_without_stills(two_scenes) -> None:
    made, stills = new_project(two_scenes(SCENE_FRAMES), [])
    assert stills == []
    assert len(made.shots.read_text().splitlines()) == 3


def test_a_shot_colored_by_itself_is_what_a_run_of_all_takes(project, luma_planes) -> None:
    job = project_job(project)
    prepared = plan_project(job, identity_of_job(job))
    seen = []
    color_shots(
        prepared, [12], loaded_model(job), sinks=lambda inputs, planned: seen.append(planned.shot.start) or ()
    )
    assert seen == [12]
    assert (status_of(project).shots, status_of(project).shots_colored) == (2, 1)
    result = run_project(project)
    assert result is not None
    assert [each.planned.shot.start for each in result.shots if each.reused] == [12]


def test_a_track_is_entered_at_any_frame(project) -> None:
    job = project_job(project)
    prepared = plan_project(job, identity_of_job(job))
    color_shots(prepared, [0], loaded_model(job))
    first = prepared.plan.shots[0]
    track = ChromaTrack(project.track)
    whole = [answer.chroma for answer in track.read(first.shot, first.key)]
    for place in (0, 1, 7, 11):
        tail = [answer.chroma for answer in track.read(first.shot, first.key, first=place)]
        assert len(tail) == len(whole) - place
        assert bool((tail[0] == whole[place]).all())


def test_a_frame_that_begins_no_shot_is_refused(project) -> None:
    job = project_job(project)
    with pytest.raises(SettingError, match="No shot begins at frame 5"):
        color_shots(plan_project(job, "x"), [5], loaded_model(job))
