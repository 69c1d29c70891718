"""The page, served until it is interrupted."""

import socket
import threading
import webbrowser
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import uvicorn

from kinemacolor.engine.project.files import ENDING, SETTINGS
from kinemacolor.errors import SettingError
from kinemacolor.studio import Limits
from kinemacolor.web.app import app_of
from kinemacolor.web.guard import LOCAL, Access, secret_in
from kinemacolor.web.rooms import Rooms

PORT = 8767
_TRIED_PORTS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How the page is served. ``port`` None takes the first free one from ``PORT`` on."""

    host: str = "127.0.0.1"
    port: int | None = None
    names: tuple[str, ...] = ()
    root_path: str = ""
    open_browser: bool = True
    limits: Limits = field(default_factory=Limits)


def home_of(target: Path | None) -> tuple[Path, Path | None]:
    """The work folder for what the owner named, and the film or project to show first."""
    usual = Path.home() / "Kinemacolor"
    if target is None:
        return usual, None
    if target.name.endswith(ENDING) and (target / SETTINGS).is_file():
        return target.absolute().parent, target
    if target.is_dir() or (not target.suffix and not target.exists() and target.absolute().parent.is_dir()):
        return target, None  # a folder that is not there yet is made
    if target.is_file():
        return usual, target
    raise SettingError(f"{target} is not there. Give a film, a project, or a folder to work in.")


def serve(target: Path | None, options: dict[str, object], settings: Settings, told: Callable[[str], None]) -> None:
    """Serves the page. ``told`` is given its address. Raises ``SettingError`` where the port is taken."""
    home, first = home_of(target)
    listening = _listening(settings)
    port = listening.getsockname()[1]
    shared = settings.host not in LOCAL
    rooms = Rooms(home, settings.limits, options)
    studio = rooms.studio()
    name = None
    if first is not None:
        name = first.name.removesuffix(ENDING) if first.is_dir() else studio.take(first)
    root_path = "/" + settings.root_path.strip("/") if settings.root_path.strip("/") else ""
    access = Access(
        secret_in(studio.folder.own),
        settings.host.lower(),
        tuple(n.lower() for n in settings.names),
        root_path,
        shared,
    )
    shown = "127.0.0.1" if settings.host in ("127.0.0.1", "0.0.0.0", "::") else settings.host
    address = f"http://{shown}:{port}{root_path}/?token={access.secret}"
    told(address)
    config = uvicorn.Config(
        app_of(rooms, access, first=name),
        log_level="error",
        access_log=False,
        timeout_graceful_shutdown=1,
        server_header=False,
        h11_max_incomplete_event_size=2**16,
    )
    if settings.open_browser:
        threading.Timer(0.6, webbrowser.open, [address]).start()
    try:
        uvicorn.Server(config).run(sockets=[listening])
    finally:
        rooms.close()


def _listening(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    wanted = [settings.port] if settings.port is not None else range(PORT, PORT + _TRIED_PORTS)
    for port in wanted:
        listening = socket.socket(family, socket.SOCK_STREAM)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((settings.host, port))
        except (OSError, OverflowError) as error:
            listening.close()
            last = error
            continue
        listening.listen(128)  # who comes before the server is up waits
        return listening
    at = f"{settings.host}:{settings.port if settings.port is not None else PORT}"
    raise SettingError(f"The page cannot be served at {at} ({last}). Give another --port or --host.")
