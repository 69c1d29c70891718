"""What suggested frames are worth against evenly spaced and random ones.

    python benchmarks/suggest.py VAL_CLIPS_FOLDER VAL_CLIPS_256P_FOLDER --output suggest.json

Three films are cut together from color clips, 240x160, some scenes returning; `suggest` sees them as gray films and
knows no cut. Each choice of k frames is colored in true colors and given to ``matching`` at 160, shot by shot,
both ways from a choice inside a shot unless ``--forward``.
The figure is the mean PSNR (RGB) over every fourth frame that is not itself an exemplar; random is the mean of five
draws. Choices are multiples of four, for all three alike.
"""

import argparse
import json
import random
import statistics
import tempfile
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import torch

from kinemacolor import color
from kinemacolor.engine.exemplars.applied import WithExemplars
from kinemacolor.evaluation.provenance import provenance
from kinemacolor.frames import RGB, Shot
from kinemacolor.metrics.psnr import psnr
from kinemacolor.models import matching
from kinemacolor.models.base import Colorizer, Reference
from kinemacolor.suggest.choose import suggest_among
from kinemacolor.suggest.film import look_through, samples_of

SIZE, STEP, COUNTS, SEEDS = (160, 240), 4, (1, 2, 4, 8), range(5)
FILMS: dict[str, list[tuple[str, int, int]]] = {
    "one": [
        ("bedroom", 0, 50),
        ("cows", 0, 60),
        ("studio_woman", 0, 24),
        ("bedroom", 50, 100),
        ("motocross-jump", 0, 40),
        ("schoolgirls", 0, 30),
        ("studio_woman", 60, 100),
    ],
    "two": [
        ("camel", 0, 60),
        ("cooking", 0, 30),
        ("horsejump-high", 0, 50),
        ("cooking", 50, 100),
        ("scooter-black", 0, 43),
        ("schoolgirls", 40, 80),
        ("camel", 40, 60),
    ],
    "three": [
        ("davis_dog", 0, 60),
        ("davis_judo", 0, 34),
        ("p2v_pigs", 0, 95),
        ("davis_drift-chicane", 0, 52),
        ("p2v_goldfish", 0, 20),
        ("davis_dog", 30, 60),
        ("davis_paragliding-launch", 0, 80),
    ],
}


def clip(path: Path, start: int, stop: int) -> Iterator[np.ndarray]:
    """Its frames from ``start`` to before ``stop``, RGB (h, w, 3) at ``SIZE``, cropped to that aspect."""
    with av.open(str(path)) as film:
        for number, frame in enumerate(film.decode(video=0)):
            if start <= number < stop:
                scale = max(SIZE[0] / frame.height, SIZE[1] / frame.width)
                width, height = round(frame.width * scale), round(frame.height * scale)
                picture = frame.reformat(width, height, "rgb24", interpolation="AREA").to_ndarray()
                top, left = (height - SIZE[0]) // 2, (width - SIZE[1]) // 2
                yield picture[top : top + SIZE[0], left : left + SIZE[1]].copy()


def write_gray(path: Path, pictures: list[np.ndarray]) -> None:
    with av.open(str(path), "w") as film:
        stream = film.add_stream("ffv1", rate=Fraction(24))
        stream.height, stream.width, stream.pix_fmt = *SIZE, "gray"
        for picture in pictures:
            film.mux(stream.encode(av.VideoFrame.from_ndarray(picture, "rgb24").reformat(format="gray")))
        film.mux(stream.encode(None))


def worth(truth: list[RGB], shots: list[Shot], chosen: list[int], model: Colorizer) -> float:
    """The mean PSNR of the film's other frames, colored from the chosen ones."""
    found = []
    stills = {number: color.split(truth[number]) for number in sorted(chosen)}
    for shot in shots:
        frames = [n for n in range(shot.start, shot.stop) if n % STEP == 0]
        references = [Reference(*still, frames.index(n) if n in frames else None) for n, still in stills.items()]
        lumas = [color.split(truth[n])[0] for n in frames]
        for number, luma, answer in zip(frames, lumas, model.colorize(lumas, references)):
            if number not in stills:
                found.append(psnr(color.combine(luma, answer.chroma), truth[number]))
    return statistics.mean(found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--forward", action="store_true", help="color towards the end of a shot only")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    matcher, rows = matching.load(), list[dict[str, object]]()
    assert matcher.encoder is not None
    model = WithExemplars(matcher, bidirectional=not arguments.forward)
    for name, scenes in FILMS.items():
        paths = {scene: next(p for f in arguments.folders for p in f.glob(f"{scene}.mp4")) for scene, _, _ in scenes}
        pictures = [picture for scene, start, stop in scenes for picture in clip(paths[scene], start, stop)]
        truth = [torch.from_numpy(picture).permute(2, 0, 1).contiguous() for picture in pictures]
        with tempfile.TemporaryDirectory() as folder:
            film = Path(folder) / "gray.mkv"
            write_gray(film, pictures)
            shots, glances = look_through(film)
        samples = samples_of(shots, glances, 320)
        suggested = suggest_among(samples, shots, max(COUNTS), matcher.encoder)
        print(name, len(truth), "frames; shots begin at", [shot.start for shot in shots])
        every = range(0, len(truth), STEP)
        for count in COUNTS:
            choices = [each.frame for each in suggested[:count]]
            evenly = [every[int((i + 0.5) * len(every) / count)] for i in range(count)]
            drawn = [random.Random(seed).sample(every, count) for seed in SEEDS]
            row = {
                "film": name,
                "count": count,
                "frames": choices,
                "covered": suggested[count - 1].covered,
                "suggest": worth(truth, shots, choices, model),
                "evenly": worth(truth, shots, evenly, model),
                "random": [worth(truth, shots, each, model) for each in drawn],
            }
            print(json.dumps(row), flush=True)
            rows.append(row)
            arguments.output.write_text(json.dumps({"rows": rows, "provenance": provenance()}, indent=1))


if __name__ == "__main__":
    main()
