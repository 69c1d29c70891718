"""Clips in reach: which sources can be learnt from, their frames, and which frames of a clip a sample takes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Generator, Tensor

from kinemacolor.data.cache import FrameCache
from kinemacolor.data.cuts import Pictures
from kinemacolor.data.draw import chance, whole
from kinemacolor.data.sources import Source
from kinemacolor.errors import InputError

FEWEST_FRAMES = 8
"""A shorter film is left out, as in ColorMNet's release."""

_LEAST_COLOR = 2.0


@dataclass(frozen=True, slots=True)
class Clip:
    """A shot of a film, or a photograph (of one frame); ``frames`` are their numbers in the source."""

    source: Source
    frames: range

    def __len__(self) -> int:
        return len(self.frames)

    @property
    def is_photograph(self) -> bool:
        """Whether it stands still."""
        return self.source.kind == "photograph"


@dataclass(frozen=True)
class Library:
    """Clips and photographs whose frames lie in a cache. ``warnings`` says what was left out, and why."""

    cache: FrameCache
    clips: tuple[Clip, ...]
    photographs: tuple[Clip, ...]
    warnings: tuple[str, ...] = ()

    @classmethod
    def open(
        cls, sources: Sequence[Source], cache: FrameCache, *, progress: Callable[[int, int], None] | None = None
    ) -> "Library":
        """The sources that can be learnt from, each decoded now where it is not in the cache yet.

        A film is divided at its cuts. Left out with a warning: what cannot be read, what has no color, films
        without a shot of 8 frames. ``progress`` gets the number of sources seen and of all.

        Raises ``InputError`` where nothing is left.
        """
        clips: list[Clip] = []
        photographs: list[Clip] = []
        warnings: list[str] = []
        for number, source in enumerate(sources):
            if progress:
                progress(number, len(sources))
            try:
                found = _clips_of(source, cache)
            except InputError as error:
                warnings.append(str(error))
            else:
                (photographs if source.kind == "photograph" else clips).extend(found)
        if not clips and not photographs:
            raise InputError(f"None of {len(sources)} files can be learnt from. The first: {warnings[0]}")
        return cls(cache, tuple(clips), tuple(photographs), tuple(warnings))

    def without(self, clips: Sequence[Clip]) -> "Library":
        """The same library without the sources of these clips."""
        out = {clip.source for clip in clips}
        kept = tuple(clip for clip in self.clips if clip.source not in out)
        photographs = tuple(clip for clip in self.photographs if clip.source not in out)
        return Library(self.cache, kept, photographs, self.warnings)

    def read(self, clip: Clip, indices: Sequence[int]) -> Float[Tensor, "t 3 h w"]:
        """Frames of a clip, counted from its first, as sRGB 0..1."""
        return pictures_as_rgb(self.cache.frames(clip.source), [clip.frames[i] for i in indices])


def _clips_of(source: Source, cache: FrameCache) -> list[Clip]:
    """The clips of a source that can be learnt from. Raises ``InputError`` where there is nothing, saying why."""
    pictures = cache.frames(source)
    sparse = pictures[:: max(1, len(pictures) // 3), ::8, ::8].astype(np.int16)
    if np.ptp(sparse, axis=-1).mean() < _LEAST_COLOR:
        raise InputError(f"{source.path} has no color to learn from.")
    if source.kind == "photograph":
        return [Clip(source, range(1))]
    shots = [shot for shot in cache.shots(source) if len(shot) >= FEWEST_FRAMES]
    if not shots:
        raise InputError(f"{source.path} has {len(pictures)} frames, but no shot of {FEWEST_FRAMES}.")
    return [Clip(source, shot) for shot in shots]


def pictures_as_rgb(pictures: Pictures, indices: Sequence[int]) -> Float[Tensor, "t 3 h w"]:
    """Some of the pictures as sRGB 0..1."""
    taken = np.ascontiguousarray(pictures[list(indices)])
    return torch.from_numpy(taken).permute(0, 3, 1, 2).float() / 255


def random_walk(count: int, length: int, max_jump: int, generator: Generator) -> list[int]:
    """``length`` frames of a clip of ``count``, in order of time or against it.

    The first is uniform; each next one is drawn from all unused frames within ``max_jump`` of any picked one; they
    are sorted, and reversed half of the time (ColorMNet's release, after XMem). A clip shorter than ``length`` is
    walked to and fro.
    """
    picked = {whole(generator, count)}
    while len(picked) < min(length, count):
        near = {i + jump for i in picked for jump in range(-max_jump, max_jump + 1)}
        reachable = sorted(i for i in near - picked if 0 <= i < count)
        picked.add(reachable[whole(generator, len(reachable))])
    walk = sorted(picked)
    if chance(generator, 0.5):
        walk.reverse()
    return to_and_fro(walk, length)


def to_and_fro(walk: Sequence[int], length: int) -> list[int]:
    """The first ``length`` entries of a walk that turns round at each end."""
    there_and_back = [*walk, *walk[-2:0:-1]]
    return [there_and_back[i % len(there_and_back)] for i in range(length)]


def frame_elsewhere(count: int, walk: Sequence[int], generator: Generator) -> int:
    """A frame of the clip that is not in the walk, where there is one."""
    others = sorted(set(range(count)) - set(walk))
    return others[whole(generator, len(others))] if others else walk[whole(generator, len(walk))]
