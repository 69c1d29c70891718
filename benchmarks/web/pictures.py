"""Pictures of every state of the page, dark and light, to be opened and looked at.

    python benchmarks/web/pictures.py FOLDER [--film FILM]

Empty, the sample and its tour, an error, painting and its result, a shot in draft, the confidence veil, done, and a
project of 180 shots. ``--film`` is a film of one shot, by default the sample; it is colored by the default model.
"""

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from journey import SAMPLE, STROKES, Hobbyist, colored
from page import Server, browser, make_project


class Camera:
    """Takes the page in the dark and in the light theme."""

    def __init__(self, page: Any, folder: Path) -> None:
        self.page, self.folder = page, folder

    def takes(self, state: str) -> None:
        """A picture of each theme; the page is left in the one it had."""
        self.page.wait_for_timeout(1500)
        for _ in range(2):
            theme = self.page.evaluate("document.documentElement.dataset.theme")
            self.page.screenshot(path=str(self.folder / f"{state}-{theme}.png"))
            self.page.evaluate("document.getElementById('theme').click()")
            self.page.wait_for_timeout(400)
        print(state, flush=True)


def of_the_sample(page: Any, server: Server, camera: Camera) -> None:
    """The sample film, with its tour and without."""
    page.goto(server.address)
    page.wait_for_selector("#tour button.primary")
    camera.takes("sample-tour")
    page.locator("#tour button", has_text="Skip").click()
    camera.takes("sample")


def of_a_film(page: Any, server: Server, camera: Camera, film: Path) -> None:
    """From the empty page to a film that is done."""
    who, click = Hobbyist(page, None), lambda selector: page.locator(selector).first.click()
    page.goto(server.address)
    page.wait_for_selector(".empty-card")
    camera.takes("empty")
    letter = Path(tempfile.mkdtemp()) / "letter.mkv"
    letter.write_bytes(b"<html>this is no film</html>" * 50)
    page.set_input_files("#pick-film", letter)
    page.get_by_role("alert").wait_for()
    camera.takes("error")
    page.set_input_files("#pick-film", film)
    who.sees("its shots, and what to color next", lambda film: film.get("suggestions"))
    camera.takes("opened")
    page.get_by_role("button", name="Paint it").first.click()
    for color, begin, end in STROKES:
        click(f"#colorbar [data-c='{color}']")
        who.brushes(begin, end)
    page.wait_for_function("() => document.getElementById('badge').textContent.startsWith('Painted')")
    camera.takes("painting")
    click("#keep")
    who.sees("a still", lambda film: film["stills"] and film["planned"])
    click("#color-shot")
    who.sees("a draft", lambda film: any(shot["state"] in ("draft", "done") for shot in film["shots"]))
    camera.takes("draft")
    click("#color-film")
    who.sees("the film in color", colored)
    page.locator("#canvas").focus()
    page.keyboard.press("End")
    camera.takes("done")
    click("#veil")
    camera.takes("veil")
    page.keyboard.press("?")
    camera.takes("help")


def of_many_shots(page: Any, server: Server, camera: Camera) -> None:
    """A project of twenty minutes."""
    page.goto(f"{server.address}#long.kinemacolor")
    page.wait_for_function("() => document.getElementById('where').textContent.includes('of 180')")
    camera.takes("180-shots")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--film", type=Path, default=SAMPLE)
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    visits: list[tuple[str, Callable[[Any, Server, Camera], None]]] = [
        ("new", of_the_sample),
        ("empty", lambda page, server, camera: of_a_film(page, server, camera, given.film)),
        ("long", of_many_shots),
    ]
    for name, visit in visits:
        with tempfile.TemporaryDirectory() as folder:
            home = Path(folder) / "work"
            (home / ".studio").mkdir(parents=True)
            if name != "new":
                (home / ".studio" / "sample").write_text("sample")
            if name == "long":
                make_project(home, "long", shots=180, shot_frames=160, size=(480, 640), colored=0.6)
            server = Server(home)
            try:
                with browser(color_scheme="dark") as page:
                    visit(page, server, Camera(page, given.folder))
            finally:
                server.close()


if __name__ == "__main__":
    main()
