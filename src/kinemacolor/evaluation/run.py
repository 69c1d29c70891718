"""Clips by rows: the loop that makes a report and its files, clip by clip."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import psutil
import torch

from kinemacolor.errors import ExemplarError, InputError, OutputError, SettingError
from kinemacolor.evaluation import table
from kinemacolor.evaluation.clips import Clip, Pictures, survey
from kinemacolor.evaluation.exemplars import ExemplarChoice, parse_exemplars
from kinemacolor.evaluation.figures import FIGURES
from kinemacolor.evaluation.frames_csv import FramesCsv
from kinemacolor.evaluation.html import write_html
from kinemacolor.evaluation.protocols import Protocol
from kinemacolor.evaluation.provenance import provenance
from kinemacolor.evaluation.report import Report
from kinemacolor.evaluation.rows import ModelRow, Row, Take
from kinemacolor.evaluation.score import ClipScore, FrameScore, score_clip
from kinemacolor.evaluation.strips import Strips
from kinemacolor.io.masks import open_masks

SEED = 0
"""Set before each row of each clip, for models that draw."""


@dataclass(frozen=True, slots=True)
class RunSettings:
    """What a run wants beside its protocol. ``frames`` is the most to take of a clip, None is the protocol's own."""

    exemplars: ExemplarChoice | None = None
    working_size: str | int | None = "auto"
    frames: int | None = None


def evaluate(
    clips: Sequence[Clip],
    rows: Sequence[Row],
    protocol: Protocol,
    output: Path,
    *,
    settings: RunSettings | None = None,
    about: dict[str, object] | None = None,
    problems: Sequence[str] = (),
    say: Callable[[str], None] = lambda line: None,
) -> Report:
    """The report on every row and clip.

    Under ``output`` come ``frames.csv``, ``report.json``, ``report.md`` and ``strips/``, brought up to date after
    each clip, and in the end ``report.tex`` and ``report.html`` (with the ``eval`` extra). What is wrong with one
    clip or one row of it is a line in the report's ``problems``, and the rest is scored; ``problems`` already known
    begin the list. ``about`` goes into the JSON beside the settings; ``say`` is told each clip's figures and each
    problem.

    Raises ``OutputError`` where ``output`` cannot be written.
    """
    settings = settings or RunSettings()
    choice = settings.exemplars or parse_exemplars(protocol.exemplars)
    report = Report(
        protocol,
        [row.name for row in rows],
        {
            "exemplars": choice.text,
            "working size": settings.working_size or "native",
            "frames": settings.frames or protocol.frames or "all",
            "seed": SEED,
            **(about or {}),
        },
        provenance(),
        problems=list(problems),
    )
    for problem in problems:
        say(f"Problem: {problem}")
    try:
        (output / "strips").mkdir(parents=True, exist_ok=True)
        per_frame = [name for name in protocol.figures if not FIGURES[name].of_clip]
        with FramesCsv(output / "frames.csv", per_frame) as lines:
            for clip in clips:
                _score_rows(clip, rows, report, settings, choice, lines, output, say)
                report.save_json(output / "report.json")
                (output / "report.md").write_text(table.markdown(report))
        (output / "report.tex").write_text(table.latex(report))
        _write_html(report, output, say)
    except OSError as error:
        raise OutputError(f"The report could not be written to {output} ({error}). Give another folder.") from error
    return report


def _write_html(report: Report, output: Path, say: Callable[[str], None]) -> None:
    try:
        write_html(report, output)
    except SettingError as error:
        say(str(error))  # the figures are there without it


def _score_rows(
    clip: Clip,
    rows: Sequence[Row],
    report: Report,
    settings: RunSettings,
    choice: ExemplarChoice,
    lines: FramesCsv,
    output: Path,
    say: Callable[[str], None],
) -> None:
    def note(problem: str, row: Row | None = None) -> None:
        report.problems.append(f"{clip.name}{f', row {row.name}' if row else ''}: {problem}")
        say(f"Problem: {report.problems[-1]}")

    take = _take(clip, report.protocol, settings, choice, note)
    if take is None:
        return
    (height, width), frames = take.survey.size, take.survey.frames
    named = [exemplar.name for exemplar in take.exemplars]
    report.clips.append({"name": clip.name, "frames": frames, "size": f"{width}x{height}", "exemplars": named})
    strips = Strips(clip.name, frames)

    def listen(frame: FrameScore) -> None:
        lines.add(frame)
        strips.add(frame)

    for row in rows:
        try:
            score = _measured(row, replace(take, note=partial(note, row=row)), report, listen)
        except InputError as error:
            note(str(error), row)
        else:
            report.scores.append(score)
            say(_line(score))
    strips.save(output / "strips" / f"{clip.name}.jpg")


def _take(
    clip: Clip,
    protocol: Protocol,
    settings: RunSettings,
    choice: ExemplarChoice,
    note: Callable[[str], None],
) -> Take | None:
    """The clip with its exemplars; None where it cannot be read, which is noted."""
    pictures = Pictures(clip.path, size=protocol.size, stop=settings.frames or protocol.frames)
    try:
        found = survey(pictures)
        for problem in pictures.problems:
            note(problem)
        exemplars = choice.of(clip, pictures, found.frames)
        masks = open_masks(clip.masks) if clip.masks is not None else None
    except (InputError, ExemplarError) as error:
        note(f"not scored. {error}")
        return None
    return Take(clip, pictures, found, exemplars, settings.working_size, note, masks)


def _measured(row: Row, take: Take, report: Report, listen: Callable[[FrameScore], None]) -> ClipScore:
    """The row's score, with the time and the memory that a model took."""
    torch.manual_seed(SEED)
    if not isinstance(row, ModelRow):
        return score_clip(row, take, report.protocol, listen=listen)
    peak = _Peak()
    before = row.seconds

    def watch(frame: FrameScore) -> None:
        peak.look()
        listen(frame)

    score = score_clip(row, take, report.protocol, listen=watch)
    spent = (row.seconds - before) / take.survey.frames
    return replace(score, seconds_per_frame=spent, peak_bytes=peak.bytes)


class _Peak:
    """The most memory seen: the GPU's where there is one, else the process's, looked at after each frame."""

    def __init__(self) -> None:
        self.bytes = 0
        self._process = psutil.Process()
        if torch.cuda.is_available():
            torch.cuda.reset_peak_memory_stats()

    def look(self) -> None:
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
