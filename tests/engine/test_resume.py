"""A run that is killed, changed or repeated: what is computed again, and that the film is always the same."""

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest
import torch

from kinemacolor.engine.render import render_track
from kinemacolor.engine.run import Result
from kinemacolor.engine.sinks import ShotOutcome
from kinemacolor.engine.track import ChromaTrack
from kinemacolor.engine.video import colorize_video
from kinemacolor.errors import BusyError, InputError, OutputError, SettingError, TrackError
from kinemacolor.frames import Exemplar, Luma
from kinemacolor.models.base import Answer

MakeFilm = Callable[..., Path]


def planes_of(path: Path) -> list[bytes]:
    """The code values of each frame, all planes one after the other."""
    with av.open(str(path)) as film:
        return [frame.to_ndarray().tobytes() for frame in film.decode(video=0)]


@pytest.fixture
def film(make_film: MakeFilm) -> Path:
    return make_film(frames=16, codec="ffv1")


@pytest.fixture
def colored(film: Path, counting, stills, shots_csv: Path, tmp_path: Path):
    """Colors the film with a track; the model says how many shots it was given."""

    def run(name: str = "out.mkv", **settings: object) -> Result:
        given = {"exemplars": stills, "model": counting, "shots": shots_csv, "track": True, "overwrite": True}
        counting.begun.clear()
        return colorize_video(film, tmp_path / name, codec="ffv1", **{**given, **settings})

    return run


def computed(result: Result) -> list[int]:
    """First frames of the shots that were computed."""
    return [outcome.planned.shot.start for outcome in result.shots if not outcome.reused]


def test_each_shot_begins_with_an_empty_state(colored, counting) -> None:
    result = colored(track=False)
    assert counting.shots == [3, 5, 4, 4]
    assert [outcome.notes.frames for outcome in result.shots] == [3, 5, 4, 4]
    assert computed(result) == [0, 3, 8, 12]


def test_the_film_is_the_same_with_and_without_a_track_and_from_it(colored, counting, tmp_path: Path) -> None:
    colored("plain.mkv", track=False)
    colored("out.mkv")
    first = planes_of(tmp_path / "out.mkv")
    again = colored("out.mkv")
    assert counting.shots == []
    assert computed(again) == []
    assert again.frames == 16
    assert planes_of(tmp_path / "plain.mkv") == first == planes_of(tmp_path / "out.mkv")


def test_one_shot_gets_all_exemplars_and_is_colored_as_before_there_were_shots(colored, counting) -> None:
    result = colored(shots="none")
    assert counting.shots == [16]
    assert [exemplar.index for exemplar in result.shots[0].planned.exemplars] == [0, 4, 9, 12]


def names_of(outcome: ShotOutcome) -> list[str]:
    return [exemplar.name for exemplar in outcome.planned.exemplars]


def recolored(stills: list[Exemplar], position: int) -> list[Exemplar]:
    return [replace(s, rgb=s.rgb.flip(0)) if i == position else s for i, s in enumerate(stills)]


@pytest.mark.parametrize(("position", "shots"), [(0, [0, 3, 8, 12]), (3, [8, 12])])
def test_case_37_another_exemplar_computes_only_its_shots_and_all_is_as_from_nothing(
    colored, stills, tmp_path: Path, position: int, shots: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    if position == 3:
        monkeypatch.setattr("kinemacolor.engine.exemplars.assign.MOST_ALIKE", 0)
    colored()
    changed = recolored(stills, position)
    result = colored(exemplars=changed)
    users = [o.planned.shot.start for o in result.shots if changed[position].name in names_of(o)]
    assert computed(result) == users == shots
    colored("fresh.mkv", exemplars=changed)
    assert planes_of(tmp_path / "out.mkv") == planes_of(tmp_path / "fresh.mkv")


def test_case_37_a_moved_cut_computes_only_the_shots_on_both_sides(colored, shots_csv: Path) -> None:
    colored()
    shots_csv.write_text("start\n0\n3\n9\n12\n")
    assert computed(colored()) == [3, 9]
    shots_csv.write_text("start\n0\n3\n12\n")
    assert computed(colored()) == [3]


def test_case_37_another_working_size_or_another_film_reuses_nothing(
    colored, make_film: MakeFilm, film: Path
) -> None:
    colored()
    assert computed(colored(working_size=24)) == [0, 3, 8, 12]
    assert computed(colored()) == [0, 3, 8, 12]
    make_film(frames=16, codec="ffv1", level=90)
    assert computed(colored()) == [0, 3, 8, 12]


def test_case_37_another_model_reuses_nothing(colored, counting) -> None:
    colored()
    counting.identity = "counting twice"
    assert computed(colored()) == [0, 3, 8, 12]


def damage(path: Path, how: str) -> None:
    """Changes a file in place: one bit, a stretch of zeros, its end, or all of it."""
    data = bytearray(path.read_bytes())
    half = len(data) // 2
    if how == "bit":
        data[half] ^= 16
    elif how == "zeros":
        data[half : half + 40] = bytes(40)
    elif how == "cut":
        del data[half:]
    else:
        data[:] = b"{}"
    path.write_bytes(data)


@pytest.mark.parametrize("how", ["bit", "zeros", "cut", "other"])
@pytest.mark.parametrize("ending", [".mkv", ".json"])
def test_case_37_a_damaged_shot_is_computed_again_and_said(colored, tmp_path: Path, how: str, ending: str) -> None:
    colored()
    good = planes_of(tmp_path / "out.mkv")
    shots = sorted((tmp_path / "out.mkv.kctrack" / "shots").glob(f"*{ending}"))
    damage(shots[1], how)
    with pytest.raises(TrackError, match="frame 3 "):
        render_track(tmp_path / "out.mkv.kctrack", tmp_path / "rendered.mkv", codec="ffv1")
    result = colored()
    assert computed(result) == [3]
    assert sum("frame 3 is damaged" in line for line in result.warnings) == 1
    assert planes_of(tmp_path / "out.mkv") == good
    again = colored()
    assert computed(again) == []
    assert not any("damaged" in line for line in again.warnings)


@pytest.mark.parametrize("name", ["track.json", "survey.json", "running.json"])
@pytest.mark.parametrize("text", ["null", "[]", '{"frames": "x", "shots": [], "process": {}}', "[" * 9999])
def test_any_other_file_of_a_track_may_be_damaged(colored, tmp_path: Path, name: str, text: str) -> None:
    colored(shots="auto")
    good = planes_of(tmp_path / "out.mkv")
    (tmp_path / "out.mkv.kctrack" / name).write_text(text)
    result = colored(shots="auto")
    assert computed(result) == []
    assert planes_of(tmp_path / "out.mkv") == good


def test_what_no_shot_uses_any_more_is_removed(colored, tmp_path: Path) -> None:
    colored()
    colored(working_size=24)
    assert len(list((tmp_path / "out.mkv.kctrack" / "shots").glob("*.mkv"))) == 4


class StoppedError(Exception):
    pass


def test_an_interrupted_run_keeps_the_shots_that_were_complete(colored, counting, tmp_path: Path) -> None:
    def stop(progress) -> None:
        if progress.frames_done == 10:
            raise StoppedError

    with pytest.raises(StoppedError):
        colored(progress=stop)
    assert not (tmp_path / "out.mkv").exists()
    assert not list(tmp_path.rglob("*.partial*"))
    assert computed(colored()) == [8, 12]
    colored("fresh.mkv")
    assert planes_of(tmp_path / "out.mkv") == planes_of(tmp_path / "fresh.mkv")


_KILLED = """
    import sys, time
    import torch
    from kinemacolor.engine.video import colorize_video
    from kinemacolor.frames import Exemplar
    from kinemacolor.models.base import Answer, StreamingColorizer

    class Slow(StreamingColorizer):
        identity = "slow"
        def start(self, references):
            return []
        def step(self, luma, state):
            state.append(0)
            time.sleep(0.01)
            return Answer(torch.full((2, *luma.shape[-2:]), 3.0 * len(state)))

    def note(progress):
        print(progress.frames_done, flush=True)

    still = Exemplar(torch.tensor([200, 90, 80], dtype=torch.uint8)[:, None, None].expand(3, 48, 64).contiguous(), 0)
    source, output, shots = sys.argv[1:]
    colorize_video(source, output, [still], model=Slow(), shots=shots, track=True, codec="ffv1", progress=note)
"""


def killed_run(film: Path, output: Path, shots: Path, after_frames: int | None) -> list[int]:
    """The frames reported; the process is killed at the ``after_frames``-th, and a little later."""
    script = [sys.executable, "-c", textwrap.dedent(_KILLED), str(film), str(output), str(shots)]
    seen = []
    with subprocess.Popen(
        script, stdout=subprocess.PIPE, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"}
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            seen.append(int(line))
            if seen[-1] == after_frames:
                process.send_signal(signal.SIGKILL)
    assert process.returncode == (0 if after_frames is None else -signal.SIGKILL)
    return seen


@pytest.mark.process
def test_case_32_a_killed_run_goes_on_to_the_same_file(film: Path, shots_csv: Path, tmp_path: Path) -> None:
    whole = tmp_path / "whole.mkv"
    killed_run(film, whole, shots_csv, None)
    output = tmp_path / "killed.mkv"
    for after_frames in np.random.default_rng().integers(1, 17, 2):
        killed_run(film, output, shots_csv, int(after_frames))
        assert not output.exists()
    killed_run(film, output, shots_csv, None)
    assert planes_of(output) == planes_of(whole)
    assert not [path for path in tmp_path.rglob("*") if ".partial" in path.name]


def test_case_36_two_runs_do_not_share_a_track_and_a_dead_ones_lock_is_none(colored, tmp_path: Path) -> None:
    with ChromaTrack(tmp_path / "out.mkv.kctrack") as track:
        track.note_run(None)
        with pytest.raises(BusyError, match=str(os.getpid())):
            colored()
    assert not (tmp_path / "out.mkv").exists()
    folder = tmp_path / "out.mkv.kctrack"
    folder.mkdir(exist_ok=True)
    (folder / ".lock").touch()
    (folder / "running.json").write_text('{"process": 1, "host": "elsewhere", "partial": null}')
    assert colored().frames == 16


def test_a_folder_that_is_something_else_is_left_alone(colored, tmp_path: Path) -> None:
    folder = tmp_path / "out.mkv.kctrack"
    folder.mkdir()
    (folder / "thesis.txt").write_text("mine")
    with pytest.raises(TrackError, match="left as it is"):
        colored()
    assert [path.name for path in folder.iterdir()] == ["thesis.txt"]


def test_a_run_that_did_nothing_leaves_no_track_but_what_was_put_there(colored, tmp_path: Path) -> None:
    def stop(progress) -> None:
        raise StoppedError

    for note in (False, True):
        folder = tmp_path / "out.mkv.kctrack"
        if note:
            colored()
            (folder / "notes.txt").write_text("mine")
            for chunk in (folder / "shots").iterdir():
                chunk.unlink()
        with pytest.raises(StoppedError):
            colored(progress=stop, overwrite=True)
        assert [path.name for path in folder.iterdir()] == ["notes.txt"] if note else not folder.exists()


def test_a_shot_without_a_number_from_the_model_is_told_again_when_reused(colored, counting) -> None:
    step = type(counting).step

    class Broken(type(counting)):
        def step(self, luma: Luma, state: list[int]) -> Answer:
            return Answer(step(self, luma, state).chroma * (float("nan") if len(state) == 2 else 1))

    model = Broken()
    first, again = colored(model=model), colored(model=model)
    assert computed(again) == []
    assert first.damaged
    assert again.damaged
    assert first.warnings == again.warnings


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_case_40_confidence_without_a_number_is_none_and_is_told(
    colored, counting, tmp_path: Path, value: float
) -> None:
    step = counting.step
    counting.step = lambda *a: replace(step(*a), confidence=torch.full((1, 4, 4), value))
    result = colored(report=tmp_path / "report.html")
    assert result.damaged
    assert {c for outcome in result.shots for c in outcome.notes.confidence} == {0.0}
    again = colored(report=tmp_path / "report.html")
    assert computed(again) == []
    assert again.damaged


def test_a_track_renders_to_the_same_film(colored, tmp_path: Path) -> None:
    colored()
    result = render_track(tmp_path / "out.mkv.kctrack", tmp_path / "again.mkv", codec="ffv1")
    assert result.frames == 16
    assert planes_of(tmp_path / "again.mkv") == planes_of(tmp_path / "out.mkv")


def test_a_track_renders_to_another_size_saturation_and_range(colored, tmp_path: Path) -> None:
    colored()
    track = tmp_path / "out.mkv.kctrack"
    render_track(track, tmp_path / "gray.mkv", codec="ffv1", saturation=0.0)
    assert {frame[48 * 64 :] for frame in planes_of(tmp_path / "gray.mkv")} == {b"\x80" * (2 * 24 * 32)}
    render_track(track, tmp_path / "small.mp4", size="32x24", full_range=True)
    with av.open(str(tmp_path / "small.mp4")) as film:
        frame = next(film.decode(video=0))
    assert (frame.width, frame.height, int(frame.color_range)) == (32, 24, 2)


def test_a_changed_film_or_an_unfinished_track_is_not_rendered(
    colored, film: Path, make_film: MakeFilm, tmp_path: Path
) -> None:
    colored()
    track = tmp_path / "out.mkv.kctrack"
    chunk = next((track / "shots").glob("000008-*.json"))
    notes = chunk.read_text()
    chunk.unlink()
    with pytest.raises(TrackError, match="1 of 4 shots are not colored yet, the first at frame 8"):
        render_track(track, tmp_path / "again.mkv")
    chunk.write_text(notes)
    moved = film.rename(tmp_path / "moved.mkv")
    with pytest.raises(InputError, match="--source"):
        render_track(track, tmp_path / "again.mkv")
    assert render_track(track, tmp_path / "again.mkv", source=moved).frames == 16
    make_film(frames=17)
    with pytest.raises(TrackError, match="is not the film"):
        render_track(track, tmp_path / "more.mkv")
    with pytest.raises(SettingError, match="1280x720"):
        render_track(track, tmp_path / "more.mkv", source=moved, size="huge")
    for size, words in (("7", "too small. Give 16"), ("8x48", "too small"), ("20000", "too large. Give up to 16384")):
        with pytest.raises(SettingError, match=words):
            render_track(track, tmp_path / "more.mkv", source=moved, size=size)
    with pytest.raises(TrackError, match="no chroma track"):
        render_track(tmp_path, tmp_path / "more.mkv")


@pytest.mark.parametrize("name", ["frames", "frames/", "frames/f_%03d.png"])
def test_a_folder_of_pictures_has_its_track_beside_it(
    film: Path, counting, stills, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert colorize_video(film, name, stills, model=counting, track=True).frames == 16
    assert len(list((tmp_path / "frames").glob("*.png"))) == 16
    assert (tmp_path / "frames.kctrack" / "track.json").is_file()
    render_track("frames.kctrack", "again", overwrite=True)
    assert (tmp_path / "again").is_dir()


def test_a_pipe_has_no_track(tmp_path: Path, stills, counting, film: Path) -> None:
    with pytest.raises(SettingError, match="pipe"):
        colorize_video(film, "-", stills, model=counting, track=True)


def test_case_35_a_missing_folder_is_not_made(colored, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="folder"):
        colored("no/such/out.mkv")
    assert not (tmp_path / "no").exists()
