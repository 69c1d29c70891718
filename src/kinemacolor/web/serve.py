"""The page, served until it is interrupted.

What loads torch is imported inside functions: the process that looks at films is started first, and loads beside us.
"""

import socket
import threading
import webbrowser
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import uvicorn

from kinemacolor.errors import SettingError
from kinemacolor.studio.helper import Helper, helpers
from kinemacolor.studio.limits import Limits
from kinemacolor.studio.places import OWN
from kinemacolor.web.guard import LOCAL, Access, App, secret_in

if TYPE_CHECKING:
    from kinemacolor.web.rooms import Rooms

PORT = 8767
_TRIED_PORTS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How the page is served. ``port`` None takes the first free one from ``PORT`` on.

    ``kept_hours``: where other machines are let in, what belongs to one of them goes when nobody has come for so
    long; 0 keeps it.
    """

    host: str = "127.0.0.1"
    port: int | None = None
    names: tuple[str, ...] = ()
    root_path: str = ""
    open_browser: bool = True
    kept_hours: float = 24.0
    limits: Limits = field(default_factory=Limits)


def home_of(target: Path | None) -> tuple[Path, Path | None]:
    """The work folder for what the owner named, and the film or project to show first."""
    from kinemacolor.engine.project.files import ENDING, SETTINGS

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
    listening = _listening(settings)
    look, color = helpers()
    look.start()  # it loads what it needs while we do: torch takes a second or three
    try:
        home, first = home_of(target)
        access = _access(home, settings)
        application, rooms = _application(home, first, options, settings, access, (look, color))
    except BaseException:
        look.close()
        raise
    shown = "127.0.0.1" if settings.host in ("127.0.0.1", "0.0.0.0", "::") else settings.host
    address = f"http://{shown}:{listening.getsockname()[1]}{access.root_path}/?token={access.secret}"
    told(address)
    config = uvicorn.Config(
        application,
        log_level="error",
        access_log=False,
        timeout_graceful_shutdown=1,
        server_header=False,
        h11_max_incomplete_event_size=2**16,
    )
    if settings.open_browser:
        threading.Timer(0.1, webbrowser.open, [address]).start()
    try:
        uvicorn.Server(config).run(sockets=[listening])
    finally:
        rooms.close()


def _access(home: Path, settings: Settings) -> Access:
    own = home.absolute() / OWN
    own.mkdir(parents=True, exist_ok=True)
    root_path = settings.root_path.strip("/")
    return Access(
        secret_in(own),
        settings.host.lower(),
        tuple(name.lower() for name in settings.names),
        f"/{root_path}" if root_path else "",
        settings.host not in LOCAL,
    )


def _application(
    home: Path,
    first: Path | None,
    options: dict[str, object],
    settings: Settings,
    access: Access,
    processes: tuple[Helper, Helper],
) -> tuple[App, "Rooms"]:
    """The application with its rooms; what it is made of is loaded now, beside the process that looks at films."""
    from kinemacolor.engine.project.files import ENDING
    from kinemacolor.web.app import app_of
    from kinemacolor.web.rooms import Rooms

    kept = settings.kept_hours if access.rooms and settings.kept_hours else None
    rooms = Rooms(home, settings.limits, options, processes, kept_hours=kept)
    studio = rooms.studio()
    name = None
    if first is not None:
        name = first.name.removesuffix(ENDING) if first.is_dir() else studio.incoming.take(first)
    return app_of(rooms, access, first=name), rooms


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
