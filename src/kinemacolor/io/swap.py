"""A folder of new pictures takes the place of the old one as a whole; what else lies there stays.

Two folders change names in one step where the system can (Linux, macOS): whoever looks sees the old pictures or the
new ones. Other files of the folder are in both meanwhile (hard links). Whatever the moment of a kill, nothing but our
own pictures is missing or lies elsewhere, and ``clear_left_over`` brings the rest in order.

A folder that somebody may stand in, or whose own folder is not ours, keeps its place (``may_be_swapped``). There
pictures come one by one: as links, which a later run takes back after a kill, or, where old ones are replaced, by
name, so that each number has its old or its new picture.
"""

import ctypes
import os
import shutil
import sys
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from pathlib import Path

IsOurs = Callable[[str], bool]
"""Whether a file name is one that the run itself may have written."""

DONE = ".done"
"""How the name of a folder ends that is to be removed and nothing more."""

_HERE = -100
_EXCHANGE = 2  # RENAME_EXCHANGE of Linux, RENAME_SWAP of macOS


def exchange(first: Path, second: Path) -> bool:
    """Lets two names of one disk change places in one step; False where that cannot be done."""
    library = ctypes.CDLL(None) if os.name == "posix" else None
    names = os.fsencode(first), os.fsencode(second)
    if sys.platform == "darwin" and hasattr(library, "renamex_np"):
        done = library.renamex_np(*names, _EXCHANGE)
    elif library is not None and hasattr(library, "renameat2"):
        done = library.renameat2(_HERE, names[0], _HERE, names[1], _EXCHANGE)
    else:
        return False
    return bool(done == 0)


def may_be_swapped(folder: Path) -> bool:
    """Whether a folder's place may be taken by another.

    It is a plain one of our own, in a folder of our own, without folders in it, and not the one that we stand in.
    Raises ``OSError`` where it cannot be looked at.
    """
    found, above = folder.lstat(), folder.parent
    return (
        hasattr(os, "getuid")
        and not folder.is_symlink()
        and found.st_uid == os.getuid()
        and found.st_dev == above.stat().st_dev
        and not folder.samefile(".")
        and os.access(above, os.W_OK)
        and all(each.is_symlink() or each.is_file() for each in folder.iterdir())
    )


def flush(folder: Path) -> None:
    """Brings a folder's names onto the disk, where the system can."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def flush_files(folder: Path) -> None:
    """Brings all files of a folder, and their names, onto the disk. Raises ``OSError``."""
    for path in sorted(folder.iterdir()):
        with path.open("rb+") as file:
            os.fsync(file.fileno())
    flush(folder)


def swapped(new: Path, final: Path, replaced: Collection[str]) -> bool:
    """Puts a folder in the place of another, which is removed but for what else it held; False where it cannot.

    ``replaced`` are the names in ``final`` that go. Raises ``OSError``.
    """
    others = sorted(path.name for path in final.iterdir() if path.name not in replaced)
    try:
        for name in others:
            os.link(final / name, new / name, follow_symlinks=False)
        shutil.copymode(final, new)
        flush(new)
        done = exchange(new, final)
    except (OSError, NotImplementedError):  # a disk without hard links, files of other people
        done = False
    if not done:
        for name in others:
            (new / name).unlink(missing_ok=True)
        return False
    flush(final.parent)
    with suppress(OSError):  # the new ones are there; what is left of the old ones goes with the next run
        _empty(new, final, lambda name: name in replaced)
    return True


def move_in(new: Path, final: Path, replaced: Collection[str]) -> None:
    """Brings the pictures of ``new`` into a folder that keeps its place, and removes ``new``.

    Raises ``FileExistsError`` where something has come under one of the names meanwhile, else ``OSError``.
    """
    names = sorted(path.name for path in new.iterdir())
    if not replaced and _linked(new, final, names):
        new = new.replace(new.with_name(new.name + DONE))  # from here on a later run takes nothing back
        flush(final)
    else:
        for name in names:
            (new / name).replace(final / name)
        flush(final)
        for name in sorted(set(replaced) - set(names)):
            (final / name).unlink(missing_ok=True)
    shutil.rmtree(new, ignore_errors=True)


def _linked(new: Path, final: Path, names: Sequence[str]) -> bool:
    """Whether all pictures are in ``final`` too now; False on a disk without hard links."""
    done: list[str] = []
    try:
        for name in names:
            os.link(new / name, final / name)
            done.append(name)
    except (OSError, NotImplementedError) as error:
        for name in done:
            (final / name).unlink()
        if isinstance(error, FileExistsError):
            raise
        return False
    return True


def clear_left_over(left: Path, final: Path, is_ours: IsOurs) -> None:
    """Removes the folder that a killed run left, inside ``final`` or beside it. Raises ``OSError``.

    Pictures that it had begun to bring into ``final`` as links go too. What is not ours goes back to ``final``.
    """
    if not left.name.endswith(DONE):
        for path in left.iterdir():
            if is_ours(path.name) and _is_same(path, final / path.name):
                (final / path.name).unlink()
    _empty(left, final, is_ours)


def _empty(old: Path, final: Path, is_ours: IsOurs) -> None:
    for path in sorted(old.iterdir()):
        here = final / path.name
        if is_ours(path.name) or _is_same(path, here):
            path.unlink(missing_ok=True)
        elif final.is_dir() and not os.path.lexists(here):
            path.rename(here)
    old.rmdir()


def _is_same(one: Path, other: Path) -> bool:
    try:
        return os.path.samestat(one.lstat(), other.lstat())
    except OSError:
        return False
