"""How soon the page shows a film, from the command and from a running program; and how soon a draft is there.

    python benchmarks/web/times.py [--repeats 3]

First picture: a project of 180 shots and 20 minutes at 640x480. Draft: a shot of 72 frames at 854x480 with the
default model, from the key ``c`` until the page says "Draft". Times by the clock, and
CPU seconds of server and helpers.
"""

import argparse
import io
import shutil
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from page import Server, browser, make_project, write_film
from PIL import Image

from kinemacolor.studio.studio import Studio

HAS_PICTURE = """() => { const canvas = document.getElementById("canvas"), pen = canvas.getContext("2d");
  const middle = pen.getImageData(canvas.width / 2 - 40, canvas.height / 2 - 40, 80, 80).data;
  const known = document.querySelector(".where").textContent.startsWith("Shot");
  return known && middle.some((v, i) => i % 4 === 3 && v); }"""
IS_DRAFT = """() => document.getElementById("badge").textContent.startsWith("Draft")"""


def first_picture(home: Path, pause_seconds: float | None) -> dict[str, float]:
    """Seconds until the shots and the first picture are seen.

    ``pause_seconds`` from the printed address until the page is opened; None asks a program that has been running.
    """
    began = time.monotonic()
    server = Server(home)
    printed = time.monotonic() - began
    try:
        with browser() as page:
            if pause_seconds is None:
                page.goto(server.address)
                page.wait_for_function(HAS_PICTURE)
                page.wait_for_timeout(6000)
            else:
                time.sleep(max(0.0, pause_seconds - (time.monotonic() - began)))
            used, asked = server.cpu_seconds(), time.monotonic()
            page.goto("about:blank")
            page.goto(server.address)
            page.wait_for_function(HAS_PICTURE, polling=20)
            seen = time.monotonic()
            return {
                "printed": printed,
                "page": seen - asked,
                "command": seen - began,
                "cpu": server.cpu_seconds() - used,
            }
    finally:
        server.close()


def draft(home: Path) -> dict[str, float]:
    """Seconds from the key until the draft of a shot of three seconds is there."""
    server = Server(home)
    try:
        with browser() as page:
            page.goto(server.address)
            page.wait_for_function(HAS_PICTURE)
            ready(page)
            page.wait_for_timeout(8000)
            used, asked = server.cpu_seconds(), time.monotonic()
            page.locator("#canvas").focus()
            page.keyboard.press("c")
            page.wait_for_function(
                '() => document.getElementById("badge").textContent.startsWith("Draft")', polling=20
            )
            return {"clock": time.monotonic() - asked, "cpu": server.cpu_seconds() - used}
    finally:
        server.close()


def ready(page: Any) -> None:
    """Waits until the film is planned."""
    address = "'api/films/' + location.hash.slice(1)"
    page.wait_for_function(f"async () => (await (await fetch({address})).json()).planned", polling=500)


def draft_home(folder: Path) -> Path:
    """A work folder with a shot of 72 frames at 854x480 and its still."""
    film = folder / "draft.mp4"
    write_film(film, 1, 72, (480, 854))
    studio = Studio(folder / "draft")
    studio.start()
    try:
        name, partial = studio.incoming.begin(film.name)
        partial.write_bytes(film.read_bytes())
        studio.incoming.end(name, partial, film.name)
        while studio.incoming.progress(name) is not None:
            time.sleep(0.1)
        gray = Image.open(io.BytesIO(studio.views.picture(name, 0, "source", full=True)[0]))
        tinted = np.asarray(gray.convert("RGB")) * np.array([1.1, 0.9, 0.7])
        data = io.BytesIO()
        Image.fromarray(tinted.clip(0, 255).astype(np.uint8)).save(data, "PNG")
        studio.changes.add_still(name, data.getvalue(), "ref_000000.png", 0)
    finally:
        studio.close()
    return folder / "draft"


def said(name: str, runs: list[dict[str, float]]) -> None:
    """Prints median and spread of each figure."""
    for figure in runs[0]:
        values = sorted(run[figure] for run in runs)
        spread = f"{values[0]:.2f} to {values[-1]:.2f}"
        print(f"{name:34} {figure:8} {statistics.median(values):6.2f} s   ({spread})", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--only", choices=("first", "draft"))
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        runs: dict[str, list[dict[str, float]]] = {}
        known, colored = Path(folder) / "known", None
        if given.only != "draft":
            known.mkdir()
            make_project(known, "film", shots=180, shot_frames=160, size=(480, 640))
        if given.only != "first":
            colored = draft_home(Path(folder))
        for _ in range(given.repeats):  # by turns, so that a busy minute of the machine hits all
            if given.only != "draft":
                runs.setdefault("opened at once", []).append(first_picture(known, 0.0))
                runs.setdefault("opened 3 s after the command", []).append(first_picture(known, 3.0))
                runs.setdefault("a program that runs", []).append(first_picture(known, None))
            if colored is not None:
                track = next(colored.glob("*.kinemacolor"))
                for kept in ("track", "draft", "cache/page.json"):
                    place = track / kept
                    shutil.rmtree(place, ignore_errors=True) if place.is_dir() else place.unlink(missing_ok=True)
                runs.setdefault("draft of 72 frames at 854x480", []).append(draft(colored))
        for name, figures in runs.items():
            said(name, figures)


if __name__ == "__main__":
    main()
