"""One thing that was looked at."""

from dataclasses import dataclass
from typing import Literal

Group = Literal["versions", "machine", "codecs", "folders", "weights", "self-test"]
State = Literal["ok", "absent", "wrong"]
"""There and right; not there, which only some uses need; missing or broken, and needed."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at (``name``), what is there (``value``), and what is to be done (``advice``), if anything."""

    group: Group
    name: str
    value: str
    state: State = "ok"
    advice: str = ""
