"""Flips a bit in each kind of file of a track and of a project, and colors or renders again: is any color wrong?

    python benchmarks/bit_flips.py [FLIPS [PART]]    FLIPS in each kind of file, 500 if not said; the seed is fixed

PART is track, spans, survey or project: all if not said.

Every flip is followed by ``check``, by ``render`` (of a track) and by the same ``colorize`` or ``project run`` again.
It ends ``same`` (the film is as it was), ``refused`` (one line, no film) or ``WRONG`` (a film of other frames, and no
error); of ``check``: ``told`` or ``whole``. The model is ``flow``, which takes no time; the film has 12 frames.
What a person writes (project.toml, shots.csv, exemplars.csv) may ask for another film: then it is right where a new
project of the same files gives that film too. Exits with 1 where anything is WRONG, or not foreseen.
"""

import random
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from unittest.mock import patch

import av
import numpy as np
from PIL import Image

from kinemacolor.engine import spans
from kinemacolor.engine.check import check
from kinemacolor.engine.project import new_project, open_project, run_project
from kinemacolor.engine.render import render_track
from kinemacolor.engine.track.pieces import ShotWriter
from kinemacolor.engine.video import colorize_video
from kinemacolor.errors import KinemacolorError

OPTIONS = {"model": "flow", "working_size": 48, "codec": "ffv1"}
WRITTEN_BY_PEOPLE = ("project.toml", "shots.csv", "exemplars.csv")


def make_film(path: Path) -> None:
    """Three scenes of four frames."""
    scenes = np.random.default_rng(0).integers(10, 240, (3, 6, 8)).repeat(8, 1).repeat(8, 2).astype(np.uint8)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=24)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "gray"
        for i in range(12):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.roll(scenes[i // 4], i, 1), format="gray")))
        container.mux(stream.encode(None))
    picture = np.stack([scenes[0] * gain for gain in (1.0, 0.8, 0.6)], -1)
    Image.fromarray(picture.astype(np.uint8)).save(path.parent / "ref_000000.png")


def frames_of(path: Path) -> list[bytes]:
    with av.open(str(path)) as film:
        return [frame.to_ndarray().tobytes() for frame in film.decode(video=0)]


def outcome(act: Callable[[], Path], good: list[bytes]) -> str:
    """The outcome of an act that writes a film."""
    try:
        return "same" if frames_of(act()) == good else "WRONG"
    except KinemacolorError:
        return "refused"
    except Exception as error:
        return f"TRACEBACK {type(error).__name__}: {error}"[:100]


def checked(folder: Path) -> str:
    """What ``check`` says of a track or project."""
    try:
        return "told" if check(folder).faults else "whole"
    except KinemacolorError:
        return "told"
    except Exception as error:
        return f"TRACEBACK {type(error).__name__}: {error}"[:100]


def flip(path: Path, chance: random.Random) -> None:
    data = bytearray(path.read_bytes())
    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    path.write_bytes(data)


def of_a_track(work: Path, flips: int) -> Counter[tuple[str, str, str]]:
    film, still, output = work / "film.mkv", work / "ref_000000.png", work / "out.mkv"
    cuts = work / "cuts.csv"
    cuts.write_text("start\n0\n4\n8\n")
    track = work / "out.mkv.kctrack"

    def colorize() -> Path:
        given = {"track": True, "overwrite": True, "shots": cuts, **OPTIONS}
        colorize_video(film, output, [still], **given)
        return output

    def render() -> Path:
        render_track(track, work / "rendered.mkv", codec="ffv1", overwrite=True)
        return work / "rendered.mkv"

    good = frames_of(colorize())
    kept = shutil.copytree(track, work / "kept")
    (kept / "running.json").write_text('{"process": 1, "host": "x", "partial": ".out.0123abcd.partial.mkv"}')
    shots = sorted(path.relative_to(kept) for path in (kept / "shots").iterdir())[:2]
    names = [*shots, Path("track.json"), Path("running.json")]
    found: Counter[tuple[str, str, str]] = Counter()
    for name in names:
        for i in range(flips):
            shutil.rmtree(track)
            shutil.copytree(kept, track)
            flip(track / name, random.Random(f"{name.suffix}{name.parent}{i}"))
            kind = f"shots/*{name.suffix}" if name in shots else name.name
            found[kind, "check", checked(track)] += 1
            found[kind, "render", outcome(render, good)] += 1
            found[kind, "colorize", outcome(colorize, good)] += 1
    return found


def of_spans(work: Path, flips: int) -> Counter[tuple[str, str, str]]:
    """A long take killed in its last span: the run goes on from the state behind the one before it."""
    cuts, output, track = work / "one.csv", work / "take.mkv", work / "take.mkv.kctrack"
    cuts.write_text("start\n0\n")

    def colorize() -> Path:
        with patch.object(spans, "SPAN_FRAMES", 4):
            colorize_video(
                work / "film.mkv",
                output,
                [work / "ref_000000.png"],
                track=True,
                overwrite=True,
                shots=cuts,
                **OPTIONS,
            )
        return output

    good = frames_of(colorize())
    shutil.rmtree(track)
    with suppress(KeyboardInterrupt), patch.object(ShotWriter, "commit", side_effect=KeyboardInterrupt):
        colorize()
    before = max(path.stem for path in (track / "shots").glob("*.state"))
    kept = shutil.copytree(track, work / "kept_take")
    found: Counter[tuple[str, str, str]] = Counter()
    for ending in (".state", ".json", ".mkv"):
        for i in range(flips):
            shutil.rmtree(track)
            shutil.copytree(kept, track)
            flip(track / "shots" / f"{before}{ending}", random.Random(f"span{ending}{i}"))
            found[f"span{ending}", "check", checked(track)] += 1
            found[f"span{ending}", "colorize", outcome(colorize, good)] += 1
    return found


def of_a_survey(work: Path, flips: int) -> Counter[tuple[str, str, str]]:
    output, track = work / "auto.mkv", work / "auto.mkv.kctrack"

    def colorize() -> Path:
        colorize_video(work / "film.mkv", output, [work / "ref_000000.png"], track=True, overwrite=True, **OPTIONS)
        return output

    good = frames_of(colorize())
    kept = (track / "survey.json").read_bytes()
    found: Counter[tuple[str, str, str]] = Counter()
    for i in range(flips):
        (track / "survey.json").write_bytes(kept)
        flip(track / "survey.json", random.Random(f"survey{i}"))
        found["survey.json", "colorize", outcome(colorize, good)] += 1
    return found


def of_a_project(work: Path, flips: int) -> Counter[tuple[str, str, str]]:
    project, _ = new_project(work / "film.mkv", [work / "ref_000000.png"], folder=work / "p", options=OPTIONS)
    run_project(project)
    good = frames_of(project.output)
    kept = shutil.copytree(work / "p", work / "kept_p")

    def run(folder: Path) -> Path:
        opened = open_project(folder)
        run_project(opened)
        return opened.output

    found: Counter[tuple[str, str, str]] = Counter()
    own = ("state.json", project.output.name, "report.html", "report.json", "track/track.json")
    shots = [f"track/shots/{path.name}" for path in sorted((work / "p" / "track" / "shots").iterdir())[:2]]
    for name in (*WRITTEN_BY_PEOPLE, *own, *shots):
        kind = f"track/shots/*{Path(name).suffix}" if name in shots else name
        for i in range(flips):
            shutil.rmtree(work / "p")
            shutil.copytree(kept, work / "p")
            flip(work / "p" / name, random.Random(f"{kind}{i}"))
            found[kind, "check", checked(work / "p")] += 1
            became = outcome(lambda: run(work / "p"), good)
            if became == "WRONG" and name in WRITTEN_BY_PEOPLE:
                fresh = work / "fresh"
                shutil.rmtree(fresh, ignore_errors=True)
                fresh.mkdir()
                for each in WRITTEN_BY_PEOPLE:
                    shutil.copy(work / "p" / each, fresh)
                asked = frames_of(run(fresh))
                became = "as asked" if frames_of(open_project(work / "p").output) == asked else "WRONG"
            found[kind, "project run", became] += 1
    return found


def main() -> None:
    flips = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        make_film(work / "film.mkv")
        found: Counter[tuple[str, str, str]] = Counter()
        parts = {"track": of_a_track, "spans": of_spans, "survey": of_a_survey, "project": of_a_project}
        for part in parts.values() if len(sys.argv) < 3 else [parts[sys.argv[2]]]:
            some = part(work, flips)
            for (kind, act, became), count in sorted(some.items()):
                print(f"{kind:18} {act:12} {became:10} {count}", flush=True)
            found += some
    sys.exit(any(became not in ("same", "refused", "as asked", "told", "whole") for _, _, became in found))


if __name__ == "__main__":
    main()
