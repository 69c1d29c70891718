"""Memory of server, helpers and tab over time, while the page is used.

    python benchmarks/web/memory.py --minutes 30 [--output samples.csv]

Two films of six shots at 320x240 are worked on by turns with the default model, as a person would who never stops:
open a film, paint a frame and keep it as a still, color a shot, correct it with a stroke, undo, scrub and play, split
a shot and undo, load the page anew, open the other film. After each round what every process holds is noted (the
share that is its own, PSS), and the scripts' heap after a collection of garbage. The slope is that of a straight
line after the first quarter, in which everything is loaded.
"""

import argparse
import csv
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil
from page import Server, browser, make_project, rss_mib

COLUMNS = ("minutes", "rounds", "server", "look", "color", "tab", "heap")
SHOT_FRAMES = 24


def film_of(page: Any) -> dict[str, Any]:
    """The film that is open, as the page is told of it."""
    return dict(page.evaluate("fetch('api/films/' + location.hash.slice(1)).then((answer) => answer.json())"))


def wait(page: Any, condition: Any, seconds: float = 240.0) -> None:
    """Until a condition holds of the film, or it takes too long; a busy machine is no fault."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        film = film_of(page)
        if film.get("shots") and condition(film):
            return
        page.wait_for_timeout(250)


def open_film(page: Any, name: str) -> None:
    """Opens a film by the menu."""
    page.locator("#film-button").click()
    page.locator("#film-menu button", has_text=name).click()
    page.wait_for_function(f"() => location.hash === '#{name}' && document.title.startsWith('{name}')")


def point(page: Any, right: float, down: float) -> tuple[float, float]:
    """A place so far from the middle of the picture, in shares of it."""
    box = page.locator("#canvas").bounding_box()
    return box["x"] + box["width"] * (0.5 + right), box["y"] + box["height"] * (0.5 + down)


def stroke(page: Any, begin: tuple[float, float], end: tuple[float, float]) -> None:
    """A stroke with the mouse."""
    page.mouse.move(*point(page, *begin))
    page.mouse.down()
    page.mouse.move(*point(page, *end), steps=6)
    page.mouse.up()


def paint(page: Any, number: int) -> None:
    """Paints the frame that is shown and keeps it."""
    page.locator("#canvas").focus()
    page.keyboard.press("s")
    for right in (-0.15, 0.15):
        page.locator(f"#colorbar button:nth-child({1 + (number + (right > 0)) % 6})").click()
        stroke(page, (right, -0.1), (right, 0.15))
    page.wait_for_timeout(1500)
    page.locator("#keep").click()
    page.wait_for_selector("#paintbar", state="hidden")
    wait(page, lambda film: film["planned"])


def round_of(page: Any, name: str, number: int) -> None:
    """One round of work on a film."""
    open_film(page, name)
    canvas = page.locator("#canvas")
    canvas.focus()
    page.keyboard.press("Home")
    for _ in range(number % 6):
        page.keyboard.press("]")
    paint(page, number)
    canvas.focus()
    page.keyboard.press("c")
    page.wait_for_timeout(500)
    wait(page, lambda film: all(work["state"] not in ("queued", "running") for work in film["works"]))
    page.keyboard.press("b")
    stroke(page, (-0.05, -0.1), (-0.05, 0.1))
    wait(page, lambda film: film["strokes"])
    canvas.focus()
    page.keyboard.press("z")
    wait(page, lambda film: not film["strokes"])
    page.keyboard.press("x")
    page.wait_for_timeout(400)
    page.keyboard.press("z")
    page.keyboard.press("z")  # the still too
    box = page.locator("#timeline").bounding_box()
    for i in range(60):
        page.mouse.click(box["x"] + box["width"] * ((i * 37) % 60 + 0.5) / 60, box["y"] + 30)
        page.wait_for_timeout(60)
    canvas.focus()
    page.keyboard.press(" ")
    page.wait_for_timeout(2500)
    page.keyboard.press(" ")
    page.keyboard.press("h")
    page.wait_for_timeout(300)
    page.keyboard.press("h")
    page.keyboard.press("v")


def tab_mib(page: Any) -> tuple[float, float]:
    """The memory of the tab's process and of its scripts, in MiB, after a garbage collection."""
    client = page.context.new_cdp_session(page)
    client.send("HeapProfiler.collectGarbage")
    client.send("Performance.enable")
    metrics = {each["name"]: each["value"] for each in client.send("Performance.getMetrics")["metrics"]}
    client.detach()
    held = [
        rss_mib(each)
        for each in psutil.Process().children(recursive=True)
        if "--type=renderer" in " ".join(each.cmdline())
    ]
    return max(held, default=0.0), float(metrics["JSHeapUsedSize"]) / 2**20


def slope(times: list[float], values: list[float]) -> float:
    """MiB a minute after the first quarter."""
    begin = len(times) // 4
    if len(times) - begin < 3:
        return float("nan")
    return statistics.linear_regression(times[begin:], values[begin:]).slope


def said(samples: list[tuple[float, ...]], every_minutes: float) -> None:
    """Prints a sample every few minutes, and the slopes."""
    print("| " + " | ".join(COLUMNS) + " |")
    due = 0.0
    for sample in samples:
        if sample[0] >= due or sample is samples[-1]:
            print("| " + " | ".join(f"{value:.0f}" for value in sample) + " |")
            due += every_minutes
    times = [sample[0] for sample in samples]
    for place, name in enumerate(COLUMNS[2:], 2):
        rise = slope(times, [sample[place] for sample in samples])
        print(f"{name}: {rise:+.2f} MiB a minute after the first quarter")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--output", type=Path)
    given = parser.parse_args()
    samples: list[tuple[float, ...]] = []
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        for name in ("one", "two"):
            make_project(home, name, shots=6, shot_frames=SHOT_FRAMES, size=(240, 320), options={})
        server = Server(home)
        try:
            with browser() as page:
                page.goto(server.address)
                began, number = time.monotonic(), 0
                while time.monotonic() - began < 60 * given.minutes:
                    try:
                        round_of(page, ("one", "two")[number % 2], number)
                    except Exception as error:  # said, and gone on: half an hour must not end for one slow answer
                        print(f"round {number}: {str(error).splitlines()[0]}", file=sys.stderr, flush=True)
                        page.goto(server.address)
                    if number % 5 == 4:
                        page.goto(server.address)
                    number += 1
                    held = [rss_mib(each) for each in server.processes().values()]
                    if len(held) == 3:
                        now = (time.monotonic() - began) / 60
                        samples.append((now, number, *held, *tab_mib(page)))
                        print(" ".join(f"{value:.1f}" for value in samples[-1]), file=sys.stderr, flush=True)
        finally:
            server.close()
    if given.output is not None:
        with given.output.open("w", newline="") as file:
            csv.writer(file).writerows([COLUMNS, *samples])
    said(samples, max(1.0, given.minutes / 6))


if __name__ == "__main__":
    main()
