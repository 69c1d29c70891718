"""File to file: a film and its exemplars to a film in colour."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Literal

import torch

from kinemacolor.engine.assign import references_for
from kinemacolor.engine.compose import frame_in_color, in_color
from kinemacolor.engine.pipeline import WriteBehind, read_ahead
from kinemacolor.engine.shot import colorize_shot
from kinemacolor.engine.span import frame_at, span_of
from kinemacolor.engine.strip import Strip
from kinemacolor.errors import ExemplarError, ModelError, SettingError
from kinemacolor.frames import Chroma, Exemplar, Frame, Shot
from kinemacolor.io import FilmInfo, has_visible_color, open_reader, open_writer, probe
from kinemacolor.io import exemplars as stills
from kinemacolor.io.masks import MaskFile, open_masks
from kinemacolor.models.base import Colorizer, MaskedColorizer
from kinemacolor.models.cards import DEFAULT, load_model
from kinemacolor.resize import fit

WORKING_SIZE = 480
"""Short side in pixels that a model sees unless told otherwise."""

_FRAMES_AHEAD = 4


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run has come. ``frames_total`` is None where the film does not say."""

    frames_done: int
    frames_total: int | None
    seconds: float


@dataclass(frozen=True, slots=True)
class Result:
    """What a run has done. ``damaged``: the input was, and ``warnings`` say where."""

    output: str
    frames: int
    seconds: float
    warnings: tuple[str, ...]
    damaged: bool


def working_size_of(text: str | int | None) -> int | None:
    """The short side in pixels of ``auto``, ``native`` (None) or a number. Raises ``SettingError``."""
    if text is None or text == "native":
        return None
    if text == "auto":
        return WORKING_SIZE
    try:
        return int(text)
    except ValueError:
        raise SettingError(f"Working size '{text}' is neither a number of pixels nor 'native'.") from None


def _load_exemplars(specs: Sequence[str | Path | Exemplar], info: FilmInfo, warnings: list[str]) -> list[Exemplar]:
    files = [spec for spec in specs if not isinstance(spec, Exemplar)]
    ready = [spec for spec in specs if isinstance(spec, Exemplar)]
    frames = info.frames if info.frames_exact else None
    loaded = ready + stills.load(
        files, frames=frames, frame_at=lambda seconds: frame_at(info, seconds), note=warnings.append
    )
    if not loaded:
        raise ExemplarError(
            "There is no exemplar, so there are no colours to take. Give at least one colour still with --exemplar."
        )
    return loaded


def colorize_frames(
    frames: Iterable[Frame],
    exemplars: Sequence[Exemplar],
    *,
    model: Colorizer | str = DEFAULT,
    size: tuple[int, int],
    working_size: str | int | None = "auto",
) -> Iterator[Frame]:
    """The frames of one shot, as RGB frames in colour, each as soon as the model can give it.

    ``frames`` are RGB frames of one ``size`` (height, width); exemplar indices count from the first of them.
    Memory does not grow with their number.
    """
    colorizer = load_model(model) if isinstance(model, str) else model
    inner = fit(size, working_size_of(working_size))
    fitted = [stills.fit_to(exemplar, inner, Fraction(1)) for exemplar in exemplars]
    references = references_for(Shot(0, 2**62), fitted)
    for frame, chroma in colorize_shot(frames, references, colorizer, inner):
        yield frame_in_color(frame, chroma)


def _with_masks(colorizer: Colorizer, masks: MaskFile, first_frame: int) -> Colorizer:
    if not isinstance(colorizer, MaskedColorizer):
        raise ModelError("This model takes no object masks. Use --model spatiotemporal, or leave --masks out.")
    return colorizer.with_masks(masks, first_frame=first_frame)


def _chroma_or_gray(chroma: Chroma) -> tuple[Chroma, bool]:
    """The chroma, or neutral where the model gave NaN or infinity; and whether it did."""
    finite = torch.isfinite(chroma)
    return (chroma, False) if bool(finite.all()) else (torch.where(finite, chroma, 0), True)


def colorize_video(
    source: str | Path,
    output: str | Path,
    exemplars: Sequence[str | Path | Exemplar],
    *,
    model: str | Colorizer = DEFAULT,
    weights: str | Path = "default",
    accept_license: bool = False,
    device: str | torch.device | None = None,
    dtype: torch.dtype | None = None,
    working_size: str | int | None = "auto",
    start: str | int | None = None,
    end: str | int | None = None,
    codec: str | None = None,
    quality: float | None = None,
    pixel_format: str | None = None,
    frame_rate: str | Fraction = "24",
    masks: str | Path | None = None,
    restrict: Literal["dense"] | None = None,
    settings: Mapping[str, object] | None = None,
    strip: str | Path | None = None,
    overwrite: bool = False,
    progress: Callable[[Progress], None] | None = None,
    fetching: Callable[[int, int | None], None] | None = None,
) -> Result:
    """Colours a film; the output's luma plane is the source's own, sound and all else is copied.

    Args:
        source: a film, a folder or pattern of pictures, or ``-`` for y4m on stdin.
        output: likewise; appears under its name only when complete.
        exemplars: files (``still.png@123``), folders, or ``Exemplar`` objects whose index is a frame of ``source``.
        model: a name of ``models.cards.CARDS``, or a loaded model (then ``weights`` ... ``dtype`` do not apply).
        working_size: short side in pixels that the model sees, ``"auto"`` or ``"native"``.
        start: first frame (number from 0) or time (``"00:01:02.5"``); ``end`` is the one to stop before.
        codec: h264, h265, av1, vp9, prores, dnxhr, ffv1 or an encoder's name; None suits the container.
        quality: on the encoder's own scale.
        masks: object masks of the film for a model that takes them: a folder of index maps, or a COCO-style file.
        restrict: ``"dense"`` restricts ColorMNet's memory to where tracks lead (``load_model``).
        settings: the model's own, by name (``load_model``).
        strip: where to write a side-by-side picture of a few frames.
        progress: called after each frame.

    Raises:
        InputError, ExemplarError, OutputError, ModelError, SettingError: all before the first frame is coloured,
            but for a disk that fills up.
    """
    warnings: list[str] = []
    info = probe(source, frame_rate=frame_rate)
    span = span_of(start, end, info)
    objects = open_masks(masks) if masks is not None else None
    loaded = _load_exemplars(exemplars, info, warnings)
    inner = fit((info.height, info.width), working_size_of(working_size))
    fitted = [
        stills.fit_to(exemplar, inner, info.sample_aspect, rotation_degrees=info.rotation_degrees)
        for exemplar in loaded
    ]
    references = references_for(span, fitted)
    total = None if info.frames is None else min(info.frames, span.stop) - span.start
    pictures = Strip(strip, loaded, total) if strip is not None else None
    done, damaged = 0, 0
    with (
        open_reader(source, start=span.start, stop=span.stop, frame_rate=frame_rate) as reader,
        open_writer(
            output, reader, codec=codec, quality=quality, pixel_format=pixel_format, overwrite=overwrite
        ) as writer,
    ):
        colorizer = (
            load_model(
                model,
                weights=weights,
                device=device,
                dtype=dtype,
                restrict=restrict,
                settings=settings,
                accept_license=accept_license,
                progress=fetching,
            )
            if isinstance(model, str)
            else model
        )
        warnings.extend(getattr(colorizer, "notes", ()))  # what stands in for parts that a model lacks
        if objects is not None:
            colorizer = _with_masks(colorizer, objects, span.start)
        began = time.perf_counter()

        def write(item: tuple[Frame, Chroma]) -> None:
            frame, chroma = item
            assert frame.planes is not None
            planes = in_color(frame.planes, chroma, writer.layout)
            colored = Frame(planes=planes, index=frame.index, seconds=frame.seconds)
            writer.write(colored)
            if pictures is not None:
                pictures.add(frame, colored)

        frames = read_ahead(reader, _FRAMES_AHEAD)
        with WriteBehind(write, _FRAMES_AHEAD) as sink:
            for frame, answer in colorize_shot(frames, references, colorizer, inner):
                if done == 0 and frame.planes is not None and has_visible_color(frame.planes):
                    warnings.append(f"{source} is in colour or tinted already. Only its luma is used.")
                chroma, broken = _chroma_or_gray(answer)
                damaged += broken
                sink.put((frame, chroma))
                done += 1
                if progress is not None:
                    progress(Progress(done, total, time.perf_counter() - began))
    for exemplar in loaded:
        # where the film's length was not known beforehand, this could not be an error before the work
        if exemplar.index is not None and end is None and exemplar.index >= span.start + done:
            warnings.append(f"{exemplar.name} is bound to frame {exemplar.index}, which the film does not have.")
    if damaged:
        warnings.append(f"The model gave no number for part of {damaged} frames; that part is gray.")
    if pictures is not None:
        pictures.save()
    return Result(
        output=str(output),
        frames=done,
        seconds=time.perf_counter() - began,
        warnings=(*info.warnings, *reader.warnings, *writer.warnings, *warnings),
        damaged=bool(reader.warnings) or bool(damaged),
    )
