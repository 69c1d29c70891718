"""Clips by rows: the loop that makes a report and its files, clip by clip."""

import math
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import psutil
import torch

from kinemacolor.errors import (
    ExemplarError,
    InputError,
    ModelError,
    OutputError,
    SettingError,
    reason_of_failed_write,
)
from kinemacolor.evaluation import table
from kinemacolor.evaluation.clips import Clip, Pictures, survey
from kinemacolor.evaluation.confidence import ConfidenceRank
from kinemacolor.evaluation.exemplars import ExemplarChoice, parse_exemplars
from kinemacolor.evaluation.figures import FIGURES
from kinemacolor.evaluation.frames_csv import FramesCsv
from kinemacolor.evaluation.html import html_of
from kinemacolor.evaluation.measures import pooled_measures
from kinemacolor.evaluation.networks import Networks
from kinemacolor.evaluation.pair import Measure
from kinemacolor.evaluation.protocols import Protocol
from kinemacolor.evaluation.provenance import provenance
from kinemacolor.evaluation.report import Report
from kinemacolor.evaluation.rows import ModelRow, ResultsRow, Row, Take
from kinemacolor.evaluation.score import ClipScore, FrameScore, figures_of, score_clip
from kinemacolor.evaluation.strips import Strips
from kinemacolor.io.masks import open_masks
from kinemacolor.io.output_folder import OutputFolder

SEED = 0
"""Set before each row of each clip, for models that draw."""

REPORT_FILES = ("report.md", "report.json", "report.tex", "report.html", "frames.csv")

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class RunSettings:
    """Settings of a run beside its protocol. ``frames`` is the most to take of a clip, None is the protocol's own.

    Figures that need a network which ``networks`` does not have are left out.
    """

    exemplars: ExemplarChoice | None = None
    working_size: str | int | None = "auto"
    frames: int | None = None
    networks: Networks = field(default_factory=Networks)


def evaluate(
    clips: Sequence[Clip],
    rows: Sequence[Row],
    protocol: Protocol,
    output: Path | OutputFolder,
    *,
    settings: RunSettings | None = None,
    about: dict[str, object] | None = None,
    problems: Sequence[str] = (),
    say: Say = lambda line: None,
) -> Report:
    """The report on every row and clip.

    Under ``output`` come ``frames.csv``, ``report.json``, ``report.md`` and ``strips/``, brought up to date after
    each clip, and in the end ``report.tex`` and ``report.html`` (with the ``eval`` extra). What is wrong with one
    clip or one row of it is a line in the report's ``problems``, and the rest is scored; ``problems`` already known
    begin the list. ``about`` goes into the JSON beside the settings; ``say`` is told each clip's figures and each
    problem. A folder that is given as a path may hold an earlier report, which is replaced.

    Raises ``OutputError`` where ``output`` cannot be written, or a file in it is one of the clips or results.
    """
    run = _Run(rows, protocol, settings or RunSettings(), about or {}, say)
    for problem in problems:
        run.note(problem)
    folder = output if isinstance(output, OutputFolder) else report_folder(output, clips, rows, overwrite=True)
    try:
        per_frame = [name for name in run.protocol.figures if not FIGURES[name].of_clip]
        with FramesCsv(folder.begin("frames.csv"), per_frame) as lines:
            for clip in clips:
                if picture := run.score(clip, lines):
                    folder.write(f"strips/{clip.name}.jpg", picture)
                folder.write("report.json", run.report.json())
                folder.write("report.md", table.markdown(run.report))
        folder.write("report.tex", table.latex(run.report))
        try:
            folder.write("report.html", html_of(run.report, folder.path))
        except SettingError as error:
            say(str(error))  # the figures are there without it
    except OSError as error:  # a disk that fills up under the figures by frame
        raise OutputError(
            f"{folder.path / 'frames.csv'} cannot be written ({reason_of_failed_write(error)}). Give another folder."
        ) from error
    return run.report


def report_folder(
    folder: Path, clips: Sequence[Clip], rows: Sequence[Row], *, overwrite: bool, more: Sequence[str] = ()
) -> OutputFolder:
    """The folder of a report on these clips and rows, none of whose files it will replace. Raises ``OutputError``.

    ``more`` are files that come into it beside the report.
    """
    read = [path for clip in clips for path in (clip.path, clip.masks) if path is not None]
    read += [path for row in rows if isinstance(row, ResultsRow) for path in row.paths_of(clips)]
    return OutputFolder(folder, [*REPORT_FILES, *more], reads=read, overwrite=overwrite)


class _Run:
    """The run's own settings, the same from clip to clip, and the report that grows."""

    def __init__(
        self, rows: Sequence[Row], protocol: Protocol, settings: RunSettings, about: dict[str, object], say: Say
    ) -> None:
        lacking = settings.networks.lacking
        self.protocol = protocol.only([name for name in protocol.figures if name not in lacking])
        self.rows, self.settings, self.say = rows, settings, say
        self.choice = settings.exemplars or parse_exemplars(protocol.exemplars)
        self.pools = {row.name: self._pool(row) for row in rows}
        facts = {
            "exemplars": self.choice.text,
            "working size": settings.working_size or "native",
            "frames": settings.frames or protocol.frames or "all",
            "seed": SEED,
            **about,
        }
        self.report = Report(self.protocol, [row.name for row in rows], facts, provenance())

    def _pool(self, row: Row) -> list[Measure]:
        return pooled_measures(figures_of(row, self.protocol), self.settings.networks)

    def note(self, problem: str, clip: Clip | None = None, row: Row | None = None) -> None:
        """Puts a problem into the report and says it."""
        place = ", ".join([*([clip.name] if clip else []), *([f"row {row.name}"] if row else [])])
        self.report.problems.append(f"{place}: {problem}" if place else problem)
        self.say(f"Problem: {self.report.problems[-1]}")

    def score(self, clip: Clip, lines: FramesCsv) -> bytes:
        """Scores every row on a clip; a picture to look at, empty where there is nothing to show."""
        take = self._take(clip)
        if take is None:
            return b""
        (height, width), frames = take.survey.size, take.survey.frames
        named = [exemplar.name for exemplar in take.exemplars]
        about = {"name": clip.name, "frames": frames, "size": f"{width}x{height}", "exemplars": named}
        self.report.clips.append(about)
        strips = Strips(clip.name, frames)

        def listen(frame: FrameScore) -> None:
            lines.add(frame)
            strips.add(frame)

        for row in self.rows:
            try:
                score = self._measured(row, replace(take, note=partial(self.note, clip=clip, row=row)), listen)
            except (InputError, ExemplarError, ModelError) as error:
                self.note(str(error), clip, row)
            else:
                self.report.scores.append(score)
                self.say(_line(score))
        self.report.pooled = {
            name: {figure: value for measure in pool for figure, value in measure.compute().items()}
            for name, pool in self.pools.items()
        }
        self.report.calibration = {
            name: measure.calibration.points
            for name, pool in self.pools.items()
            for measure in pool
            if isinstance(measure, ConfidenceRank)
            and not math.isnan(self.report.mean(name, "confidence_spearman").whole)
        }
        return strips.jpeg()

    def _take(self, clip: Clip) -> Take | None:
        """The clip with its exemplars; None where it cannot be read, which is noted."""
        stop = self.settings.frames or self.protocol.frames
        pictures = Pictures(clip.path, size=self.protocol.size, stop=stop)
        try:
            found = survey(pictures)
            for problem in pictures.problems:
                self.note(problem, clip)
            exemplars = self.choice.of(clip, pictures, found.frames)
            masks = open_masks(clip.masks) if clip.masks is not None else None
        except (InputError, ExemplarError) as error:
            self.note(f"not scored. {error}", clip)
            return None
        size = self.settings.working_size
        return Take(clip, pictures, found, exemplars, size, masks=masks, keeps=self.protocol.keeps)

    def _measured(self, row: Row, take: Take, listen: Callable[[FrameScore], None]) -> ClipScore:
        """The row's score, with the time and the memory that a model took."""
        torch.manual_seed(SEED)
        peak = _Peak()
        before = row.seconds if isinstance(row, ModelRow) else 0.0

        def watch(frame: FrameScore) -> None:
            peak.look()
            listen(frame)

        score = score_clip(
            row,
            take,
            self.protocol,
            networks=self.settings.networks,
            pooled=self.pools[row.name],
            listen=watch,
        )
        if not isinstance(row, ModelRow):
            return score
        return replace(score, seconds_per_frame=(row.seconds - before) / take.survey.frames, peak_bytes=peak.bytes)


class _Peak:
    """The most memory seen: the GPU's where there is one, else the process's, looked at after each frame."""

    def __init__(self) -> None:
        self.bytes = 0
        self._process = psutil.Process()
        if torch.cuda.is_available():
            torch.cuda.reset_peak_memory_stats()

    def look(self) -> None:
        """Looks now."""
        seen = torch.cuda.max_memory_allocated() if torch.cuda.is_available() else 0
        with suppress(psutil.Error):
            seen = seen or self._process.memory_info().rss
        self.bytes = max(self.bytes, seen)


def _line(score: ClipScore) -> str:
    figures = [name for name in ("psnr", "psnr_wrapping", "warp_error") if name in score.figures]
    shown = [f"{FIGURES[n].title} {table.number(score.figures[n].whole, FIGURES[n].digits)}" for n in figures]
    if score.seconds_per_frame is not None:
        shown.append(f"{score.seconds_per_frame:.3f} s/frame")
    return f"{score.clip:24} {score.row:16} {', '.join(shown)}"
