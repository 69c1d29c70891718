"""Long takes in spans: a killed run goes on from the last one, and the film is that of an uncut run, to the bit."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import av
import pytest
import torch
from PIL import Image
from torch import Tensor

from kinemacolor.engine.check import check
from kinemacolor.engine.exemplars.applied import WithExemplars
from kinemacolor.engine.exemplars.bidirectional import Bidirectional
from kinemacolor.engine.render import render_track
from kinemacolor.engine.run import Result
from kinemacolor.engine.track import ChromaTrack
from kinemacolor.engine.video import colorize_video
from kinemacolor.errors import OutputError
from kinemacolor.frames import Exemplar, Luma
from kinemacolor.models.base import Answer, Reference, StreamingColorizer

MakeFilm = Callable[..., Path]
FRAMES, SPAN = 24, 5


class Walking(StreamingColorizer[list[Tensor]]):
    """Each frame's colors come from all that were before it, rounded so that nothing of them is forgotten."""

    identity, keeps_state = "walking", True

    def __init__(self, *, short_at: int | None = None, short_at_start: bool = False) -> None:
        self.stepped: list[int] = []
        self.short_at, self.short_at_start, self.exemplars_on_host = short_at, short_at_start, False
        self.starts = 0

    def with_exemplars_on_host(self) -> "Walking":
        other = Walking()
        other.stepped, other.exemplars_on_host = self.stepped, True
        return other

    def start(self, references: list[Reference]) -> list[Tensor]:
        self.starts += 1
        if self.short_at_start:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
        self.references = references
        return [torch.zeros(1), references[0].chroma.mean((1, 2))]

    def step(self, luma: Luma, state: list[Tensor]) -> Answer:
        number = int(state[0])
        self.stepped.append(number)
        if number == self.short_at:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
        own = [r.chroma.mean((1, 2)) for r in self.references if r.index == number]
        state[1] = own[0] if own else (state[1] * 7 + luma.mean()).remainder(61) - 30
        state[0] = state[0] + 1
        chroma = state[1][:, None, None].expand(2, *luma.shape[-2:])
        return Answer(chroma.clone(), luma.mean().div(100).clamp(0, 1).expand(1, 4, 4))


@pytest.fixture(autouse=True)
def _short_spans(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kinemacolor.engine.spans.SPAN_FRAMES", SPAN)


def planes_of(path: Path) -> list[bytes]:
    with av.open(str(path)) as film:
        return [frame.to_ndarray().tobytes() for frame in film.decode(video=0)]


class KilledError(Exception):
    """Ends a run where a kill would."""


@pytest.fixture
def take(make_film: MakeFilm, tmp_path: Path, stills: list[Exemplar]):
    """Colors one take of 24 frames with a track, up to frame ``killed`` if it is said."""
    film = make_film(frames=FRAMES, codec="ffv1")

    def run(name: str = "out.mkv", *, killed: int | None = None, model: object = None, **settings: object) -> Result:
        def tell(progress: object) -> None:
            if progress.frames_done == killed:
                raise KilledError

        given = {"exemplars": stills[:1], "shots": "none", "track": True, "overwrite": True, "codec": "ffv1"}
        given |= {"model": model or Walking(), "progress": tell, **settings}
        return colorize_video(film, tmp_path / name, **given)

    return run


def files_of(track: Path) -> list[str]:
    """What follows the key in the names of a track's files."""
    return sorted(path.name.partition(".")[2] for path in (track / "shots").iterdir())


@pytest.mark.parametrize(("killed", "kept"), [(3, {0}), (6, {0, 5}), (13, {5, 10}), (23, {15})])
def test_case_32_a_run_killed_in_a_long_take_goes_on_from_the_last_span(
    take, tmp_path: Path, killed: int, kept: set[int]
) -> None:
    take("whole.mkv", track=False)
    with pytest.raises(KilledError):
        take(killed=killed)
    model = Walking()
    result = take(model=model)
    assert model.stepped in [list(range(first, FRAMES)) for first in kept]  # up to four frames wait to be written
    assert model.starts == 1
    assert result.shots[0].notes.frames == FRAMES == len(result.shots[0].notes.confidence)
    assert planes_of(tmp_path / "out.mkv") == planes_of(tmp_path / "whole.mkv")


def test_a_complete_take_has_its_pieces_and_no_state(take, tmp_path: Path) -> None:
    whole = take("whole.mkv", track=False)
    result = take()
    track = tmp_path / "out.mkv.kctrack"
    pieces = [f"{first:06d}.{end}" for first in (0, 5, 10, 15) for end in ("json", "mkv")]
    assert files_of(track) == sorted([*pieces, "json"])
    assert result.shots[0].notes.confidence == whole.shots[0].notes.confidence
    assert check(track).faults == ()
    assert check(track).colored == 1
    again = Walking()
    assert take(model=again).shots[0].reused
    assert again.stepped == []
    render_track(track, tmp_path / "again.mkv", codec="ffv1")
    for name in ("out.mkv", "again.mkv"):
        assert planes_of(tmp_path / name) == planes_of(tmp_path / "whole.mkv")


def test_frames_of_a_take_in_pieces_are_read_from_anywhere(take, tmp_path: Path) -> None:
    planned = take().shots[0].planned
    track = ChromaTrack(tmp_path / "out.mkv.kctrack")
    whole = [answer.chroma for answer in track.read(planned.shot, planned.key)]
    assert len(whole) == FRAMES
    for first in (0, 4, 5, 12, 23):
        found = [answer.chroma for answer in track.read(planned.shot, planned.key, first=first)]
        assert all(torch.equal(one, other) for one, other in zip(found, whole[first:], strict=True))


def test_short_takes_and_models_without_states_are_one_piece(take, tmp_path: Path, counting) -> None:
    take(end=2 * SPAN - 1)
    assert files_of(tmp_path / "out.mkv.kctrack") == ["json", "mkv"]
    take("other.mkv", model=counting)
    assert files_of(tmp_path / "other.mkv.kctrack") == ["json", "mkv"]


def damage(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize(
    ("damaged", "kept"),
    [
        (["000010.state"], 10),
        (["000005.state", "000010.state"], 0),
        (["000010.mkv"], 10),
        (["000010.json"], 10),
        (["000000.mkv"], 0),
    ],
)
def test_case_37_a_damaged_state_or_piece_is_refused_and_said(
    take, tmp_path: Path, damaged: list[str], kept: int
) -> None:
    take("whole.mkv", track=False)
    with pytest.raises(KilledError):
        take(killed=19)
    track = tmp_path / "out.mkv.kctrack"
    assert "000010.state" in files_of(track)
    assert "000000.state" not in files_of(track)
    for end in damaged:
        damage(next((track / "shots").glob(f"*.{end}")))
    model = Walking()
    result = take(model=model)
    assert model.stepped == list(range(kept, FRAMES))
    assert any("not complete, is damaged" in line for line in result.warnings)
    assert planes_of(tmp_path / "out.mkv") == planes_of(tmp_path / "whole.mkv")
    assert check(track).faults == ()


def test_case_37_a_state_that_does_not_fit_is_refused(take, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as other:
        other.setattr("kinemacolor.models.kept.VERSION", 99)
        with pytest.raises(KilledError):
            take(killed=19)
    model = Walking()
    assert any("version" in line for line in take(model=model).warnings)
    assert model.stepped == list(range(FRAMES))


@pytest.mark.parametrize("end", ["000005.mkv", "json"])
def test_case_37_a_complete_take_with_a_damaged_piece_is_computed_again(take, tmp_path: Path, end: str) -> None:
    take()
    first, track = planes_of(tmp_path / "out.mkv"), tmp_path / "out.mkv.kctrack"
    damage(next(path for path in (track / "shots").iterdir() if path.name.partition(".")[2] == end))
    assert len(check(track).faults) == 1
    assert take().warnings
    assert planes_of(tmp_path / "out.mkv") == first
    assert check(track).faults == ()


@pytest.mark.parametrize("ending", ["state", "mkv", "json"])
def test_case_37_damage_in_a_take_that_is_not_complete_is_told_by_check(take, tmp_path: Path, ending: str) -> None:
    with pytest.raises(KilledError):
        take(killed=19)
    track = tmp_path / "out.mkv.kctrack"
    assert check(track).faults == ()
    damage(max((track / "shots").glob(f"*.{ending}")))
    (fault,) = check(track).faults
    assert f"frames 0 to {FRAMES - 1} are damaged" in fault


def test_another_still_leaves_no_piece_of_the_old_key(take, tmp_path: Path, stills: list[Exemplar]) -> None:
    with pytest.raises(KilledError):
        take(killed=19)
    take(exemplars=[stills[1]])
    names = {path.name.partition(".")[0] for path in (tmp_path / "out.mkv.kctrack" / "shots").iterdir()}
    assert len(names) == 1


def test_case_38_a_take_short_of_memory_begins_again_at_its_last_span(take, tmp_path: Path) -> None:
    take("whole.mkv", track=False)
    model = Walking(short_at=13)
    result = take(model=model)
    assert model.stepped == [*range(14), *range(10, FRAMES)]
    assert any("memory did not suffice" in line for line in result.warnings)
    assert planes_of(tmp_path / "out.mkv") == planes_of(tmp_path / "whole.mkv")


def test_case_38_a_killed_take_short_of_memory_for_its_exemplars_goes_on_with_them_elsewhere(
    take, tmp_path: Path
) -> None:
    take("whole.mkv", track=False)
    with pytest.raises(KilledError):
        take(killed=19)
    model = Walking(short_at_start=True)
    result = take(model=model)
    assert model.stepped == list(range(15, FRAMES))
    assert [line for line in result.warnings if "memory did not suffice at frame 15" in line]
    assert planes_of(tmp_path / "out.mkv") == planes_of(tmp_path / "whole.mkv")


def test_case_34_a_state_that_the_disk_does_not_take_is_one_line(take, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, data: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("kinemacolor.engine.track.seal.write_bytes", full)
    with pytest.raises(OutputError, match="disk"):
        take()


def lumas_of(count: int) -> list[Luma]:
    return [torch.full((1, 4, 6), 3.0 * t + 1) for t in range(count)]


def test_with_stills_inside_it_is_cut_only_where_no_still_ahead_reaches() -> None:
    lumas = lumas_of(40)
    given = [Reference(lumas[i], torch.full((2, 4, 6), i - 20.0), i) for i in (0, 9, 12, 30)]
    outer = Bidirectional(Walking(), reach_frames=6)
    allowed = [frame for frame in range(1, 40) if outer.may_be_cut(given, frame)]
    assert allowed == [1, 2, 3, 10, 13, *range(14, 25), *range(31, 40)]
    whole = [answer.chroma for answer in outer.colorize(lumas, given)]
    for cut in allowed:
        model = Walking()
        state = model.start(given)
        parts = Bidirectional(model, reach_frames=6)
        found = [*parts.go_on(lumas[:cut], given, state, 0), *parts.go_on(lumas[cut:], given, state, cut)]
        assert all(torch.equal(one.chroma, other) for one, other in zip(found, whole, strict=True)), cut


def test_a_take_that_parts_of_frames_correct_is_not_cut() -> None:
    luma = torch.zeros(1, 4, 6)
    part = Reference(luma, torch.zeros(2, 4, 6), 3, torch.ones(1, 4, 6))
    model = WithExemplars(Walking(), bidirectional=True)
    assert model.streaming([Reference(luma, torch.zeros(2, 4, 6), 0), part]) is None


def test_a_killed_take_with_stills_inside_is_that_of_an_uncut_run(
    take, tmp_path: Path, stills: list[Exemplar]
) -> None:
    take("whole.mkv", track=False, exemplars=stills)
    with pytest.raises(KilledError):
        take(killed=20, exemplars=stills)
    model = Walking()
    take(model=model, exemplars=stills)
    assert 5 <= min(model.stepped) <= 15
    assert planes_of(tmp_path / "out.mkv") == planes_of(tmp_path / "whole.mkv")


_RUN = """
    import sys
    import kinemacolor.engine.spans
    from kinemacolor.cli import main

    kinemacolor.engine.spans.SPAN_FRAMES = 4
    main()
"""


@pytest.mark.process
@pytest.mark.parametrize("model", ["flow", "colormnet-lite"])
def test_case_32_a_take_that_is_killed_goes_on_from_its_last_span(
    make_film: MakeFilm, tmp_path: Path, stills: list[Exemplar], model: str
) -> None:
    film, still = make_film(frames=FRAMES, codec="ffv1"), tmp_path / "still_000000.png"
    Image.fromarray(stills[0].rgb.permute(1, 2, 0).numpy()).save(still)
    script = [sys.executable, "-c", textwrap.dedent(_RUN), "colorize", str(film), "-e", str(still), "--quiet"]
    script += ["--model", model, "--shots", "none", "--working-size", "48", "--codec", "ffv1", "-o"]
    env = {**os.environ, "OMP_NUM_THREADS": "1"}
    shots = tmp_path / "out.mkv.kctrack" / "shots"
    with subprocess.Popen([*script, str(tmp_path / "out.mkv")], env=env) as process:
        while process.poll() is None and not (shots.is_dir() and list(shots.glob("*.000004.json"))):
            time.sleep(0.002)
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    assert not (tmp_path / "out.mkv").exists()
    kept = {path.name: path.stat().st_mtime_ns for path in shots.glob("*.00000[04].mkv")}
    assert len(kept) == 2
    for name in ("out.mkv", "whole.mkv"):
        subprocess.run([*script, str(tmp_path / name)], env=env, check=True, timeout=300)
    assert {path.name: path.stat().st_mtime_ns for path in shots.glob("*.00000[04].mkv")} == kept
    assert planes_of(tmp_path / "out.mkv") == planes_of(tmp_path / "whole.mkv")
