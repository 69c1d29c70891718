"""The road from Python: a film by its name, or frames in memory."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from fractions import Fraction
from functools import partial
from pathlib import Path

from kinemacolor.engine.answers import AnsweredFrame, Answers
from kinemacolor.engine.compose import in_color
from kinemacolor.engine.exemplars.applied import WithExemplars
from kinemacolor.engine.inputs import is_bidirectional, working_size_of
from kinemacolor.engine.job import Job
from kinemacolor.engine.plan import Plan, PlannedShot
from kinemacolor.engine.run import Listeners, Result, loaded_model, run
from kinemacolor.engine.shot import luma_of
from kinemacolor.engine.sinks import Progress
from kinemacolor.frames import Exemplar, Frame, Luma, Shot
from kinemacolor.io import exemplars as stills
from kinemacolor.io.film import LONGER_THAN_ANY
from kinemacolor.io.pixels import UNSPECIFIED_MATRIX, matrix_of
from kinemacolor.models.base import Colorizer
from kinemacolor.models.default import DEFAULT
from kinemacolor.resize import fit


def colorize_video(
    source: str | Path,
    output: str | Path,
    exemplars: Sequence[str | Path | Exemplar],
    *,
    progress: Callable[[Progress], None] | None = None,
    surveying: Callable[[int, int | None], None] | None = None,
    fetching: Callable[[int, int | None], None] | None = None,
    **options: object,
) -> Result:
    """Colors a film; the output's luma plane is the source's own, sound and all else is copied.

    With a ``track`` the network's work is kept shot by shot: the same call after an interruption goes on from there,
    and after a change computes only the shots that depend on what has changed.

    Args:
        source: a film, a folder or pattern of pictures, or ``-`` for y4m on stdin.
        output: likewise; appears under its name only when complete.
        exemplars: files (``still.png@123``), folders, or ``Exemplar`` objects whose index is a frame of ``source``.
        progress: called after each frame.
        surveying: called with frames seen and frames in all while cuts are sought.
        fetching: called with bytes there and bytes in all while weights come in.
        options: every option of ``kinemacolor colorize`` by its name with underscores (``working_size="native"``,
            ``codec="prores"``, ``track=True``, ...), as ``engine.job`` lists them with types and defaults. ``model``
            may also be a loaded model, ``precision`` a ``torch.dtype``.

    Raises:
        InputError, ExemplarError, OutputError, ModelError, SettingError: all before the first frame is colored, but
            for a disk that fills up. ``SettingError`` also for a name that is no option.
    """
    job = Job.of({"source": source, "output": output, "exemplars": tuple(exemplars), **options})
    return run(job, Listeners(progress, surveying, fetching))


def colorize_frames(
    frames: Iterable[Frame],
    exemplars: Sequence[Exemplar],
    *,
    model: Colorizer | str = DEFAULT,
    size: tuple[int, int],
    working_size: str | int | None = "auto",
    both_ways: bool | None = None,
) -> Iterator[Frame]:
    """The frames of one shot, as RGB frames in color, each as soon as the model can give it.

    ``frames`` are RGB frames of one ``size`` (height, width); exemplar indices count from the first of them. Each
    keeps its own luma (Y', by BT.601 below 720 rows, else by BT.709, as in a film without tags), and gets the colors
    that ``colorize_video`` gives a film of these frames in gray.
    ``both_ways`` says whether exemplars inside color towards the start too, for which up to 96 frames are held back;
    None is the default of a model given by name, and no for a loaded one. Memory does not grow with their number.
    """
    job = Job.of({"model": model, "both_ways": both_ways, "working_size": working_size})
    applied = WithExemplars(loaded_model(job), bidirectional=is_bidirectional(job))
    matrix = matrix_of(UNSPECIFIED_MATRIX, size[0], is_rgb=False)
    luma = partial(luma_of, matrix=matrix)
    for answered in answered_frames(frames, exemplars, applied, size, working_size=working_size, luma=luma):
        yield in_color(answered.frame, answered.answer.chroma, matrix=matrix)


def answered_frames(
    frames: Iterable[Frame],
    exemplars: Sequence[Exemplar],
    model: Colorizer,
    size: tuple[int, int],
    *,
    working_size: str | int | None = "auto",
    luma: Callable[[Frame], Luma] = luma_of,
) -> Iterator[AnsweredFrame]:
    """The frames of one shot with the model's answers; arguments as of ``colorize_frames``.

    ``luma`` says what the model sees of a frame.
    """
    inner = fit(size, working_size_of(working_size))
    fitted = tuple(stills.fit_to(exemplar, inner, Fraction(1)) for exemplar in exemplars)
    plan = Plan((PlannedShot(Shot(0, LONGER_THAN_ANY), fitted),))
    for shot in Answers(plan, model, inner, luma=luma).shots(frames):
        yield from shot.frames
