"""From a film and stills to pictures that say why one of its frames got its colours."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from kinemacolor import color
from kinemacolor.engine.assign import references_for
from kinemacolor.engine.shot import luma_of
from kinemacolor.engine.video import working_size_of
from kinemacolor.errors import InputError, OutputError, SettingError
from kinemacolor.explain.adapters import insight_of
from kinemacolor.explain.drawings import match_lines
from kinemacolor.explain.features import pca_pictures
from kinemacolor.explain.insight import Correspondence, Insight
from kinemacolor.explain.plot import plot_curve
from kinemacolor.explain.usage import write_curve
from kinemacolor.frames import Chroma, Luma, Shot, size_of
from kinemacolor.io import exemplars as stills
from kinemacolor.io.open import open_reader, probe
from kinemacolor.io.sheets import sheet
from kinemacolor.models.base import Colorizer, Reference, StreamingColorizer
from kinemacolor.resize import fit, resize


@dataclass(frozen=True, slots=True)
class Explained:
    """A frame as the model saw and coloured it, the exemplar most like it, and what memory held at each frame."""

    luma: Luma
    chroma: Chroma
    exemplar: Reference
    found: Correspondence
    insight: Insight
    memory: list[dict[str, int]]


def explain(
    source: str | Path,
    exemplars: Sequence[str | Path],
    output: Path,
    *,
    model: Colorizer,
    frame: int,
    start: int = 0,
    working_size: str | int | None = "auto",
    note: Callable[[str], None] = lambda line: None,
) -> list[Path]:
    """The files written to ``output`` about frame number ``frame``, after colouring the shot from ``start`` up to it.

    ``features.png``: features of frame and exemplar by their principal components; ``matches.png``: where places of
    the frame find their like; ``colours.png``: the exemplar's colours by matching alone, and the result;
    ``memory.csv`` and ``memory.svg``: what memory held at each frame. Of several exemplars the most alike is shown.
    ``note`` is told what could not be drawn.

    Raises:
        ModelError: a model that cannot be explained.
        InputError, ExemplarError, SettingError: as ``colorize_video``, or a frame that the film does not have.
        OutputError: a folder that cannot be written.
    """
    if frame < start:
        raise SettingError(f"Frame {frame} lies before the shot's first, {start}. Give a --start at or before it.")
    shown = _shown(source, exemplars, model, frame, start, working_size)
    try:
        output.mkdir(parents=True, exist_ok=True)
        return _written(shown, output, start, note)
    except OSError as error:
        raise OutputError(f"The pictures could not be written to {output} ({error}). Give another folder.") from error


def _shown(
    source: str | Path,
    exemplars: Sequence[str | Path],
    model: Colorizer,
    frame: int,
    start: int,
    working_size: str | int | None,
) -> Explained:
    insight = insight_of(model)
    assert isinstance(model, StreamingColorizer)
    info = probe(source)
    if info.frames is not None and frame >= info.frames:
        raise InputError(f"{source} has {info.frames} frames, so there is no frame {frame}. Give a smaller number.")
    inner = fit((info.height, info.width), working_size_of(working_size))
    loaded = [
        stills.fit_to(each, inner, info.sample_aspect, rotation_degrees=info.rotation_degrees)
        for each in stills.load(exemplars, frames=info.frames)
    ]
    references = references_for(Shot(start, frame + 1), loaded)
    state, memory, luma, chroma = model.start(references), [], None, None
    with open_reader(source, start=start, stop=frame + 1) as reader:
        for each in reader:
            luma = resize(luma_of(each), inner)
            chroma = model.step(luma, state)
            memory.append(insight.memory_bytes(state))
    if luma is None or chroma is None or len(memory) <= frame - start:
        raise InputError(f"{source} ends before frame {frame}. Give a smaller number.")
    finds = [(reference, insight.correspondence(luma, reference)) for reference in references]
    exemplar, found = max(finds, key=lambda find: float(find[1].likeness.mean()))
    return Explained(luma, chroma, exemplar, found, insight, memory)


def _written(shown: Explained, output: Path, start: int, note: Callable[[str], None]) -> list[Path]:
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
    paths = [output / name for name in ("features.png", "matches.png", "colours.png", "memory.csv")]
    sheet(rows).save(paths[0])
    match_lines(gray, still, shown.found).save(paths[1])
    matched = color.combine(luma, resize(insight.warped(luma, exemplar).cpu(), size))
    sheet([[("exemplar", still), ("by matching alone", matched), ("result", colored)]]).save(paths[2])
    write_curve(shown.memory, paths[3], first_frame=start)
    try:
        plot_curve(shown.memory, output / "memory.svg", first_frame=start)
        paths.append(output / "memory.svg")
    except SettingError as error:
        note(str(error))  # the figures are there without it
    return paths
