"""Hashes of what the commands make of a few hard little films, to hold a change of the code's inside against.

Run it before and after a change that is meant to change no output, on one machine with one build of torch, and
compare what it prints::

    python benchmarks/golden_film.py > before.txt
    python benchmarks/golden_film.py > after.txt
    diff before.txt after.txt

The films are made here: 8 bits with two cuts and sound, colored from a still inside a shot (both directions), one
with alpha, one of no frame and a point; 10 bits in one shot; numbered pictures. Everything goes through the command
line, so the hashes cover reading, planning, model, track, writing and rendering.
"""

import hashlib
import subprocess
import sys
import tempfile
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from PIL import Image

HEIGHT, WIDTH, RATE = 120, 176, 25
SHOTS = (14, 12, 16)


def scene(seed: int, frames: int) -> np.ndarray:
    """A moving picture in color, ``(frames, height, width, 3)`` uint8: blobs over a texture that slides."""
    random = np.random.default_rng(seed)
    base = random.integers(40, 200, (HEIGHT // 8 + 12, WIDTH // 8 + 12, 3)).astype(np.uint8)
    large = np.asarray(Image.fromarray(base).resize((WIDTH + 96, HEIGHT + 96), Image.Resampling.BICUBIC))
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    made = []
    for t in range(frames):
        picture = large[t : t + HEIGHT, 2 * t : 2 * t + WIDTH].copy()
        inside = (rows - 60 - t) ** 2 + (columns - 40 - 3 * t) ** 2 < 24**2
        picture[inside] = (picture[inside] // 4 + np.array([150, 30 + 20 * seed, 40])).clip(0, 255)
        made.append(picture)
    return np.stack(made)


def write_film(path: Path, colors: np.ndarray, pixel_format: str, *, sound: bool) -> None:
    """A black-and-white film of these pictures, lossless, with a tone if asked."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=RATE)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, pixel_format
        tone = container.add_stream("pcm_s16le", rate=48000, layout="mono") if sound else None
        for t, picture in enumerate(colors):
            gray = np.repeat(picture.mean(-1, keepdims=True), 3, -1).round().astype(np.uint8)
            frame = av.VideoFrame.from_ndarray(gray, "rgb24").reformat(format=pixel_format)
            frame.pts, frame.time_base = t, Fraction(1, RATE)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        if tone is not None:
            wave = (8000 * np.sin(np.arange(len(colors) * 48000 // RATE) / 20)).astype(np.int16)[None]
            samples = av.AudioFrame.from_ndarray(wave, "s16", "mono")
            samples.sample_rate, samples.pts = 48000, 0
            container.mux(tone.encode(samples))
            container.mux(tone.encode(None))


def digest_of(path: Path) -> str:
    """The hash of every plane, time stamp and sound packet of a film, or of a folder's pictures."""
    digest = hashlib.blake2b(digest_size=12)
    if path.is_dir():
        for picture in sorted(path.iterdir()):
            digest.update(picture.name.encode() + np.asarray(Image.open(picture)).tobytes())
        return digest.hexdigest()
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            digest.update(f"{frame.format.name} {frame.width}x{frame.height} {frame.pts}".encode())
            for plane in frame.planes:
                rows = np.frombuffer(plane, np.uint8).reshape(plane.height, -1)
                digest.update(rows[:, : plane.width * (plane.line_size // plane.width or 1)].tobytes())
    with av.open(str(path)) as container:
        for packet in container.demux([s for s in container.streams if s.type == "audio"]):
            digest.update(bytes(packet))
    return digest.hexdigest()


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        colors = np.concatenate([scene(i, n) for i, n in enumerate(SHOTS)])
        write_film(place / "cuts.mkv", colors, "yuv420p", sound=True)
        write_film(place / "deep.mkv", colors[: SHOTS[0]], "yuv422p10le", sound=False)
        for name, frame in (("ref_000007.png", 7), ("ref_000020.png", 20), ("elsewhere.png", 37)):
            Image.fromarray(colors[frame]).save(place / name)
        partial = np.concatenate([colors[30], np.full((HEIGHT, WIDTH, 1), 255, np.uint8)], -1)
        partial[:, WIDTH // 2 + 3 :, 3] = 0
        Image.fromarray(partial).save(place / "ref_000030.png")
        (place / "pictures").mkdir()
        for t, picture in enumerate(colors[:8]):
            Image.fromarray(picture).convert("L").save(place / "pictures" / f"shot_{t:04d}.png")
        deep = ["colorize", "deep.mkv", "-eref_000007.png"]
        cuts = [
            "colorize",
            "cuts.mkv",
            "-eref_000007.png",
            "-eref_000020.png",
            "-eref_000030.png",
            "-eelsewhere.png@none",
        ]
        plain = ["--codec", "ffv1", "--quiet"]
        point = ["--point", "40,60@16=#3050c0", "--strip", "strip.png"]
        part = ["colorize", "cuts.mkv", "-eref_000020.png", "--start", "15", "--end", "00:00:01.2"]
        runs = {
            "cuts": [*cuts, *point, "-o", "cuts.out.mkv", *plain],
            "cuts again": [*cuts, "-o", "cuts2.out.mkv", *plain, "--no-track"],
            "part": [*part, "-o", "part.out.mkv", *plain, "--model", "matching", "--working-size", "96"],
            "rendered": [
                "render",
                "cuts.out.mkv.kctrack",
                "-o",
                "r.out.mkv",
                "--codec",
                "ffv1",
                "--saturation",
                "0.7",
            ],
            "deep": [*deep, "-o", "deep.out.mkv", *plain],
            "forward": [*deep, "-o", "forward.out.mkv", *plain, "--no-both-ways"],
            "flow h264": [*deep, "-o", "flow.out.mp4", "--quiet", "--model", "flow"],
            "pictures": ["colorize", "pictures", "-eref_000007.png", "-o", "pictures_out", "--quiet"],
            "spatiotemporal": [*deep, "-o", "st.out.mkv", *plain, "--model", "spatiotemporal"],
            "deep-exemplar-lite": [*deep, "-o", "del.out.mkv", *plain, "--model", "deep-exemplar-lite"],
        }
        for name, words in runs.items():
            done = subprocess.run(
                [sys.executable, "-m", "kinemacolor", *words], cwd=place, capture_output=True, text=True, check=False
            )
            output = place / words[words.index("-o") + 1]
            said = digest_of(output) if done.returncode == 0 else f"exit {done.returncode}: {done.stderr.strip()}"
            print(f"{name:20} {said}", flush=True)


if __name__ == "__main__":
    main()
