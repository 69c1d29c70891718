"""What the benchmarks of the page share: the server as a process, a browser, projects of any length, and figures."""

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import psutil
import torch

from kinemacolor.engine.analysis.shot_list import ListedShot, write_shots
from kinemacolor.engine.project.files import Project, write_settings, write_stills
from kinemacolor.engine.track import ChromaTrack
from kinemacolor.engine.track.chunk import ChunkNotes
from kinemacolor.frames import Shot
from kinemacolor.io import Film
from kinemacolor.models.base import Answer
from kinemacolor.studio.places import CACHE
from kinemacolor.studio.tasks.films import facts_of

RATE = 24
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--no-first-run", "--enable-precise-memory-info",
]  # fmt: skip


def chromium() -> str:
    """The browser that is installed."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is None:
        raise SystemExit("There is no chromium: apt-get install chromium.")
    return found


@contextmanager
def browser(**about: Any) -> Iterator[Any]:
    """A page in a browser."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as started:
        opened = started.chromium.launch(executable_path=chromium(), headless=True, args=FLAGS)
        page = opened.new_page(viewport={"width": 1280, "height": 720}, **about)
        page.set_default_timeout(180_000)
        yield page
        opened.close()


@dataclass
class Server:
    """``kinemacolor web`` as a process."""

    home: Path
    options: tuple[str, ...] = ()
    address: str = ""
    began: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        command = [sys.executable, "-m", "kinemacolor", "web", str(self.home), "--no-open", "--port", "0"]
        self.process = subprocess.Popen([*command, *self.options], stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.address = self.process.stdout.readline().split()[-1]
        if not self.address.startswith("http"):
            raise SystemExit("The server did not start.")

    def processes(self) -> dict[str, psutil.Process]:
        """The server and its helpers by their names."""
        found = {"server": psutil.Process(self.process.pid)}
        helpers = [each for each in found["server"].children() if "spawn_main" in " ".join(each.cmdline())]
        for name, each in zip(("look", "color"), sorted(helpers, key=lambda each: each.create_time())):
            found[name] = each
        return found

    def cpu_seconds(self) -> float:
        """What server and helpers have used."""
        times = [each.cpu_times() for each in self.processes().values()]
        return sum(each.user + each.system for each in times)

    def close(self) -> None:
        """Ends it as Ctrl+C does."""
        self.process.terminate()
        self.process.wait(20)


def write_film(path: Path, shots: int, shot_frames: int, size: tuple[int, int]) -> None:
    """A gray film of so many scenes; every frame is a little different from the one before."""
    height, width = size
    with av.open(str(path), "w") as film:
        stream = film.add_stream("libx264", rate=RATE, options={"preset": "ultrafast", "crf": "26", "g": "48"})
        stream.height, stream.width, stream.pix_fmt = height, width, "yuv420p"
        for number in range(shots):
            random = np.random.default_rng(number)
            coarse = random.integers(20, 220, (height // 16 + 2, width // 16 + 10)).astype(np.uint8)
            world = coarse.repeat(16, 0).repeat(16, 1)
            for i in range(shot_frames):
                left = i % 128
                plane = np.ascontiguousarray(world[:height, left : left + width])
                frame = av.VideoFrame(width, height, "yuv420p")
                for each, content in zip(frame.planes, (plane, None, None)):
                    room = np.frombuffer(memoryview(each), np.uint8).reshape(each.height, -1)
                    room[:, : each.width] = 128 if content is None else content
                film.mux(stream.encode(frame))
        film.mux(stream.encode(None))


def make_project(
    home: Path, name: str, *, shots: int, shot_frames: int, size: tuple[int, int], colored: float = 0.0
) -> None:
    """A project in a work folder as the page would have made it, without looking through the film.

    ``colored`` of its shots have colors in the track, under keys of their own.
    """
    folder, film = home / f"{name}.kinemacolor", home / "films" / name / f"{name}.mp4"
    film.parent.mkdir(parents=True, exist_ok=True)
    (folder / CACHE).mkdir(parents=True)
    write_film(film, shots, shot_frames, size)
    project = Project(folder, film, folder / f"{name}.color.mp4", {"model": "flow"})
    listed = [ListedShot(Shot(n * shot_frames, (n + 1) * shot_frames)) for n in range(shots)]
    write_shots(project.shots, listed, Fraction(RATE))
    write_stills(project, [])
    write_settings(project)
    facts = facts_of(Film.open(film).info, shots * shot_frames)
    (folder / CACHE / "facts.json").write_text(json.dumps(facts))
    if colored:
        _color(folder, listed, round(colored * shots), shot_frames)


def _color(folder: Path, listed: list[ListedShot], count: int, shot_frames: int) -> None:
    """Colors that nobody has computed, and a plan that says so."""
    from kinemacolor.studio.film import StudioFilm

    film = StudioFilm(folder.name, folder)
    rows = [(each.shot.start, each.shot.stop, ["still.png"], f"{n:032x}") for n, each in enumerate(listed)]
    random = np.random.default_rng(0)
    chroma = torch.zeros(2, 8, 8)
    with ChromaTrack(folder / "track") as track:
        for start, stop, _, key in rows[:count]:
            sure = [round(float(value), 3) for value in random.uniform(0.3, 0.95, stop - start)]
            writer = track.writer(Shot(start, stop), key)
            for _ in range(shot_frames):
                writer.add(Answer(chroma))
            writer.commit(ChunkNotes(frames=stop - start, seconds=1.0, confidence=sure))
    film.take_plan(film.edits.signature(), rows)


def rss_mib(process: psutil.Process) -> float:
    """What a process holds in memory, that which it shares counted in part."""
    try:
        return float(process.memory_full_info().pss) / 2**20
    except (psutil.Error, AttributeError):
        return float(process.memory_info().rss) / 2**20
