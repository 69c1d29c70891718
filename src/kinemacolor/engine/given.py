"""What a run is given, read and checked: the film, the part of it, the stills at the size that the model sees."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from kinemacolor.errors import ExemplarError
from kinemacolor.frames import Exemplar, Shot
from kinemacolor.io import Film, FilmInfo
from kinemacolor.io import exemplars as stills
from kinemacolor.io import points as corrections
from kinemacolor.resize import fit


@dataclass(frozen=True, slots=True)
class Given:
    """``exemplars`` as they were read and ``fitted`` to the working ``size`` (height, width), in the same order.

    ``frames_total`` is None where the film does not say. ``warnings`` are for the user and grow as the run goes on.
    """

    film: Film
    span: Shot
    size: tuple[int, int]
    exemplars: tuple[Exemplar, ...]
    fitted: tuple[Exemplar, ...]
    warnings: list[str] = field(default_factory=list)

    @property
    def info(self) -> FilmInfo:
        """What the film is."""
        return self.film.info

    @property
    def frames_total(self) -> int | None:
        """How many frames are to be coloured."""
        return None if self.info.frames is None else min(self.info.frames, self.span.stop) - self.span.start


def given_of(
    source: str | Path,
    exemplars: Sequence[str | Path | Exemplar],
    *,
    points: Sequence[str],
    start: str | int | None,
    end: str | int | None,
    short_side_px: int | None,
    frame_rate: str | Fraction,
) -> Given:
    """What a run is given. Raises ``InputError``, ``ExemplarError`` or ``SettingError`` where it cannot be used."""
    warnings: list[str] = []
    film = Film.open(source, frame_rate=frame_rate)
    info, span = film.info, film.span(start, end)
    loaded = _loaded(exemplars, film, warnings)
    loaded += corrections.exemplars_of(
        points,
        info.display_size,
        frames=info.frames if info.frames_exact else None,
        frame_at=film.frame_at,
    )
    size = fit((info.height, info.width), short_side_px)
    fitted = [
        stills.fit_to(exemplar, size, info.sample_aspect, rotation_degrees=info.rotation_degrees)
        for exemplar in loaded
    ]
    return Given(film, span, size, tuple(loaded), tuple(fitted), warnings)


def _loaded(specs: Sequence[str | Path | Exemplar], film: Film, warnings: list[str]) -> list[Exemplar]:
    files = [spec for spec in specs if not isinstance(spec, Exemplar)]
    ready = [spec for spec in specs if isinstance(spec, Exemplar)]
    loaded = ready + stills.load(files, frames=film.exact_frames, frame_at=film.frame_at, note=warnings.append)
    if not loaded:
        raise ExemplarError(
            "There is no exemplar, so there are no colours to take. Give at least one colour still with --exemplar."
        )
    return loaded


def late_bindings(given: Given, frames: int) -> list[str]:
    """A line for each exemplar whose frame the film did not reach: news where its length was not known."""
    return [
        f"{exemplar.name} is bound to frame {exemplar.index}, which the film does not have."
        for exemplar in given.exemplars
        if exemplar.index is not None and exemplar.index >= given.span.start + frames
    ]
