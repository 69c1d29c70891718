"""The one reader of JSON, TOML and lists: whatever is wrong with a file is one error that says what and where."""

import json
import tomllib
from pathlib import Path
from typing import Any

from kinemacolor.errors import reason_of
from kinemacolor.io.regular import read_regular

_LIMIT_BYTES = 2**26
_LARGEST_WHOLE = 2**63 - 1
"""What fits the integers of arrays, files and other programs, and a float."""


class DocumentError(ValueError):
    """A file is of another kind, or holds something else than it should; the message says why, without its name."""


def read_json(path: Path, *, limit_bytes: int = _LIMIT_BYTES, follow_links: bool = True) -> Any:
    """The content of a JSON file in UTF-8.

    Raises ``FileNotFoundError`` where there is none, ``DocumentError`` for all else: a file that cannot be read, a
    pipe, a device, a file above ``limit_bytes``, a link where ``follow_links`` is False, other text, whole numbers
    beyond 64 bits, and tables in tables without end.
    """
    try:
        content = read_regular(path, limit_bytes=limit_bytes, follow_links=follow_links)
        return json.loads(content, parse_int=_whole_of)
    except FileNotFoundError:
        raise
    except json.JSONDecodeError as error:
        raise DocumentError(f"line {error.lineno}, column {error.colno}: {error.msg}") from error
    except (OSError, ValueError, RecursionError) as error:
        raise DocumentError(reason_of(error)) from error


def json_object(path: Path, *, limit_bytes: int = _LIMIT_BYTES, follow_links: bool = True) -> dict[str, Any]:
    """The object that a JSON file holds. Raises as ``read_json``, and for any other content."""
    content = read_json(path, limit_bytes=limit_bytes, follow_links=follow_links)
    if not isinstance(content, dict):
        raise DocumentError("it holds no object: {...}")
    return content


def read_toml(path: Path, *, limit_bytes: int = _LIMIT_BYTES) -> dict[str, Any]:
    """The content of a TOML file. Raises as ``read_json``."""
    try:
        content = tomllib.loads(_text(path, limit_bytes))
        _require_bounded(content)
    except FileNotFoundError:
        raise
    except (OSError, ValueError, RecursionError) as error:  # of TOML and of UTF-8 too
        raise DocumentError(reason_of(error)) from error
    return content


def read_lines(path: Path, *, limit_bytes: int = _LIMIT_BYTES) -> list[str]:
    """The lines of a text, stripped, without empty ones and what follows a ``#``. Raises as ``read_json``."""
    try:
        lines = (line.partition("#")[0].strip() for line in _text(path, limit_bytes).splitlines())
    except FileNotFoundError:
        raise
    except (OSError, ValueError) as error:
        raise DocumentError(reason_of(error)) from error
    return [line for line in lines if line]


def _text(path: Path, limit_bytes: int) -> str:
    return read_regular(path, limit_bytes=limit_bytes).decode("utf-8-sig")


def _whole_of(digits: str) -> int:
    if len(digits) > len(str(-_LARGEST_WHOLE)):
        raise ValueError(f"a whole number of {len(digits)} digits, and the largest is {_LARGEST_WHOLE}")
    number = int(digits)
    if abs(number) > _LARGEST_WHOLE:
        raise ValueError(f"a whole number of {digits}, and the largest is {_LARGEST_WHOLE}")
    return number


def _require_bounded(content: object) -> None:
    """Raises ``ValueError`` where a whole number somewhere inside is beyond 64 bits."""
    if isinstance(content, int):
        if abs(content) > _LARGEST_WHOLE:
            raise ValueError(f"a whole number beyond the largest, {_LARGEST_WHOLE}")
    elif isinstance(content, dict | list):
        for each in content.values() if isinstance(content, dict) else content:
            _require_bounded(each)
