"""A hobbyist's way through the page, from a film in a folder to a film in color: every action is counted and timed.

    python benchmarks/web/journey.py [--film FILM] [--effort draft] [--pictures FOLDER]

Only what the page shows is used, by mouse and keys, as somebody does who has never seen it; the work folder is empty,
and the sample has been looked at. ``--film`` is the sample by default, here as a film of one's own.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
from page import Server, browser

SAMPLE = Path(__file__).parents[2] / "examples" / "sample" / "bw.mp4"
STROKES = [  # what is painted on the suggested frame, in shares of the picture: sky, suit, helmet, planet
    ("#3f5f92", (0.55, 0.10), (0.70, 0.12)),
    ("#a8662f", (0.22, 0.72), (0.27, 0.92)),
    ("#c99a7c", (0.20, 0.34), (0.24, 0.36)),
    ("#8b2f2a", (0.60, 0.18), (0.63, 0.20)),
]


class Hobbyist:
    """Counts what is done and says it."""

    def __init__(self, page: Any, pictures: Path | None) -> None:
        self.page, self.pictures = page, pictures
        self.actions, self.began = 0, time.monotonic()

    def does(self, what: str, action: Callable[[], object]) -> None:
        """One action."""
        self.actions += 1
        action()
        print(f"{self.actions:3}. {what}  ({time.monotonic() - self.began:.0f} s)", flush=True)

    def sees(self, what: str, condition: Callable[[dict[str, Any]], object], seconds: float = 3000.0) -> None:
        """Waits, which is no action."""
        end = time.monotonic() + seconds
        while not condition(self.film()):
            if time.monotonic() > end:
                raise SystemExit(f"This was not seen: {what}")
            self.page.wait_for_timeout(300)
        if self.pictures is not None:
            self.page.wait_for_timeout(1200)
            self.page.screenshot(path=str(self.pictures / f"{self.actions:02}.png"))
        print(f"     {what}  ({time.monotonic() - self.began:.0f} s)", flush=True)

    def film(self) -> dict[str, Any]:
        """The film's facts as the server sends them to the page."""
        address = "'api/films/' + location.hash.slice(1)"
        return dict(self.page.evaluate(f"location.hash ? fetch({address}).then((it) => it.json()) : {{}}"))

    def brushes(self, begin: tuple[float, float], end: tuple[float, float]) -> None:
        """A stroke on the picture."""
        width, height = self.film()["facts"]["shown"]
        box = self.page.locator("#canvas").bounding_box()
        scale = min((box["width"] - 28) / width, (box["height"] - 28) / height)
        for number, (x, y) in enumerate((begin, end)):
            across, down = (x - 0.5) * width * scale, (y - 0.5) * height * scale
            at = box["x"] + box["width"] / 2 + across, box["y"] + box["height"] / 2 + down
            self.page.mouse.move(*at, steps=8)
            if not number:
                self.page.mouse.down()
        self.page.mouse.up()


def colored(film: dict[str, Any]) -> bool:
    """Whether all shots are in color."""
    return bool(film.get("shots")) and all(shot["state"] == "done" for shot in film["shots"])


def journey(page: Any, server: Server, film: Path, target: Path, pictures: Path | None) -> Hobbyist:
    """The whole way."""
    who, click = Hobbyist(page, pictures), lambda selector: page.locator(selector).first.click()
    page.goto(server.address)
    page.wait_for_selector(".empty-card")
    who.does("choose the film", lambda: page.set_input_files("#pick-film", film))
    who.sees("its shots, and what to color next", lambda film: film.get("suggestions"))
    who.does("Paint it", lambda: page.get_by_role("button", name="Paint it").first.click())
    for color, begin, end in STROKES:
        who.does(f"take {color}", lambda color=color: click(f"#colorbar [data-c='{color}']"))
        who.does("a stroke", lambda begin=begin, end=end: who.brushes(begin, end))
    page.wait_for_function("() => document.getElementById('badge').textContent.startsWith('Painted')")
    who.does("Use as still", lambda: click("#keep"))
    who.sees("a still", lambda film: film["stills"] and film["planned"])
    who.does("Color this shot", lambda: click("#color-shot"))
    who.sees("a draft of the shot", lambda film: any(shot["state"] in ("draft", "done") for shot in film["shots"]))
    who.does("the brush", lambda: click("[data-tool=brush]"))
    who.does("take a color of the still", lambda: click("#colorbar button:nth-child(2)"))
    who.does("a stroke on what is wrong", lambda: who.brushes((0.30, 0.70), (0.34, 0.90)))
    who.sees("that one shot will change", lambda film: film["strokes"] and film["planned"])
    who.does("Color the film", lambda: click("#color-film"))
    page.wait_for_timeout(2000)
    who.does("close the tab", lambda: page.goto("about:blank"))
    page.wait_for_timeout(5000)
    who.does("open the page again", lambda: page.goto(server.address))
    who.sees("the film in color", colored)
    who.does("Write file", lambda: click("#write"))
    who.does("MP4", lambda: click("[data-preset=h264]"))
    who.sees("the file", lambda film: film["outputs"])
    who.does("Write file", lambda: click("#write"))
    with page.expect_download() as coming:
        who.does("save it", lambda: click("#write-menu a"))
    coming.value.save_as(target)
    return who


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--film", type=Path, default=SAMPLE)
    parser.add_argument("--effort", default="default")
    parser.add_argument("--pictures", type=Path)
    given = parser.parse_args()
    if given.pictures is not None:
        given.pictures.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        home, target = Path(folder) / "work", Path(folder) / "taken.mp4"
        (home / ".studio").mkdir(parents=True)
        (home / ".studio" / "sample").write_text("sample")
        server = Server(home, ("--effort", given.effort))
        try:
            with browser(color_scheme="dark") as page:
                who = journey(page, server, given.film, target, given.pictures)
        finally:
            server.close()
        with av.open(str(target)) as taken, av.open(str(given.film)) as source:
            frames, own = (sum(1 for _ in each.decode(video=0)) for each in (taken, source))
            sound = [stream.codec_context.name for stream in taken.streams.audio]
        print(f"{who.actions} actions; {frames} of {own} frames, sound: {', '.join(sound) or 'none'}")


if __name__ == "__main__":
    main()
