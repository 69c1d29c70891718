"""What archives meet, from file to file: damage, names, pipes, signals, full disks, poor surroundings."""

import io
import os
import resource
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import av
import psutil
import pytest
from PIL import Image

from kinemacolor.engine.render import render_track
from kinemacolor.engine.sinks import Progress
from kinemacolor.engine.video import colorize_video
from kinemacolor.frames import Exemplar

MakeFilm = Callable[..., Path]


def planes_of(path: Path) -> list[bytes]:
    with av.open(str(path)) as film:
        return [frame.to_ndarray().tobytes() for frame in film.decode(video=0)]


def damaged(film: Path) -> Path:
    """The film with some bytes in its middle turned over."""
    content = bytearray(film.read_bytes())
    middle = len(content) // 2
    for i in range(middle, middle + 900, 7):
        content[i] ^= 0x5A
    film.write_bytes(content)
    return film


def test_case_05_a_damaged_film_keeps_its_length_and_goes_on_from_its_track(
    make_film: MakeFilm, tmp_path: Path, counting, stills: list[Exemplar]
) -> None:
    film = damaged(make_film("film.mp4", frames=60, codec="libx264"))
    output = tmp_path / "out.mkv"

    def run():
        return colorize_video(film, output, stills, model=counting, codec="ffv1", track=True, overwrite=True)

    first = run()
    assert first.damaged
    assert first.frames == 60
    assert any("damaged" in warning for warning in first.warnings)
    before = planes_of(output)
    again = run()
    assert all(outcome.reused for outcome in again.shots)
    assert (planes_of(output), again.warnings) == (before, first.warnings)


@pytest.mark.parametrize(
    "name", ["two words", "été 100%d %s", 'it\'s "so"', "フィルム 🎬", "-dash", "a" * 120, "x@12", "semi;colon,comma"]
)
def test_case_19_any_name_works_for_film_stills_track_and_output(
    make_film: MakeFilm, tmp_path: Path, counting, name: str
) -> None:
    film = make_film(f"{name}.mkv", frames=4)
    still = tmp_path / f"{name}.png"
    Image.new("RGB", (64, 48), (200, 90, 80)).save(still)
    (tmp_path / "out").mkdir()
    output = tmp_path / "out" / f"{name}.mkv"
    result = colorize_video(film, output, [still], model=counting, codec="ffv1", track=True, report=f"{output}.html")
    assert result.frames == 4
    track = Path(f"{output}.kctrack")
    render_track(track, tmp_path / "again.mkv", codec="ffv1")
    assert planes_of(tmp_path / "again.mkv") == planes_of(output)


def test_case_20_a_pipe_is_one_shot_and_says_so_and_a_list_gives_it_shots(
    make_film: MakeFilm, tmp_path: Path, counting, stills, shots_csv: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    film = make_film(frames=16, pixel_format="yuv444p")  # without siting, which y4m in a file and in a pipe differ in
    pipe = tmp_path / "film.y4m"
    with av.open(str(film)) as source, av.open(str(pipe), "w", format="yuv4mpegpipe") as target:
        stream = target.add_stream("wrapped_avframe", rate=24, options={"strict": "-1"})
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv444p"
        for frame in source.decode(video=0):
            target.mux(stream.encode(frame))

    def run(name: str, **settings: object):
        counting.begun.clear()
        with io.TextIOWrapper(pipe.open("rb")) as file, monkeypatch.context() as patch:
            patch.setattr("sys.stdin", file)
            return colorize_video("-", tmp_path / name, stills, model=counting, codec="ffv1", **settings)

    whole = run("whole.mkv")
    assert counting.shots == [16]
    assert any("pipe" in warning for warning in whole.warnings)
    listed = run("listed.mkv", shots=shots_csv)
    assert counting.shots == [3, 5, 4, 4]
    assert listed.warnings == ()
    colorize_video(pipe, tmp_path / "file.mkv", stills, model=counting, codec="ffv1", shots=shots_csv)
    assert planes_of(tmp_path / "listed.mkv") == planes_of(tmp_path / "file.mkv")


def many(stills: list[Exemplar], count: int) -> list[Exemplar]:
    """The stills and ``count`` more of frames beyond the film's last shot but one."""
    return stills + [
        replace(stills[0], rgb=stills[0].rgb.roll(i % 3, 0), index=None, name=f"{i}.png") for i in range(count)
    ]


def test_case_29_five_hundred_exemplars_give_what_the_relevant_ones_give(
    make_film: MakeFilm, tmp_path: Path, counting, stills, shots_csv: Path
) -> None:
    film = make_film(frames=16)
    settings = {"model": counting, "shots": shots_csv, "codec": "ffv1"}
    result = colorize_video(film, tmp_path / "all.mkv", many(stills, 496), **settings)
    active = {exemplar.name: exemplar for outcome in result.shots for exemplar in outcome.planned.exemplars}
    assert len(active) <= 8
    assert max(len(outcome.planned.exemplars) for outcome in result.shots) <= 5
    few = [each for each in many(stills, 496) if each.name in active]
    colorize_video(film, tmp_path / "few.mkv", few, **settings)
    assert planes_of(tmp_path / "all.mkv") == planes_of(tmp_path / "few.mkv")


def test_case_30_the_order_of_stills_changes_neither_film_nor_keys(
    make_film: MakeFilm, tmp_path: Path, counting, stills, shots_csv: Path
) -> None:
    film, found = make_film(frames=16), []
    for order in (stills, stills[::-1], [stills[i] for i in (2, 0, 3, 1)]):
        output = tmp_path / f"{len(found)}.mkv"
        result = colorize_video(film, output, order, model=counting, shots=shots_csv, codec="ffv1", track=True)
        found.append((planes_of(output), [outcome.planned.key for outcome in result.shots]))
    assert found[0] == found[1] == found[2]


def test_case_42_shots_colored_apart_are_those_of_the_whole_film(
    make_film: MakeFilm, tmp_path: Path, counting, stills, shots_csv: Path
) -> None:
    film = make_film(frames=16)
    settings = {"model": counting, "shots": shots_csv, "codec": "ffv1"}
    colorize_video(film, tmp_path / "whole.mkv", stills, **settings)
    parts = []
    for start, end in ((0, 3), (3, 12), (12, None)):
        colorize_video(film, tmp_path / f"{start}.mkv", stills, start=start, end=end, **settings)
        parts += planes_of(tmp_path / f"{start}.mkv")
    assert parts == planes_of(tmp_path / "whole.mkv")


def test_case_43_a_film_from_a_track_has_all_frames_times_and_streams(
    make_film: MakeFilm, tmp_path: Path, counting, stills
) -> None:
    film, output = make_film(frames=16, sound=True), tmp_path / "out.mkv"
    colorize_video(film, output, stills, model=counting, track=True)
    render_track(f"{output}.kctrack", tmp_path / "again.mkv", codec="ffv1")

    def told(path: Path) -> tuple[object, ...]:
        with av.open(str(path)) as opened:
            times = [frame.pts * frame.time_base for frame in opened.decode(video=0)]
        with av.open(str(path)) as opened:
            sound = [(p.pts * p.time_base, bytes(p)) for p in opened.demux(audio=0) if p.size]
            return times, sound, [stream.type for stream in opened.streams]

    assert told(film) == told(output) == told(tmp_path / "again.mkv")


def test_case_45_a_clock_that_runs_backwards_does_no_harm(
    make_film: MakeFilm, tmp_path: Path, counting, stills, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = iter(range(10**9, 0, -3600))
    monkeypatch.setattr(time, "time", lambda: float(next(now)))
    seen: list[Progress] = []
    result = colorize_video(
        make_film(), tmp_path / "out.mkv", stills[:1], model=counting, track=True, progress=seen.append
    )
    assert result.seconds >= 0
    assert [each.seconds for each in seen] == sorted(each.seconds for each in seen)


_RUN = """
    import resource, signal, sys, time
    import torch
    from kinemacolor.engine.video import colorize_video
    from kinemacolor.errors import KinemacolorError
    from kinemacolor.frames import Exemplar
    from kinemacolor.models.base import Answer, StreamingColorizer

    class Slow(StreamingColorizer):
        identity = "slow"
        def start(self, references):
            return []
        def step(self, luma, state):
            state.append(0)
            time.sleep(0.01)
            torch.manual_seed(len(state))
            return Answer(torch.rand(2, *luma.shape[-2:]) * 90 - 45)

    def interrupt(number, frame):
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)
    signal.signal(signal.SIGINT, interrupt)
    source, output, shots, limit = sys.argv[1:]
    if int(limit):
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), int(limit)))
    still = Exemplar(torch.tensor([200, 90, 80], dtype=torch.uint8)[:, None, None].expand(3, 48, 64).contiguous(), 0)
    try:
        result = colorize_video(
            source, output, [still], model=Slow(), shots=shots, track=True, codec="ffv1",
            progress=lambda p: print(p.frames_done, flush=True),
        )
        print("reused", sum(outcome.reused for outcome in result.shots))
    except KinemacolorError as error:
        print("Error:", error)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
"""


def start(film: Path, output: Path, shots: Path, *, limit_bytes: int = 0) -> subprocess.Popen[str]:
    script = [sys.executable, "-c", textwrap.dedent(_RUN), str(film), str(output), str(shots), str(limit_bytes)]
    return subprocess.Popen(script, stdout=subprocess.PIPE, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"})


@pytest.mark.process
def test_case_33_a_signal_ends_a_run_soon_and_the_next_goes_on(
    make_film: MakeFilm, tmp_path: Path, shots_csv: Path
) -> None:
    film, output = make_film(frames=16), tmp_path / "out.mkv"
    with start(film, output, shots_csv) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.strip() == "12":
                process.send_signal(signal.SIGTERM)
                sent = time.monotonic()
    assert process.returncode == 130
    assert time.monotonic() - sent < 5
    assert not output.exists()
    assert not [path for path in tmp_path.rglob("*") if ".partial" in path.name]
    said, _ = start(film, output, shots_csv).communicate(timeout=60)
    assert int(said.split()[-1]) >= 2
    assert len(planes_of(output)) == 16


@pytest.mark.process
@pytest.mark.skipif(not hasattr(resource, "RLIMIT_FSIZE"), reason="needs a limit on file sizes")
def test_case_34_a_full_disk_is_said_and_what_was_done_is_kept(
    make_film: MakeFilm, tmp_path: Path, shots_csv: Path
) -> None:
    film, output = make_film(frames=16), tmp_path / "out.mkv"
    said, _ = (full := start(film, output, shots_csv, limit_bytes=38_000)).communicate(timeout=60)
    assert full.returncode == 1
    assert "Error:" in said
    assert "disk" in said
    assert not output.exists()
    assert not [path for path in tmp_path.rglob("*") if ".partial" in path.name]
    kept = len(list((tmp_path / "out.mkv.kctrack" / "shots").glob("*.mkv")))
    assert kept >= 1
    said, _ = (free := start(film, output, shots_csv)).communicate(timeout=60)
    assert free.returncode == 0
    assert int(said.split()[-1]) == kept
    assert len(planes_of(output)) == 16


@pytest.mark.process
def test_case_45_no_home_a_plain_locale_and_few_file_handles_are_enough(make_film: MakeFilm, tmp_path: Path) -> None:
    film = make_film("Füchse.mkv", frames=4)
    still = tmp_path / "é.png"
    Image.new("RGB", (64, 48), (200, 90, 80)).save(still)
    output = tmp_path / "ö.mkv"
    poor = {
        "PATH": os.environ["PATH"],
        "LC_ALL": "C",
        "LANG": "C",
        "OMP_NUM_THREADS": "1",
        "http_proxy": "http://0.0.0.0:9",
    }

    def few_handles() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))

    command = [
        sys.executable,
        "-m",
        "kinemacolor",
        "colorize",
        film,
        "-e",
        f"{still}@0",
        "-o",
        output,
        "--model",
        "flow",
    ]
    done = subprocess.run(
        [*map(str, command), "--working-size", "32"],
        env=poor, cwd="/", preexec_fn=few_handles, capture_output=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert len(planes_of(output)) == 4


@pytest.mark.slow
def test_case_41_ten_thousand_frames_leave_memory_and_file_handles_flat(
    make_film: MakeFilm, tmp_path: Path, one_color, red_still: Exemplar
) -> None:
    film = make_film(frames=10_000, codec="ffv1")
    process, seen = psutil.Process(), {}

    def note(progress: Progress) -> None:
        if progress.frames_done % 1000 == 0:
            seen[progress.frames_done] = (process.memory_info().rss, process.num_fds())

    result = colorize_video(
        film, tmp_path / "out.mkv", [red_still], model=one_color, track=True, progress=note,
        report=tmp_path / "report.html",
    )  # fmt: skip
    assert result.frames == 10_000
    assert seen[10_000][0] < seen[2000][0] * 1.05 + 2**24
    assert seen[10_000][1] <= seen[1000][1]
