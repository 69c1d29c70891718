"""Where an output goes: checked before any work, written under another name, renamed when complete."""

import shutil
import uuid
from pathlib import Path

from kinemacolor.errors import OutputError, OutputExistsError


class Destination:
    """A final name and the temporary one beside it.

    Raises ``OutputExistsError`` where something is there and ``overwrite`` is off, ``OutputError`` where the
    folder is missing or not writable, or the output is the input.
    """

    def __init__(self, output: Path, source: str, *, overwrite: bool, folder: bool = False) -> None:
        self.final = output
        self._overwrite = overwrite
        parent = output.parent
        if not parent.is_dir():
            raise OutputError(
                f"The folder {parent} does not exist, so {output.name} cannot be written. Make it first."
            )
        if source != "-" and output.exists() and Path(source).exists() and output.samefile(source):
            raise OutputError(f"{output} is the input. Give the output another name; the input is never overwritten.")
        self._refuse_existing(folder)
        self.partial = parent / f".{output.stem[:100]}.{uuid.uuid4().hex[:8]}.partial{output.suffix}"
        try:
            self.partial.mkdir() if folder else self.partial.touch(exist_ok=False)
        except OSError as error:
            raise OutputError(
                f"{parent} cannot be written to ({error.strerror}). Choose another folder or change its permissions."
            ) from error

    def _refuse_existing(self, folder: bool) -> None:
        if not self.final.exists() and not self.final.is_symlink():
            return
        if self.final.is_dir() and not folder:
            raise OutputError(f"{self.final} is a folder. Give a file name such as {self.final / 'film.mp4'}.")
        if folder and self.final.is_dir() and not any(self.final.iterdir()):
            return
        if not self._overwrite:
            what = "has files in it" if folder and self.final.is_dir() else "exists"
            raise OutputExistsError(f"{self.final} {what} already. Give another name, or --overwrite to replace it.")

    def commit(self) -> None:
        """Gives the complete output its final name; what was there goes only now."""
        try:
            if self.partial.is_dir():
                self._commit_folder()
            else:
                self.partial.replace(self.final)
        except OSError as error:
            self.discard()
            raise OutputError(
                f"{self.final} could not be given its name ({error.strerror}). Nothing was replaced."
            ) from error

    def _commit_folder(self) -> None:
        if not self.final.exists():
            self.partial.replace(self.final)
            return
        for picture in sorted(self.partial.iterdir()):
            picture.replace(self.final / picture.name)
        self.partial.rmdir()

    def discard(self) -> None:
        """Removes the temporary file or folder."""
        if self.partial.is_dir():
            shutil.rmtree(self.partial, ignore_errors=True)
        else:
            self.partial.unlink(missing_ok=True)
