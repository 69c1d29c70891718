"""The papers' data sets: where their clips and masks lie, which clips a split has, and what of it is missing.

Nothing is downloaded: their licenses and forms are between you and their publishers.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from kinemacolor.errors import InputError, SettingError
from kinemacolor.evaluation.clips import Clip, find_clips, with_masks
from kinemacolor.io import sequence

_DAVIS_2017_VAL = (
    "bike-packing", "blackswan", "bmx-trees", "breakdance", "camel", "car-roundabout", "car-shadow", "cows",
    "dance-twirl", "dog", "dogs-jump", "drift-chicane", "drift-straight", "goat", "gold-fish", "horsejump-high",
    "india", "judo", "kite-surf", "lab-coat", "libby", "loading", "mbike-trick", "motocross-jump",
    "paragliding-launch", "parkour", "pigs", "scooter-black", "shooting", "soapbox",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Dataset:
    """A data set's layout. ``frames`` and ``masks`` are folders below the root, of which the first there is counts.

    ``lists`` are files of clip names, one a line; ``{split}`` stands for the split. ``known`` has the names of splits
    for which no file is needed.
    """

    name: str
    title: str
    source: str
    frames: tuple[str, ...]
    masks: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()
    known: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def frames_folder(self, root: Path) -> Path:
        """The folder of clips. Raises ``InputError`` naming what was looked for."""
        for place in self.frames:
            if (root / place).is_dir():
                return root / place
        looked = " or ".join(str(root / place) for place in self.frames)
        raise InputError(f"{self.title} is not there: no folder {looked}. It is published at {self.source}.")


DATASETS: dict[str, Dataset] = {
    "davis": Dataset(
        "davis",
        "DAVIS",
        "davischallenge.org",
        frames=("JPEGImages/480p", "JPEGImages/Full-Resolution"),
        masks=("Annotations/480p", "Annotations/Full-Resolution"),
        lists=("ImageSets/2017/{split}.txt",),
        known=(("val", _DAVIS_2017_VAL),),
    ),
    "videvo": Dataset(
        "videvo",
        "Videvo",
        "the page of Lai et al., Learning Blind Video Temporal Consistency (ECCV 2018)",
        frames=("videvo", "{split}", "."),
        lists=("{split}.txt", "videvo_{split}.txt"),
    ),
    "nvcc2023": Dataset(
        "nvcc2023",
        "NVCC2023",
        "the NTIRE 2023 Video Colorization Challenge",
        frames=("gt", "{split}", "."),
        lists=("{split}.txt",),
    ),
}
"""Every data set by the name that ``--dataset`` takes."""


def dataset_of(name: str) -> Dataset:
    """The data set with this name. Raises ``SettingError`` naming those there are."""
    try:
        return DATASETS[name]
    except KeyError:
        raise SettingError(f"There is no data set '{name}'. Data sets: {', '.join(DATASETS)}, or folder.") from None


@dataclass(frozen=True, slots=True)
class Inventory:
    """The clips of a split that are there, what is missing or wrong, and what is worth knowing."""

    clips: tuple[Clip, ...]
    problems: tuple[str, ...]
    notes: tuple[str, ...] = ()


def take_stock(dataset: Dataset, root: Path, *, split: str = "val", names: Path | None = None) -> Inventory:
    """The clips of a split, and one line for each that is missing.

    The split's names come from the file ``names``, else from the data set's own list, else from what is known of it,
    else from the folders that there are. Raises ``InputError`` where the data set is not there at all.
    """
    dataset = _for_split(dataset, split)
    folder = dataset.frames_folder(root)
    wanted, note = _names(dataset, root, split, names)
    found = {clip.name: clip for clip in find_clips(folder)}
    problems = [f"Clip {name} is missing: there is no {folder / name}." for name in wanted or () if name not in found]
    clips = [found[name] for name in (sorted(found) if wanted is None else wanted) if name in found]
    masks = next((root / place for place in dataset.masks if (root / place).is_dir()), None)
    if dataset.masks and masks is None:
        problems.append(f"There are no masks: no folder {root / dataset.masks[0]}.")
    return Inventory(tuple(with_masks(clip, masks) for clip in clips), tuple(problems), (note,))


def _for_split(dataset: Dataset, split: str) -> Dataset:
    frames = tuple(place.format(split=split) for place in dataset.frames)
    return replace(dataset, frames=frames)


def _names(dataset: Dataset, root: Path, split: str, names: Path | None) -> tuple[Sequence[str] | None, str]:
    """Clip names of the split, None where nobody knows them, and a line that says where they come from."""
    files = [names] if names is not None else [root / each.format(split=split) for each in dataset.lists]
    for file in files:
        if file.is_file():
            listed = [line.split()[0] for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
            return listed, f"{len(listed)} clips by {file}."
    if names is not None:
        raise InputError(f"The list {names} does not exist. Give a file of clip names, one a line.")
    for known, clips in dataset.known:
        if known == split:
            return clips, f"{len(clips)} clips, the {dataset.title} 2017 {split} split."
    return None, (
        f"Which clips {dataset.title}'s {split} split has is not known here: all folders are taken. Give --list FILE."
    )


def check_clip(clip: Clip, *, needs_masks: bool) -> list[str]:
    """Problems of a clip's pictures and masks, by their names and headers, a line each."""
    if not sequence.is_sequence(clip.path):
        return []
    try:
        paths, problems = sequence.pictures_of(clip.path)
    except InputError as error:
        return [str(error)]
    sizes = {path: _size(path) for path in paths}
    problems = problems + [f"{path} cannot be read." for path, size in sizes.items() if size is None]
    several = sorted({size for size in sizes.values() if size is not None})
    if len(several) > 1:
        shown = ", ".join(f"{width}x{height}" for width, height in several)
        problems.append(f"{clip.path} has pictures of several sizes: {shown}.")
    if needs_masks:
        count = len(list(clip.masks.glob("*.png"))) if clip.masks is not None else 0
        if count != len(paths):
            problems.append(f"{clip.name} has {len(paths)} frames, but {count} masks.")
    return problems


def _size(path: Path) -> tuple[int, int] | None:
    try:
        with Image.open(path) as picture:
            return picture.size
    except (UnidentifiedImageError, OSError, ValueError):
        return None
