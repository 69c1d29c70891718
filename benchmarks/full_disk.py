"""Colors onto disks that are too small, then makes room: one line, the old file intact, and the same command goes on?

    python benchmarks/full_disk.py [--only NAME ...] [--sizes KB ...]        needs root, to mount a tmpfs

On a tmpfs of 4 to 900 kB lie the output, an old one of that name, its chroma track, report and strip, or a project.
A run must end with 0, or with 1, one line that begins with "Error:", and the old output as it was. Then the disk gets
more room, and the same command must complete, with the film of a disk that had room from the start, and leave nothing
unfinished. Prints a table; exits with 1 where anything is wrong.
"""

import argparse
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import av
import numpy as np
from PIL import Image

import kill_points as kills

SIZES_KB = [4, 8, 12, 16, 20, 24, 32, 40, 48, 64, 80, 96, 128, 160, 192, 256, 320, 400, 500, 600, 700, 800, 900]
ROOM = "16m"
INPUT = ["../film.mkv", "-e", "../ref_000000.png"]
OPTIONS = ["--model", "flow", "--working-size", "96", "--shots", "../cuts.csv", "--quiet", "--overwrite"]


def make_film(path: Path) -> None:
    """Three scenes of eight noisy frames: about 200 kB without loss."""
    chance = np.random.default_rng(0)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=24)
        stream.width, stream.height, stream.pix_fmt = 128, 96, "gray"
        for i in range(24):
            texture = chance.integers(20 + 60 * (i // 8), 90 + 60 * (i // 8), (96, 128)).astype(np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(texture, format="gray")))
        container.mux(stream.encode(None))
    ramp = np.add.outer(np.arange(96), np.arange(128))[..., None] * np.array([1.0, 0.7, 0.4])
    Image.fromarray(ramp.astype(np.uint8)).save(path.parent / "ref_000000.png")
    (path.parent / "cuts.csv").write_text("start\n0\n8\n16\n")


def an_old(name: str) -> Callable[[Path], None]:
    def make(disk: Path) -> None:
        (disk / name).parent.mkdir(exist_ok=True)
        (disk / name).write_bytes(b"old")

    return make


def a_project(disk: Path) -> None:
    options = {"model": "flow", "working_size": 96, "codec": "ffv1"}
    film, still = disk.parent / "film.mkv", disk.parent / "ref_000000.png"
    kills.new_project(film, [still], folder=disk / "p", options=options)
    (disk / "p" / "film.color.mkv").write_bytes(b"old")


def scenario(name: str, output: str, *more: str, make: Callable[[Path], None] | None = None) -> kills.Scenario:
    words = ["colorize", *INPUT, "-o", output, *more]
    return kills.Scenario(name, words, lambda disk: kept(disk, output), make or an_old(output), more=OPTIONS)


def kept(disk: Path, output: str) -> object:
    """The output: bytes that are no film as they are, frames of a film, pictures of a folder."""
    if "%" in output:
        return kills.pictures_in(disk / "out")
    path = disk / output
    data = path.read_bytes() if path.exists() else b""
    return data if data == b"old" else kills.frames_of(path)


SCENARIOS = [
    scenario("film and track", "out.mkv", "--codec", "ffv1"),
    scenario("film alone", "out.mp4", "--no-track"),
    scenario("film, report, strip", "out.mp4", "--no-track", "--report", "r.html", "--strip", "s.png"),
    scenario("pictures and track", "out/f_%03d.png", make=an_old("out/f_000.png")),
    kills.Scenario(
        "project", ["project", "run", "p"], lambda disk: kept(disk, "p/film.color.mkv"), a_project, more=["-q"]
    ),
]


def verdicts(scenario: kills.Scenario, disk: Path, new: object) -> Iterator[str]:
    """The faults of a run on a disk as it is, and of the same command after the disk has got room."""
    old = scenario.look(disk)
    code, _ = kills.run(scenario, disk)
    words = (disk.parent / "words").read_text()
    seen = scenario.look(disk)
    if code not in (0, 1):
        yield f"ENDS WITH {code}: {words.strip()}"
    if code == 1 and [line[:7] for line in words.splitlines() if "Warning" not in line] != ["Error: "]:
        yield f"NOT ONE LINE: {words!r}"
    if code == 1 and "should not have happened" in words:
        yield f"NOT FORESEEN: {words!r}"
    if seen != new and not (code == 1 and seen == old):
        yield "NEITHER OLD NOR NEW"
    left = [path.name for path in disk.rglob("*") if ".partial" in path.name]
    if left:
        yield f"LEFT BEHIND {left}"
    subprocess.run(["mount", "-o", f"remount,size={ROOM}", str(disk)], check=True)
    again, _ = kills.run(scenario, disk)
    if again:
        yield f"AGAIN ENDS WITH {again}: {(disk.parent / 'words').read_text().strip()}"
    if scenario.look(disk) != new:
        yield "AGAIN GIVES ANOTHER FILM"
    if [path.name for path in disk.rglob("*") if ".partial" in path.name]:
        yield "LEFT BEHIND AFTER ALL"
    if code == 0:
        yield "fits"


def tried(scenario: kills.Scenario, folder: Path, size: str, new: object) -> list[str]:
    """The faults on a disk of a size, mounted for it."""
    disk = folder / "disk"
    disk.mkdir(exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(disk)], check=True)
    try:
        try:
            scenario.there(disk)
        except Exception as error:  # not even the old output fits
            return [f"skipped: {type(error).__name__}"]
        return list(verdicts(scenario, disk, new))
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def right_film(scenario: kills.Scenario, folder: Path) -> object:
    plain = folder / "plain"
    plain.mkdir()
    scenario.there(plain)
    code, _ = kills.run(scenario, plain)
    if code:
        sys.exit(f"{scenario.name}: {(folder / 'words').read_text()}")
    return scenario.look(plain)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="*", help="scenarios by name")
    parser.add_argument("--sizes", nargs="*", type=int, default=SIZES_KB)
    given = parser.parse_args()
    kills.import_everything()
    bad = 0
    print("| on the disk | sizes | one line, old intact, goes on | fits | wrong |\n|---|--:|--:|--:|--:|", flush=True)
    for scenario in SCENARIOS:
        if given.only and scenario.name not in given.only:
            continue
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            make_film(folder / "film.mkv")
            new, found = right_film(scenario, folder), Counter[str]()
            for size in given.sizes:
                wrong = tried(scenario, folder, f"{size}k", new)
                if wrong and wrong[0].startswith("skipped"):
                    continue
                found["sizes"] += 1
                found["fits" if wrong == ["fits"] else "wrong" if wrong else "right"] += 1
                if wrong not in ([], ["fits"]):
                    print(f"  {scenario.name}, {size} kB: {'; '.join(wrong)}", flush=True)
        bad += found["wrong"]
        print(
            f"| {scenario.name} | {found['sizes']} | {found['right']} | {found['fits']} | {found['wrong']} |",
            flush=True,
        )
    sys.exit(bool(bad))


if __name__ == "__main__":
    main()
