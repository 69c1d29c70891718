"""A run on films and photographs in folders: what ``kinemacolor train`` does."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from kinemacolor import weights
from kinemacolor.data.cache import FrameCache
from kinemacolor.data.clips import Clip, Library
from kinemacolor.data.dataset import held_out_sample
from kinemacolor.data.draw import generator_of, whole
from kinemacolor.data.samples import Sample
from kinemacolor.data.sources import Exclusions, find_sources
from kinemacolor.training.bounds import require_at_least
from kinemacolor.training.loop import Progress, RunSettings, TrainingResult, train
from kinemacolor.training.recipe import Recipe

_FRAMES, _GAP = 8, 2


@dataclass(frozen=True, slots=True)
class DataSettings:
    """The data that a run reads.

    ``validation`` are films and photographs to measure on; without them ``held_out`` of the data's are put aside
    (films where there are enough). ``license_classes``, ``table`` and ``excluded`` are as for ``find_sources``; they
    choose what is learnt from, not what is measured on. The first ``max_frames`` of each film are decoded once, to
    ``cache``, at ``short_side_px`` (None: the recipe's).

    Raises ``SettingError`` for a number below what is possible.
    """

    folders: Sequence[Path]
    validation: Sequence[Path] = ()
    held_out: int = 4
    license_classes: Collection[str] | None = None
    table: Path | None = None
    cache: Path | None = None
    short_side_px: int | None = None
    max_frames: int = 300
    excluded: Exclusions = field(default_factory=Exclusions)

    def __post_init__(self) -> None:
        require_at_least(0, held_out=self.held_out)
        require_at_least(1, max_frames=self.max_frames)
        require_at_least(16, short_side_px=self.short_side_px)


def train_on_folders(
    recipe: Recipe,
    data: DataSettings,
    out: Path,
    *,
    steps: int | None = None,
    seed: int = 0,
    settings: RunSettings | None = None,
    decoding: Callable[[int, int], None] | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> tuple[TrainingResult, tuple[str, ...]]:
    """The run's result, and what was left out of the data and why. See ``train`` for the rest.

    Raises ``InputError`` where there is nothing to learn from.
    """
    cache = FrameCache(
        data.cache or weights.cache_folder() / "training",
        short_side_px=data.short_side_px or recipe.short_side_px,
        max_frames=data.max_frames,
    )
    sources = find_sources(
        data.folders, license_classes=data.license_classes, table=data.table, excluded=data.excluded
    )
    library = Library.open(sources, cache, progress=decoding)
    library, validation = _divided(library, data, seed)
    dataset = recipe.variety.dataset(library, seed=seed)
    result = train(
        recipe,
        dataset,
        out,
        steps=steps,
        validation=validation,
        seed=seed,
        settings=settings,
        progress=progress,
    )
    return result, library.warnings


def _divided(library: Library, data: DataSettings, seed: int) -> tuple[Library, list[Sample]]:
    """The clips to learn from, and the samples to measure on."""
    measured = library
    if data.validation:
        measured = Library.open(find_sources(data.validation), library.cache)
        chosen: Sequence[Clip] = (*measured.clips, *measured.photographs)
    else:
        chosen = _put_aside(library, data.held_out, seed)
    samples = [
        held_out_sample(measured, clip, frames=_FRAMES, short_side_px=library.cache.short_side_px, gap=_GAP)
        for clip in chosen
    ]
    return library.without(chosen), samples


def _put_aside(library: Library, count: int, seed: int) -> list[Clip]:
    """``count`` clips, or photographs where clips are few; at most a quarter of them."""
    pool = list(library.clips if len(library.clips) >= 4 * count else library.photographs or library.clips)
    generator = generator_of(seed, "held out")
    return [pool.pop(whole(generator, len(pool))) for _ in range(min(count, len(pool) // 4))]
