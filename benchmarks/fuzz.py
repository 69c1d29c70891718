"""Mutates every kind of file that is read, and runs the command on it: no traceback, no crash, no hang.

    python benchmarks/fuzz.py [MUTATIONS] [--only KIND ...] [--but KIND ...] [--seconds S]

``MUTATIONS`` (5,000 if not said) are dealt out over the kinds. The corpus is made here, seeded; mutation ``i`` of a
kind is by ``Random(f"{kind}{i}")``, so any can be made again: ``1 --only KIND --first i``. A mutation flips bits,
cuts, zeroes or repeats a stretch, writes 32-bit extremes; in text and JSON it also changes a number, word, line or
value. Files with a hash of their own are also sealed again after a change, to try what lies behind the hash.

Each is read by the command itself in a process forked from one with all imports done, which collects garbage twice at
its end (a library may free what is not its own). Bad is: ended by a signal, 20 s of CPU, 20 s without using any (90
for a batch, which starts a Python of its own), a traceback, an error that was not foreseen, exit code 1 without
exactly one line ``Error:``, other codes than 0 to 4, above 1.5 GB. Prints a table with the peak memory; exits with 1
where anything is bad, whose files are kept.
"""

import argparse
import gc
import io
import json
import os
import random
import re
import resource
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any
from unittest.mock import patch

import av
import numpy as np
import torch
import typer.main
from PIL import Image, ImageCms

import kill_points as kills
import kinemacolor.engine.spans
import kinemacolor.models.colormnet_lite as lite
from kinemacolor.cli import app
from kinemacolor.cli import main as command
from kinemacolor.engine.track.pieces import ShotWriter
from kinemacolor.engine.track.seal import described, write_sealed

LIMIT_SECONDS, LIMIT_MIB = 20, 1500
SPAN_FRAMES = 3  # long takes are long here from six frames on
STILL_SECONDS = 0.005  # of CPU a second: below it, a process waits for something that does not come
OPTIONS = ["--model", "flow", "--working-size", "16", "--quiet", "--overwrite"]
COLOR = ["-e", "still.png@0", "-o", "out.mkv", *OPTIONS]
ALONE = [*COLOR, "--no-track", "--shots", "none"]
LONG = ("long mpeg2.ts", "long h264.mp4")
"""Films of so many frames that some are gone to before the work, and others read in the order of the file."""

TAKES = {"take-flow": [], "take-lite": ["--model", "colormnet-lite"]}
EXTREMES = (0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0xFFFF, 0x10000)
VALUES: tuple[Any, ...] = (
    None, True, -1, 0, 10**9, 10**400, 1e308, float("nan"), float("inf"), "", "x", "\0", "-" * 300, "../../x",
    "é\ud800", [], {}, [[]], {"a": 1}, [1, 2, 3], "9" * 5000, "=1+1", "1e99999999",
)  # fmt: skip
WORDS = ("", "-1", "0", "1e99999999", "9" * 5000, "nan", "inf", "true", "[]", "{}", '"', "'", ",", "\n", "\0",
         "\x1b[2J", "x" * 300, "../" * 40, "=1+1", "\ufeff", "é", "|", "@", "#", "00:00:99", "%d", "[[[[",
         "1/0")  # fmt: skip


@dataclass(frozen=True)
class Kind:
    """A file of the corpus, what reads it, and how many of 5,000 mutations it gets."""

    name: str
    file: str
    words: list[list[str]]
    share: int
    mutate: str = "bytes"
    pipe: bool = False
    seconds: int = LIMIT_SECONDS


def flip_bytes(data: bytes, chance: random.Random) -> bytes:
    """Bits flipped, a stretch cut, zeroed or repeated, or a number at its extremes."""
    changed = bytearray(data)
    for _ in range(chance.choice((1, 1, 1, 2, 8))):
        if not changed:
            return b""
        place, length = chance.randrange(len(changed)), 1 + min(chance.randrange(400), len(changed) // 2)
        how = chance.randrange(6)
        if how < 2:
            changed[place] ^= 1 << chance.randrange(8)
        elif how == 2:
            number = chance.choice(EXTREMES).to_bytes(4, chance.choice(("little", "big")))
            changed[place : place + 4] = number
        elif how == 3:
            del changed[place : place + (length if chance.random() < 0.5 else len(changed))]
        elif how == 4:
            changed[place : place + length] = bytes(length)
        else:
            changed[place:place] = changed[place : place + length]
    return bytes(changed)


def change_text(data: bytes, chance: random.Random) -> bytes:
    """A number, word or line replaced, doubled or taken out; sometimes as bytes."""
    if chance.random() < 0.3:
        return flip_bytes(data, chance)
    text = data.decode()
    how = chance.randrange(4)
    if how == 0:
        lines = text.splitlines(keepends=True)
        place = chance.randrange(len(lines))
        lines[place : place + 1] = chance.choice(([], [lines[place]] * 2, [chance.choice(WORDS) + "\n"]))
        return "".join(lines).encode(errors="surrogatepass")
    found = list(re.finditer(r"[\w.%#@-]+" if how < 3 else r"\W", text))
    each = chance.choice(found)
    return (text[: each.start()] + chance.choice(WORDS) + text[each.end() :]).encode(errors="surrogatepass")


def change_json(content: Any, chance: random.Random) -> Any:
    """A value somewhere inside replaced, taken out, or put in twice."""
    places = list(_places(content))
    if not places:
        return chance.choice(VALUES)
    holder, key = chance.choice(places)
    how = chance.randrange(5)
    if how == 0:
        del holder[key]
    elif how == 1 and isinstance(holder, list):
        holder.append(holder[key])
    elif how == 2 and isinstance(holder[key], int | float):
        holder[key] = holder[key] * chance.choice((-1, 1000, 0.5)) + chance.choice((0, 1, -1))
    else:
        holder[key] = chance.choice(VALUES)
    return content


def _places(content: Any) -> list[tuple[Any, Any]]:
    keys = content if isinstance(content, dict) else range(len(content)) if isinstance(content, list) else ()
    return [(content, key) for key in keys] + [place for key in keys for place in _places(content[key])]


def mutated(kind: Kind, path: Path, chance: random.Random) -> None:
    """Changes the file in place."""
    data = path.read_bytes()
    if kind.mutate == "json" and chance.random() < 0.7:
        path.write_bytes(json.dumps(change_json(json.loads(data), chance)).encode(errors="replace"))
    elif kind.mutate == "sealed":
        content = change_json(json.loads(data), chance)
        content.pop("blake2b", None)
        try:
            write_sealed(path, content)
        except (ValueError, UnicodeError):
            path.write_bytes(flip_bytes(data, chance))
    elif kind.mutate == "state":
        change = flip_bytes if chance.random() < 0.3 else _with_changed_header
        path.write_bytes(change(data, chance))
        content = json.loads(path.with_suffix(".json").read_bytes())
        del content["blake2b"]
        write_sealed(path.with_suffix(".json"), content | {"state": described(path)})
    elif kind.mutate == "header" and chance.random() < 0.7:
        path.write_bytes(_with_changed_header(data, chance))
    elif kind.mutate in ("text", "json"):
        path.write_bytes(change_text(data, chance))
    else:
        path.write_bytes(flip_bytes(data, chance))


def _with_changed_header(data: bytes, chance: random.Random) -> bytes:
    """Safetensors whose header, or the config or state described in it, is changed as JSON."""
    size = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + size])
    if chance.random() < 0.6:
        within = next(iter({"config", "state"} & set(header["__metadata__"])))
        content = change_json(json.loads(header["__metadata__"][within]), chance)
        header["__metadata__"][within] = json.dumps(content)
    else:
        header = change_json(header, chance)
    text = json.dumps(header).encode(errors="replace")
    return len(text).to_bytes(8, "little") + text + data[8 + size :]


def make_film(
    path: Path, codec: str, *, sound: str | None = None, pixel_format: str = "gray", frames: int = 4
) -> None:
    """Some frames, and some sound where the container is to have some."""
    chance = np.random.default_rng(0)
    with av.open(str(path), "w") as film:
        stream = film.add_stream(codec, rate=Fraction(24))
        stream.width, stream.height, stream.pix_fmt = 32, 32, pixel_format
        voice = None if sound is None else film.add_stream(sound, rate=48000, layout="mono")
        film.metadata["title"] = "A film"
        for i in range(frames):
            picture = np.roll(chance.integers(40, 200, (8, 8)).repeat(4, 0).repeat(4, 1), i, 1).astype(np.uint8)
            frame = av.VideoFrame.from_ndarray(picture, format="gray").reformat(format=pixel_format)
            frame.pts, frame.time_base = i, Fraction(1, 24)
            film.mux(stream.encode(frame))
        film.mux(stream.encode(None))
        if voice is not None:
            samples = (np.sin(np.arange(8000) * 0.05) * 9000).astype(np.int16)[None]
            resampler = av.AudioResampler(format=voice.format, layout="mono", rate=48000, frame_size=1024)
            heard = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
            heard.sample_rate, heard.pts = 48000, 0
            for part in resampler.resample(heard):
                film.mux(voice.encode(part))
            film.mux(voice.encode(None))


def picture(mode: str = "RGB") -> Image.Image:
    ramp = np.add.outer(np.arange(32) * 3, np.arange(32) * 4)[..., None] * np.array([1.0, 0.7, 0.4])
    return Image.fromarray(ramp.astype(np.uint8)).convert(mode)


def make_stills(home: Path) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    exif = Image.Exif()
    exif[0x0112] = 6
    picture().save(home / "still.png")
    picture().save(home / "s.png", icc_profile=profile, exif=exif)
    picture("P").save(home / "palette.png", transparency=3)
    picture().save(home / "s.jpg", icc_profile=profile, exif=exif)
    picture("CMYK").save(home / "cmyk.jpg")
    picture().save(home / "s.tif", compression="tiff_lzw", icc_profile=profile)
    picture().save(home / "s.webp", icc_profile=profile, exif=exif)
    picture().save(home / "s.gif")
    picture().save(home / "s.bmp")
    picture().save(home / "s.avif")
    deep = (np.asarray(picture(), np.uint16) * 257)[..., ::-1]
    import cv2

    cv2.imwrite(str(home / "deep.tif"), deep)
    cv2.imwrite(str(home / "deep.png"), deep)
    for ending in ("png", "tif", "jpg", "pgm", "dpx"):
        folder = home / f"seq_{ending}"
        folder.mkdir()
        for i in range(2):
            if ending == "dpx":
                with av.open(str(folder / "f_%d.dpx"), "w", format="image2") as film:
                    stream = film.add_stream("dpx", rate=24)
                    stream.width, stream.height, stream.pix_fmt = 32, 32, "rgb24"
                    for _ in range(2):
                        film.mux(stream.encode(av.VideoFrame.from_image(picture())))
                    film.mux(stream.encode(None))
            else:
                picture("L").save(folder / f"f_{i + 1}.{ending}")


def make_texts(home: Path) -> None:
    (home / "shots.csv").write_text("start,time,frames,exemplars\n0,00:00:00.000,2,still.png\n2,00:00:00.083,2,\n")
    (home / "jobs.csv").write_text(
        "input,output,exemplars,model,working_size,shots,frame_rate,track\n"
        "film.mkv,one.mkv,still.png@0,flow,16,none,,no\nfilm.mkv,two.mkv,s.jpg@00:00:00.1,flow,16,shots.csv,,no\n"
    )
    run_lengths = {"size": [32, 32], "counts": [100, 24, 900]}
    polygon = [[1.0, 1.0, 20.5, 1.0, 20.0, 20.0]]
    masks = {
        "images": [
            {"id": 1, "file_name": "frame_000000.png", "height": 32, "width": 32}, {"id": 2, "file_name": "1.png"},
        ],
        "annotations": [
            {"image_id": 1, "segmentation": polygon, "category_id": 1, "score": 0.5, "track_id": 3},
            {"image_id": 2, "segmentation": run_lengths, "category_id": 2},
            {"image_id": 2, "segmentation": {"size": [32, 32], "counts": "T3h0Tl0"}, "category_id": 2},
        ],
        "categories": [{"id": 1, "name": "dog"}],
    }  # fmt: skip
    (home / "masks.json").write_text(json.dumps(masks, indent=1))
    (home / "confidence.json").write_text('{"0": 0.4, "1": 0.5, "2": 0.9, "3": 1}')
    (home / "key.json").write_text('{"films": {"a": "ours", "b": "theirs"}}')
    (home / "answers.csv").write_text("voter,clip,shown,chosen\nAnn,one,a b,a\nBen,one,a b,b\n")


def make_corpus(home: Path) -> None:
    """All files of the corpus, a project and a track that are done among them."""
    films = {
        "film.mkv": ("ffv1", "flac", "gray"), "h264.mp4": ("libx264", "aac", "yuv420p"),
        "prores.mov": ("prores_ks", "pcm_s16le", "yuv422p10le"), "mpeg4.avi": ("mpeg4", "mp3", "yuv420p"),
        "vp9.webm": ("libvpx-vp9", "libopus", "yuv420p"), "mpeg2.ts": ("mpeg2video", "mp2", "yuv420p"),
        "h264.nut": ("libx264", None, "yuv420p"), "raw.y4m": ("wrapped_avframe", None, "yuv420p"),
    }  # fmt: skip
    for name, (codec, sound, pixel_format) in films.items():
        make_film(home / name, codec, sound=sound, pixel_format=pixel_format)
    for name in LONG:
        codec, sound, pixel_format = films[name.partition(" ")[2]]
        make_film(home / name, codec, sound=sound, pixel_format=pixel_format, frames=120)
    make_stills(home)
    make_texts(home)
    shutil.copy(lite.WEIGHTS, home / "w.safetensors")
    torch.save({"a.weight": torch.zeros(4, 4)}, home / "w.pth")
    options = {"model": "flow", "working_size": 16, "codec": "ffv1"}
    kills.new_project(home / "film.mkv", [home / "still.png"], folder=home / "p", options=options)
    for words in (["project", "run", "p", "-q"], ["colorize", "film.mkv", *COLOR, "--shots", "shots.csv"]):
        code, said, _ = run(words, home)
        if code:
            sys.exit(f"{words} ends with {code}: {said}")
    run(["colorize", "film.mkv", *COLOR[:-1], "-o", "auto.mkv"], home)
    make_film(home / "take.mkv", "ffv1", frames=9)
    for name, more in TAKES.items():
        with patch.object(ShotWriter, "commit", lambda *_, **__: os._exit(9)):  # a kill behind the last span's state
            run(["colorize", "take.mkv", *COLOR, "-o", f"{name}.mkv", "--shots", "none", *more], home)
        (home / f"{name}.name").write_text(sorted((home / f"{name}.mkv.kctrack" / "shots").glob("*.state"))[-1].name)
    for chunk in (home / "out.mkv.kctrack" / "shots").iterdir():  # a name that does not depend on the version
        if chunk.name.startswith("000000"):
            (home / f"chunk{chunk.suffix}.name").write_text(chunk.name)


def kinds(home: Path) -> list[Kind]:
    """All kinds; the parts of a track by their names in this corpus."""
    film = [["colorize", "{}", *ALONE]]
    still = [["colorize", "film.mkv", "-e", "{}@0", "-o", "out.mkv", *OPTIONS, "--no-track", "--shots", "none"]]
    project = [["project", "run", "p", "-q"], ["project", "status", "p"], ["check", "p"]]
    again = [["colorize", "film.mkv", *COLOR, "--shots", "shots.csv"]]
    track = [*again, ["render", "out.mkv.kctrack", "-o", "r.mkv", "-q"], ["check", "out.mkv.kctrack"]]
    surveyed = [["colorize", "film.mkv", *COLOR, "-o", "auto.mkv"]]
    chunk, notes = ((home / f"chunk{ending}.name").read_text() for ending in (".mkv", ".json"))
    found = [
        *[Kind(name.partition(".")[2] + " film", name, film, share) for name, share in (
            ("film.mkv", 400), ("h264.mp4", 400), ("prores.mov", 150), ("mpeg4.avi", 200), ("vp9.webm", 200),
            ("mpeg2.ts", 200), ("h264.nut", 120), ("raw.y4m", 130))],
        *[Kind(name.replace(".", " "), name, film, 120) for name in LONG],
        Kind("y4m pipe", "raw.y4m", [["colorize", "-", *ALONE]], 200, pipe=True),
        *[Kind(f"{name} still", name, still, share) for name, share in (
            ("s.png", 220), ("palette.png", 60), ("deep.png", 80), ("s.jpg", 220), ("cmyk.jpg", 60), ("s.tif", 150),
            ("deep.tif", 80), ("s.webp", 70), ("s.gif", 60), ("s.bmp", 60), ("s.avif", 60))],
        *[Kind(f"{end} frame", f"seq_{end}/f_2.{end}", [["colorize", f"seq_{end}", *ALONE]], share)
          for end, share in (("png", 130), ("tif", 130), ("jpg", 110), ("pgm", 40), ("dpx", 50))],
        Kind("shots.csv", "shots.csv", again, 120, "text"),
        Kind("manifest", "jobs.csv", [["batch", "--manifest", "jobs.csv", "-q"]], 150, "text", seconds=90),
        Kind("project.toml", "p/project.toml", project, 170, "text"),
        Kind("project shots.csv", "p/shots.csv", project, 60, "text"),
        Kind("exemplars.csv", "p/exemplars.csv", project, 90, "text"),
        Kind("state.json", "p/state.json", project, 60, "json"),
        Kind("masks.json", "masks.json", [["colorize", "film.mkv", "-e", "still.png@0", "-o", "out.mkv", "--model",
             "spatiotemporal", *OPTIONS[2:], "--no-track", "--shots", "none", "--masks", "masks.json"]], 120, "json"),
        Kind("track.json", "out.mkv.kctrack/track.json", track, 60, "json"),
        Kind("track.json, sealed", "out.mkv.kctrack/track.json", track, 120, "sealed"),
        Kind("notes", f"out.mkv.kctrack/shots/{notes}", track, 50, "json"),
        Kind("notes, sealed", f"out.mkv.kctrack/shots/{notes}", [*track, [*again[0], "--report", "r.html"]], 100,
             "sealed"),
        Kind("chunk", f"out.mkv.kctrack/shots/{chunk}", track, 90),
        Kind("survey.json", "auto.mkv.kctrack/survey.json", surveyed, 40, "json"),
        Kind("survey.json, sealed", "auto.mkv.kctrack/survey.json", surveyed, 80, "sealed"),
        Kind("running.json", "out.mkv.kctrack/running.json", again, 30, "json"),
        Kind("safetensors", "w.safetensors", [["colorize", "film.mkv", *ALONE, "--model", "colormnet-lite",
             "--weights", "w.safetensors"]], 90, "header"),
        *[Kind(f"state, {name[5:]}", f"{name}.mkv.kctrack/shots/{(home / f'{name}.name').read_text()}",
               [["colorize", "take.mkv", *COLOR, "-o", f"{name}.mkv", "--shots", "none", *more]], share, "state")
          for (name, more), share in zip(TAKES.items(), (90, 60), strict=True)],
        Kind("pth", "w.pth", [["colorize", "film.mkv", *ALONE, "--model", "colormnet", "--weights", "w.pth"]], 50),
        Kind("confidence.json", "confidence.json", [["suggest", "film.mkv", "--track", "confidence.json"]], 60,
             "json"),
        Kind("ballot key", "key.json", [["ballot", "count", "key.json", "answers.csv"]], 60, "json"),
        Kind("ballot answers", "answers.csv", [["ballot", "count", "key.json", "answers.csv"]], 60, "text"),
    ]  # fmt: skip
    running = home / "out.mkv.kctrack" / "running.json"
    running.write_text('{"process": 1, "host": "x", "partial": ".o.0123abcd.partial"}')
    return found


def run(
    words: list[str], work: Path, pipe: Path | None = None, *, seconds: int = LIMIT_SECONDS
) -> tuple[int | None, str, int]:
    """Exit code (None: no end in time; below 0: a signal), what it said, and its peak in MiB."""
    said = work.parent / "said"
    process = os.fork()
    if not process:
        try:
            child(words, work, said, pipe)
        finally:
            os._exit(70)
    begun = moved = time.monotonic()
    used = 0.0
    while True:
        done, status, usage = os.wait4(process, os.WNOHANG)
        if done:
            break
        now = time.monotonic()
        if now - begun > seconds:  # slow, or a machine that is busy: does it use CPU, and how much?
            before, used = used, cpu_seconds(process)
            moved = now if used - before > STILL_SECONDS else moved
            if used > seconds or now - moved > seconds:
                os.kill(process, signal.SIGKILL)
                os.wait4(process, 0)
                return None, said.read_text(errors="replace"), 0
        time.sleep(0.003 if now - begun < seconds else 1)
    return os.waitstatus_to_exitcode(status), said.read_text(errors="replace"), usage.ru_maxrss // 1024


def cpu_seconds(process: int) -> float:
    """CPU that a process and those it has started have used: what a busy machine does not add to."""
    fields: dict[int, list[str]] = {}
    for place in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # ended meanwhile
            fields[int(place.parent.name)] = place.read_text().rpartition(")")[2].split()
    own, more = {process}, True
    while more:
        more = {each for each, found in fields.items() if int(found[1]) in own} - own
        own |= more
    return sum(sum(map(int, fields[each][11:15])) for each in own if each in fields) / os.sysconf("SC_CLK_TCK")


def child(words: list[str], work: Path, said: Path, pipe: Path | None) -> None:
    code = 0
    torch.set_num_threads(1)
    os.chdir(work)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.dup2(os.open(pipe or os.devnull, os.O_RDONLY), 0)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.dup2(os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 2)
    sys.stdin, sys.stderr = (
        io.TextIOWrapper(io.BufferedReader(io.FileIO(0))),
        io.TextIOWrapper(io.FileIO(2, "w"), line_buffering=True),
    )
    sys.argv = ["kinemacolor", *words]
    try:
        command()
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    gc.collect()
    gc.collect()
    sys.stderr.flush()
    os._exit(code)


def fault(code: int | None, said: str, peak: int) -> str | None:
    """The fault of an outcome; None where there is none."""
    if code is None:
        return "no end in time"
    if code < 0:
        return f"ended by {signal.Signals(-code).name}"
    last = (said.strip().splitlines() or [""])[-1]
    if "Traceback" in said:
        return f"traceback: {last[:150]}"
    if "should not have happened" in said:
        return f"not foreseen: {last[:150]}"
    if code not in range(5):
        return f"code {code}: {last[:150]}"
    if code == 1:
        odd = [line for line in said.splitlines() if not line.startswith(("Error: ", "Warning: "))]
        if odd or sum(line.startswith("Error: ") for line in said.splitlines()) != 1:
            return f"not one line: {said[:200]!r}"
    return f"{peak} MiB" if peak > LIMIT_MIB else None


def fuzz(kind: Kind, corpus: Path, folder: Path, numbers: range, until: float) -> tuple[Counter[str], list[str], int]:
    """Outcomes by exit code, what was bad, and the highest peak in MiB."""
    work = folder / "work"
    outcomes: Counter[str] = Counter()
    bad, peak = [], 0
    for i in numbers:
        if time.monotonic() > until:
            break
        chance = random.Random(f"{kind.name}{i}")
        shutil.rmtree(work, ignore_errors=True)
        shutil.copytree(corpus, work)
        mutated(kind, work / kind.file, chance)
        words = [word.replace("{}", kind.file) for word in kind.words[i % len(kind.words)]]
        code, said, used = run(words, work, work / kind.file if kind.pipe else None, seconds=kind.seconds)
        peak = max(peak, used)
        why = fault(code, said, used)
        outcomes["bad" if why else str(code)] += 1
        if why:
            bad.append(f"{kind.name} {i}: {' '.join(words[:2])}: {why}")
            kept = Path(tempfile.gettempdir()) / "kinemacolor-fuzz" / f"{kind.name} {i}"
            kept.parent.mkdir(exist_ok=True)
            shutil.copy(work / kind.file, kept)
    return outcomes, bad, peak


def dealt(kind: Kind, mutations: int, total: int) -> int:
    return max(1, round(kind.share * mutations / total))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mutations", nargs="?", type=int, default=5000)
    parser.add_argument("--only", nargs="*", help="kinds by name")
    parser.add_argument("--but", nargs="*", default=[], help="all kinds but these")
    parser.add_argument("--first", type=int, default=0, help="number of the first mutation of each kind")
    parser.add_argument("--seconds", type=float, default=1e9, help="begin nothing after so long")
    given = parser.parse_args()
    kills.import_everything()
    kinemacolor.engine.spans.SPAN_FRAMES = SPAN_FRAMES
    built = typer.main.get_command(app)
    typer.main.get_command = lambda _: built  # made once, and not by each process anew
    until, failed, everything = time.monotonic() + given.seconds, 0, 0
    with tempfile.TemporaryDirectory() as name:
        folder, corpus = Path(name), Path(name) / "corpus"
        corpus.mkdir()
        make_corpus(corpus)
        chosen: list[Kind] = [
            kind for kind in kinds(corpus) if kind.name in (given.only or [kind.name]) and kind.name not in given.but
        ]
        total = sum(kind.share for kind in chosen)
        print("| kind | mutations | done | refused | damaged, said | other | bad | peak MiB |")
        print("|---|--:|--:|--:|--:|--:|--:|--:|", flush=True)
        for kind in chosen:
            numbers = range(given.first, given.first + dealt(kind, given.mutations, total))
            found, bad, peak = fuzz(kind, corpus, folder, numbers, until)
            count = sum(found.values())
            rest = count - found["0"] - found["1"] - found["3"] - found["bad"]
            cells = (kind.name, count, found["0"], found["1"], found["3"], rest, len(bad), peak)
            print("| " + " | ".join(map(str, cells)) + " |", flush=True)
            for line in bad:
                print(f"  {line}", flush=True)
            failed, everything = failed + len(bad), everything + count
        print(f"\n{everything} mutations, {failed} bad.")
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
