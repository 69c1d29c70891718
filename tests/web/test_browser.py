"""The page in a browser, from a film that is dropped in to the file that is taken home."""

import io
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

pytest.importorskip("starlette", reason="the page needs the extra 'web'")
playwright = pytest.importorskip(
    "playwright.sync_api", reason="browser tests need playwright: pip install playwright"
)

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--no-first-run",
]  # fmt: skip
SCENE_FRAMES = 60
STOP_AT_ONCE = """() => new Promise((done) => {
  document.getElementById("color-film").click();
  const look = setInterval(() => {
    const stop = [...document.querySelectorAll("button")].find((button) => button.textContent === "Stop");
    if (stop && !stop.disabled) { clearInterval(look); stop.click(); done(); }
  }, 5);
})"""
"""Presses the button of the whole film, and Stop as soon as it can be: a small film is colored in half a second."""
PATIENCE = 150_000
"""Milliseconds: a machine that is busy with something else is no fault."""

expect = playwright.expect

pytestmark = [
    pytest.mark.process,
    pytest.mark.browser,
    pytest.mark.timeout(420),
    pytest.mark.skipif(CHROMIUM is None, reason="browser tests need chromium: apt-get install chromium"),
]


class Server:
    """``kinemacolor web`` as a process."""

    def __init__(self, home: Path, port: int = 0) -> None:
        self.home = home
        command = [sys.executable, "-m", "kinemacolor", "web", str(home), "--no-open", "--port", str(port)]
        self._process = subprocess.Popen([*command, "--model", "flow"], stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.address = self._process.stdout.readline().split()[-1]
        self.port = int(self.address.split(":")[2].split("/")[0])

    def kill(self) -> None:
        """Ends it as a crash would."""
        self._process.kill()
        self._process.communicate()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A work folder that has been visited: the sample is not put in."""
    (tmp_path / "work" / ".studio").mkdir(parents=True)
    (tmp_path / "work" / ".studio" / "sample").write_text("sample")
    return tmp_path / "work"


@pytest.fixture
def server(home: Path) -> Iterator[list[Server]]:
    """The server, in a list so that a test can put another in its place."""
    running = [Server(home)]
    yield running
    running[0].kill()


@pytest.fixture
def page(server: list[Server]) -> Iterator[Any]:
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, headless=True, args=FLAGS)
        opened = browser.new_page(viewport={"width": 1280, "height": 720}, color_scheme="dark")
        faults: list[str] = []
        opened.set_default_timeout(PATIENCE)
        opened.on("pageerror", lambda error: faults.append(str(error)))
        opened.on("request", lambda request: "127.0.0.1" in request.url or faults.append(request.url))
        opened.goto(server[0].address)
        yield opened
        browser.close()
    assert not [fault for fault in faults if not fault.startswith("blob:")]


@pytest.fixture
def visited_first(tmp_path: Path) -> Iterator[Any]:
    """The page at the very first visit of an empty work folder."""
    server = Server(tmp_path / "new")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, headless=True, args=FLAGS)
        opened = browser.new_page(viewport={"width": 1280, "height": 720}, color_scheme="dark")
        opened.set_default_timeout(PATIENCE)
        opened.goto(server.address)
        yield opened
        browser.close()
    server.kill()


class Hand:
    """A person's hand: counts what it does. ``point`` and ``stroke`` take places of the picture in its own pixels."""

    def __init__(self, page: Any) -> None:
        self.page, self.actions = page, 0

    def key(self, name: str) -> None:
        self.actions += 1
        self.page.locator("#canvas").focus()
        self.page.keyboard.press(name)

    def click(self, selector: str) -> None:
        self.actions += 1
        self.page.locator(selector).click()

    def stroke(self, *places: tuple[int, int]) -> None:
        self.actions += 1
        width, height = film_of(self.page)["facts"]["shown"]
        box = self.page.locator("#canvas").bounding_box()
        scale = min((box["width"] - 28) / width, (box["height"] - 28) / height)
        at = [
            (
                box["x"] + box["width"] / 2 + (x - width / 2) * scale,
                box["y"] + box["height"] / 2 + (y - height / 2) * scale,
            )
            for x, y in places
        ]
        self.page.mouse.move(*at[0])
        self.page.mouse.down()
        for place in at[1:]:
            self.page.mouse.move(*place, steps=6)
        self.page.mouse.up()


def colors_at(page: Any, frame: int, rows: slice, columns: slice) -> np.ndarray:
    """The mean color of a part of a frame as the page is given it."""
    film = film_of(page)["name"]
    got = page.request.get(f"{page.url.partition('#')[0]}api/films/{film}/frame/{frame}/color")
    assert got.status == 200
    return np.asarray(Image.open(io.BytesIO(got.body())).convert("RGB"))[rows, columns].mean((0, 1))


def film_of(page: Any) -> dict[str, Any]:
    """The film that is open, as the page is told of it."""
    found: dict[str, Any] = page.evaluate(
        "fetch('api/films/' + location.hash.slice(1), {signal: AbortSignal.timeout(60000)})"
        ".then((answer) => answer.json())"
    )
    return found


def wait(page: Any, condition: Callable[[dict[str, Any]], object], seconds: float = 300) -> dict[str, Any]:
    """The film when the condition holds of it."""
    end = time.monotonic() + seconds
    while True:
        film = film_of(page)
        if film.get("shots") and condition(film):
            return film
        assert time.monotonic() < end, {key: film.get(key) for key in ("strokes", "shots", "works", "plan_error")}
        page.wait_for_timeout(150)


def states(film: dict[str, Any]) -> list[str]:
    return [shot["state"] for shot in film["shots"]]


def is_idle(film: dict[str, Any]) -> bool:
    return film["planned"] and all(work["state"] not in ("queued", "running") for work in film["works"])


def point_in(page: Any, x: float, y: float) -> tuple[float, float]:
    """The place on the screen that is so far right of and below the picture's middle."""
    box = page.locator("#canvas").bounding_box()
    return box["x"] + box["width"] / 2 + x, box["y"] + box["height"] / 2 + y


def frames_of(path: Path) -> list[bytes]:
    with av.open(str(path)) as film:
        return [b"".join(bytes(plane) for plane in frame.planes) for frame in film.decode(video=0)]


def test_a_hobbyist_colors_a_film(page: Any, server: list[Server], home: Path, tmp_path: Path, reel_of) -> None:
    reel = tmp_path / "holiday <b>1936.mkv"
    reel.write_bytes(reel_of(SCENE_FRAMES, size=(192, 256)))
    _open(page, reel)
    _paint_the_suggested_frame(page)
    _color_a_shot_correct_it_and_undo(page)
    _split_a_shot(page)
    _color_the_film_through_a_stop_and_a_crash(page, server, home)
    taken = tmp_path / "taken.mkv"
    film = _write_and_download(page, taken)
    _same_as_the_command_line(reel, taken, film, home, tmp_path)


def _open(page: Any, reel: Path) -> None:
    expect(page.locator("h2", has_text="Color a black-and-white film")).to_be_visible(timeout=PATIENCE)
    page.set_input_files("#pick-film", reel)
    expect(page.locator("#where")).to_contain_text("Shot 1 of 2", timeout=PATIENCE)
    expect(page.locator("#film-title")).to_have_text("holiday _b_1936.mkv")


def _paint_the_suggested_frame(page: Any) -> None:
    paint = page.get_by_role("button", name="Paint it").first
    paint.wait_for(timeout=PATIENCE)
    paint.click()
    for x, color in ((-60, 2), (60, 7)):
        page.locator(f"#colorbar button:nth-child({color})").click()
        page.mouse.move(*point_in(page, x, -30))
        page.mouse.down()
        page.mouse.move(*point_in(page, x, 40), steps=5)
        page.mouse.up()
    expect(page.locator("#badge")).to_contain_text("its colors spread", timeout=PATIENCE)
    page.locator("#keep").click()
    wait(page, lambda film: len(film["stills"]) == 1 and film["planned"])


def _color_a_shot_correct_it_and_undo(page: Any) -> None:
    page.locator("#canvas").focus()
    page.keyboard.press("c")
    film = wait(page, lambda film: "done" in states(film))
    assert sorted(states(film)) == ["done", "none"]
    page.keyboard.press("Home" if states(film)[0] == "done" else "End")
    page.keyboard.press("p")
    page.mouse.click(*point_in(page, 70, 30))
    wait(page, lambda film: len(film["strokes"]) == 1 and "old" in states(film))
    expect(page.locator("#progress-text")).to_contain_text("1 shot will change")
    page.keyboard.press("z")
    wait(page, lambda film: not film["strokes"] and "done" in states(film))
    page.keyboard.press("Shift+Z")
    wait(page, lambda film: len(film["strokes"]) == 1 and film["planned"])
    page.keyboard.press("b")
    page.mouse.move(*point_in(page, -60, -30))
    page.mouse.down()
    page.mouse.move(*point_in(page, -20, 20), steps=8)
    page.mouse.move(*point_in(page, -60, 40), steps=8)
    page.mouse.up()
    wait(page, lambda film: len(film["strokes"]) == 2 and len(film["strokes"][1]["places"]) > 2)
    page.keyboard.press("z")  # one stroke, one step
    wait(page, lambda film: len(film["strokes"]) == 1 and film["planned"])


def _split_a_shot(page: Any) -> None:
    page.keyboard.press("End")
    page.keyboard.press("Shift+ArrowLeft")
    page.keyboard.press("x")
    wait(page, lambda film: len(film["shots"]) == 3 and film["planned"])


def _color_the_film_through_a_stop_and_a_crash(page: Any, server: list[Server], home: Path) -> None:
    page.evaluate(STOP_AT_ONCE)
    film = wait(page, is_idle)
    assert film["works"][-1]["state"] == "stopped"
    done = [shot["version"] for shot in film["shots"] if shot["state"] == "done"]
    page.locator("#color-film").click()
    page.wait_for_timeout(300)
    port = server[0].port
    server[0].kill()
    expect(page.locator("#progress-text")).to_contain_text("does not answer", timeout=PATIENCE)
    server[0] = Server(home, port)
    film = wait(page, lambda film: set(states(film)) == {"done"})
    assert set(done) <= {shot["version"] for shot in film["shots"]}  # what was finished was kept
    expect(page.locator("#progress-text")).to_contain_text("3 of 3 shots colored", timeout=PATIENCE)


def _write_and_download(page: Any, taken: Path) -> dict[str, Any]:
    page.locator("#write").click()
    page.locator("[data-preset=ffv1]").click()
    page.locator("#write").click()  # open while the file is written: it comes into the menu
    film = wait(page, lambda film: film["outputs"] and is_idle(film))
    with page.expect_download() as coming:
        page.locator("#write-menu a").first.click()
    coming.value.save_as(taken)
    return film


def _same_as_the_command_line(reel: Path, taken: Path, film: dict[str, Any], home: Path, folder: Path) -> None:
    """The file holds what ``colorize`` gives for the same stills, corrections and shots, the luma and the sound."""
    from kinemacolor.engine.video import colorize_video

    project = home / f"{film['name']}.kinemacolor"
    (still,) = film["stills"]
    points = tuple(
        f"{' '.join(f'{x},{y}' for x, y in stroke['places'])}@{stroke['frame']}={stroke['color']}"
        for stroke in film["strokes"]
    )
    own = folder / "own.mkv"
    stills = [f"{project / 'stills' / still['name']}@{still['frame']}"]
    colorize_video(reel, own, stills, model="flow", codec="ffv1", points=points, shots=project / "shots.csv")
    ours, theirs = frames_of(taken), frames_of(own)
    assert len(ours) == len(theirs) == 2 * SCENE_FRAMES
    assert ours == theirs
    with av.open(str(taken)) as written, av.open(str(reel)) as source:
        assert [stream.codec_context.name for stream in written.streams.audio] == ["flac"]
        for made, given in zip(written.decode(video=0), source.decode(video=0)):
            planes = [
                np.frombuffer(frame.planes[0], np.uint8).reshape(frame.height, -1)[:, : frame.width]
                for frame in (made, given)
            ]
            assert np.array_equal(*planes)


def test_errors_are_the_engines_own_sentences(page: Any, tmp_path: Path, reel_of) -> None:
    letter = tmp_path / "letter.mkv"
    letter.write_bytes(b"<html>this is no film</html>" * 50)
    page.set_input_files("#pick-film", letter)
    expect(page.get_by_role("alert")).to_contain_text("not a video", timeout=PATIENCE)
    expect(page.get_by_role("alert")).not_to_contain_text(str(tmp_path))


SLEEVE = (slice(270, 310), slice(48, 60))


def test_the_first_visit_shows_the_sample_in_color_and_a_wrong_sleeve_is_mended_in_four_actions(
    visited_first: Any,
) -> None:
    page = visited_first
    expect(page.locator("#badge")).to_have_text("Draft", timeout=PATIENCE)
    film = film_of(page)
    assert (film["works"], film["undo"], len(film["strokes"])) == ([], 1, 1)
    box = page.locator("#tour")
    page.locator("#film-button").click()
    covered = """() => [...document.querySelectorAll('#film-menu button')].filter((button) => {
      const at = button.getBoundingClientRect();
      return !button.contains(document.elementFromPoint(at.left + 20, at.top + at.height / 2)); }).length"""
    assert page.evaluate("() => document.querySelectorAll('#film-menu button').length") > 0
    assert page.evaluate(covered) == 0
    page.keyboard.press("Escape")
    for number in range(1, 4):
        expect(box).to_contain_text(f"{number} of 4")
        box.locator("button.primary").click()
    expect(box).to_contain_text("4 of 4")
    box.locator("button.primary").click()
    expect(box).to_be_hidden()
    red, green, _ = colors_at(page, 40, *SLEEVE)
    assert green > red
    hand = Hand(page)  # the page shows frame 40, where the sleeve is green
    hand.key("b")
    page.wait_for_function("() => document.querySelectorAll('#colorbar button').length > 3")
    orange = page.evaluate("""() => [...document.querySelectorAll('#colorbar button')].findIndex((button) => {
      const [r, g, b] = [1, 3, 5].map((at) => parseInt(button.dataset.c.slice(at, at + 2), 16));
      return r > 140 && r > 1.5 * b && r > 1.25 * g; })""")
    hand.click(f"#colorbar button:nth-child({orange + 1})")
    hand.stroke((43, 236), (48, 262), (54, 284), (66, 332))
    film = wait(page, lambda film: len(film["strokes"]) == 1 and film["strokes"][0]["color"] != "#2f7d4f")
    hand.key("c")
    wait(page, lambda film: states(film) == ["done"])
    assert hand.actions <= 4
    red, green, _ = colors_at(page, 40, *SLEEVE)
    assert red > green
    page.keyboard.press("z")
    wait(page, lambda film: film["strokes"] and film["strokes"][0]["color"] == "#2f7d4f")


def test_everything_is_reached_by_keys(visited_first: Any) -> None:
    page = visited_first
    expect(page.locator("#badge")).to_have_text("Draft", timeout=PATIENCE)
    page.locator("#tour button", has_text="Skip").click()
    page.locator("#canvas").focus()
    for key in ("p", "Enter", "ArrowRight", "ArrowRight", "Shift+ArrowDown", "Enter"):
        page.keyboard.press(key)
    film = wait(page, lambda film: len(film["strokes"]) == 2)
    assert [320 + 7, 180 + 28] in [stroke["places"][0] for stroke in film["strokes"]]
    for key in ("Escape", "b", "Enter", "Enter", "ArrowLeft", "ArrowLeft", "ArrowUp", "Enter"):
        page.keyboard.press(key)
    film = wait(page, lambda film: len(film["strokes"]) == 3)
    assert (
        max(len(stroke["places"]) for stroke in film["strokes"] if stroke["frame"] == film["strokes"][-1]["frame"])
        > 1
    )


def test_an_accessibility_check_finds_nothing(visited_first: Any) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs axe-playwright-python")
    page, checked = visited_first, axe.Axe()

    def check(state: str) -> None:
        for theme in ("dark", "light"):
            if page.evaluate("document.documentElement.dataset.theme") != theme:
                page.evaluate("document.getElementById('theme').click()")
            page.wait_for_timeout(300)
            found = checked.run(page)
            assert found.violations_count == 0, f"{state}, {theme}: {found.generate_report()}"

    expect(page.locator("#badge")).to_have_text("Draft", timeout=PATIENCE)
    check("tour")
    page.locator("#tour button", has_text="Skip").click()
    check("work")
    page.locator("#film-button").click()
    check("menu of films")
    page.keyboard.press("Escape")
    page.locator("#write").click()
    check("menu of files")
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    check("help")
    page.locator("dialog .primary").click()
    page.locator("#canvas").focus()
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("s")
    expect(page.locator("#paintbar")).to_be_visible()
    check("painting")
    page.keyboard.press("Escape")
    page.locator("#film-button").click()
    page.locator("#film-menu button", has_text="Remove this film").click()
    check("a question")
    page.locator("dialog .primary").click()
    expect(page.locator("h2", has_text="Color a black-and-white film")).to_be_visible()
    check("empty")
