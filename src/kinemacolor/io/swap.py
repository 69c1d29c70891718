"""New pictures take the place of the old ones in a folder as a whole; what else lies there stays, and so does it.

Two folders change names in one step where the system can (Linux, macOS). So another folder stands in for the moment:
it has the new pictures, and links to all else. While it is seen, the folder itself gets the new pictures, out of
sight; then it takes its name back. Whoever looks at any moment sees the old pictures or the new ones, and whoever
stands in the folder, watches it or shares it goes on with the same one. Nothing of others is moved or removed.
Whatever the moment of a kill, ``clear_left_over`` brings the rest in order.

A folder that cannot be renamed (``may_be_swapped``), or lies on a disk that does not do all this, gets its pictures
one by one: as links, which a later run takes back after a kill, or, where old ones are replaced, by name, so that
each number has its old or its new picture.
"""

import ctypes
import json
import os
import shutil
import stat
import sys
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from pathlib import Path

IsOurs = Callable[[str], bool]
"""Whether a file name is one that the run itself may have written."""

DONE = ".done"
"""How the name of a folder ends that is to be removed and nothing more."""

_STANDS_IN = ".stands-in"
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
    """Whether another folder may stand in for this one for a moment.

    It is our own, in a folder that we may write to, not open to everybody as ``/tmp`` is, and not the user's home.
    Raises ``OSError`` where it cannot be looked at.
    """
    found, above = folder.lstat(), folder.parent
    return (
        hasattr(os, "getuid")
        and stat.S_ISDIR(found.st_mode)
        and found.st_uid == os.getuid()
        and not found.st_mode & stat.S_IWOTH
        and found.st_dev == above.stat().st_dev
        and not folder.samefile(above)
        and not _is_home(folder)
        and os.access(above, os.W_OK)
    )


def _is_home(folder: Path) -> bool:
    with suppress(OSError, RuntimeError):
        return folder.samefile(Path.home())
    return False


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
    """Puts the pictures of ``new`` in the place of ``replaced`` at once, and removes ``new``; False where it cannot.

    ``replaced`` are the names in ``final`` that go. Raises ``OSError``.
    """
    pictures = {path.name for path in new.iterdir()}
    ours = pictures.union(replaced)
    if any(_is_folder(final / name) for name in ours):
        return False
    try:
        _furnish(new, final, ours)
        done = exchange(new, final)
    except (OSError, NotImplementedError):  # a disk without hard links
        done = False
    if not done:
        _remove(new, {path.name for path in new.iterdir()} - pictures)
        return False
    flush(final.parent)
    with suppress(OSError):  # the new ones are there; the rest goes with the next run
        _bring_back(new, final, ours.__contains__)
        _empty(new, final, ours.__contains__)
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


def is_midway(left: Path, final: Path) -> bool:
    """Whether one of the two stands in for the other, or is to: then neither may simply be removed."""
    return any(os.path.lexists(folder / _mark(left)) for folder in (left, final))


def shown_for(folder: Path) -> Path:
    """The folder that stands in for this one since a run was killed; itself, where there is none."""
    mark = _mark(folder)
    with suppress(OSError):
        if ".partial" in folder.name and not os.path.lexists(folder / mark):
            return next((each for each in folder.parent.iterdir() if os.path.lexists(each / mark)), folder)
    return folder


def clear_left_over(left: Path, final: Path, is_ours: IsOurs) -> None:
    """Removes the folder that a killed run left, inside ``final`` or beside it. Raises ``OSError``.

    Where it is the folder itself, for which another stands in, it takes its place again, with the new pictures.
    Pictures that were begun to be brought into ``final`` as links go too. What is not ours goes back to ``final``.
    """
    if is_midway(left, final):
        if not os.path.lexists(left / _mark(left)):
            _bring_back(left, final, is_ours)
    elif not left.name.endswith(DONE):
        for path in left.iterdir():
            if is_ours(path.name) and _is_same(path, final / path.name):
                (final / path.name).unlink()
    _empty(left, final, is_ours)


def _mark(new: Path) -> str:
    """The name of the file by which the one that stands in is told from the folder itself."""
    return new.name + _STANDS_IN


def _furnish(new: Path, final: Path, ours: Collection[str]) -> None:
    """Makes ``new`` fit to stand in: a mark, and links to all that is not ours. Raises ``OSError``."""
    mark = new / _mark(new)
    mark.touch()
    os.link(mark, new / f"{mark.name}.link")  # without links, none of the rest can be
    (new / f"{mark.name}.link").unlink()
    linked: dict[str, int] = {}
    for path in sorted(final.iterdir()):
        if path.name not in ours and _is_linked(path, new / path.name):
            linked[path.name] = (new / path.name).lstat().st_ino
        elif path.name not in ours and os.path.lexists(path):
            (new / path.name).symlink_to(_target(new, path.name))
    mark.write_text(json.dumps(linked), encoding="utf-8")
    shutil.copystat(final, new)
    if hasattr(os, "chown"):
        with suppress(OSError):
            os.chown(new, -1, final.stat().st_gid)
    flush(new)


def _is_linked(path: Path, place: Path) -> bool:
    """Whether a file has a second name now: not so a folder, or a file of somebody else."""
    try:
        os.link(path, place, follow_symlinks=False)
    except (OSError, NotImplementedError):
        return False
    return True


def _linked_by(mark: Path) -> dict[str, int]:
    """The numbers of the files that were linked, by name; none where they cannot be read."""
    try:
        found = json.loads(mark.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _target(new: Path, name: str) -> Path:
    """The place of a folder's file as seen from the one that stands in for it, when both have changed names."""
    return Path("..", new.name, name)


def _bring_back(hidden: Path, shown: Path, is_ours: IsOurs) -> None:
    """Gives a folder the pictures of the one that stands in for it, and its name back. Raises ``OSError``."""
    stays = set()
    for path in sorted(shown.iterdir()):
        here = hidden / path.name
        if path.name == _mark(hidden):
            continue
        stays.add(path.name)
        if _is_same(path, here) or _stands_for(path, hidden) or _is_folder(here):
            continue
        if is_ours(path.name):
            here.unlink(missing_ok=True)
            os.link(path, here, follow_symlinks=False)
        elif not os.path.lexists(here):  # it came meanwhile
            with suppress(OSError, NotImplementedError):
                os.link(path, here, follow_symlinks=False)
    for path in sorted(hidden.iterdir()):
        if is_ours(path.name) and path.name not in stays and not _is_folder(path):
            path.unlink()
    flush(hidden)
    if not exchange(hidden, shown):
        raise OSError("two names cannot change places any more")
    flush(shown.parent)


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


def _empty(old: Path, final: Path, is_ours: IsOurs) -> None:
    """Removes a folder of ours; what is not ours in it goes to ``final``, and what finds no place there stays."""
    mark = _mark(old)
    linked = _linked_by(old / mark)
    for path in sorted(old.iterdir()):
        here = final / path.name
        if path.name.startswith(mark):
            continue
        if (is_ours(path.name) and not _is_folder(path)) or _is_same(path, here) or _stands_for(path, old):
            path.unlink(missing_ok=True)
        elif final.is_dir() and not os.path.lexists(here):
            path.rename(here)
        elif path.lstat().st_ino == linked.get(path.name):  # somebody has saved it anew since
            path.unlink()
        elif here.lstat().st_ino == linked.get(path.name):  # saved while this one was seen
            path.replace(here)
    _remove(old, {path.name for path in old.iterdir() if path.name.startswith(mark)})
    old.rmdir()


def _remove(folder: Path, names: Collection[str]) -> None:
    """Removes files of a folder, its mark last: as long as it is there nothing in ``final`` is taken back."""
    for name in sorted(names, key=lambda name: (name == _mark(folder), name)):
        (folder / name).unlink(missing_ok=True)


def _stands_for(path: Path, folder: Path) -> bool:
    return path.is_symlink() and path.readlink() == _target(folder, path.name)


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def _is_same(one: Path, other: Path) -> bool:
    try:
        return os.path.samestat(one.lstat(), other.lstat())
    except OSError:
        return False
