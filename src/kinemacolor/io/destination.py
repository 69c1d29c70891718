"""Destination of an output: checked before any work, written under another name, renamed when complete."""

import shutil
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from kinemacolor.errors import OutputError, OutputExistsError

_NAME_CHARACTERS = 40


class Destination:
    """A final name and a temporary one on the same disk: a file or a folder that ``commit`` puts in place."""

    def __init__(self, final: Path, partial: Path, replaced: Sequence[Path] = ()) -> None:
        self.final, self.partial = final, partial
        self._replaced = replaced

    @classmethod
    def for_file(cls, output: Path, source: str, *, overwrite: bool) -> "Destination":
        """A file's destination; its temporary file is made here.

        Raises ``OutputExistsError`` where something is there and ``overwrite`` is off, ``OutputError`` where the
        folder is missing or not writable, or the output is the input.
        """
        if not output.parent.is_dir():
            raise OutputError(f"There is no folder {output.parent} to write {output.name} to. Make it first.")
        if output.is_dir():
            raise OutputError(f"{output} is a folder. Give a file name such as {output / 'film.mp4'}.")
        if source != "-" and output.exists() and Path(source).exists() and output.samefile(source):
            raise OutputError(f"{output} is the input, which is never overwritten. Give the output another name.")
        if not overwrite and (output.exists() or output.is_symlink()):
            raise OutputExistsError(f"{output} exists already. Give another name, or --overwrite to replace it.")
        partial = output.parent / f".{output.stem[:_NAME_CHARACTERS]}.{_token()}.partial{output.suffix}"
        with _refusal(output.parent):
            partial.touch(exist_ok=False)
        return cls(output, partial)

    @classmethod
    def for_folder(cls, folder: Path, *, replaced: Sequence[Path]) -> "Destination":
        """A folder's destination. Files ``replaced`` go when the new ones come; others in the folder stay.

        Raises ``OutputError`` where the folder above is missing, or where it cannot be written to.
        """
        if folder.exists() and not folder.is_dir():
            raise OutputError(f"{folder} is a file, and pictures need a folder. Give another name.")
        home = folder if folder.is_dir() else folder.parent
        if not home.is_dir():
            raise OutputError(f"There is no folder {home}, so {folder.name} cannot be made in it. Make it first.")
        partial = home / f".{folder.name[:_NAME_CHARACTERS]}.{_token()}.partial"
        with _refusal(home):
            partial.mkdir()
        return cls(folder, partial, replaced)

    def commit(self) -> None:
        """Gives the complete output its final name; what was there goes only now."""
        try:
            if not self.partial.is_dir() or not self.final.exists():
                self.partial.replace(self.final)
                return
            for picture in self._replaced:
                picture.unlink(missing_ok=True)
            for picture in sorted(self.partial.iterdir()):
                picture.replace(self.final / picture.name)
            self.partial.rmdir()
        except OSError as error:
            raise OutputError(f"{self.final} could not be given its name ({error.strerror}).") from error

    def discard(self) -> None:
        """Removes the temporary file or folder."""
        if self.partial.is_dir():
            shutil.rmtree(self.partial, ignore_errors=True)
        else:
            self.partial.unlink(missing_ok=True)


def _token() -> str:
    return uuid.uuid4().hex[:8]


@contextmanager
def _refusal(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise OutputError(
            f"{folder} cannot be written to ({error.strerror}). Choose another folder or change its permissions."
        ) from error
