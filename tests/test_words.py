"""What README and docs show is true: blocks run, command lines and names in the text exist, links lead somewhere.

A block of shell runs as it stands, in a folder where the films, stills and folders that it names lie. Lines that
cannot run here are listed with the reason; they are read by the command's own parser all the same.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import typer
from PIL import Image

from kinemacolor import colorize_video
from kinemacolor.cli import app
from kinemacolor.io.pictures import read_picture
from kinemacolor.models.cards import list_models
from kinemacolor.resize import resize
from kinemacolor.training.recipes import RECIPES

ROOT = Path(__file__).parents[1]
PAGES = [
    *(ROOT / f"{name}.md" for name in ("README", "CONTRIBUTING", "SECURITY")),
    *sorted((ROOT / "docs").rglob("*.md")),
]

NOT_RUN = {
    "scripts/try": "installs",
    "scripts/test": "installs, and would run this test",
    "pip install": "installs",
    "scripts/install": "installs",
    "kinemacolor batch jobs.csv --ray ": "needs Ray; tests/engine/cluster has it where that is",
    "kinemacolor project run reel.kinemacolor --ray ": "needs Ray",
    "export RAY_": "needs Ray",
    "ray ": "needs Ray",
    "sbatch ": "needs Slurm",
    "docker ": "needs a Kubernetes",
    "kubectl ": "needs a Kubernetes",
    "kinemacolor web": "serves until it is interrupted",
    ".venv/bin/kinemacolor web": "serves until it is interrupted",
    "OMP_NUM_THREADS=1 MKL_NUM_THREADS=1 ": "needs data that is not in the repository, and 20 hours",
    "python scripts/ship_weights.py": "replaces the weights in the package",
    "kinemacolor colorize reel.mp4 -e first.png@0 -e last.png@239": "its weights cannot be shipped",
    "kinemacolor colorize reel.mp4 -e still.png -o out.mp4 --model deep-exemplar ": "its weights cannot be shipped",
    "kinemacolor colorize reel.mp4 -e still.png@0 -o out.mp4 --model colormnet ": "its weights cannot be shipped",
}
"""How lines begin that are read and not run, and why."""

SHORTER = {
    "kinemacolor train": "--steps 1 --batch 1 --held-out 0 --short-side 64",
    "kinemacolor colorize examples/sample/bw.mp4": "--end 2",
}
"""What is added to lines that would take hours, or a minute."""

NO_OPTIONS_OF_OURS = {"--no-deps", "--slow", "--gpu"}
"""Options of other programs."""


def blocks(language: str) -> Iterator[tuple[str, str]]:
    """The name and the text of each block of a language."""
    for page in PAGES:
        found = re.findall(r"^```(\w*)\n(.*?)^```$", page.read_text(), re.DOTALL | re.MULTILINE)
        for number, block in enumerate(block for name, block in found if name == language):
            yield f"{page.relative_to(ROOT)}-{number}", block


def lines_of(block: str) -> list[str]:
    """The commands of a block of shell, without comments."""
    joined = re.sub(r"\\\n\s*", "", block)
    return [line for each in joined.splitlines() if (line := re.sub(r"(^|\s)# .*", "", each).strip())]


SHELL = list(blocks("sh"))
LINES = list(dict.fromkeys(line for _, block in SHELL for line in lines_of(block)))
OURS = [line for line in LINES if line.startswith("kinemacolor ")]


def reason_not_to_run(line: str) -> str | None:
    return next((why for beginning, why in NOT_RUN.items() if line.startswith(beginning)), None)


def command_of(words: Sequence[str]) -> tuple[Any, list[str]]:
    """The command that a line names (a group of commands has ``commands``), and what is left of the line."""
    command, left = typer.main.get_command(app), list(words)
    while left and left[0] in getattr(command, "commands", {}):
        command = command.commands[left.pop(0)]
    return command, left


def options_of(command: Any) -> set[str]:
    return {"--help", *(name for each in command.params for name in (*each.opts, *each.secondary_opts))}


def every_option() -> set[str]:
    """The options of all commands."""
    waiting, found = [typer.main.get_command(app)], set()
    while waiting:
        command = waiting.pop()
        waiting += getattr(command, "commands", {}).values()
        found |= options_of(command)
    return found


@pytest.mark.parametrize("line", OURS)
def test_command_lines_are_understood(line: str) -> None:
    command, left = command_of(shlex.split(line)[1:])
    assert not hasattr(command, "commands"), f"{line}: there is no such command"
    given = command.make_context("kinemacolor", left).params
    known = {card.name for card in list_models()}
    models = {each.partition(":")[0] for each in (given.get("model") or "").split(",")}
    assert models - {""} <= known
    if "recipe" in given:
        assert given["recipe"] in RECIPES


def test_command_lines_within_the_text_are_understood() -> None:
    for page in PAGES:
        text = re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.DOTALL | re.MULTILINE)
        for line in re.findall(r"`kinemacolor ([^`]*)`", text):
            command, left = command_of(shlex.split(line))
            assert not hasattr(command, "commands") or not left, f"{page.name}: {line}"
            assert {word for word in left if word.startswith("-")} <= options_of(command), f"{page.name}: {line}"


def test_options_within_the_text_exist() -> None:
    known = every_option() | NO_OPTIONS_OF_OURS
    for page in PAGES:
        for option in re.findall(r"`(--[a-z0-9-]+)", page.read_text()):
            assert option in known, f"{page.name}: {option}"


def test_models_within_the_text_exist() -> None:
    known = {card.name for card in list_models()}
    for page in PAGES:
        for names in re.findall(r"--model ([a-z][a-z0-9,-]*)", page.read_text()):
            assert set(names.split(",")) <= known, f"{page.name}: {names}"


def test_links_between_pages_lead_somewhere() -> None:
    for page in (*PAGES, *(ROOT / "benchmarks").rglob("*.md")):
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name} -> {target}"


def test_files_that_commands_name_are_there() -> None:
    for line in LINES:
        for path in re.findall(r"(?:^|\s)((?:scripts|benchmarks|examples)/\S+)", line):
            assert (ROOT / path).exists(), line


def test_what_scripts_try_runs_is_understood() -> None:
    (line,) = (each for each in lines_of((ROOT / "scripts" / "try").read_text()) if "bin/kinemacolor" in each)
    command, left = command_of(shlex.split(line.replace('"$@"', ""))[1:])
    given = command.make_context("kinemacolor", left).params
    assert (ROOT / given["source"]).exists()
    assert all((ROOT / still).exists() for still in given["exemplars"])


def test_reasons_not_to_run_a_line_are_needed() -> None:
    for beginning in NOT_RUN:
        assert any(line.startswith(beginning) for line in LINES), beginning


FRAMES, RATE, SIZE = 16, 24, (90, 160)


def pan(frames: int = FRAMES) -> Iterator[np.ndarray]:
    """A camera that moves over the sample's still: frames in color, ``h w 3``."""
    picture, _ = read_picture(ROOT / "examples" / "sample" / "ref_000000.png")
    small = resize(picture.float(), (SIZE[0] + 10, SIZE[1] + 2 * FRAMES)).round().byte()
    for left in range(frames):
        yield small[:, 5 : 5 + SIZE[0], 2 * left : 2 * left + SIZE[1]].permute(1, 2, 0).numpy()


def write_film(path: Path, *, gray: bool, frames: int = FRAMES) -> None:
    with av.open(str(path), "w") as film:
        stream = film.add_stream("libx264", rate=RATE)
        stream.width, stream.height, stream.pix_fmt = SIZE[1], SIZE[0], "yuv420p"
        for number, picture in enumerate(pan(frames)):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(format="gray" if gray else "rgb24")
            frame.pts, frame.time_base = number, Fraction(1, RATE)
            film.mux(stream.encode(frame))
        film.mux(stream.encode(None))


def write_stills(folder: Path) -> None:
    """Everything that blocks take for a picture."""
    pictures = list(pan())
    for place in ("stills", "scribbles", "photographs", "photos", "masks"):
        (folder / place).mkdir()
    for number in (0, 12):
        Image.fromarray(pictures[number]).save(folder / "stills" / f"ref_{number:06d}.png")
        shutil.copy(folder / "stills" / f"ref_{number:06d}.png", folder / "photographs" / f"place_{number}a.png")
    Image.fromarray(pictures[0]).save(folder / "still.png")
    strokes = np.zeros((*SIZE, 4), np.uint8)
    strokes[40:44, 60:90] = (150, 60, 40, 255)
    Image.fromarray(strokes).save(folder / "scribbles" / "ref_000008.png")
    Image.fromarray(strokes).save(folder / "strokes.png")
    Image.fromarray(pictures[8]).convert("L").save(folder / "frame.png")
    for number in range(8):
        large = Image.fromarray(pictures[2 * number]).resize((320, 180))
        large.save(folder / "photos" / f"photo_{number}a.jpg")
    objects = np.zeros(SIZE, np.uint8)
    objects[30:70, 40:100] = 1
    for number in range(FRAMES):
        Image.fromarray(objects).save(folder / "masks" / f"{number:05d}.png")


def write_dataset(root: Path, *, frames: int = 12) -> None:
    """A data set as DAVIS is laid out, of one clip."""
    clip = root / "JPEGImages" / "480p" / "camel"
    masks = root / "Annotations" / "480p" / "camel"
    for folder in (clip, masks, root / "ImageSets" / "2017"):
        folder.mkdir(parents=True)
    (root / "ImageSets" / "2017" / "val.txt").write_text("camel\n")
    objects = np.zeros(SIZE, np.uint8)
    objects[30:70, 40:100] = 1
    for number, picture in enumerate(pan(frames)):
        Image.fromarray(picture).save(clip / f"{number:05d}.jpg", quality=95)
        Image.fromarray(objects).save(masks / f"{number:05d}.png")


@pytest.fixture(scope="session")
def material(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with all that blocks of shell name: films, stills, clips, a data set, a track, votes."""
    folder = tmp_path_factory.mktemp("material")
    shutil.copytree(ROOT / "examples" / "sample", folder / "examples" / "sample")
    write_film(folder / "reel.mp4", gray=True)
    for name in ("reel.mkv", "reel.mov"):
        write_film(folder / name, gray=True)
    for name in ("ours.mp4", "theirs.mp4", "truth.mp4", "a.mp4", "b.mp4", "original.mp4"):
        write_film(folder / name, gray=False, frames=6)
    write_stills(folder)
    for place in ("reels", "clips", "CLIPS", "train_clips", "films/ours", "films/theirs", "study", "stills/reel1"):
        (folder / place).mkdir(parents=True, exist_ok=True)
    for name in ("reel1.mov", "reel2.mov", "reels/reel1.mov", "reels/reel2.mov"):
        write_film(folder / name, gray=True)
    for name in ("clips/pan.mkv", "CLIPS/pan.mkv", "train_clips/pan.mkv"):
        write_film(folder / name, gray=False, frames=12)
    for name in ("films/ours/pan.mp4", "films/theirs/pan.mp4"):
        write_film(folder / name, gray=False, frames=12)
    for name in ("reel1/ref_000004.png", "a.png", "b.png"):
        shutil.copy(folder / "still.png", folder / "stills" / name)
    shutil.copytree(folder / "photos", folder / "train_photos")
    for place in ("clips", "photos", "train_clips", "train_photos"):
        names = [path.name for path in (folder / place).iterdir()]
        text = "".join(f"{name},permissive\n" for name in names)
        (folder / place / "SOURCES.csv").write_text(f"file,license_class\n{text}")
    write_dataset(folder / "ROOT")
    (folder / "study" / "key.json").write_text(json.dumps({"films": {"aa": "ours", "bb": "theirs"}}))
    (folder / "answers-1.csv").write_text("voter,clip,shown,chosen\nann,pan,aa bb,bb\n")
    (manifest,) = (block for _, block in blocks("") if block.startswith("input,output"))
    (folder / "jobs.csv").write_text(manifest)
    (folder / "color").mkdir()
    colorize_video(
        folder / "reel.mov", folder / "reel.color.mp4", [folder / "still.png"], model="flow", track=True, end=6
    )
    (folder / "reel.color.mp4").unlink()
    return folder


def outputs_of(line: str) -> Iterator[str]:
    """What a command line says that it writes."""
    words = shlex.split(line)
    for option, value in pairwise(words):
        if option in ("-o", "--output", "--out"):
            yield value


@pytest.mark.process
@pytest.mark.parametrize("block", [pytest.param(block, id=name) for name, block in SHELL])
def test_shell_blocks_run(block: str, material: Path, tmp_path: Path) -> None:
    lines = [line for line in lines_of(block) if reason_not_to_run(line) is None]
    if not lines:
        reasons = {reason_not_to_run(line) for line in lines_of(block)}
        pytest.skip(f"cannot run here: {'; '.join(map(str, reasons))}")
    folder = tmp_path / "work"
    shutil.copytree(material, folder)
    if any(line.startswith("kinemacolor ballot make") for line in lines):
        shutil.rmtree(folder / "study")  # lies there for the block that counts, and is not overwritten
    script = "\n".join(f"{line} {added_to(line)}" for line in lines)
    done = subprocess.run(
        ["sh", "-e", "-c", script], cwd=folder, env=environment(tmp_path), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for line in lines:
        for output in outputs_of(line):
            assert (folder / output).exists(), line


def added_to(line: str) -> str:
    return next((more for beginning, more in SHORTER.items() if line.startswith(beginning)), "")


def environment(folder: Path) -> dict[str, str]:
    """The installed commands on the path, and a cache of its own."""
    installed = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PATH": installed, "KINEMACOLOR_CACHE": str(folder / "cache"), "OMP_NUM_THREADS": "1"}


@pytest.mark.process
@pytest.mark.parametrize("block", [pytest.param(block, id=name) for name, block in blocks("python")])
def test_python_blocks_run(block: str, tmp_path: Path) -> None:
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    done = subprocess.run([sys.executable, "-c", block], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
