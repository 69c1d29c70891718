"""The pictures and the film of the documentation, made of the repository's sample.

    python scripts/make_pictures.py /tmp/pictures

runs the models on the sample (some ten minutes on two cores), keeps what they make in the folder, and writes to
``docs/pictures``. What is in the folder already is not made again.
"""

import argparse
import subprocess
import sys
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from kinemacolor.engine.track import ChromaTrack
from kinemacolor.engine.track.header import read_header

ROOT = Path(__file__).parents[1]
SAMPLE, PICTURES = ROOT / "examples" / "sample", ROOT / "docs" / "pictures"
FILM, STILL = SAMPLE / "bw.mp4", SAMPLE / "ref_000000.png"
MODELS = ("flow", "matching", "deep-exemplar-lite", "spatiotemporal", "colormnet-lite")
CRF, QUALITY = "31", 80
LATE, EXPLAINED, OF_MODELS = 100, 60, 110

Array = np.ndarray


def made(folder: Path) -> None:
    """The films by every model, and what ``explain`` draws, in the folder."""
    command = [sys.executable, "-m", "kinemacolor"]
    still = ["-e", str(STILL)]
    for model in MODELS:
        if not (folder / f"{model}.mkv").exists():
            out = ["-o", str(folder / f"{model}.mkv"), "--codec", "ffv1", "--model", model]
            subprocess.run([*command, "colorize", str(FILM), *still, *out], check=True)
    if not (folder / "why").exists():
        where = ["--frame", str(EXPLAINED), "-o", str(folder / "why")]
        subprocess.run([*command, "explain", str(FILM), *still, *where], check=True)


def frames_of(path: Path) -> Iterator[Array]:
    """The frames of a film as RGB, ``h w 3``."""
    with av.open(str(path)) as film:
        for frame in film.decode(video=0):
            yield frame.to_ndarray(format="rgb24")


def frame_of(path: Path, index: int) -> Array:
    """One frame of a film."""
    return next(frame for number, frame in enumerate(frames_of(path)) if number == index)


def truth_of(index: int) -> Array:
    """A frame of the sample in its true colors, without grain."""
    sys.path.insert(0, str(ROOT / "scripts"))
    import make_sample as made

    stage, steps = made.Stage(), np.arange(made.BLUR_STEPS) / made.BLUR_STEPS
    moments = (index + made.SHUTTER * steps) / (made.FRAMES - 1)
    picture = np.mean([stage.picture(float(moment)) for moment in moments], axis=0)
    small = Image.fromarray(np.rint(np.clip(picture, 0, 1) * 255).astype(np.uint8))
    return np.asarray(small.resize((made.WIDTH, made.HEIGHT), Image.Resampling.BOX))


def write_film(folder: Path) -> None:
    """Fifteen seconds: the sample in gray, with a line that moves from gray to color, and in color."""
    gray, colored = list(frames_of(FILM)), list(frames_of(folder / "colormnet-lite.mkv"))
    height, width = gray[0].shape[:2]
    with av.open(str(PICTURES / "film.mp4"), "w", options={"movflags": "+faststart"}) as film:
        stream = film.add_stream("libx264", rate=24)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.codec_context.options = {"crf": CRF, "preset": "veryslow", "threads": "1", "x264-params": "keyint=240"}
        count = len(gray)
        for number in range(3 * count):
            part, index = divmod(number, count)
            share = 0.0 if part == 0 else 1.0 if part == 2 else 0.5 - 0.5 * np.cos(np.pi * index / (count - 1))
            edge = round(width * share)
            picture = np.concatenate((colored[index][:, :edge], gray[index][:, edge:]), axis=1)
            if 0 < edge < width:
                picture[:, max(0, edge - 1) : edge + 1] = 255
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, 24)
            film.mux(stream.encode(frame))
        film.mux(stream.encode(None))
    half = np.concatenate((colored[LATE][:, : width // 2], gray[LATE][:, width // 2 :]), axis=1)
    half[:, width // 2 - 1 : width // 2 + 1] = 255
    save(half, "film.jpg")


def confidence_of(folder: Path, index: int) -> Array:
    """How sure the default model was of a frame, 0..1, ``h w``."""
    place = folder / "colormnet-lite.mkv.kctrack"
    header = read_header(place)
    with ChromaTrack(place) as track:
        only = header.shots[0]
        answer = next(each for number, each in enumerate(track.read(only.shot, only.key)) if number == index)
    assert answer.confidence is not None
    return answer.confidence[0].numpy()


def row(pictures: list[Array], labels: list[str], width_px: int) -> Array:
    """Pictures beside each other, with their names below."""
    height_px = round(pictures[0].shape[0] * width_px / pictures[0].shape[1])
    sheet = Image.new("RGB", (len(pictures) * (width_px + 4) - 4, height_px + 20), "white")
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(13)
    for number, (picture, label) in enumerate(zip(pictures, labels)):
        small = Image.fromarray(picture).resize((width_px, height_px), Image.Resampling.LANCZOS)
        sheet.paste(small, (number * (width_px + 4), 0))
        draw.text((number * (width_px + 4) + 2, height_px + 2), label, fill="black", font=font)
    return np.asarray(sheet)


def save(picture: Array, name: str) -> None:
    """Writes a picture of the documentation."""
    Image.fromarray(picture).save(PICTURES / name, quality=QUALITY, optimize=True)


def write_pictures(folder: Path) -> None:
    """The pictures."""
    colored = folder / "colormnet-lite.mkv"
    gray = frame_of(FILM, LATE)
    sure = Image.fromarray((confidence_of(folder, LATE) * 255).astype(np.uint8))
    veil = np.asarray(sure.resize(gray.shape[1::-1], Image.Resampling.BILINEAR).convert("RGB"))
    save(
        row([gray, frame_of(colored, LATE), veil], ["source", "in color", "confidence: white is sure"], 320),
        "confidence.jpg",
    )
    Image.open(folder / "why" / "matches.png").convert("RGB").save(PICTURES / "matches.jpg", quality=QUALITY)
    films = [FILM, *(folder / f"{model}.mkv" for model in MODELS)]
    pictures = [*(frame_of(film, OF_MODELS) for film in films), truth_of(OF_MODELS)]
    names = ["source", *MODELS, "truth"]
    first, second = row(pictures[:4], names[:4], 300), row(pictures[4:], names[4:], 300)
    second = np.concatenate(
        (second, np.full((second.shape[0], first.shape[1] - second.shape[1], 3), 255, np.uint8)), 1
    )
    save(np.concatenate((first, second)), "models.jpg")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Make the pictures of the documentation.")
    parser.add_argument("folder", type=Path, help="where films are kept meanwhile")
    chosen = parser.parse_args().folder
    chosen.mkdir(parents=True, exist_ok=True)
    made(chosen)
    write_film(chosen)
    write_pictures(chosen)
