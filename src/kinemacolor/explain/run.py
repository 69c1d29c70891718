"""Pictures that say why one frame of a film got its colors."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kinemacolor import color
from kinemacolor.engine.inputs import Inputs, files_read_by, prepare
from kinemacolor.engine.job import Job
from kinemacolor.engine.plan import PlannedShot
from kinemacolor.engine.run import loaded_model, planned
from kinemacolor.engine.shot import colorize_shot, luma_of
from kinemacolor.errors import InputError, SettingError
from kinemacolor.explain.adapters import insight_of
from kinemacolor.explain.drawings import match_lines
from kinemacolor.explain.features import pca_pictures
from kinemacolor.explain.insight import Correspondence, Insight
from kinemacolor.explain.plot import plot_of
from kinemacolor.explain.usage import table_of
from kinemacolor.frames import Chroma, Luma, ObjectMasks, Shot, size_of
from kinemacolor.io.output_folder import OutputFolder
from kinemacolor.io.sheets import encoded, sheet
from kinemacolor.models.base import Answer, Reference, StreamingColorizer
from kinemacolor.resize import resize

_FILES = ("features.png", "matches.png", "colors.png", "memory.csv", "memory.svg")


@dataclass(frozen=True, slots=True)
class Explained:
    """A frame as the model saw and colored it, the exemplar most like it, and what memory held at each frame."""

    luma: Luma
    chroma: Chroma
    exemplar: Reference
    found: Correspondence
    insight: Insight
    memory: list[dict[str, int]]


def explain(job: Job, frame: int, output: Path, *, note: Callable[[str], None] = lambda line: None) -> list[Path]:
    """The files written to ``output`` about frame number ``frame`` of a job's film, as the job colors it.

    The film's shots and the exemplars of the frame's shot are those of ``colorize``; the shot is colored up to the
    frame, forward. ``features.png``: features of frame and exemplar by their principal components; ``matches.png``:
    where places of the frame find their like; ``colors.png``: the exemplar's colors by matching alone, and the
    result; ``memory.csv`` and ``memory.svg``: what memory held at each frame. Of several exemplars the most alike is
    shown. ``note`` is told what could not be drawn, and what else is worth knowing.

    Raises:
        ModelError: a model that cannot be explained.
        InputError, ExemplarError, SettingError: as ``colorize_video``, or a frame that the film does not have.
        OutputError: a folder that cannot be written; ``OutputExistsError`` where pictures are in it already, unless
            the job says ``overwrite``.
    """
    folder = OutputFolder(output, _FILES, reads=files_read_by(job), overwrite=job.output.overwrite)
    inputs = prepare(job)
    model = loaded_model(job)
    insight = insight_of(model)
    assert isinstance(model, StreamingColorizer)
    if not inputs.span.start <= frame < inputs.span.stop:
        last = f"ends before frame {inputs.span.stop}" if inputs.film.exact_frames else "does not reach it"
        raise InputError(
            f"Frame {frame} is not in the part of {inputs.film.source} that is colored, which begins at frame "
            f"{inputs.span.start} and {last}. Give another frame, or another --start."
        )
    home = next((each for each in planned(inputs, model).shots if each.shot.start <= frame < each.shot.stop), None)
    if home is None:
        raise InputError(f"{inputs.film.source} ends before frame {frame}. Give a smaller number.")
    for line in (*inputs.warnings, *_unlike(inputs, home)):
        note(line)
    shown = _shown(inputs, home, model, insight, frame)
    return _written(shown, folder, home.shot.start, note)


def _unlike(inputs: Inputs, home: PlannedShot) -> list[str]:
    """A line for colors of the film that come from where the explanation does not look."""
    inside = [e.name for e in home.exemplars if e.index is not None and home.shot.start < e.index < home.shot.stop]
    if not (inputs.bidirectional and inside):
        return []
    return [f"The film's colors come from {inside[0]} backward too; what is explained here is the way forward."]


@dataclass
class _Watched:
    """A model whose memory is noted at each frame."""

    model: StreamingColorizer[Any]
    insight: Insight
    memory: list[dict[str, int]] = field(default_factory=list)
    notes: tuple[str, ...] = ()

    @property
    def identity(self) -> str:
        """That of the model."""
        return self.model.identity

    def colorize(
        self, lumas: Iterable[Luma], references: Sequence[Reference], objects: ObjectMasks | None = None
    ) -> Iterator[Answer]:
        """The model's answers, one by one."""
        state = self.model.start(references)
        for luma in lumas:
            answer = self.model.step(luma, state)
            self.memory.append(self.insight.memory_bytes(state))
            yield answer


def _shown(
    inputs: Inputs, home: PlannedShot, model: StreamingColorizer[Any], insight: Insight, frame: int
) -> Explained:
    watched, references = _Watched(model, insight), home.references()
    luma, chroma = None, None
    with inputs.film.frames(Shot(home.shot.start, frame + 1)) as reader:
        for shown, answer in colorize_shot(reader, references, watched, inputs.size):
            luma, chroma = resize(luma_of(shown), inputs.size), answer.chroma
    if luma is None or chroma is None or len(watched.memory) <= frame - home.shot.start:
        raise InputError(f"{inputs.film.source} ends before frame {frame}. Give a smaller number.")
    finds = [(reference, insight.correspondence(luma, reference)) for reference in references]
    exemplar, found = max(finds, key=lambda find: float(find[1].likeness.mean()))
    return Explained(luma, chroma, exemplar, found, insight, watched.memory)


def _written(shown: Explained, folder: OutputFolder, start: int, note: Callable[[str], None]) -> list[Path]:
    """Draws and writes everything."""
    luma, exemplar, insight = shown.luma, shown.exemplar, shown.insight
    size, of_exemplar = size_of(luma), size_of(exemplar.luma)
    gray, colored = (color.combine(luma, each.cpu()) for each in (0 * shown.chroma, shown.chroma))
    still = color.combine(exemplar.luma.cpu(), exemplar.chroma.cpu())
    rows = [[("frame", gray), ("exemplar", still)]]
    theirs = insight.features(exemplar.luma)
    for name, ours in insight.features(luma).items():
        first, second = pca_pictures([ours, theirs[name]], [size, of_exemplar])
        rows.append([(name, first), (name, second)])
    matched = color.combine(luma, resize(insight.warped(luma, exemplar).cpu(), size))
    colors = sheet([[("exemplar", still), ("by matching alone", matched), ("result", colored)]])
    pictures = {
        "features.png": sheet(rows),
        "matches.png": match_lines(gray, still, shown.found),
        "colors.png": colors,
    }
    paths = [folder.write(name, encoded(picture, "PNG")) for name, picture in pictures.items()]
    paths.append(folder.write("memory.csv", table_of(shown.memory, first_frame=start)))
    try:
        paths.append(folder.write("memory.svg", plot_of(shown.memory, first_frame=start)))
    except SettingError as error:
        note(str(error))  # the figures are there without it
    return paths
