"""Destination of an output: checked before any work, written under another name, renamed when complete.

The unfinished file is locked (flock) by who writes it. So a second run on one output is refused, and what a killed
run left is told from what another still writes, and removed. Where a disk has no locks, neither happens.
"""

import hashlib
import os
import re
import shutil
import uuid
import weakref
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from kinemacolor.errors import BusyError, OutputError, OutputExistsError, reason_of
from kinemacolor.io import locks, swap
from kinemacolor.io.sequence import Pattern

_NAME_CHARACTERS = 40
_HASH_BYTES = 6
_LEFT_OVER = re.compile(r"\..{0,40}\.[0-9a-f]{8}\.partial(\.\w+)?", re.DOTALL)


class Destination:
    """A final name and a temporary one on the same disk: a file or a folder that ``commit`` puts in place.

    What is neither committed nor discarded, as where an interruption comes before anybody answers for it, is removed
    with the object, or when the process ends.
    """

    def __init__(
        self,
        final: Path,
        partial: Path,
        pattern: Pattern | None = None,
        replaced: Sequence[str] = (),
        *,
        overwrite: bool,
    ) -> None:
        self.final, self.partial = final, partial
        self._pattern, self._replaced, self._overwrite = pattern, frozenset(replaced), overwrite
        self._lock = locks.locked(partial)
        self._net = weakref.finalize(self, _remove, os.getpid(), partial, final, pattern)

    @classmethod
    def for_file(cls, output: Path, source: str, *, overwrite: bool) -> "Destination":
        """A file's destination; its temporary file is made here.

        Raises ``OutputExistsError`` where something is there and ``overwrite`` is off, ``OutputError`` where the
        folder is missing or not writable, or the output is the input.
        """
        require_home(output)
        if output.is_dir():
            raise OutputError(f"{output} is a folder. Give a file name such as {output / 'film.mp4'}.")
        if source != "-" and output.exists() and Path(source).exists() and output.samefile(source):
            raise OutputError(f"{output} is the input, which is never overwritten. Give the output another name.")
        if not overwrite and (output.exists() or output.is_symlink()):
            raise OutputExistsError(f"{output} exists already. Give another name, or --overwrite to replace it.")
        partial = _partial_for(output.parent, output.stem, output.suffix)
        with _refusal(output.parent), locks.one_at_a_time(output.parent):
            _clear_left_over(output, partial)
            partial.touch(exist_ok=False)
            return cls(output, partial, overwrite=overwrite)

    @classmethod
    def for_pictures(cls, pattern: Pattern, *, overwrite: bool) -> "Destination":
        """The destination of numbered pictures: their folder, which is made if need be.

        Pictures of the pattern that are there go when the new ones come, all at once where the folder may be swapped;
        the folder itself and all else in it stay. Raises ``OutputExistsError`` where there are some and ``overwrite``
        is off, ``OutputError`` where the folder above is missing, or where it cannot be written to.
        """
        folder = swap.shown_for(pattern.folder)  # who stands in the folder has its name of that moment
        pattern = replace(pattern, folder=folder)
        if folder.exists() and not folder.is_dir():
            raise OutputError(f"{folder} is a file, and pictures need a folder. Give another name.")
        home = folder if folder.is_dir() else folder.parent
        require_home(folder)
        partial = _partial_for(home, f"{folder.name}-{pattern.name}")
        with _refusal(home), locks.one_at_a_time(folder.parent):
            for place in {home, folder.parent}:
                _clear_left_over(folder, place / partial.name, pattern)
            old = [path.name for path in pattern.numbered()]
            if old and not overwrite:
                raise OutputExistsError(
                    f"{folder} has {len(old)} such pictures already. Give another name, or --overwrite."
                )
            partial.mkdir()
            if folder.is_dir() and swap.may_be_swapped(folder):
                with suppress(OSError):  # a folder that another disk or place is mounted on
                    partial = partial.replace(folder.parent / partial.name)
            return cls(folder, partial, pattern, old, overwrite=overwrite)

    def commit(self) -> None:
        """Gives the complete output its final name, on the disk by then; what was there goes only now.

        Raises ``OutputExistsError`` where something has come under that name meanwhile and may not be replaced.
        """
        try:
            if self.partial.is_dir():
                self._put_folder_in_place()
            else:
                self._put_file_in_place()
            swap.flush(self.final.parent)
        except FileExistsError as error:
            raise _made_meanwhile(self.final) from error
        except OSError as error:
            raise OutputError(f"{self.final} could not be given its name ({reason_of(error)}).") from error
        finally:
            self._net.detach()
            self._unlock()

    def _put_folder_in_place(self) -> None:
        swap.flush_files(self.partial)
        with locks.one_at_a_time(self.final.parent), ExitStack() as held:
            if not self.final.exists():
                self.partial.replace(self.final)
                return
            held.enter_context(locks.one_at_a_time(self.final))  # no file of ours begins in it meanwhile
            new = {picture.name for picture in self.partial.iterdir()}
            if not self._overwrite and any(os.path.lexists(self.final / name) for name in new):
                raise _made_meanwhile(self.final)
            beside = self.partial.parent == self.final.parent and swap.may_be_swapped(self.final)
            if not (beside and swap.swapped(self.partial, self.final, self._replaced)):
                swap.move_in(self.partial, self.final, self._replaced)

    def _put_file_in_place(self) -> None:
        with self.partial.open("rb+") as file:
            os.fsync(file.fileno())
        if not self._overwrite and self.final.exists():
            raise _made_meanwhile(self.final)
        self.partial.replace(self.final)

    def _unlock(self) -> None:
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def discard(self) -> None:
        """Removes the temporary file or folder."""
        self._unlock()
        _remove(os.getpid(), self.partial, self.final, self._pattern)
        self._net.detach()


def _remove(process: int, partial: Path, final: Path, pattern: Pattern | None) -> None:
    """Removes what a destination of this process has not put in place."""
    if process != os.getpid():  # a fork of it, which ends
        return
    if pattern is not None and swap.is_midway(partial, final):
        with suppress(OSError):
            swap.clear_left_over(partial, final, pattern.fits)
    elif partial.is_dir():
        shutil.rmtree(partial, ignore_errors=True)
    else:
        partial.unlink(missing_ok=True)


def discard_left_over(partial: Path, output: Path) -> None:
    """Removes the temporary file that a killed run left for an output; folders go with the next output there.

    Nothing happens where the name is none that a ``Destination`` makes, or lies in another folder than this output's
    would: who names it may not be ourselves.
    """
    home = output.absolute().parent.resolve()
    if not _LEFT_OVER.fullmatch(partial.name) or partial.absolute().parent.resolve() != home:
        return
    with suppress(OSError):
        if partial.is_symlink() or not partial.is_dir():
            partial.unlink(missing_ok=True)


def write_file(path: Path, content: bytes, *, mode: int = 0o666) -> None:
    """Puts a whole file under a name at once, on the disk by then. A link is replaced and never followed.

    ``mode`` are its permissions, less what the user masks. What a killed run left unfinished of it goes. Raises
    ``OSError``, ``BusyError`` where another run writes it now.
    """
    partial = _partial_for(path.parent, path.stem, path.suffix)
    with locks.one_at_a_time(path.parent):
        _clear_left_over(path, partial)
        file = os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb")
        lock = locks.locked(partial)
    try:
        with file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
        swap.flush(path.parent)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    finally:
        if lock is not None:
            lock.close()


def _partial_for(home: Path, stem: str, suffix: str = "") -> Path:
    """A temporary name that tells what it is for, however long that name is."""
    if len(stem) > _NAME_CHARACTERS:
        whole = hashlib.blake2b(stem.encode(errors="surrogatepass"), digest_size=_HASH_BYTES).hexdigest()
        stem = stem[: _NAME_CHARACTERS - len(whole) - 1] + "-" + whole
    return home / f".{stem}.{_token()}.partial{suffix}"


def _made_meanwhile(final: Path) -> OutputExistsError:
    return OutputExistsError(f"{final} has been made meanwhile by somebody else, and is left as it is.")


def _clear_left_over(output: Path, partial: Path, pattern: Pattern | None = None) -> None:
    """Removes what killed runs left unfinished of a file, or of the pictures of a pattern.

    Raises ``BusyError`` where another run writes it now.
    """
    head, _, tail = partial.name.rpartition(".partial")
    own = re.escape(head[: -len(_token())]) + r"[0-9a-f]{8}\.partial" + re.escape(tail)
    shape = re.compile(own if pattern is None else f"{own}({re.escape(swap.DONE)})?", re.DOTALL)
    for other in [path for path in partial.parent.iterdir() if shape.fullmatch(path.name)]:
        if other.is_symlink():
            continue
        try:
            lock = locks.locked(other)
        except BlockingIOError:
            raise BusyError(f"{output} is being written by another run. Wait for it, or give another name.") from None
        except FileNotFoundError:
            continue
        if lock is None:
            continue
        with suppress(OSError):
            if pattern is not None and other.is_dir():
                swap.clear_left_over(other, output, pattern.fits)
            else:
                discard_left_over(other, output)
        lock.close()


def _token() -> str:
    return uuid.uuid4().hex[:8]


@contextmanager
def _refusal(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise OutputError(
            f"{folder} cannot be written to ({reason_of(error)}). Choose another folder or change its permissions."
        ) from error


def require_home(place: Path) -> None:
    """Raises ``OutputError`` where the folder in which a file or folder is to be made is missing, or is none."""
    home = place.parent
    if home.is_dir():
        return
    if home.exists():
        raise OutputError(f"{home} is a file and no folder, so {place.name} cannot be written in it.")
    raise OutputError(f"There is no folder {home} to write {place.name} to. Make it first.")


def require_writable(folder: Path) -> None:
    """Raises ``OutputError`` where something that is no folder has the name of one, or of one above it."""
    place = next((each for each in (folder, *folder.absolute().parents) if each.exists()), None)
    if place is not None and not place.is_dir():
        raise OutputError(f"{place} is a file and no folder, so nothing can be written in it. Give another name.")


def require_free(places: Sequence[Path], *, overwrite: bool) -> None:
    """Raises ``OutputExistsError`` where one of the files to be written is there, and may not be replaced."""
    there = [place for place in places if place.exists() or place.is_symlink()]
    if there and not overwrite:
        more = f" and {len(there) - 1} more are" if len(there) > 1 else " is"
        raise OutputExistsError(f"{there[0]}{more} there already. Give another name, or --overwrite to replace them.")


def spare_inputs(written: Sequence[Path], read: Sequence[Path]) -> None:
    """Raises ``OutputError`` where one of the files to be written is one that is read, by whatever name.

    No option overwrites an input. Files are told by device and number, so links and other spellings do not hide one.
    """
    known = {who: path for path in read if (who := _identity(path)) is not None}
    names: dict[Path, Path] = {}
    for path in written:
        who = _identity(path)
        if who in known:
            raise OutputError(f"{path} is an input ({known[who]}), which is never overwritten. Give another name.")
        other = names.setdefault(path.absolute(), path)
        if other is not path:
            raise OutputError(f"{path} would be written twice. Give each of them a name of its own.")


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except (OSError, ValueError):
        return None
    return found.st_dev, found.st_ino
