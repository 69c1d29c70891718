"""The log of a run on several machines: a line of JSON for whatever happens, added to at the end only."""

import json
import os
import socket
import time
from collections.abc import Iterator
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
        """Says that a run begins, and which process it is."""
        self.note("begun", films=films, process=os.getpid(), host=socket.gethostname())


@dataclass(frozen=True, slots=True)
class Told:
    """What a log tells of a film: why it failed, and the seconds that each shot took of those taken in since."""

    failed: str | None = None
    seconds: tuple[float, ...] = ()


def told_by(path: Path) -> dict[str, Told]:
    """What a log tells of each film, by its output; nothing where there is none. A line cut off is passed over.

    Raises ``OutputError`` where it cannot be read.
    """
    found: dict[str, Told] = {}
    for line in events_of(path):
        output = line.get("output")
        if not isinstance(output, str):
            continue
        before = found.get(output, Told())
        if line["event"] == "failed":
            found[output] = Told(str(line.get("reason")), before.seconds)
        elif line["event"] == "taken":
            found[output] = Told(None, (*before.seconds, float(line.get("seconds", 0))))
        elif line["event"] in ("looked", "written"):
            found[output] = Told(None, before.seconds)
    return found


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
