"""Peak memory of a long film against that of its first frames.

    python benchmarks/memory.py --frames 3000 --first 300 --size 854x480

Colors a film synthesized here with ``colorize_video`` and reads the process's resident set, now and at its peak so
far, when ``--first`` frames are done and at the end. Memory must not grow with the film: ratios belong within 1.05.
"""

import argparse
import resource
import tempfile
from pathlib import Path

import psutil
import torch

from kinemacolor.engine.video import Progress, colorize_video
from kinemacolor.frames import Exemplar
from speed import write_film


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="matching")
    parser.add_argument("--size", default="854x480")
    parser.add_argument("--frames", type=int, default=3000)
    parser.add_argument("--first", type=int, default=300)
    parser.add_argument("--working-size", default="auto")
    arguments = parser.parse_args()
    width, height = map(int, arguments.size.split("x"))
    peaks_mib, now_mib = dict[int, float](), dict[int, float]()

    def note(progress: Progress) -> None:
        if progress.frames_done % arguments.first == 0 or progress.frames_done == arguments.frames:
            peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            peaks_mib[progress.frames_done] = peak_mib
            now_mib[progress.frames_done] = psutil.Process().memory_info().rss / 2**20
            print(
                f"{progress.frames_done} frames, {progress.seconds:.0f} s: "
                f"RSS {now_mib[progress.frames_done]:.0f} MiB, peak {peak_mib:.0f} MiB",
                flush=True,
            )

    with tempfile.TemporaryDirectory() as folder:
        film = Path(folder) / "film.mp4"
        (still,) = write_film(film, height, width, arguments.frames)
        exemplar = Exemplar(torch.from_numpy(still).permute(2, 0, 1), 0)
        result = colorize_video(
            film,
            film.with_suffix(".color.mp4"),
            [exemplar],
            model=arguments.model,
            working_size=arguments.working_size,
            progress=note,
        )
    print(f"{arguments.model} at {arguments.size}: {result.frames / result.seconds:.2f} fps")
    for what, mib in (("peak RSS", peaks_mib), ("RSS", now_mib)):
        first, last = mib[arguments.first], mib[arguments.frames]
        print(f"{what} after {arguments.first} frames {first:.0f} MiB, after {arguments.frames} {last:.0f} MiB")
        print(f"ratio {last / first:.3f}")


if __name__ == "__main__":
    main()
