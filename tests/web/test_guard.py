"""Who is let in, asked of the guard itself: no server, no browser."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("starlette", reason="the page needs the extra 'web'")

from kinemacolor.web.guard import Access, Guard, secret_in

SECRET = "s" * 43


def asked(access: Access, path: str = "/api/films", method: str = "GET", query: str = "", **headers: str) -> Any:
    """The status, the headers and the scope that came through (None: nothing did)."""
    came: dict[str, Any] = {"scope": None, "status": None, "headers": []}

    async def app(scope: Any, receive: Any, send: Any) -> None:
        came["scope"] = scope
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            came["status"], came["headers"] = message["status"], message["headers"]

    async def receive() -> Any:
        return {"type": "http.request"}

    given = {"host": "127.0.0.1:8767", "cookie": f"kinemacolor={SECRET}", **headers}
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": query.encode(),
        "headers": [(name.encode(), value.encode()) for name, value in given.items()],
    }
    asyncio.run(Guard(app, access)(scope, receive, send))
    return came


LOCAL = Access(SECRET, "127.0.0.1")


def test_the_page_of_its_own_user_comes_through_with_a_strict_policy() -> None:
    came = asked(LOCAL)
    assert came["status"] == 200
    policy = dict(came["headers"])[b"content-security-policy"]
    assert b"default-src 'none'" in policy
    assert b"unsafe" not in policy


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8767", "127.0.0.1.evil.example", "192.168.0.7:8767", ""]
)
def test_case_49_another_name_is_refused(host: str) -> None:
    came = asked(LOCAL, host=host)
    assert (came["status"], came["scope"]) == (421, None)


@pytest.mark.parametrize("host", ["127.0.0.1:8767", "localhost:8767", "[::1]:8767", "LOCALHOST"])
def test_own_names_are_known(host: str) -> None:
    assert asked(LOCAL, host=host)["status"] == 200


@pytest.mark.parametrize("origin", [None, "null", "http://evil.example", "http://127.0.0.1:9999"])
def test_case_49_another_page_changes_nothing(origin: str | None) -> None:
    headers = {} if origin is None else {"origin": origin}
    came = asked(LOCAL, method="POST", **headers)
    assert (came["status"], came["scope"]) == (403, None)


def test_our_page_changes_things() -> None:
    assert asked(LOCAL, method="POST", origin="http://127.0.0.1:8767")["status"] == 200


@pytest.mark.parametrize("cookie", ["", "kinemacolor=wrong", "other=1", "kinemacolor"])
def test_nobody_comes_in_without_the_secret(cookie: str) -> None:
    came = asked(LOCAL, cookie=cookie)
    assert (came["status"], came["scope"]) == (401, None)


def test_the_secret_in_the_first_address_becomes_a_cookie_and_leaves_the_address() -> None:
    came = asked(LOCAL, "/", query=f"token={SECRET}", cookie="")
    headers = came["headers"]
    assert came["status"] == 303
    assert (b"location", b"/") in headers
    (cookie,) = [value.decode() for name, value in headers if name == b"set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert asked(LOCAL, "/", query="token=wrong", cookie="")["status"] == 401


def test_below_a_proxys_path() -> None:
    access = Access(SECRET, "127.0.0.1", ("films.example",), "/color")
    came = asked(access, "/color/api/films", host="films.example")
    assert came["scope"]["path"] == "/api/films"
    assert (b"location", b"/color/") in asked(access, "/color/", query=f"token={SECRET}", cookie="")["headers"]
    assert asked(access, "/api/films", host="films.example")["status"] == 200


def test_case_48_on_a_server_of_others_each_browser_has_its_own_room() -> None:
    access = Access(SECRET, "0.0.0.0", rooms=True)
    came = asked(access, "/", query=f"token={SECRET}", cookie="", host="10.0.0.5:8767")
    cookies = [value.decode() for name, value in came["headers"] if name == b"set-cookie"]
    assert len(cookies) == 2
    rooms = set()
    for room in ("a" * 43, "b" * 43):
        scope = asked(access, cookie=f"kinemacolor={SECRET}; kinemacolor_room={room}", host="10.0.0.5:8767")["scope"]
        rooms.add(scope["room"])
    assert len(rooms) == 2
    assert asked(access, host="10.0.0.5:8767")["status"] == 401
    assert asked(LOCAL)["scope"]["room"] == ""


def test_the_secret_is_kept_for_its_owner_only(tmp_path) -> None:
    made = secret_in(tmp_path)
    assert secret_in(tmp_path) == made
    assert (tmp_path / "secret").stat().st_mode & 0o077 == 0


def test_case_49_the_secret_is_at_no_moment_for_others(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    modes: list[int] = []
    replace = Path.replace
    monkeypatch.setattr(Path, "replace", lambda at, to: (modes.append(at.stat().st_mode & 0o777), replace(at, to))[1])
    secret_in(tmp_path)
    assert modes == [0o600]
