"""Stills of other films: how far a model is misled by a still that shows another scene.

    python benchmarks/wrong_stills.py pairs FOLDER... --step 3 --output wrong
    kinemacolor evaluate --data wrong/clips --exemplars wrong/exemplars.json --frames 25 --figures psnr_ab -o report
    python benchmarks/wrong_stills.py gains report

``pairs`` takes the films in each FOLDER by name, one of each folder by turns, and gives each the first frame of the
``--step``-th after it, around the end. ``gains`` prints what each row of the report is over its row "gray", in dB of
a* and b*: by clip, the mean and the worst. Below 0 a gray film would have been nearer the truth.

The pairs of benchmarks/results are those of ``val_clips`` with ``--step 3``, and those of ``val_clips_256p`` and a
folder of the clips in val_leaving.txt with ``--step 5``; any films in color will do.
"""

import argparse
import json
import statistics
from collections.abc import Sequence
from itertools import chain, zip_longest
from pathlib import Path

from kinemacolor import color
from kinemacolor.io import open_reader
from kinemacolor.io.sheets import image_of
from val_leaving import clips_of

GRAY, FIGURE = "gray", "psnr_ab"


def by_turns(folders: Sequence[Path]) -> list[Path]:
    """The films of all folders, one of each by turns."""
    rows = zip_longest(*(clips_of([folder]) for folder in folders))
    return [clip for clip in chain.from_iterable(rows) if clip is not None]


def pairs(clips: Sequence[Path], step: int, output: Path) -> dict[str, str]:
    """Links to the clips, the first frame of each as a PNG, and by clip the still of another; all in ``output``.

    Raises ``SystemExit`` where ``output`` is there already, two clips have one name or each would get its own still.
    """
    if output.exists():
        raise SystemExit(f"{output} is there already. Give another folder.")
    if len({clip.stem for clip in clips}) < len(clips):
        raise SystemExit("Two of the clips have the same name. Rename one of them.")
    if not clips or step % len(clips) == 0:
        raise SystemExit(
            f"Of {len(clips)} clips the {step}th after a clip is no other. Give more clips or another --step."
        )
    for folder in ("clips", "stills"):
        (output / folder).mkdir(parents=True)
    stills = []
    for clip in clips:
        (output / "clips" / clip.name).symlink_to(clip.resolve())
        still = output.resolve() / "stills" / f"{clip.stem}.png"
        with open_reader(clip) as film:
            frame = next(iter(film))
        assert frame.planes is not None
        image_of(color.to_8_bits(color.rgb_of_planes(frame.planes))).save(still)
        stills.append(str(still))
    given = {clip.stem: stills[(number + step) % len(clips)] for number, clip in enumerate(clips)}
    (output / "exemplars.json").write_text(json.dumps(given, indent=1) + "\n", encoding="utf-8")
    return given


def gains(report: Path) -> dict[str, dict[str, float]]:
    """By row and clip, dB over gray. Raises ``SystemExit`` where the report has no row of gray films."""
    found: dict[str, dict[str, float]] = {}
    for score in json.loads((report / "report.json").read_text(encoding="utf-8"))["scores"]:
        if FIGURE in score["figures"]:
            found.setdefault(score["row"], {})[score["clip"]] = score["figures"][FIGURE]["whole"]
    if GRAY not in found:
        raise SystemExit(f"{report} has no {FIGURE} of gray films. Evaluate without --no-sanity.")
    gray = found.pop(GRAY)
    return {row: {clip: value - gray[clip] for clip, value in clips.items()} for row, clips in found.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    make = commands.add_parser("pairs")
    make.add_argument("folders", nargs="+", type=Path)
    make.add_argument("--step", type=int, default=3)
    make.add_argument("--output", type=Path, required=True)
    tell = commands.add_parser("gains")
    tell.add_argument("report", type=Path)
    given = parser.parse_args()
    if given.command == "pairs":
        for clip, still in pairs(by_turns(given.folders), given.step, given.output).items():
            print(f"{clip} gets {Path(still).stem}")
        return
    for row, clips in gains(given.report).items():
        each = ", ".join(f"{clip} {gain:+.2f}" for clip, gain in clips.items())
        print(f"{row}: mean {statistics.fmean(clips.values()):+.3f}, worst {min(clips.values()):+.2f}; {each}")


if __name__ == "__main__":
    main()
