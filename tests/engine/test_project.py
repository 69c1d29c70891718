from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from kinemacolor.engine.analysis.still_finder import StillPlace
from kinemacolor.engine.check import check
from kinemacolor.engine.project import new_project, open_project, run_project, status_of
from kinemacolor.engine.project.bind import bind
from kinemacolor.engine.project.files import read_stills, write_settings
from kinemacolor.errors import CodecError, ExemplarError, OutputError, OutputExistsError, SettingError

SCENE_FRAMES, FRAMES = 12, 24


@pytest.fixture
def film(two_scenes) -> Path:
    return two_scenes(SCENE_FRAMES)


@pytest.fixture
def save(tmp_path: Path, scene_frame) -> Callable[[str, int], Path]:
    (tmp_path / "stills").mkdir()

    def write(name: str, shows: int) -> Path:
        levels = scene_frame(shows, scene_frames=SCENE_FRAMES).astype(np.float32)
        tinted = np.stack([levels * gain for gain in (1.2, 0.9, 0.7)], -1)
        path = tmp_path / "stills" / name
        Image.fromarray(np.clip(tinted, 0, 255).astype(np.uint8)).save(path)
        return path

    return write


def test_case_27_a_new_project_binds_stills_by_what_they_show(film: Path, save, tmp_path: Path) -> None:
    for name, shows in (("ref_000003.png", 3), ("ref_000020.png", 8), ("lovely day.png", 15), ("ref_000999.png", 19)):
        save(name, shows)
    project, stills = new_project(film, [tmp_path / "stills"], options={"model": "flow", "working_size": 48})
    assert project.folder == tmp_path / "reel.kinemacolor"
    assert {still.path.name: still.frame for still in stills} == {
        "ref_000003.png": 3,
        "ref_000020.png": 8,
        "lovely day.png": 15,
        "ref_000999.png": 19,
    }
    notes = {still.path.name: still.note for still in stills}
    assert notes["ref_000003.png"] == ""
    assert "frame 20" in notes["ref_000020.png"]
    assert "it shows frame 8" in notes["ref_000020.png"]
    assert "does not have" in notes["ref_000999.png"]
    assert project.shots.read_text().splitlines()[1:] == ["0,00:00:00.000,12,", "12,00:00:00.500,12,"]
    assert [(s.path.resolve(), s.frame) for s in read_stills(open_project(project.folder))] == [
        (s.path.resolve(), s.frame) for s in stills
    ]


def test_a_project_is_run_once_and_again_only_for_what_changed(film: Path, save, tmp_path: Path) -> None:
    save("ref_000003.png", 3)
    save("ref_000015.png", 15)
    made, _ = new_project(film, [tmp_path / "stills"], options={"model": "flow", "working_size": 48})
    project = open_project(made.folder)
    assert status_of(project).shots_colored == 0
    first = run_project(project)
    assert first is not None
    assert first.frames == FRAMES
    status = status_of(project)
    assert (status.current, status.shots, status.shots_colored) == (True, 2, 2)
    assert project.report.is_file()
    assert project.report.with_suffix(".json").is_file()
    assert run_project(project) is None
    project.shots.write_text("start\n0\n12\n18\n")
    assert not status_of(project).current
    again = run_project(project)
    assert again is not None
    assert [o.planned.shot.start for o in again.shots if not o.reused] == [12, 18]


def test_a_projects_film_and_stills_may_move_with_it(film: Path, save, tmp_path: Path) -> None:
    save("ref_000003.png", 3)
    new_project(film, [tmp_path / "stills"], options={"model": "flow", "working_size": 48})
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    for path in (film, tmp_path / "stills", tmp_path / "reel.kinemacolor"):
        path.rename(elsewhere / path.name)
    result = run_project(open_project(elsewhere / "reel.kinemacolor"))
    assert result is not None
    assert (elsewhere / "reel.kinemacolor" / "reel.color.mkv").is_file()


def test_settings_are_read_as_they_were_written(film: Path, save, tmp_path: Path) -> None:
    save('q"uo\\te 😀.png', 3)
    project, _ = new_project(film, [tmp_path / "stills"], folder=tmp_path / "p", output=tmp_path / 'a "b" é.mkv')
    project.options.update(model="flow", quality=17.5)
    project.model_settings.update(strange=0.4)
    write_settings(project)
    read = open_project(tmp_path / "p")
    assert read.output.name == 'a "b" é.mkv'
    assert read.options == {"model": "flow", "quality": 17.5}
    assert read.model_settings == {"strange": 0.4}
    assert read_stills(read)[0].path.is_file()


def test_mistakes_in_a_projects_files_are_named(film: Path, save, tmp_path: Path) -> None:
    save("ref_000003.png", 3)
    project, _ = new_project(film, [tmp_path / "stills"], folder=tmp_path / "p")
    with pytest.raises(OutputExistsError):
        new_project(film, [tmp_path / "stills"], folder=tmp_path / "p")
    (project.folder / "exemplars.csv").write_text("file,frame\na.png,1\nb.png,soon\n")
    with pytest.raises(SettingError, match="line 3: 'soon'"):
        read_stills(project)
    (project.folder / "project.toml").write_text('film = "a"\noutput = "b"\ncolor = 1\n')
    with pytest.raises(SettingError, match="'color'"):
        open_project(project.folder)
    (project.folder / "project.toml").write_text("film = \n")
    with pytest.raises(SettingError, match="line 1"):
        open_project(project.folder)
    with pytest.raises(SettingError, match="project new"):
        open_project(tmp_path)
    (tmp_path / "empty").mkdir()
    with pytest.raises(ExemplarError, match="no pictures"):
        new_project(film, [tmp_path / "empty"], folder=tmp_path / "q")


@pytest.mark.parametrize(
    ("output", "options", "error", "words"),
    [
        ("out.mov", {"codec": "ffv1"}, CodecError, "mov cannot hold ffv1. Write it to .*mkv"),
        ("out.mkv", {"codec": "h246"}, CodecError, "Did you mean h26"),
        ("out.mov", {"codec": "dnxhr"}, CodecError, "its sides must be 256 or more across"),
        ("out.txt", {}, CodecError, "does not end like a film"),
        ("none/out.mkv", {}, OutputError, "There is no folder .*none"),
    ],
)
def test_what_no_film_can_hold_is_told_before_a_project_is_made(
    output: str, options: dict[str, object], error: type[Exception], words: str, film: Path, save, tmp_path: Path
) -> None:
    still = save("a.png", 3)
    seen: list[int] = []
    with pytest.raises(error, match=words):
        new_project(
            film, [still], output=tmp_path / output, options=options, progress=lambda done, _: seen.append(done)
        )
    assert not seen
    assert not (tmp_path / "reel.kinemacolor").exists()


def test_two_stills_of_one_frame_leave_it_the_liker_one() -> None:
    paths = [Path("a.png"), Path("b.png")]
    bound = bind(paths, [None, 7], [StillPlace(7, 0.97, None), StillPlace(7, 0.99, 0.99)], 20)
    assert [still.frame for still in bound] == [None, 7]
    assert "b.png" in bound[0].note


def test_a_still_unlike_its_frame_and_all_others_is_for_none() -> None:
    (bound,) = bind([Path("a.png")], [4], [StillPlace(9, 0.5, 0.3)], 20)
    assert bound.frame is None
    assert "0.30" in bound.note


def test_a_still_of_another_framing_keeps_its_frame_with_a_note() -> None:
    (bound,) = bind([Path("a.png")], [4], [StillPlace(5, 0.68, 0.67)], 20)
    assert bound.frame == 4
    assert "not lie exactly over frame 4 (0.67)" in bound.note


def test_a_plain_still_keeps_the_frame_it_names() -> None:
    assert [still.frame for still in bind([Path("a.png")] * 2, [4, 40], [None, None], 20)] == [4, None]


@pytest.fixture
def project(film: Path, save, tmp_path: Path):
    save("ref_000003.png", 3)
    options = {"model": "flow", "working_size": 48, "codec": "ffv1"}
    made, _ = new_project(film, [tmp_path / "stills"], options=options)
    return open_project(made.folder)


def test_a_film_that_changed_since_it_was_written_is_written_again(project) -> None:
    assert run_project(project) is not None
    assert check(project.folder).faults == ()
    good = project.output.read_bytes()
    data = bytearray(good)
    data[len(data) // 2] ^= 1
    project.output.write_bytes(data)
    assert len(check(project.folder).faults) == 1
    assert run_project(project) is not None
    assert check(project.folder).faults == ()


def test_case_46_the_output_of_a_project_replaces_a_file_outside_only_when_told(project, tmp_path: Path) -> None:
    victim = tmp_path / "holiday.mkv"
    victim.write_bytes(b"mine")
    outside = replace(project, output=victim)
    with pytest.raises(OutputExistsError, match="--overwrite"):
        run_project(outside)
    assert victim.read_bytes() == b"mine"
    assert run_project(outside, {"overwrite": True}) is not None
    project.shots.write_text("start\n0\n15\n")
    assert run_project(outside) is not None  # it is the project's own now
    victim.write_bytes(b"mine again")
    with pytest.raises(OutputExistsError):
        run_project(outside)


@pytest.mark.parametrize("name", ["report.html", "report.json", "state.json", "state.json.partial"])
def test_case_46_a_link_in_a_project_leaves_what_it_names(project, tmp_path: Path, name: str) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    (project.folder / name).symlink_to(tmp_path / "mine.txt")
    assert run_project(project) is not None
    assert (tmp_path / "mine.txt").read_text() == "mine"


@pytest.mark.parametrize("read", ["film", "still"])
def test_case_35_a_project_never_overwrites_what_it_is_made_from(project, read: str) -> None:
    place = project.film if read == "film" else read_stills(project)[0].path
    before = place.read_bytes()
    with pytest.raises(OutputError):
        run_project(replace(project, output=place), {"overwrite": True})
    assert place.read_bytes() == before
