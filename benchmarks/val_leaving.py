"""Which long shots leave their first frame behind: what share of a clip's last third no place of it answers.

    python benchmarks/val_leaving.py CLIPS... [--frames 79] [--every 3]

CLIPS are films or folders of them; those with fewer frames are left out. Clips are read at a short side of 256, and
places compared at stride 4 (flow of DIS "medium", keys at stride 8: kinemacolor.evaluation.reach). The eight that
were chosen by this measure stand in val_leaving.txt; nothing may learn from them (kinemacolor train --exclude).
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import torch
from torch import Tensor

from kinemacolor import color
from kinemacolor.evaluation.by_reach import MULTIPLE, SHORT_SIDE_PX, STRIDE, ClipReach
from kinemacolor.evaluation.reach import Reach, is_colorful
from kinemacolor.io import open_reader
from kinemacolor.layers.place_features import PlaceEncoder
from kinemacolor.resize import fit, in_steps, resize

MOST_FRAMES = 100


def labs_of(clip: Path, short_side_px: int = SHORT_SIDE_PX) -> Iterator[Tensor]:
    """The frames in CIELAB at the working size."""
    with open_reader(clip) as film:
        for frame in islice(film, MOST_FRAMES):
            assert frame.planes is not None
            rgb = color.rgb_of_planes(frame.planes)
            yield color.lab_of(resize(rgb, in_steps(fit((rgb.shape[-2], rgb.shape[-1]), short_side_px), MULTIPLE)))


@dataclass(frozen=True, slots=True)
class Seen:
    """A frame with the reach of its places, at stride 4; ``lab`` is at the working size."""

    number: int
    lab: Tensor
    small: Tensor
    reach: Tensor


def reaches(labs: list[Tensor], encoder: PlaceEncoder, every: int) -> Iterator[Seen]:
    """Every so many frames of a clip, with what its first frame answers."""
    clip = ClipReach(encoder)
    clip.begin(labs[0])
    for number, lab in enumerate(labs[1:], 1):
        clip.follow(lab)
        if number % every == 0:
            small = resize(lab, (lab.shape[-2] // STRIDE, lab.shape[-1] // STRIDE))
            yield Seen(number, lab, small, clip.reach())


def clips_of(paths: list[Path]) -> list[Path]:
    """The films among these paths and in these folders."""
    return [clip for path in paths for clip in (sorted(path.rglob("*.mp4")) if path.is_dir() else [path])]


@torch.no_grad()
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clips", type=Path, nargs="+")
    parser.add_argument("--frames", type=int, default=79, help="the fewest that a clip must have")
    parser.add_argument("--every", type=int, default=3, help="frames")
    given = parser.parse_args()
    torch.set_num_threads(1)
    encoder = PlaceEncoder().eval()
    print("| clip | frames | (a) tracked | (b) alike | (c) out of reach | of the colorful: (c) | chroma in (c) |")
    print("|---|--:|--:|--:|--:|--:|--:|")
    for clip in clips_of(given.clips):
        labs = list(labs_of(clip))
        if len(labs) < given.frames:
            continue
        late = [seen for seen in reaches(labs, encoder, given.every) if seen.number >= 2 * len(labs) / 3]
        reach = torch.stack([seen.reach for seen in late])
        colorful = torch.stack([is_colorful(seen.small[1:]) for seen in late])
        chroma = torch.stack([seen.small[1:].square().sum(0).sqrt() for seen in late])
        shares = [float((reach == each).float().mean()) for each in Reach]
        lost = reach == Reach.OUT_OF_REACH
        of_colorful = float((lost & colorful).sum() / colorful.sum().clamp_min(1))
        cells = [*(f"{100 * share:.0f} %" for share in (*shares, of_colorful)), f"{float(chroma[lost].mean()):.1f}"]
        print(f"| {clip.stem} | {len(labs)} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
