"""Models on a GPU: frames a second, peak memory, and whether the colors are those of the CPU.

    python benchmarks/gpu.py [--device cuda] [--frames 48] [--weights colormnet=FILE] [--output table.md]

One command where a CUDA device (or ``mps``) is at hand; it needs nothing from elsewhere. Each model colors a moving
texture, at 960x536 and 1920x1080, from its first frame. Speed is that of the network in the device's own precision,
frames in memory, the first four left out. Equality is in 32 bits at half that size, over four frames: the mean and
the largest distance in a*b* to what the CPU finds, and whether the mean is within ``--tolerance``; exits with 1 where
it is not. A model whose weights are not there is named and left out. ``--device cpu`` tries the script itself.
"""

import argparse
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import torch

from kinemacolor import load_model
from kinemacolor.errors import KinemacolorError
from kinemacolor.frames import Chroma, Luma
from kinemacolor.models.base import Reference
from kinemacolor.models.cards import list_models

SIZES = ((536, 960), (1080, 1920))
WARM_UP = CHECKED = 4


def film(size: tuple[int, int], frames: int) -> tuple[Iterator[Luma], Chroma]:
    """A smooth texture that moves by two pixels a frame, and the first frame's a*b*."""
    generator = torch.Generator().manual_seed(0)
    coarse = torch.rand(1, 3, size[0] // 24, size[1] // 24, generator=generator)
    luma, *chroma = torch.nn.functional.interpolate(coarse, size, mode="bicubic")[0].clamp(0, 1)
    return (100 * luma.roll(2 * i, -1)[None] for i in range(frames)), 80 * torch.stack(chroma) - 40


def colored(
    name: str, weights: str, device: str, dtype: torch.dtype | None, size: tuple[int, int], frames: int
) -> Iterator[Chroma]:
    """The frames' a*b*."""
    model = load_model(name, weights=weights, device=device, dtype=dtype)
    lumas, chroma = film(size, frames)
    first = next(iter(film(size, 1)[0]))
    for answer in model.colorize(lumas, [Reference(first, chroma, 0)]):
        yield answer.chroma


def peak_mib(device: str) -> float:
    """The most memory of the device so far; 0 where it does not say."""
    return torch.cuda.max_memory_allocated() / 2**20 if device.startswith("cuda") else 0.0


def speed(name: str, weights: str, device: str, size: tuple[int, int], frames: int) -> tuple[float, float]:
    """Frames a second, and the peak memory in MiB."""
    if device.startswith("cuda"):
        torch.cuda.reset_peak_memory_stats()
    began = 0.0
    for number, chroma in enumerate(colored(name, weights, device, None, size, WARM_UP + frames)):
        float(chroma.flatten()[0])  # waits for the device
        if number == WARM_UP - 1:
            began = time.perf_counter()
    return frames / (time.perf_counter() - began), peak_mib(device)


def apart(name: str, weights: str, device: str, size: tuple[int, int]) -> tuple[float, float]:
    """The mean and the largest distance in a*b* between the device's colors and the CPU's."""
    small = (size[0] // 2, size[1] // 2)
    both = (colored(name, weights, each, torch.float32, small, CHECKED) for each in (device, "cpu"))
    far = torch.stack([(one.cpu() - other.cpu()).square().sum(0).sqrt() for one, other in zip(*both)])
    return float(far.mean()), float(far.max())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--frames", type=int, default=48)
    parser.add_argument("--models", nargs="+", help="these alone")
    parser.add_argument("--weights", action="append", default=[], metavar="MODEL=FILE")
    parser.add_argument("--tolerance", type=float, default=0.1, help="mean distance in a*b* that is the same color")
    parser.add_argument("--output", type=Path)
    given = parser.parse_args()
    if given.device.startswith("cuda") and not torch.cuda.is_available():
        raise SystemExit("There is no CUDA device here. --device cpu tries the script itself.")
    weights = dict(each.split("=", 1) for each in given.weights)
    rows = [
        "| model | size | frames a second | peak MiB | mean distance to the CPU | largest |",
        "|---|---|--:|--:|--:|--:|",
    ]
    same = True
    for name in given.models or [card.name for card in list_models()]:
        file = weights.get(name, "default")
        for size in SIZES:
            try:
                fps, mib = speed(name, file, given.device, size, given.frames)
                mean, most = apart(name, file, given.device, size)
            except KinemacolorError as error:
                print(f"{name} is left out: {error}", file=sys.stderr)
                break
            same = same and mean <= given.tolerance
            rows.append(f"| {name} | {size[1]}x{size[0]} | {fps:.2f} | {mib:.0f} | {mean:.4f} | {most:.3f} |")
            print(rows[-1], flush=True)
    place = torch.cuda.get_device_name() if given.device.startswith("cuda") else given.device
    rows.append(f"\n{place}, torch {torch.__version__}, {given.frames} frames")
    if given.output is not None:
        given.output.write_text("\n".join(rows) + "\n")
    raise SystemExit(0 if same else 1)


if __name__ == "__main__":
    main()
