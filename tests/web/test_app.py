"""The server's answers without a browser: what it refuses, in words, and what it never gives."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("starlette", reason="the page needs the extra 'web'")
httpx = pytest.importorskip("httpx", reason="asks the server without a browser")

from kinemacolor.studio.limits import Limits  # noqa: E402
from kinemacolor.web.app import app_of  # noqa: E402
from kinemacolor.web.guard import Access  # noqa: E402
from kinemacolor.web.rooms import Rooms  # noqa: E402

pytestmark = pytest.mark.process
SECRET = "s" * 43
HERE = {"host": "127.0.0.1:8767", "origin": "http://127.0.0.1:8767", "cookie": f"kinemacolor={SECRET}"}


@pytest.fixture(scope="module")
def rooms(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rooms]:
    made = Rooms(tmp_path_factory.mktemp("work"), Limits(film_bytes=10**6, uploads=2), {"model": "flow"})
    yield made
    made.close()


@pytest.fixture
def ask(rooms: Rooms):
    """Asks the server; many at once where ``addresses`` are many."""
    app = app_of(rooms, Access(SECRET, "127.0.0.1"))

    def asked(method: str, *addresses: str, content: bytes | None = None, **headers: str) -> list:
        async def all_of_them() -> list:
            transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8767") as client:
                asking = [
                    client.request(method, each, content=content, headers={**HERE, **headers}, timeout=120)
                    for each in addresses
                ]
                return await asyncio.gather(*asking)

        return asyncio.run(all_of_them())

    return asked


@pytest.mark.parametrize(
    "path",
    [
        "/api/films/..%2F..%2Fetc",
        "/api/films/%2Fetc%2Fpasswd/frame/0/source",
        "/api/films/.studio",
        "/static/../app.py",
        "/static/..%2Fapp.py",
        "/static/%2e%2e/app.py",
        "/api/films/nothing/out/..%2F..%2Fproject.toml",
    ],
)
def test_case_46_no_path_leads_out(ask, path: str) -> None:
    (answer,) = ask("GET", path)
    assert answer.status_code in (400, 404)
    assert "import" not in answer.text


def test_case_48_a_film_that_is_too_large_is_refused_before_it_comes(ask) -> None:
    (answer,) = ask("POST", "/api/films?name=big.mkv", content=b"x", **{"content-length": str(10**7)})
    assert answer.status_code == 400
    assert "are the limit" in answer.json()["error"]


def test_case_52_a_name_of_markup_stays_a_name(ask) -> None:
    (answer,) = ask("POST", "/api/films?name=%3Cimg%20src%3Dx%3E.mkv", content=b"no film at all")
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/json"
    (page,) = ask("GET", "/")
    assert "innerHTML" not in page.text


def test_case_52_no_module_of_the_page_makes_markup_of_text() -> None:
    static = Path(__file__).parents[2] / "src" / "kinemacolor" / "web" / "static"
    for module in static.glob("*.js"):
        text = module.read_text()
        assert not any(word in text for word in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write"))
        assert "http://" not in text.replace("http://www.w3.org/2000/svg", "")
        assert "https://" not in text


@pytest.mark.parametrize("body", [b"[]", b"{", b'{"do": "rm"}', b'{"do": "split"}', b"[" * 10**5, b"x" * 2**21])
def test_what_is_no_request_is_refused_in_words(ask, body: bytes) -> None:
    (answer,) = ask("POST", "/api/films/none/edit", content=body)
    assert answer.status_code in (400, 404)
    assert answer.json()["error"].endswith(".")


def test_case_47_a_playlist_is_no_film(ask) -> None:
    playlist = b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n"
    (answer,) = ask("POST", "/api/films?name=list.m3u8", content=playlist)
    assert answer.status_code == 400


def test_case_48_twenty_uploads_at_once_are_all_taken_or_refused_in_words(
    ask, rooms: Rooms, reel_bytes: bytes
) -> None:
    began = time.monotonic()
    answers = ask("POST", *(f"/api/films?name=reel{n}.mkv" for n in range(20)), content=reel_bytes)
    for answer in answers:
        assert answer.status_code == 200 or answer.json()["error"] == (
            "Too many films are coming in at once. Try again in a minute."
        )
    taken = [answer.json()["name"] for answer in answers if answer.status_code == 200]
    assert len(taken) == len(set(taken)) >= 2
    assert time.monotonic() - began < 120


def test_case_48_users_of_other_rooms_see_nothing(tmp_path: Path, reel_bytes: bytes) -> None:
    rooms = Rooms(tmp_path, Limits(), {"model": "flow"})
    app = app_of(rooms, Access(SECRET, "0.0.0.0", rooms=True), with_sample=False)

    async def visit() -> tuple[list, list, int]:
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://10.0.0.5") as client:
            one, other = (
                {"origin": "http://10.0.0.5", "cookie": f"kinemacolor={SECRET}; kinemacolor_room={letter * 43}"}
                for letter in "ab"
            )
            put = await client.post("/api/films?name=mine.mkv", content=reel_bytes, headers=one, timeout=60)
            name = put.json()["name"]
            mine = (await client.get("/api/films", headers=one)).json()["films"]
            theirs = (await client.get("/api/films", headers=other)).json()["films"]
            taken = await client.get(f"/api/films/{name}/frame/0/source", headers=other)
            return mine, theirs, taken.status_code

    try:
        mine, theirs, status = asyncio.run(visit())
    finally:
        rooms.close()
    assert [film["name"] for film in mine] == ["mine"]
    assert (theirs, status) == ([], 404)
