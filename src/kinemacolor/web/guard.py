"""Who may ask: the browser that was given the secret, from our own page, by our own name.

A local server can be reached by every page that its user visits. So each request must name us as its host (no DNS
rebinding), whatever changes something must come from our own page (``Origin``), and all but the first address need
the cookie that the secret in it gives.
"""

import hashlib
import secrets
import socket
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from kinemacolor.io.destination import write_file

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

LOCAL = ("127.0.0.1", "localhost", "::1")
_COOKIE, _ROOM = "kinemacolor", "kinemacolor_room"
_SAFE = ("GET", "HEAD")
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; "
    "font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = [
    (b"content-security-policy", _POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
]
_REFUSED = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Kinemacolor</title>
<p>{}</p></html>"""


def secret_in(folder: Path) -> str:
    """The secret of a work folder, made when it is first asked for; a page stays open over a restart."""
    file = folder / "secret"
    try:
        known = file.read_text(encoding="ascii").strip()
        if len(known) >= 32:
            return known
    except (OSError, UnicodeDecodeError):
        pass
    made = secrets.token_urlsafe(32)
    write_file(file, made.encode(), mode=0o600)
    return made


@dataclass(frozen=True, slots=True)
class Access:
    """Under which names and paths the page is reached, and by which secret. ``rooms``: each browser has its own."""

    secret: str
    host: str
    names: tuple[str, ...] = ()
    root_path: str = ""
    rooms: bool = False

    def knows(self, host: str) -> bool:
        """Whether a ``Host`` header names this server. A server of other machines is reached by any address too."""
        name = _name_of(host)
        if name in self.names or name == self.host:
            return True
        if self.host in LOCAL:
            return name in LOCAL
        return name in LOCAL or name == socket.gethostname().lower() or _is_address(name)


def _name_of(host: str) -> str:
    host = host.strip().lower()
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.rpartition(":")[0] if host.count(":") == 1 else host


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


class Guard:
    """Lets through what may ask, and says in words why nothing else may."""

    def __init__(self, app: App, access: Access) -> None:
        self._app, self._access = app, access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return
        headers = {name.lower(): value for name, value in reversed(scope["headers"])}
        host = headers.get(b"host", b"").decode("latin-1")
        if not self._access.knows(host):
            await _refuse(send, 421, "This server is not known by this name. Use the address that it printed.")
            return
        if scope["method"] not in _SAFE and not self._is_ours(headers, host):
            await _refuse(send, 403, "This was asked for by another page and is not done.")
            return
        self._without_root(scope)
        if await self._came_in(scope, send):
            return
        cookies = _cookies(headers.get(b"cookie", b""))
        if not secrets.compare_digest(cookies.get(_COOKIE, "").encode(), self._access.secret.encode()):
            await _refuse(send, 401, "Open the address that <code>kinemacolor web</code> printed: it has the key.")
            return
        room = cookies.get(_ROOM, "")
        scope["room"] = hashlib.sha256(room.encode()).hexdigest()[:24] if self._access.rooms else ""
        if self._access.rooms and len(room) < 32:
            await _refuse(send, 401, "Open the address that <code>kinemacolor web</code> printed: it has the key.")
            return
        await self._app(scope, receive, _with_headers(send))

    @staticmethod
    def _is_ours(headers: dict[bytes, bytes], host: str) -> bool:
        origin = headers.get(b"origin", b"").decode("latin-1")
        return origin.partition("://")[2].lower() == host.lower() and bool(host)

    def _without_root(self, scope: Scope) -> None:
        """Takes the path that a proxy serves us under away, where the proxy has left it in."""
        root = self._access.root_path
        if root and (scope["path"] == root or scope["path"].startswith(root + "/")):
            scope["path"] = scope["path"][len(root) :] or "/"
            scope["raw_path"] = scope["path"].encode()

    async def _came_in(self, scope: Scope, send: Send) -> bool:
        """Gives the cookie to who has the secret in the address, and takes it out of the address."""
        if scope["path"] != "/" or scope["method"] != "GET":
            return False
        asked = parse_qs(scope.get("query_string", b"").decode("latin-1"))
        given = asked.get("token", [""])[0]
        if not secrets.compare_digest(given.encode(), self._access.secret.encode()):
            return False
        place = self._access.root_path + "/"
        rest = f"; Path={place}; HttpOnly; SameSite=Strict; Max-Age=31536000"
        headers = [(b"location", place.encode()), (b"set-cookie", f"{_COOKIE}={given}{rest}".encode())]
        known = _cookies(dict(scope["headers"]).get(b"cookie", b"")).get(_ROOM, "")
        if self._access.rooms and len(known) < 32:
            headers.append((b"set-cookie", f"{_ROOM}={secrets.token_urlsafe(32)}{rest}".encode()))
        await send({"type": "http.response.start", "status": 303, "headers": headers})
        await send({"type": "http.response.body", "body": b""})
        return True


def _cookies(header: bytes) -> dict[str, str]:
    try:
        return {name: morsel.value for name, morsel in SimpleCookie(header.decode("latin-1")).items()}
    except CookieError:
        return {}


def _with_headers(send: Send) -> Send:
    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", ()), *_HEADERS]
        await send(message)

    return sent


async def _refuse(send: Send, status: int, words: str) -> None:
    headers = [(b"content-type", b"text/html; charset=utf-8"), *_HEADERS]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": _REFUSED.format(words).encode()})
