"""A folder that a command fills with files of names it knows: each at once, none through a link, none on an input."""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from kinemacolor.errors import OutputError, reason_of_failed_write
from kinemacolor.io.destination import Destination, require_free, require_writable, spare_inputs, write_file


class OutputFolder:
    """A folder for a report, pictures or weights; made with the first file that comes into it.

    ``names`` are the files that are known before the work, with folders where they lie in some. ``reads`` are the
    files that the command reads, and folders of pictures that it reads as films: none of these is written to,
    whatever ``overwrite`` says.

    Raises ``OutputExistsError`` where one of ``names`` is there and ``overwrite`` is off, ``OutputError`` where
    nothing can be written, or would be on an input.
    """

    def __init__(
        self, folder: Path, names: Sequence[str] = (), *, reads: Iterable[Path] = (), overwrite: bool
    ) -> None:
        require_writable(folder)
        self.path, self._overwrite = folder, overwrite
        self._reads = tuple(files_of(reads))
        places = [self._place(name) for name in names]
        require_free(places, overwrite=overwrite)
        spare_inputs(places, self._reads)

    def write(self, name: str, content: bytes | str) -> Path:
        """Puts a whole file under a name of the folder, on the disk by then. Raises ``OutputError``."""
        path = self._ready(name)
        with _refusal(path):
            write_file(path, content.encode(errors="backslashreplace") if isinstance(content, str) else content)
        return path

    @contextmanager
    def place(self, name: str) -> Iterator[Path]:
        """A temporary name, for what writes a file by name: it gets its own name at the end, and goes on an error."""
        path = self._ready(name)
        with _refusal(path):
            destination = Destination.for_file(path, "-", overwrite=self._overwrite)
        try:
            with _refusal(path):
                yield destination.partial
        except BaseException:
            destination.discard()
            raise
        destination.commit()

    def begin(self, name: str) -> TextIO:
        """A new file that grows under its own name from now on; what was there goes. Raises ``OutputError``."""
        path = self._ready(name)
        with _refusal(path):
            path.unlink(missing_ok=True)
            return path.open("x", newline="", encoding="utf-8", errors="backslashreplace")

    def _ready(self, name: str) -> Path:
        path = self._place(name)
        spare_inputs([path], self._reads)
        with _refusal(path):
            path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def _place(self, name: str) -> Path:
        path = self.path / name
        for above in path.relative_to(self.path).parents:
            if above != Path():
                require_no_link(self.path / above)
        if path.is_dir():
            raise OutputError(f"{path} is a folder, and a file of this name is to be written. Give another folder.")
        return path


def require_no_link(folder: Path) -> None:
    """Raises ``OutputError`` where a folder of our own name is a link: what lies behind it is somebody else's."""
    if folder.is_symlink():
        raise OutputError(f"{folder} is a link, and nothing is written or removed through it. Remove it first.")


def files_of(paths: Iterable[Path]) -> Iterator[Path]:
    """Files as they are; of a folder, the files in it."""
    for path in paths:
        if path.is_dir():
            try:
                yield from (Path(each.path) for each in os.scandir(path) if not each.is_dir())
            except OSError:  # who reads it says so
                continue
        else:
            yield path


@contextmanager
def _refusal(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise OutputError(
            f"{path} cannot be written ({reason_of_failed_write(error)}). Give another folder."
        ) from error
