"""5,000 shots in the timeline: how soon they are there, what a frame of scrolling costs, and the tab's memory.

    python benchmarks/web/timeline.py [--shots 5000]

A project of so many shots (8 frames each, half of them colored) is opened; the timeline is zoomed to 200 shots and
panned from one end to the other, then out again, each step awaiting the picture that follows. Drawing is timed in the
page: the milliseconds of its own work for a step, and between two pictures.
"""

import argparse
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from page import Server, browser, make_project, rss_mib

STEP = """([deltaX, deltaY]) => new Promise((done) => {
  const canvas = document.getElementById("timeline"), box = canvas.getBoundingClientRect(), began = performance.now();
  canvas.dispatchEvent(new WheelEvent("wheel", { deltaX, deltaY, clientX: box.left + box.width / 2,
    clientY: box.top + 80, cancelable: true }));
  const own = performance.now() - began;
  requestAnimationFrame(() => requestAnimationFrame(() => done([own, performance.now() - began])));
})"""


def heap_mib(page: Any) -> float:
    """The memory of the page's scripts in MiB, after a garbage collection."""
    client = page.context.new_cdp_session(page)
    client.send("HeapProfiler.collectGarbage")
    client.send("Performance.enable")
    found = {each["name"]: each["value"] for each in client.send("Performance.getMetrics")["metrics"]}
    client.detach()
    return float(found["JSHeapUsedSize"]) / 2**20


def steps(page: Any, name: str, moves: list[tuple[int, int]]) -> None:
    """Makes moves of the wheel and says what they took."""
    timed = [page.evaluate(STEP, list(move)) for move in moves]
    own, shown = sorted(each[0] for each in timed), sorted(each[1] for each in timed)
    tail = round(0.95 * (len(own) - 1))
    print(
        f"{name:28} {len(moves):4} steps   own work {statistics.median(own):6.2f} ms (95 % {own[tail]:.2f})   "
        f"to the picture {statistics.median(shown):6.1f} ms (95 % {shown[tail]:.1f})",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shots", type=int, default=5000)
    shots = parser.parse_args().shots
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        make_project(home, "long", shots=shots, shot_frames=8, size=(48, 64), colored=0.5)
        server = Server(home)
        try:
            with browser() as page:
                began, used = time.monotonic(), server.cpu_seconds()
                page.goto(server.address)
                page.wait_for_function(f'() => document.getElementById("where").textContent.includes("of {shots}")')
                print(f"opened in {time.monotonic() - began:.2f} s, {server.cpu_seconds() - used:.2f} CPU s")
                address = "'api/films/' + location.hash.slice(1)"
                asked = time.monotonic()
                size = page.evaluate(f"async () => (await (await fetch({address})).text()).length")
                print(f"asked again: {time.monotonic() - asked:.2f} s, {size / 1000:.0f} kB")
                before = heap_mib(page)
                steps(page, "all shots in sight", [(0, 1), (0, -1)] * 50)
                steps(page, "zooming in to 200 shots", [(0, -60)] * 27)
                steps(page, "panning to the end", [(400, 0)] * 300)
                steps(page, "and back, faster", [(-2400, 0)] * 60)
                steps(page, "zooming out", [(0, 60)] * 27)
                page.wait_for_timeout(3000)
                print(f"heap of the page: {before:.1f} MiB, {heap_mib(page):.1f} MiB after")
                sizes = {name: rss_mib(each) for name, each in server.processes().items()}
                print("memory:", ", ".join(f"{name} {size:.0f} MiB" for name, size in sizes.items()))
        finally:
            server.close()


if __name__ == "__main__":
    main()
