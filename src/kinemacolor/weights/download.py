"""Weights files: found in the cache, or fetched into it and checked.

The standard library's urllib fetches: one GET with a Range is all there is to do, and no dependency is worth that.
"""

import hashlib
import http.client
import json
import os
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import platformdirs
from filelock import FileLock, Timeout

from kinemacolor.errors import LicenseNotAcceptedError, WeightsError

CACHE_VARIABLE = "KINEMACOLOR_CACHE"

_CHUNK_BYTES = 1 << 20
_TIMEOUT_SECONDS = 30
_LARGEST_BYTES = 32 << 30
_PATIENCE_SECONDS, _SLOWEST_BYTES_A_SECOND = 60, 1000
_PAUSES_SECONDS = (0, 1, 3, 9)
"""Waits before each try. A try continues where the one before it stopped."""

_PASSING_STATUS = frozenset({408, 425, 429})
_LINK_ERRORS = (urllib.error.URLError, http.client.HTTPException, ConnectionError, TimeoutError)

Progress = Callable[[int, int | None], None]
"""Called with bytes there are and bytes in all (None if unknown)."""


@dataclass(frozen=True, slots=True)
class WeightsFile:
    """A published file. ``size_bytes`` and ``sha256`` are None where the publisher gives none."""

    name: str
    url: str
    size_bytes: int | None
    sha256: str | None
    license: str
    license_url: str


def cache_folder() -> Path:
    """Where weights are kept: ``$KINEMACOLOR_CACHE``, else the platform's cache folder. It need not exist yet.

    Raises ``WeightsError`` where neither names a folder (no home folder).
    """
    chosen = os.environ.get(CACHE_VARIABLE)
    folder = Path(chosen) if chosen else Path(platformdirs.user_cache_dir("kinemacolor", appauthor=False))
    if not chosen and not folder.is_absolute():
        raise WeightsError(f"There is no home folder to keep weights in. Set {CACHE_VARIABLE} to a folder.")
    return folder


def locate(file: WeightsFile) -> Path | None:
    """Where the file lies in the cache; None if it is not there or of another size."""
    try:
        path = cache_folder() / file.name
        size = path.stat().st_size
    except (WeightsError, OSError):
        return None
    return path if file.size_bytes in (None, size) else None


def _show_on_stderr(line: str) -> None:
    print(line, file=sys.stderr)


def fetch(
    file: WeightsFile,
    *,
    accept_license: bool,
    progress: Progress | None = None,
    show: Callable[[str], None] = _show_on_stderr,
) -> Path:
    """The file's path in the cache, checked; fetched first if it is not there.

    An interrupted fetch goes on where it stopped. SHA-256 is compared with the publisher's; where there is none it is
    recorded on first use, beside the file, and compared from then on. ``show`` is given the license before a fetch.
    Two processes that want one file fetch it once.

    Raises:
        LicenseNotAcceptedError: the file is not there and ``accept_license`` is False.
        WeightsError: no network, a damaged or changed file, or a cache that cannot be written.
    """
    path = cache_folder() / file.name
    if path.is_file():
        _check_file(path, file, show)
        return path
    terms = f"{file.name} is published under {file.license}, see {file.license_url}."
    if not accept_license:
        raise LicenseNotAcceptedError(
            f"{terms} Agree with --accept-license and it is fetched from {file.url}, "
            "or give a file of your own with --weights PATH."
        )
    with _locked(path, show):
        if not path.is_file():  # another process may have fetched it meanwhile
            show(f"Fetching {file.url}. {terms}")
            part = path.with_name(f"{path.name}.part")
            _without_links(part, path)
            _download(part, path, file, progress)
            _check_file(part, file, show)
            part.replace(path)
            _validator_path(part).unlink(missing_ok=True)
    return path


@contextmanager
def _locked(path: Path, show: Callable[[str], None]) -> Iterator[None]:
    lock = FileLock(path.with_name(f"{path.name}.lock"))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            show(f"Another process is fetching {path.name}; waiting for it.")
            lock.acquire()
    except OSError as error:
        raise _unwritable(path.parent, error) from error
    try:
        yield
    finally:
        lock.release()


def _unwritable(folder: Path, error: OSError) -> WeightsError:
    return WeightsError(
        f"{folder} cannot be written ({error.strerror}). Set {CACHE_VARIABLE} to a folder that can, with free space."
    )


class _InterruptedFetchError(Exception):
    """A fetch that stopped for a reason that may pass."""


def _download(part: Path, path: Path, file: WeightsFile, progress: Progress | None) -> None:
    by_hand = f"Fetch {file.url} elsewhere and put it at {path}, or give it with --weights PATH."
    reason = ""
    for pause in _PAUSES_SECONDS:
        time.sleep(pause)
        try:
            _continue(part, file, progress)
            return
        except urllib.error.HTTPError as error:
            reason = f"HTTP {error.code} {error.reason}"
            if error.code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                part.unlink(missing_ok=True)  # it is longer than the file: begin anew
            elif error.code < 500 and error.code not in _PASSING_STATUS:
                break
        except (*_LINK_ERRORS, _InterruptedFetchError) as error:
            reason = str(getattr(error, "reason", error))
    raise WeightsError(f"{file.name} could not be fetched from {file.url} ({reason}). Try again, or: {by_hand}")


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows a redirect only to where nobody on the way can change the file: https stays https."""

    def redirect_request(self, req, fp, code, msg, headers, newurl):  # type: ignore[no-untyped-def]
        """The request for the new address. Raises ``WeightsError`` where it is less safe than the old one."""
        if not newurl.startswith("https://") and not (
            req.full_url.startswith("http://") and newurl.startswith("http://")
        ):
            raise WeightsError(f"{req.full_url} leads to {newurl}, which is not https, so nothing was fetched.")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _opener() -> urllib.request.OpenerDirector:
    return urllib.request.build_opener(_Redirects)


def _without_links(part: Path, path: Path) -> None:
    """Removes links under the names that a fetch writes to: in a shared cache they may be somebody else's."""
    for each in (part, _validator_path(part), path.with_name(f"{path.name}.json")):
        try:
            if each.is_symlink():
                each.unlink()
        except OSError as error:
            raise _unwritable(part.parent, error) from error


def _continue(part: Path, file: WeightsFile, progress: Progress | None) -> None:
    """Fetches what is missing of ``part``."""
    done = _bytes_to_keep(part, file)
    if done and done == file.size_bytes:
        return
    request = urllib.request.Request(file.url, headers={"User-Agent": "kinemacolor"})
    if done:
        request.add_header("Range", f"bytes={done}-")
        if validator := _validator_of(part):
            request.add_header("If-Range", validator)
    with _opener().open(request, timeout=_TIMEOUT_SECONDS) as answer:
        if answer.status != http.HTTPStatus.PARTIAL_CONTENT:
            done = 0
        length = answer.headers.get("Content-Length")
        total = done + int(length) if length is not None and length.isdecimal() else file.size_bytes
        _check_answer(answer, total, file)
        _remember_validator(part, answer)
        _store(answer, part, done, total, progress)


def _validator_path(part: Path) -> Path:
    return part.with_name(f"{part.name}.validator")


def _validator_of(part: Path) -> str | None:
    path = _validator_path(part)
    return path.read_text(encoding="utf-8") if path.is_file() else None


def _remember_validator(part: Path, answer: http.client.HTTPResponse) -> None:
    """Keeps what says that it is still the same file when a later try asks for the rest."""
    tag = answer.headers.get("ETag", "")
    validator = answer.headers.get("Last-Modified", "") if not tag or tag.startswith("W/") else tag
    try:
        _validator_path(part).write_text(validator, encoding="utf-8")
    except OSError as error:
        raise _unwritable(part.parent, error) from error


def _bytes_to_keep(part: Path, file: WeightsFile) -> int:
    """Bytes of an earlier try to go on from: none if nothing could tell that the rest belongs to it."""
    size = part.stat().st_size if part.is_file() else 0
    too_long = file.size_bytes is not None and size > file.size_bytes
    return size if not too_long and (file.sha256 or _validator_of(part)) else 0


def _check_answer(answer: http.client.HTTPResponse, total: int | None, file: WeightsFile) -> None:
    if "html" in answer.headers.get("Content-Type", ""):
        raise WeightsError(
            f"{file.url} answered with a web page instead of {file.name}. Is there a login or a proxy between? "
            "Fetch the file with a browser and give it with --weights PATH."
        )
    if file.size_bytes is not None and total != file.size_bytes:
        raise WeightsError(
            f"{file.url} offers {total} bytes, but {file.name} has {file.size_bytes}. It is another file, "
            "so it is not fetched. Give the right one with --weights PATH."
        )


def _store(
    answer: http.client.HTTPResponse, part: Path, done: int, total: int | None, progress: Progress | None
) -> None:
    try:
        file = part.open("r+b" if done else "wb")
    except OSError as error:
        raise _unwritable(part.parent, error) from error
    with file:
        file.seek(done)
        began, first = time.monotonic(), done
        while chunk := answer.read1(_CHUNK_BYTES):
            _check_pace(done + len(chunk), done + len(chunk) - first, time.monotonic() - began)
            try:
                file.write(chunk)
            except OSError as error:
                raise _unwritable(part.parent, error) from error
            done += len(chunk)
            if progress is not None:
                progress(done, total)
    if total is not None and done < total:
        raise _InterruptedFetchError(f"the connection ended after {done} of {total} bytes")


def _check_pace(size_bytes: int, come_bytes: int, seconds: float) -> None:
    """Raises where an answer has no end: more than any weights have, or a trickle."""
    if size_bytes > _LARGEST_BYTES:
        raise WeightsError(f"More than {_LARGEST_BYTES >> 30} GiB came: no weights are so large. Fetch them by hand.")
    if seconds > _PATIENCE_SECONDS and come_bytes < _SLOWEST_BYTES_A_SECOND * seconds:
        raise _InterruptedFetchError(f"only {come_bytes} bytes came in {seconds:.0f} s")


def _check_file(path: Path, file: WeightsFile, show: Callable[[str], None]) -> None:
    """Raises ``WeightsError`` unless size and SHA-256 are right."""
    refuse_html(path)
    size, digest = path.stat().st_size, _sha256_of(path)
    record = path.with_name(f"{file.name}.json")
    known = _recorded(record)
    wrong = ""
    if path.suffix == ".part" and known is not None and file.sha256 is None and known != digest:
        show(f"{file.name} is another file than the one that was used before; its SHA-256 is {digest} from now on.")
        known = None  # the user has deleted that one: it is not to lock the new one out
    if size == 0:
        wrong = "is empty"
    elif file.size_bytes not in (None, size):
        wrong = f"has {size} bytes instead of {file.size_bytes}"
    elif file.sha256 is not None and digest != file.sha256.lower():
        wrong = f"has SHA-256 {digest} instead of {file.sha256.lower()}"
    elif file.sha256 is None and known not in (None, digest):
        wrong = f"has SHA-256 {digest}, but {known} when it was first used ({record.name})"
    if wrong:
        raise _refused(path, f"{wrong}: it is damaged or another file")
    if known is None:
        _write_record(record, {"sha256": digest, "size_bytes": size, "url": file.url, "license": file.license}, show)


def _sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _recorded(record: Path) -> str | None:
    try:
        return str(json.loads(record.read_text(encoding="utf-8"))["sha256"])
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise WeightsError(f"{record} cannot be read ({error}). Delete it, and it is written anew.") from error


def _write_record(record: Path, facts: Mapping[str, object], show: Callable[[str], None]) -> None:
    try:
        record.write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        # weights that an administrator installed, read-only, serve all the same
        show(f"SHA-256 of {record.stem} could not be recorded in {record.parent} ({error.strerror}).")


def _refused(path: Path, why: str) -> WeightsError:
    """The error for a bad file; one that was just fetched is removed, one that a user put there is left to them."""
    if path.suffix != ".part":
        return WeightsError(f"{path} {why}. Delete it and fetch it again.")
    path.unlink()
    _validator_path(path).unlink(missing_ok=True)
    return WeightsError(f"What was fetched as {path.stem} {why}. It was removed; fetch it again.")


def refuse_html(path: Path) -> None:
    """Raises ``WeightsError`` where the file is a web page: a login or an error that was saved as weights."""
    with path.open("rb") as file:
        head = file.read(256).lstrip().lower()
    if head.startswith((b"<!doctype html", b"<html")):
        raise _refused(path, "is a web page, not weights")
