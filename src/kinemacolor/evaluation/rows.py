"""The rows of a table: models, baselines, and finished films of other tools, each giving pictures for a clip."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Bool
from torch import Tensor

from kinemacolor import color
from kinemacolor.engine.answers import AnsweredFrame
from kinemacolor.engine.compose import in_color, rgb_of_frame
from kinemacolor.engine.exemplars.applied import WithExemplars
from kinemacolor.engine.shot import luma_of
from kinemacolor.engine.video import answered_frames
from kinemacolor.errors import InputError
from kinemacolor.evaluation.clips import Clip, Picture, Pictures, Survey, has_pictures, survey
from kinemacolor.evaluation.protocols import Keeps
from kinemacolor.frames import RGB, Chroma, Exemplar, Frame, Luma, ObjectMasks
from kinemacolor.io.encode import lossless_layout
from kinemacolor.io.endings import is_film_name
from kinemacolor.models.base import Colorizer
from kinemacolor.models.cards import card_of
from kinemacolor.models.load import load_model
from kinemacolor.resize import resize


@dataclass(frozen=True, slots=True)
class Take:
    """A clip under a protocol: its pictures, how long and large they are, and its exemplars.

    ``note`` is told what is wrong with a row's pictures.
    """

    clip: Clip
    pictures: Pictures
    survey: Survey
    exemplars: Sequence[Exemplar]
    working_size: str | int | None = "auto"
    note: Callable[[str], None] = field(default=lambda problem: None)
    masks: ObjectMasks | None = None
    keeps: Keeps = "film luma"

    def frame(self, picture: Picture) -> Frame:
        """The frame that a model is given: the film's own planes where they are what a row keeps, else RGB."""
        if self.keeps == "film luma" and picture.planes is not None:
            return Frame(planes=picture.planes, index=picture.index)
        return Frame(rgb=picture.rgb, index=picture.index)

    def luma(self, frame: Frame) -> Luma:
        """L* that a model sees of a frame: of its Y' in gray, or the truth's own."""
        if self.keeps == "film luma":
            return luma_of(frame)
        assert frame.rgb is not None
        return color.split(frame.rgb)[0]

    def in_color(self, frame: Frame, chroma: Chroma) -> RGB:
        """The frame with this chroma (any size): as ``colorize`` writes it without loss, or with the truth's L*."""
        if self.keeps == "film luma":
            layout = lossless_layout(self.pictures.film.info) if frame.planes is not None else None
            return rgb_of_frame(in_color(frame, chroma, layout))
        return color.combine(self.luma(frame), resize(chroma.float().cpu(), frame.size))

    def objects(self, index: int) -> Bool[Tensor, "h w"] | None:
        """The pixels of all objects of a frame, none where the masks show none; None for a clip without masks."""
        if self.masks is None:
            return None
        size = self.survey.size
        inside = torch.zeros(size, dtype=torch.bool)
        for instance in self.masks.instances(index):
            mask = instance.mask[None, None].float()
            inside |= torch.nn.functional.interpolate(mask, size, mode="nearest-exact")[0, 0].bool()
        return inside


@runtime_checkable
class Row(Protocol):
    """A row: pictures for each frame of a take, in order, each as large as the truth. ``is_model``: time counts."""

    name: str
    is_model: bool

    def pictures(self, take: Take) -> Iterator[Picture]:
        """The row's pictures. Raises ``InputError`` where there are none for this clip."""
        ...


class Truth:
    """The clip itself: what measures that need no truth say of it."""

    is_model = False

    def __init__(self, name: str = "truth") -> None:
        self.name = name

    def pictures(self, take: Take) -> Iterator[Picture]:
        """The clip's own pictures."""
        return iter(take.pictures)


class Gray:
    """No color at all."""

    name, is_model = "gray", False

    def pictures(self, take: Take) -> Iterator[Picture]:
        """Each frame's luma without chroma."""
        nothing = torch.zeros(2, *take.survey.size)
        for picture in take.pictures:
            yield replace(picture, rgb=take.in_color(take.frame(picture), nothing))


class CopiedChroma:
    """The first exemplar's chroma, place for place."""

    name, is_model = "copied chroma", False

    def pictures(self, take: Take) -> Iterator[Picture]:
        """Each frame's luma with the exemplar's chroma."""
        _require_exemplars(take)
        chroma = resize(color.split(take.exemplars[0].rgb)[1], take.survey.size)
        for picture in take.pictures:
            yield replace(picture, rgb=take.in_color(take.frame(picture), chroma))


class ModelRow:
    """A model of ours. ``seconds`` grows by the time that it takes, without decoding the clip.

    ``both_ways`` says whether exemplars inside a clip color towards its start too, as ``colorize`` has it for some.
    """

    is_model = True

    def __init__(self, name: str, model: Colorizer, *, both_ways: bool = False) -> None:
        self.name, self.model = name, WithExemplars(model, bidirectional=both_ways)
        self.seconds = 0.0

    def pictures(self, take: Take) -> Iterator[Picture]:
        """Each frame with its own luma and the model's chroma, and its confidence where it has one."""
        _require_exemplars(take)
        reading = 0.0

        def frames() -> Iterator[Frame]:
            nonlocal reading
            source = iter(take.pictures)
            while True:
                began = time.perf_counter()
                picture = next(source, None)
                reading += time.perf_counter() - began
                if picture is None:
                    return
                yield take.frame(picture)

        found = answered_frames(
            frames(),
            take.exemplars,
            self.model,
            take.survey.size,
            working_size=take.working_size,
            luma=take.luma,
        )
        pictures = (_picture(take, each) for each in found)
        while True:
            began, read_before = time.perf_counter(), reading
            picture = next(pictures, None)
            self.seconds += time.perf_counter() - began - (reading - read_before)
            if picture is None:
                return
            yield picture


def _picture(take: Take, answered: AnsweredFrame) -> Picture:
    frame, answer = answered.frame, answered.answer
    confidence = None if answer.confidence is None else answer.confidence.float().cpu()
    return Picture(frame.index, take.in_color(frame, answer.chroma), confidence=confidence)


def _require_exemplars(take: Take) -> None:
    if not take.exemplars:
        raise InputError("it needs an exemplar, and there is none. Use --exemplars first, or leave it out.")


class ResultsRow:
    """Finished films or frames of any tool: ``FOLDER/<clip>.mp4`` (or another film) or ``FOLDER/<clip>/*.png``.

    A single film, or a folder with the pictures themselves, serves every clip.
    """

    is_model = False

    def __init__(self, name: str, folder: Path) -> None:
        if not folder.exists():
            raise InputError(f"Results {name}={folder}: there is no such folder.")
        self.name, self.folder = name, folder

    def pictures(self, take: Take) -> Iterator[Picture]:
        """The finished pictures as they are.

        Raises ``InputError`` where the clip is missing, or is not as long or as large as the truth.
        """
        path = self._find(take.clip.name)
        results = Pictures(path, size=take.pictures.size, stop=take.pictures.stop)
        frames, size = survey(results)
        if frames != take.survey.frames:
            raise InputError(f"{path} has {frames} frames, but the clip has {take.survey.frames}. Give as many.")
        if size != take.survey.size:
            shown = [f"{width}x{height}" for height, width in (size, take.survey.size)]
            raise InputError(f"{path} is {shown[0]}, but the clip is {shown[1]}. Give the same size.")
        yield from results
        for problem in results.problems:
            take.note(problem)

    def paths_of(self, clips: Sequence[Clip]) -> list[Path]:
        """The films and folders of pictures that are read for these clips."""
        found = []
        for clip in clips:
            with suppress(InputError):  # told when it is its turn
                found.append(self._find(clip.name))
        return found

    def _find(self, clip: str) -> Path:
        if self.folder.is_file() or has_pictures(self.folder):
            return self.folder
        found = [p for p in self.folder.glob(f"{clip}.*") if is_film_name(p)]
        found += [p for p in (self.folder / clip,) if p.is_dir()]
        if not found:
            raise InputError(f"{self.folder} has no {clip}: neither a film {clip}.mp4 nor a folder {clip}.")
        return found[0]


def sanity_rows(device: str | torch.device | None = None) -> list[Row]:
    """The rows that every table has: the truth, gray, the exemplar's chroma copied, and optical flow."""
    return [
        Truth(),
        Gray(),
        CopiedChroma(),
        ModelRow("optical flow", load_model("flow", device=device), both_ways=card_of("flow").bidirectional),
    ]
