"""The page in a browser, from a film that is dropped in to the file that is taken home."""

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

pytest.importorskip("starlette", reason="the page needs the extra 'web'")
playwright = pytest.importorskip(
    "playwright.sync_api", reason="browser tests need playwright: pip install playwright"
)

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--no-first-run",
]  # fmt: skip
SCENE_FRAMES = 24
PATIENCE = 150_000
"""Milliseconds: a machine that is busy with something else is no fault."""

expect = playwright.expect

pytestmark = [
    pytest.mark.process,
    pytest.mark.browser,
    pytest.mark.timeout(1500),
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


def film_of(page: Any) -> dict[str, Any]:
    """The film that is open, as the page is told of it."""
    found: dict[str, Any] = page.evaluate(
        "fetch('api/films/' + location.hash.slice(1)).then((answer) => answer.json())"
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


def _split_a_shot(page: Any) -> None:
    page.keyboard.press("End")
    page.keyboard.press("Shift+ArrowLeft")
    page.keyboard.press("x")
    wait(page, lambda film: len(film["shots"]) == 3 and film["planned"])


def _color_the_film_through_a_stop_and_a_crash(page: Any, server: list[Server], home: Path) -> None:
    page.locator("#color-film").click()
    page.get_by_role("button", name="Stop").click()
    wait(page, is_idle)
    page.locator("#color-film").click()
    page.wait_for_timeout(300)
    port = server[0].port
    server[0].kill()
    expect(page.locator("#progress-text")).to_contain_text("does not answer", timeout=PATIENCE)
    server[0] = Server(home, port)
    wait(page, lambda film: set(states(film)) == {"done"})
    expect(page.locator("#progress-text")).to_contain_text("3 of 3 shots colored", timeout=PATIENCE)


def _write_and_download(page: Any, taken: Path) -> dict[str, Any]:
    page.locator("#write").click()
    page.locator("[data-preset=ffv1]").click()
    film = wait(page, lambda film: film["outputs"] and is_idle(film))
    page.locator("#write").click()
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
    expect(page.locator(".toast.bad")).to_contain_text("not a video", timeout=PATIENCE)
    expect(page.locator(".toast.bad")).not_to_contain_text(str(tmp_path))
