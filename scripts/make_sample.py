"""Renders the sample film in ``examples/sample``: photographs in the public domain, cut out and moved.

An astronaut before a launch pad at dusk; a planet in the sky; a cup of coffee that drifts behind her, leaves the
picture, and comes back in front. Layers lie at different depths, so a moving camera shifts them against each other.

    python scripts/make_sample.py [--output FOLDER] [--truth FILE.mkv]

``--truth`` writes the same film in color, lossless, to measure results against. Needs scikit-image. Every run gives
the same pictures; the files' bytes depend on the build of x264.
"""

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from PIL import Image
from skimage import data

HEIGHT, WIDTH = 360, 640
FRAMES, RATE = 120, 24
SOUND_RATE = 48_000
GRAIN_LEVELS = 1.6
SUPERSAMPLING = 2
BLUR_STEPS, SHUTTER = 6, 0.4
LUMA = np.array([0.2126, 0.7152, 0.0722])
CRF = "20"

ASTRONAUT = """28,512 20,455 18,400 25,350 35,310 40,275 58,250 75,235 105,215 113,205 113,188 122,186 124,172 133,158
150,150 175,148 185,150 180,132 172,118 160,105 153,80 155,65 165,48 190,35 200,25 215,17 235,15 255,22 280,35 292,50
298,70 301,90 297,110 285,122 276,136 268,137 266,150 258,168 256,175 275,188 290,205 300,220 304,235 320,243 335,260
345,280 352,300 358,325 362,345 370,347 400,343 430,348 460,365 480,390 492,420 497,450 505,465 510,490 511,512"""
SPOON = "396,68 412,66 424,74 418,100 408,128 398,140"

Array = np.ndarray
Point = tuple[float, float]


@dataclass(frozen=True)
class Cutout:
    """A picture (0..1, color times alpha, and alpha: ``h w 4``) and the point of it that is moved about."""

    rgba: Array
    anchor: Point


def cutout(picture: Array, alpha: Array, anchor: Point) -> Cutout:
    """A soft-edged cut-out whose edge has the color of the nearest pixel inside: no fringe of the old background."""
    inside = (cv2.erode((alpha > 0.98).astype(np.uint8), np.ones((5, 5), np.uint8)) == 0).astype(np.uint8)
    _, labels = cv2.distanceTransformWithLabels(inside, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    colors = np.zeros((labels.max() + 1, 3), np.float32)
    colors[labels[inside == 0]] = picture[inside == 0]
    clean = np.where(inside[..., None] == 0, picture, colors[labels])
    return Cutout(np.dstack((clean * alpha[..., None], alpha)).astype(np.float32), anchor)


def outline(points: str, shape: tuple[int, int]) -> Array:
    """A polygon ``x,y x,y ...`` as a mask of 0 and 1."""
    corners = np.array([[float(n) for n in point.split(",")] for point in points.split()])
    mask = np.zeros(shape, np.uint8)
    cv2.fillPoly(mask, [np.rint(corners).astype(np.int32)], 1)
    return mask


def soft(mask: Array, sigma_px: float = 0.9) -> Array:
    """A mask with its corners rounded and a soft edge, 0..1; the picture's own border counts as inside."""
    padded = cv2.copyMakeBorder(mask.astype(np.float32), 8, 8, 8, 8, cv2.BORDER_REPLICATE)
    smooth = (cv2.GaussianBlur(padded, (0, 0), 2.0) > 0.5).astype(np.float32)
    return np.clip(cv2.GaussianBlur(smooth, (0, 0), sigma_px)[8:-8, 8:-8] * 1.15 - 0.15, 0, 1)


def astronaut() -> Cutout:
    """The astronaut without the studio: a hand-drawn outline, set right by GrabCut within a few pixels of it."""
    photo = data.astronaut()
    rough = outline(ASTRONAUT, photo.shape[:2])
    band = np.ones((9, 9), np.uint8)
    labels = np.where(rough > 0, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    labels[cv2.erode(rough, band, borderValue=1) > 0] = cv2.GC_FGD
    labels[cv2.dilate(rough, band) == 0] = cv2.GC_BGD
    cv2.setRNGSeed(0)
    cv2.grabCut(photo, labels, None, np.zeros((1, 65)), np.zeros((1, 65)), 4, cv2.GC_INIT_WITH_MASK)
    found = np.isin(labels, (cv2.GC_FGD, cv2.GC_PR_FGD))
    return cutout(photo / 255.0 * 0.92, soft(found), (260.0, 512.0))


def cup() -> Cutout:
    """The cup, its saucer and its spoon without the table; brightened, or the sky would swallow the gray saucer."""
    photo = data.coffee()
    mask = outline(SPOON, photo.shape[:2])
    cv2.ellipse(mask, (278, 223), (199, 165), 2, 0, 360, 1, -1)
    cv2.ellipse(mask, (291, 112), (116, 93), 3, 0, 360, 1, -1)
    return cutout((photo / 255.0) ** 0.55, soft(mask), (285.0, 210.0))


def planet() -> Cutout:
    """A red planet: the photograph of a retina, lit from the left."""
    photo = cv2.resize(data.retina(), (400, 400), interpolation=cv2.INTER_AREA) / 255.0
    y, x = (np.mgrid[:400, :400] - 199.5) / 178
    distance = np.hypot(x, y)
    depth = np.sqrt(np.clip(1 - distance**2, 0, 1))
    light = np.clip(-0.62 * x - 0.3 * y + 0.72 * depth, 0, 1)[..., None]
    return cutout(photo * (0.12 + 1.05 * light), np.clip((1 - distance) * 60, 0, 1), (199.5, 199.5))


def pad() -> Cutout:
    """The launch pad, opaque."""
    photo = (data.rocket() / 255.0) ** 0.95
    return Cutout(np.dstack((photo, np.ones(photo.shape[:2]))).astype(np.float32), (320.0, 213.0))


def drop(canvas: Array, layer: Cutout, at: Point, scale: float, degrees: float = 0.0) -> None:
    """Lays the cut-out over the canvas, its anchor ``at`` (x, y) in pixels of the film."""
    turn = cv2.getRotationMatrix2D(layer.anchor, degrees, scale * SUPERSAMPLING)
    turn[:, 2] += np.array(at) * SUPERSAMPLING - np.array(layer.anchor)
    size = canvas.shape[1], canvas.shape[0]
    edge = cv2.BORDER_CONSTANT
    moved = cv2.warpAffine(layer.rgba, turn, size, flags=cv2.INTER_LINEAR, borderMode=edge)
    canvas *= 1 - moved[..., 3:]
    canvas += moved[..., :3]


def ease(t: float) -> float:
    """From 0 to 1 and softly at both ends."""
    t = min(1.0, max(0.0, t))
    return t * t * (3 - 2 * t)


class Stage:
    """The layers and where each is at a time from 0 (first frame) to 1 (last)."""

    def __init__(self) -> None:
        self.pad, self.planet, self.astronaut, self.cup = pad(), planet(), astronaut(), cup()

    def picture(self, t: float) -> Array:
        """The scene at one moment, 0..1."""
        canvas = np.zeros((HEIGHT * SUPERSAMPLING, WIDTH * SUPERSAMPLING, 3), np.float32)
        # a slow pan to the right and half back, from the hand
        pan = 150 * ease(t / 0.7) - 70 * ease((t - 0.65) / 0.35) + 2.0 * np.sin(19 * t)
        tilt = 10 * np.sin(2.6 * t) + 1.5 * np.sin(23 * t + 1)
        zoom = 1 + 0.10 * ease(t)

        def seen(x: float, y: float, nearness: float) -> Point:
            size = 1 + (zoom - 1) * nearness
            return WIDTH / 2 + (x - nearness * pan) * size, HEIGHT / 2 + (y - nearness * tilt) * size

        drop(canvas, self.pad, seen(25, -30, 0.35), 1.13 * (1 + (zoom - 1) * 0.35))
        drop(canvas, self.planet, seen(82 + 8 * t, -112 - 8 * t, 0.15), 0.21, 25 * t)
        behind = t < 0.45
        if behind:
            self._cup(canvas, seen, t)
        sway = 1.6 * np.sin(9 * t)
        drop(canvas, self.astronaut, seen(-70 + 25 * t, 190 + 3 * np.sin(14 * t), 1.0), 0.64 * zoom, sway)
        if not behind:
            self._cup(canvas, seen, t)
        return canvas

    def _cup(self, canvas: Array, seen: Callable[[float, float, float], Point], t: float) -> None:
        if t < 0.45:  # from the right, behind her head, out on the left
            x, y, scale = 195 - 1250 * t * (0.4 + t), 40 - 190 * t + 18 * np.sin(8 * t), 0.33
        else:  # back in from the left, in front of her and larger
            u = (t - 0.45) / 0.55
            x, y, scale = -420 + 620 * u, 50 - 50 * np.sin(2.2 * u), 0.38 + 0.08 * u
        drop(canvas, self.cup, seen(x, y, 1.15), scale, -12 + 70 * t)


def frames() -> Iterator[tuple[Array, Array]]:
    """Each frame in color without grain, and its grain; code values 0..255 as floats."""
    stage = Stage()
    rng = np.random.default_rng(1902)
    size = WIDTH, HEIGHT
    for index in range(FRAMES):
        moments = (index + SHUTTER * (np.arange(BLUR_STEPS) / BLUR_STEPS)) / (FRAMES - 1)
        picture = np.mean([stage.picture(float(t)) for t in moments], axis=0)
        small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
        grain = cv2.GaussianBlur(rng.normal(0, 1, (HEIGHT, WIDTH)).astype(np.float32), (0, 0), 0.7)
        yield np.clip(small, 0, 1) * 255, grain / grain.std() * GRAIN_LEVELS


def sound() -> Array:
    """A low hum and slow bells, as long as the film: 16-bit mono."""
    seconds = np.arange(FRAMES * SOUND_RATE // RATE) / SOUND_RATE
    length = FRAMES / RATE
    mix = 0.10 * np.sin(2 * np.pi * 55 * seconds) * (1 + 0.3 * np.sin(2 * np.pi * 0.4 * seconds))
    mix += 0.05 * np.sin(2 * np.pi * 82.4 * seconds)
    for beat, pitch in enumerate((440.0, 554.4, 659.3, 554.4, 880.0, 659.3, 740.0, 440.0)):
        after = seconds - beat * length / 8
        bell = np.where(after > 0, np.exp(-2.2 * np.maximum(after, 0)) * np.minimum(1, np.maximum(after, 0) * 200), 0)
        mix += 0.16 * bell * (np.sin(2 * np.pi * pitch * after) + 0.3 * np.sin(2 * np.pi * 2.76 * pitch * after))
    fade = np.minimum(1, np.minimum(seconds / 0.2, (length - seconds) / 0.4))
    return np.rint(np.clip(mix * fade, -1, 1) * 32767).astype(np.int16)


def gray_frame(levels: Array, index: int) -> av.VideoFrame:
    """A frame of limited-range luma (BT.709) from Y' 0..255, with neutral chroma."""
    frame = av.VideoFrame(WIDTH, HEIGHT, "yuv420p")
    luma = np.rint(16 + np.clip(levels, 0, 255) * 219 / 255).astype(np.uint8)
    neutral = np.full((HEIGHT // 2, WIDTH // 2), 128, np.uint8)
    for plane, values in zip(frame.planes, (luma, neutral, neutral)):
        np.frombuffer(plane, np.uint8).reshape(plane.height, -1)[:, : plane.width] = values
    frame.pts, frame.time_base = index, Fraction(1, RATE)
    frame.colorspace, frame.color_range = 1, 1
    return frame


def add_sound(film: av.container.OutputContainer, stream: av.AudioStream) -> None:
    """Encodes the sound."""
    samples = sound()
    size = stream.codec_context.frame_size or 1024
    for start in range(0, len(samples), size):
        part = av.AudioFrame.from_ndarray(samples[None, start : start + size], format="s16", layout="mono")
        part.sample_rate, part.pts, part.time_base = SOUND_RATE, start, Fraction(1, SOUND_RATE)
        film.mux(stream.encode(part))
    film.mux(stream.encode(None))


def render(folder: Path, truth: Path | None) -> None:
    """Writes ``bw.mp4`` and ``ref_000000.png``, and the film in color where it is wanted."""
    folder.mkdir(parents=True, exist_ok=True)
    color = av.open(str(truth), "w") if truth else None
    color_stream = color.add_stream("ffv1", rate=RATE) if color else None
    if color_stream is not None:
        color_stream.width, color_stream.height, color_stream.pix_fmt = WIDTH, HEIGHT, "bgr0"
    with av.open(str(folder / "bw.mp4"), "w", options={"movflags": "+faststart"}) as film:
        stream = film.add_stream("libx264", rate=RATE)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        # one thread: the same file from every run
        stream.codec_context.options = {"crf": CRF, "preset": "veryslow", "threads": "1"}
        stream.codec_context.colorspace, stream.codec_context.color_range = 1, 1
        stream.codec_context.color_primaries, stream.codec_context.color_trc = 1, 1
        voice = film.add_stream("aac", rate=SOUND_RATE, layout="mono")
        voice.codec_context.bit_rate = 64_000
        for index, (picture, grain) in enumerate(frames()):
            grainy = np.clip(picture + grain[..., None], 0, 255)
            film.mux(stream.encode(gray_frame(grainy @ LUMA, index)))
            if index == 0:
                still = Image.fromarray(np.rint(picture).astype(np.uint8))
                still.save(folder / "ref_000000.png", optimize=True)
            if color is not None and color_stream is not None:
                frame = av.VideoFrame.from_ndarray(np.rint(grainy).astype(np.uint8), format="rgb24")
                frame.pts, frame.time_base = index, Fraction(1, RATE)
                color.mux(color_stream.encode(frame))
        film.mux(stream.encode(None))
        add_sound(film, voice)
    if color is not None and color_stream is not None:
        color.mux(color_stream.encode(None))
        color.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Render the sample film.")
    parser.add_argument("--output", type=Path, default=Path(__file__).parents[1] / "examples" / "sample")
    parser.add_argument("--truth", type=Path, help="also write the film in color, lossless (mkv)")
    arguments = parser.parse_args()
    render(arguments.output, arguments.truth)
