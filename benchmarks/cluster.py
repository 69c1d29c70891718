"""Measures a Ray cluster of three nodes on one machine: 12 films, killed in between; 36,000 simulated shots.

    python benchmarks/cluster.py kill WORK        12 films; two workers' nodes and the driver killed with SIGKILL
    python benchmarks/cluster.py wall WORK        the same films with 1 and with 2 nodes, and without Ray
    python benchmarks/cluster.py second WORK      54 shots of a second each on 1, 2 and 3 nodes
    python benchmarks/cluster.py plan WORK        200 reels of 180 shots, simulated: overhead and memory

Needs kinemacolor[cluster]. WORK is a folder, made anew.
"""

import argparse
import hashlib
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path

import av
import numpy as np
import psutil
from PIL import Image

from kinemacolor.engine.cluster.films import FilmsOnNodes, Standing
from kinemacolor.engine.cluster.journal import Journal
from kinemacolor.engine.cluster.places import absolute
from kinemacolor.engine.cluster.ray_nodes import RayNodes
from kinemacolor.engine.cluster.units import Acts
from kinemacolor.engine.cluster.work import FilmPlan, ShotToColor
from kinemacolor.engine.job import Job
from kinemacolor.engine.run import Result
from kinemacolor.engine.track import KeyedShot, TrackHeader, seal, stem_of
from kinemacolor.engine.track.chunk import ChunkNotes
from kinemacolor.engine.track.keys import key_of
from kinemacolor.engine.track.parcel import Parcel, ParcelFile
from kinemacolor.frames import Shot

FILMS, SIZE = 12, (64, 96)
PORT = 6399
ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_AUTH_MODE": "token",
    "RAY_AUTH_TOKEN": secrets.token_hex(32),
}


def make_films(folder: Path, *, films: int = FILMS, shot_frames: int = 40, size: tuple[int, int] = SIZE) -> Path:
    """Films of 3 to 6 shots with a still each, and the manifest of all."""
    folder.mkdir(parents=True)
    rows = ["input,output,exemplars"]
    for number in range(films):
        name, shots = f"reel{number:02}", 3 + number % 4
        make_film(folder / f"{name}.mkv", number, shots, shot_frames, size)
        rng = np.random.default_rng(number)
        still = rng.integers(40, 200, (size[0] // 16, size[1] // 16, 3), dtype=np.uint8)
        Image.fromarray(still.repeat(16, 0).repeat(16, 1)).save(folder / f"{name}.png")
        rows.append(f"{name}.mkv,color/{name}.mkv,{name}.png@0")
    manifest = folder / "films.csv"
    manifest.write_text("\n".join(rows) + "\n")
    return manifest


def make_film(path: Path, number: int, shots: int, shot_frames: int, size: tuple[int, int]) -> None:
    """A gray film of scenes with a blob that moves in front of a texture."""
    y, x = np.mgrid[0 : size[0], 0 : size[1]]
    with av.open(str(path), "w") as film:
        stream = film.add_stream("ffv1", rate=24)
        stream.height, stream.width, stream.pix_fmt = *size, "gray"
        for i in range(shots * shot_frames):
            scene, place = divmod(i, shot_frames)
            base = np.random.default_rng(1000 * number + scene).integers(0, 150, (size[0] // 8, size[1] // 8))
            blob = 90 * np.exp(-((x - size[1] * place / shot_frames) ** 2 + (y - size[0] / 2) ** 2) / 90)
            picture = (base.repeat(8, 0).repeat(8, 1) + blob + 10).astype(np.uint8)
            film.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="gray")))
        film.mux(stream.encode(None))


def frames_hash(path: Path) -> str:
    """The hash of all decoded planes of a film."""
    digest = hashlib.blake2b()
    with av.open(str(path)) as film:
        for frame in film.decode(video=0):
            for plane in frame.planes:
                digest.update(bytes(plane))
    return digest.hexdigest()


class Node:
    """A node of a cluster: the processes of one ``ray start --block``, in a session of their own."""

    def __init__(self, number: int, *, cpus: int, folder: Path) -> None:
        head = (
            ["--head", f"--port={PORT}", "--include-dashboard=false"]
            if not number
            else [f"--address=127.0.0.1:{PORT}"]
        )
        command = [sys.executable, "-m", "ray.scripts.scripts", "start", *head, "--block", f"--num-cpus={cpus}"]
        command += ["--object-store-memory=100000000", f"--memory={4 * 2**30}", "--node-ip-address=127.0.0.1"]
        command += [f"--temp-dir={folder}"] if not number else []
        self.process = subprocess.Popen(
            command,
            env=os.environ | ENVIRONMENT,
            start_new_session=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def kill(self) -> None:
        """SIGKILL for all of its processes at once."""
        with suppress(psutil.NoSuchProcess):
            for each in [
                *psutil.Process(self.process.pid).children(recursive=True),
                psutil.Process(self.process.pid),
            ]:
                with suppress(psutil.NoSuchProcess):
                    each.kill()
        self.process.wait()


def started(number: int, *, cpus: int, folder: Path) -> Node:
    """A node that is there: on one machine the start of one fails now and then."""
    for _ in range(5):
        node = Node(number, cpus=cpus, folder=folder)
        up, until = 0, time.monotonic() + 60
        while node.process.poll() is None and time.monotonic() < until and up < 8:
            time.sleep(1)
            children = psutil.Process(node.process.pid).children(recursive=True)
            up += any("raylet" in each.name() for each in children)
        if up == 8:
            return node
        node.kill()
    raise RuntimeError("No node of Ray can be started here.")


@contextmanager
def cluster(workers: int, folder: Path, *, cpus: int = 1) -> Iterator[list[Node]]:
    """A head without processors, and nodes with ``cpus`` each."""
    shutil.rmtree(folder, ignore_errors=True)
    nodes = [started(0, cpus=0, folder=folder)]
    try:
        for i in range(workers):
            nodes.append(started(i + 1, cpus=cpus, folder=folder))
        yield nodes
    finally:
        for node in nodes:
            node.kill()


def start(manifest: Path, *more: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "kinemacolor", "batch", str(manifest), "--model", "flow", "--quiet", *more]
    log = manifest.with_suffix(".txt").open("ab")
    return subprocess.Popen(command, env=os.environ | ENVIRONMENT, stdout=log, stderr=log)


def on_ray(manifest: Path, *more: str) -> subprocess.Popen[bytes]:
    return start(manifest, "--ray", f"127.0.0.1:{PORT}", *more)


def events(manifest: Path) -> list[dict]:
    log = manifest.with_name(manifest.name + ".log.jsonl")
    lines = log.read_text().splitlines() if log.exists() else []
    return [json.loads(line) for line in lines if line.endswith("}")]


def taken(manifest: Path) -> list[tuple[str, int]]:
    return [(line["output"], line["start"]) for line in events(manifest) if line["event"] == "taken"]


def wait_for(manifest: Path, shots: int, process: subprocess.Popen[bytes]) -> None:
    """Waits until so many shots are taken in."""
    while len(taken(manifest)) < shots and process.poll() is None:
        time.sleep(0.05)
    assert process.poll() is None, "it ended too early"


def without_ray(work: Path) -> tuple[Path, float]:
    alone = make_films(work / "alone")
    began = time.perf_counter()
    assert start(alone).wait() == 0
    return alone, time.perf_counter() - began


def kill(work: Path) -> None:
    alone, _ = without_ray(work)
    for way in ("store", "folder"):
        manifest = make_films(work / way)
        with cluster(3, work / "ray") as nodes:
            process = on_ray(manifest, "--ray-pieces", way)
            for number, at in ((1, 8), (2, 18)):
                wait_for(manifest, at, process)
                nodes[number].kill()
                print(f"{way}: node {number} killed after {len(taken(manifest))} shots", flush=True)
                nodes.append(started(len(nodes), cpus=1, folder=work / "ray"))
            wait_for(manifest, 30, process)
            process.send_signal(signal.SIGKILL)
            process.wait()
            print(f"{way}: driver killed after {len(taken(manifest))} shots", flush=True)
            code = on_ray(manifest, "--ray-pieces", way).wait()
        report(manifest, alone, code)


def report(manifest: Path, alone: Path, code: int) -> None:
    films = sorted((manifest.parent / "color").glob("*.mkv"))
    same = sum(frames_hash(film) == frames_hash(alone.parent / "color" / film.name) for film in films)
    twice = sum(count > 1 for count in Counter(taken(manifest)).values())
    left = sorted(path.name for path in (manifest.parent / "color").iterdir() if path.suffix == ".parts")
    print(
        f"{manifest.parent.name}: exit code {code}; {len(films)} films of {FILMS}, {same} with the frames of a run "
        f"without Ray; {len(taken(manifest))} shots taken in, {twice} twice; left: {left or 'nothing'}",
        flush=True,
    )


def wall(work: Path) -> None:
    alone, seconds = without_ray(work)
    print(f"without Ray: {seconds:.1f} s", flush=True)
    for workers in (1, 2):
        manifest = make_films(work / f"workers{workers}")
        with cluster(workers, work / "ray") as _:
            began = time.perf_counter()
            code = on_ray(manifest).wait()
            took = time.perf_counter() - began
        lines = events(manifest)
        first = next(line["at"] for line in lines if line["event"] == "begun")
        last = lines[-1]["at"]
        shots = [line for line in lines if line["event"] == "taken"]
        colored = sum(line["seconds"] for line in shots)
        print(f"{workers} nodes: {took:.1f} s, {last - first:.1f} s of it from the first unit to the last; "
              f"{len(shots)} shots, {colored:.1f} s on nodes", flush=True)  # fmt: skip
        report(manifest, alone, code)


REELS, REEL_SHOTS = 200, 180


def looked(job: Job, survey: bytes | None, count: int = REEL_SHOTS) -> FilmPlan:
    """A plan of so many shots, by the film's name alone."""
    shots = [ShotToColor(100 * i, 100 * i + 100, (0,), key_of([str(job.film.source), i])) for i in range(count)]
    keyed = tuple(KeyedShot(Shot(each.start, each.stop), ("still.png",), each.key) for each in shots)
    header = TrackHeader(
        Path(str(job.film.source)), "0", (480, 640), "24", (480, 640), "flow", (), keyed, "simulated"
    )
    return FilmPlan(tuple(shots), "0", "0", "fp32", header, frames=100 * count)


def looked_at_nine(job: Job, survey: bytes | None) -> FilmPlan:
    """A plan of nine shots."""
    return looked(job, survey, 9)


def colored(job: Job, plan_of: object, shot: ShotToColor, folder: Path | None) -> Parcel:
    """A shot of no frames that takes no time."""
    data = b"simulated"
    notes = {**asdict(ChunkNotes()), "file": seal.described_bytes(data)}
    with tempfile.TemporaryDirectory() as scratch:
        seal.write_sealed(Path(scratch) / "notes.json", notes)
        sealed = (Path(scratch) / "notes.json").read_bytes()
    stem = stem_of(shot.start, shot.key)
    files = [(f"{stem}.mkv", data), (f"{stem}.json", sealed)]
    parcel = tuple(ParcelFile(name, seal.described_bytes(each), each) for name, each in files)
    return Parcel(Shot(shot.start, shot.stop), shot.key, ChunkNotes(), parcel)


def colored_in_a_second(job: Job, plan_of: object, shot: ShotToColor, folder: Path | None) -> Parcel:
    """The same, after a second in which the processor is free for others."""
    time.sleep(1)
    return colored(job, plan_of, shot, folder)


def written(job: Job) -> Result:
    """Nothing is written."""
    return Result(str(job.output.output), 100 * REEL_SHOTS, 0.0, (), False)


def simulated_jobs(work: Path, films: int) -> list[Job]:
    options = {"exemplars": "still.png", "model": "flow", "track": True}
    return [
        absolute(Job.of({**options, "source": work / f"reel{i:03}.mov", "output": work / f"color/reel{i:03}.mov"}))
        for i in range(films)
    ]


def plan(work: Path) -> None:
    """All of the road but looking, coloring and writing: placing, carrying back, checking, taking in, logging."""
    os.environ |= ENVIRONMENT
    jobs = simulated_jobs(work, REELS)
    process, last = psutil.Process(), [0]
    began = time.perf_counter()

    def tell(standing: Standing) -> None:
        if standing.shots_colored >= last[0] + 1800:
            last[0] = standing.shots_colored
            took, memory = time.perf_counter() - began, process.memory_info().rss / 2**20
            each = 1000 * took / standing.shots_colored
            print(f"{last[0]} shots: {took:.1f} s, {each:.2f} ms a shot, driver {memory:.1f} MiB", flush=True)

    with cluster(2, work / "ray"), RayNodes(f"127.0.0.1:{PORT}") as nodes:
        began = time.perf_counter()
        films = FilmsOnNodes(jobs, nodes, Journal(work / "log"), acts=Acts(looked, colored, written), told=tell)
        print(Counter(each.state for each in films.outcomes()))
    print(f"log {(work / 'log').stat().st_size / 2**20:.1f} MiB")


def second(work: Path) -> None:
    """54 shots that take a second each and no processor: what placing and carrying cost, whatever else runs here."""
    os.environ |= ENVIRONMENT
    for workers in (1, 2, 3):
        jobs = simulated_jobs(work / f"on{workers}", 6)
        with cluster(workers, work / "ray"), RayNodes(f"127.0.0.1:{PORT}") as nodes:
            while nodes.can_run < workers:
                time.sleep(1)
                nodes.measure()
            log = work / f"log{workers}"
            acts = Acts(looked_at_nine, colored_in_a_second, written)
            list(FilmsOnNodes(jobs, nodes, Journal(log), acts=acts).outcomes())
        lines = [json.loads(line) for line in log.read_text().splitlines()]
        first = next(line["at"] for line in lines if line["event"] == "looked")
        shots = [line["at"] for line in lines if line["event"] == "taken"]
        took = shots[-1] - first
        more = 1000 * (took * workers / len(shots) - 1)
        print(
            f"{workers} nodes: {len(shots)} shots in {took:.1f} s, {more:.0f} ms a shot beside the second", flush=True
        )


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("kill", "wall", "plan", "second"))
    parser.add_argument("work", type=Path)
    given = parser.parse_args(arguments)
    shutil.rmtree(given.work, ignore_errors=True)
    given.work.mkdir(parents=True)
    {"kill": kill, "wall": wall, "plan": plan, "second": second}[given.what](given.work.absolute())


if __name__ == "__main__":
    main()
