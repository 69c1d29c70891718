"""The view of a run at work: its stills' frames, then a bar of frames, frames a second, time left, memory."""

from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

import psutil
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from kinemacolor.cli.screen import echo

if TYPE_CHECKING:
    from kinemacolor.engine.inputs import Inputs
    from kinemacolor.engine.run import Listeners
    from kinemacolor.engine.sinks import Progress as EngineProgress
    from kinemacolor.frames import Exemplar

_NAMED = 20


def bindings(exemplars: "Sequence[Exemplar]", frame_name: Callable[[int], str] = str) -> list[str]:
    """A line for each exemplar and its frame; of many the first and their number."""
    shown = exemplars[:_NAMED]
    names = [Path(each.name).name for each in shown]
    width = max(map(len, names))
    places = ["no frame of the film" if each.index is None else f"frame {frame_name(each.index)}" for each in shown]
    lines = [f"{name:<{width}}  {place}" for name, place in zip(names, places)]
    return lines + ([f"and {len(exemplars) - _NAMED} more"] if len(exemplars) > _NAMED else [])


class Bar:
    """Draws on stderr what the engine reports. Silent when not ``shown`` or where stderr is no terminal."""

    def __init__(self, *, shown: bool) -> None:
        console = Console(stderr=True)
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[figures]}"),
            TimeRemainingColumn(elapsed_when_finished=True),
            console=console,
            disable=not (shown and console.is_terminal),
        )
        self._shown = shown
        self.said: list[str] = []
        self._process = psutil.Process()
        self._task: TaskID | None = None

    def _show(self, description: str, done: int, total: int | None, figures: str) -> None:
        if self._task is None:
            self._task = self._bar.add_task(description, total=total, figures=figures)
        self._bar.update(self._task, description=description, completed=done, total=total, figures=figures)

    def listeners(self) -> "Listeners":
        """The listeners through which a run moves the bar."""
        from kinemacolor.engine.run import Listeners

        return Listeners(self.update, self.surveying, self.fetching, self.prepared, self.noticed)

    def update(self, progress: "EngineProgress") -> None:
        """Shows frames colored so far."""
        rate = progress.frames_done / progress.seconds if progress.seconds else 0.0
        memory_gib = self._process.memory_info().rss / 2**30
        of = f"/{progress.frames_total}" if progress.frames_total else ""
        figures = f"{progress.frames_done}{of} frames  {rate:.1f} fps  {memory_gib:.2f} GiB"
        self._show("Coloring", progress.frames_done, progress.frames_total, figures)

    def prepared(self, inputs: "Inputs") -> None:
        """Says which still is bound to which frame."""
        if self._shown and inputs.exemplars:
            echo("\n".join(bindings(inputs.exemplars, inputs.film.frame_name)), err=True)

    def noticed(self, line: str) -> None:
        """Says what is known before the work, and remembers that it was said."""
        self.said.append(line)
        echo(f"Warning: {line}", err=True)

    def surveying(self, frames_seen: int, frames_total: int | None) -> None:
        """Shows frames looked at before any is colored."""
        of = f"/{frames_total}" if frames_total else ""
        self._show("Looking for shots", frames_seen, frames_total, f"{frames_seen}{of} frames")

    def fetching(self, done_bytes: int, total_bytes: int | None) -> None:
        """Shows weights arriving."""
        of = f"/{total_bytes / 2**20:.0f}" if total_bytes else ""
        self._show("Fetching weights", done_bytes, total_bytes, f"{done_bytes / 2**20:.0f}{of} MiB")

    def __enter__(self) -> "Bar":
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()
