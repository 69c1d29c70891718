"""The log of a run on several machines: a line of JSON for whatever happens, added to at the end only."""

import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kinemacolor.errors import OutputError, reason_of, reason_of_failed_write

ENDING = ".log.jsonl"


class Journal:
    """Writes the log. Raises ``OutputError`` where the disk does not take it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def note(self, event: str, **facts: object) -> None:
        """Adds a line."""
        line = json.dumps({"at": round(time.time(), 3), "event": event, **facts}) + "\n"
        try:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(line)
        except OSError as error:
            raise OutputError(f"The log {self.path} cannot be written: {reason_of_failed_write(error)}.") from error

    def begin(self, films: int) -> None:
        """Says that a run begins, and which process it is; on a line of its own, however the last run ended."""
        with suppress(OSError), self.path.open("rb+") as file:
            file.seek(-1, os.SEEK_END)
            if file.read(1) != b"\n":
                file.write(b"\n")
        self.note("begun", films=films, process=os.getpid(), host=socket.gethostname())


@dataclass(frozen=True, slots=True)
class Told:
    """What a log tells of its last run: why films failed, by their output; shots taken in, and the seconds since."""

    failed: dict[str, str]
    taken: int = 0
    seconds: float = 0.0


def told_by(path: Path) -> Told:
    """What a log tells; nothing where there is none. A line cut off is passed over.

    Raises ``OutputError`` where it cannot be read.
    """
    failed: dict[str, str] = {}
    taken, began, latest = 0, 0.0, 0.0
    for line in events_of(path):
        output, latest = str(line.get("output")), float(line.get("at") or latest)
        if line["event"] == "begun":
            taken, began = 0, latest
        elif line["event"] == "taken":
            taken += 1
        elif line["event"] == "failed":
            failed[output] = str(line.get("reason"))
        elif line["event"] in ("looked", "written"):
            failed.pop(output, None)
    return Told(failed, taken, latest - began)


def events_of(path: Path) -> Iterator[dict[str, Any]]:
    """The lines of a log. Raises ``OutputError`` where it is there and cannot be read."""
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            for text in file:
                try:
                    line = json.loads(text)
                except ValueError:
                    continue  # the process was killed while it wrote this
                if isinstance(line, dict) and isinstance(line.get("event"), str):
                    yield line
    except FileNotFoundError:
        return
    except OSError as error:
        raise OutputError(f"The log {path} cannot be read ({reason_of(error)}).") from error
