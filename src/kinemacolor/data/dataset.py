"""Samples on request: clip, exemplar, wear and colors drawn anew for each number, the same for the same number."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from jaxtyping import Float
from torch import Generator, Tensor
from torch.utils.data import Dataset

from kinemacolor import color
from kinemacolor.data import augment
from kinemacolor.data.augment import ColorChange
from kinemacolor.data.clips import Clip, Library, frame_elsewhere, random_walk, to_and_fro
from kinemacolor.data.degrade import Wear, degrade
from kinemacolor.data.draw import chance, generator_of, one_of, uniform, whole
from kinemacolor.data.samples import ExemplarKind, Sample
from kinemacolor.frames import size_of
from kinemacolor.resize import fit, resize


@dataclass(frozen=True, slots=True)
class Request:
    """Sample number ``index``, of so many frames and this size. Frames of a film are at most ``max_jump`` apart."""

    index: int
    frames: int
    crop_px: int
    max_jump: int = 5


@dataclass(frozen=True, slots=True)
class Variety:
    """Probabilities of what is drawn. The five exemplar weights are relative to each other.

    ``clean`` samples are not worn; of the exemplars of worn clips half are. ``elsewhere`` exemplars that are another
    frame of the film show another part of the picture, too: less of the clip is to be found in them.
    """

    photograph: float = 0.4
    frame_before: float = 0.2
    same_frame: float = 0.1
    other_frame: float = 0.4
    other_augmentation: float = 0.2
    unrelated: float = 0.1
    occluder: float = 0.6
    exposure: float = 0.3
    flip: float = 0.5
    color_change: float = 0.3
    clean: float = 0.5
    crop_area: tuple[float, float] = (0.36, 1.0)
    elsewhere: float = 0.0
    wear: Wear = field(default_factory=Wear)

    @property
    def exemplar_kinds(self) -> dict[ExemplarKind, float]:
        """The weight of each kind of exemplar."""
        return {
            "frame_before": self.frame_before,
            "same_frame": self.same_frame,
            "other_frame": self.other_frame,
            "other_augmentation": self.other_augmentation,
            "unrelated": self.unrelated,
        }

    def dataset(self, library: Library, *, seed: int) -> "ClipDataset":
        """Samples of this variety."""
        return ClipDataset(library, self, seed=seed)


class ClipDataset(Dataset[Sample]):
    """Samples by ``Request``. A sample is a pure function of the library, the variety, the seed and the request.

    So any process may make any of them, and a run goes on where it stopped by asking for the next numbers.
    """

    def __init__(self, library: Library, variety: Variety, *, seed: int) -> None:
        self.library, self.variety, self.seed = library, variety, seed

    def __getitem__(self, request: Request) -> Sample:
        """The sample; the same one whenever it is asked for."""
        generator = generator_of(self.seed, request.index)
        kind = one_of(generator, self.variety.exemplar_kinds)
        frames, exemplar = self._pictures(request, kind, generator)
        if chance(generator, self.variety.flip):
            frames, exemplar = frames.flip(-1), exemplar.flip(-1)
        lab, exemplar_lab = color.lab_of(frames), color.lab_of(exemplar)
        lumas, exemplar_luma = self._lumas(lab[:, :1], exemplar_lab[:1], kind, generator)
        chromas, exemplar_chroma = self._chromas(lab[:, 1:], exemplar_lab[1:], kind, generator)
        return Sample(lumas, chromas, exemplar_luma, exemplar_chroma, kind)

    def _pictures(
        self, request: Request, kind: ExemplarKind, generator: Generator
    ) -> tuple[Float[Tensor, "t 3 h w"], Float[Tensor, "3 h w"]]:
        """The clip and its exemplar, sRGB."""
        make = self._from_photograph if self._takes_photograph(generator) else self._from_film
        frames, exemplar = make(request, kind, generator)
        if kind == "unrelated":
            exemplar = self._unrelated(request, generator)
        return frames, exemplar

    def _takes_photograph(self, generator: Generator) -> bool:
        drawn = chance(generator, self.variety.photograph)
        return bool(self.library.photographs) and (drawn or not self.library.clips)

    def _from_film(
        self, request: Request, kind: ExemplarKind, generator: Generator
    ) -> tuple[Float[Tensor, "t 3 h w"], Float[Tensor, "3 h w"]]:
        clip = _drawn(self.library.clips, generator)
        count = len(clip)
        walk = random_walk(count, request.frames + 1, request.max_jump, generator)
        before, walk = walk[0], walk[1:]
        still = before if kind == "frame_before" else walk[whole(generator, len(walk))]
        if kind == "other_frame":
            still = frame_elsewhere(count, walk, generator)
        rgbs = self.library.read(clip, [*walk, still])
        box = augment.crop_box(size_of(rgbs), generator, area=self.variety.crop_area)
        frames = augment.cropped(rgbs, box, request.crop_px)
        if kind == "other_frame" and chance(generator, self.variety.elsewhere):
            aside = augment.crop_box(size_of(rgbs), generator, area=self.variety.crop_area)
            return frames[:-1], augment.cropped(rgbs[-1:], aside, request.crop_px)[0]
        if kind != "other_augmentation":
            return frames[:-1], frames[-1]
        moved = augment.pseudo_clip(rgbs[-1], torch.zeros(1), request.crop_px, generator)
        return frames[:-1], moved[0]

    def _from_photograph(
        self, request: Request, kind: ExemplarKind, generator: Generator
    ) -> tuple[Float[Tensor, "t 3 h w"], Float[Tensor, "3 h w"]]:
        photograph = self._photograph(_drawn(self.library.photographs, generator))
        occluder = None
        if chance(generator, self.variety.occluder):
            occluder = self._photograph(_drawn(self.library.photographs, generator))
        # the moment of the exemplar: before, within or after the clip
        moment = uniform(generator, -8.0, request.frames + 8.0)
        if kind == "frame_before":
            moment = -1.0
        elif kind == "same_frame":
            moment = float(whole(generator, request.frames))
        times = torch.tensor([*range(request.frames), moment], dtype=torch.float32)
        frames = augment.pseudo_clip(photograph, times, request.crop_px, generator, occluder=occluder)
        if kind != "other_augmentation":
            return frames[:-1], frames[-1]
        moved = augment.pseudo_clip(photograph, torch.zeros(1), request.crop_px, generator)
        return frames[:-1], moved[0]

    def _unrelated(self, request: Request, generator: Generator) -> Float[Tensor, "3 h w"]:
        clip = _drawn([*self.library.clips, *self.library.photographs], generator)
        rgbs = self.library.read(clip, [whole(generator, len(clip))])
        box = augment.crop_box(size_of(rgbs), generator, area=self.variety.crop_area)
        return augment.cropped(rgbs, box, request.crop_px)[0]

    def _photograph(self, clip: Clip) -> Float[Tensor, "3 h w"]:
        return self.library.read(clip, [0])[0]

    def _lumas(
        self, lumas: Tensor, exemplar: Tensor, kind: ExemplarKind, generator: Generator
    ) -> tuple[Float[Tensor, "t 1 h w"], Float[Tensor, "1 h w"]]:
        """Lumas with exposure and wear; the exemplar of another augmentation gets its own."""
        if chance(generator, self.variety.exposure):
            lumas = augment.change_exposure(lumas, generator)
        if kind == "other_augmentation":
            exemplar = augment.change_exposure(exemplar[None], generator)[0]
        if not chance(generator, self.variety.clean):
            lumas = degrade(lumas, self.variety.wear, generator)
            if chance(generator, 0.5):
                exemplar = degrade(exemplar[None], self.variety.wear, generator)[0]
        return lumas, exemplar

    def _chromas(
        self, chromas: Tensor, exemplar: Tensor, kind: ExemplarKind, generator: Generator
    ) -> tuple[Float[Tensor, "t 2 h w"], Float[Tensor, "2 h w"]]:
        """Changed colors, truth and exemplar alike.

        Of an unrelated exemplar nothing can be copied, so that there the truth keeps its natural colors.
        """
        if not chance(generator, self.variety.color_change):
            return chromas, exemplar
        change = ColorChange.drawn(generator)
        return chromas if kind == "unrelated" else change.apply(chromas), change.apply(exemplar)


def _drawn(clips: Sequence[Clip], generator: Generator) -> Clip:
    return clips[whole(generator, len(clips))]


def held_out_sample(library: Library, clip: Clip, *, frames: int, short_side_px: int, gap: int = 1) -> Sample:
    """A clip to measure on: frame 0 is the exemplar, then ``frames`` frames ``gap`` apart, whole, unworn.

    Sides are multiples of 16 (the rest is cut off at the right and the bottom). A photograph becomes a clip by
    moving it, always in the same way.
    """
    if clip.is_photograph:
        times = torch.arange(frames + 1) * float(gap)
        generator = generator_of("held out", clip.source.path.name)
        rgbs = augment.pseudo_clip(library.read(clip, [0])[0], times, short_side_px // 16 * 16, generator)
    else:
        rgbs = library.read(clip, to_and_fro(range(0, len(clip), gap), frames + 1))
        rgbs = resize(rgbs, fit(size_of(rgbs), short_side_px))
        rgbs = rgbs[..., : rgbs.shape[-2] // 16 * 16, : rgbs.shape[-1] // 16 * 16]
    lab = color.lab_of(rgbs)
    return Sample(lab[1:, :1], lab[1:, 1:], lab[0, :1], lab[0, 1:])
