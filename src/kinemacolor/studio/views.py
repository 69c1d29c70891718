"""Pictures of the studio's films, as bytes with their media type."""

from contextlib import suppress
from pathlib import Path

from kinemacolor.io.destination import write_file
from kinemacolor.studio.places import CACHE, SHORT_SIDE_PX
from kinemacolor.studio.shelf import Shelf

PICTURE_SECONDS = 60.0
"""How long a picture may take."""


class Views:
    """Frames, thumbnails and stills of the films on a shelf."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf, self._look = shelf, shelf.look

    def picture(self, name: str, frame: int, what: str, *, full: bool = False) -> tuple[bytes, str] | None:
        """A frame with its media type; None where there are no colors of it.

        ``what`` is ``source``, ``png`` (the source whole, to be painted elsewhere), ``color`` or ``veil``.
        """
        size = None if full else SHORT_SIDE_PX
        if what == "png" or (what == "source" and (full or frame)):
            self._shelf.folder.require(name)
            source = str(self._shelf.folder.film(name))
            data = self._look.call("picture", source, frame, what, size, None).future.result(PICTURE_SECONDS)
            return data, "image/png" if what == "png" else "image/jpeg"
        if what == "source":
            return self._first(name), "image/jpeg"
        film = self._shelf.film(name)
        for place in film.places(frame):
            kept = None if frame or full or what == "veil" else self._kept(name, f"color-{place.key}")
            with suppress(OSError):
                if kept is not None:
                    return kept.read_bytes(), "image/jpeg"
            call = self._look.call("picture", str(film.source), frame, what, size, place)
            if (data := call.future.result(PICTURE_SECONDS)) is not None:
                if kept is not None:
                    _keep(kept, data, "color-*.jpg")
                return data, "image/png" if what == "veil" else "image/jpeg"
        return None

    def keep_first(self, name: str, gray: bytes, colored: bytes) -> None:
        """Keeps a film's first picture, gray and from its preview, so that neither need be made."""
        stat = self._shelf.folder.film(name).stat()
        _keep(self._kept(name, f"source-{stat.st_size}-{stat.st_mtime_ns}"), gray, "source-*.jpg")
        _keep(self._kept(name, "color-preview"), colored, "color-*.jpg")

    def _kept(self, name: str, what: str) -> Path:
        """Where the film's first picture is kept, to be there before the process that decodes is."""
        return self._shelf.folder.project(name) / CACHE / "first" / f"{what}.jpg"

    def _first(self, name: str) -> bytes:
        folder = self._shelf.folder
        folder.require(name)
        film = folder.film(name)
        stat = film.stat()
        kept = self._kept(name, f"source-{stat.st_size}-{stat.st_mtime_ns}")
        with suppress(OSError):
            return kept.read_bytes()
        call = self._look.call("picture", str(film), 0, "source", SHORT_SIDE_PX, None)
        data = bytes(call.future.result(PICTURE_SECONDS))
        if folder.has_project(name):
            _keep(kept, data, "source-*.jpg")
        return data

    def live(self, name: str, frame: int) -> bytes | None:
        """A frame of the shot that is being colored, as far as that has come."""
        path = self._shelf.film(name).live(frame)
        try:
            return None if path is None else path.read_bytes()
        except OSError:
            return None

    def thumb(self, name: str, frame: int) -> bytes:
        """A small picture of a frame, as JPEG."""
        folder = self._shelf.folder
        folder.require(name)
        kept = folder.project(name) / CACHE / "thumbs" / f"{int(frame)}.jpg"
        with suppress(OSError):
            return kept.read_bytes()
        if not folder.has_project(name):
            kept = Path()  # the folder is still to be made by who looks through the film
        source = str(folder.film(name))
        return bytes(self._look.call("small_picture", source, frame, str(kept)).future.result(PICTURE_SECONDS))

    def still(self, name: str, still: str, *, small: bool) -> bytes:
        """A still, as JPEG."""
        path = self._shelf.film(name).edits.still(still).path
        size = 160 if small else SHORT_SIDE_PX
        return bytes(self._look.call("still_picture", str(path), size).future.result(PICTURE_SECONDS))


def _keep(path: Path, data: bytes, former: str) -> None:
    """Writes a picture in the place of those that were kept before."""
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        for old in path.parent.glob(former):
            old.unlink(missing_ok=True)
        write_file(path, data)
