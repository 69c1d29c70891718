"""The record of a run: a line of JSON per entry always, TensorBoard where asked for."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

from kinemacolor.errors import InputError, SettingError, reason_of
from kinemacolor.io.destination import write_file
from kinemacolor.io.regular import read_regular

if TYPE_CHECKING:
    from torch.utils.tensorboard.writer import SummaryWriter

LOG_NAME = "log.jsonl"
_LIMIT_BYTES = 2**30


class RunLog:
    """Appends to ``log.jsonl`` in a run's folder. Entries after the step a run goes on from are taken out first."""

    def __init__(self, out: Path, *, step: int, tensorboard: bool = False) -> None:
        self._path = out / LOG_NAME
        kept = [entry for entry in read_log(out) if entry["step"] <= step]
        write_file(self._path, "".join(json.dumps(entry) + "\n" for entry in kept).encode())
        self._board = _board(out, step) if tensorboard else None

    def write(self, kind: str, step: int, figures: dict[str, float]) -> None:
        """Adds an entry: ``kind`` is ``train`` or ``evaluation``."""
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"kind": kind, "step": step, **figures}) + "\n")
        if self._board is not None:
            for name, value in figures.items():
                self._board.add_scalar(f"{kind}/{name}", value, step)

    def close(self) -> None:
        """Writes out what TensorBoard still holds."""
        if self._board is not None:
            self._board.close()


def read_log(out: Path) -> list[dict]:
    """The entries of a run's log, the oldest first; a last line cut short by a crash is left out.

    Raises ``InputError`` where there is something else of that name.
    """
    path = out / LOG_NAME
    if not path.exists():
        return []
    entries = []
    try:
        lines = read_regular(path, limit_bytes=_LIMIT_BYTES).decode().splitlines()
    except (OSError, UnicodeError) as error:
        raise InputError(f"{path} is no log of a run ({reason_of(error)}). Give another folder.") from error
    for line in lines:
        try:
            entry = json.loads(line)
        except (ValueError, RecursionError):
            break
        if not isinstance(entry, dict) or not isinstance(entry.get("step"), int) or "kind" not in entry:
            break
        entries.append(entry)
    return entries


def is_log(out: Path) -> bool:
    """Whether a folder has the log of a run, which may have no entry yet."""
    path = out / LOG_NAME
    try:
        return path.is_file() and not path.is_symlink() and (path.stat().st_size == 0 or bool(read_log(out)))
    except InputError:
        return False


def _board(out: Path, step: int) -> "SummaryWriter":
    try:
        from torch.utils.tensorboard.writer import SummaryWriter
    except ImportError:
        raise SettingError(
            "TensorBoard is not installed. Run: pip install kinemacolor[train]; or leave --tensorboard out, "
            f"{LOG_NAME} is written anyway."
        ) from None
    return SummaryWriter(str(out / "tensorboard"), purge_step=step + 1)
