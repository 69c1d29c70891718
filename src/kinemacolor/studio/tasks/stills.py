"""Tasks on stills: whether one can serve, and which frame it shows."""

from dataclasses import replace
from typing import Any

from kinemacolor.engine.analysis.cuts import GRAY_WIDTH_PX, gray_of
from kinemacolor.engine.analysis.still_finder import StillFinder, StillPlace
from kinemacolor.engine.inputs import fitted_to
from kinemacolor.frames import Exemplar, Frame
from kinemacolor.io import Film
from kinemacolor.io import exemplars as stills_files
from kinemacolor.resize import fit
from kinemacolor.studio.calls import Context
from kinemacolor.studio.pictures import VIEWER, FilmPictures
from kinemacolor.studio.tasks.said import counted

_SURE_LIKENESS = 0.9


def _exemplar(film: Film, path: str, frame: int | None) -> Exemplar:
    (exemplar,) = stills_files.load([f"{path}@none"], frames=film.exact_frames)
    size = fit(film.size, max(16, min(GRAY_WIDTH_PX, *film.size)))
    (fitted,) = fitted_to(film, size, [exemplar])
    return replace(fitted, index=frame)


def check_still(context: Context, source: str, path: str, named: int | None, shown: int | None) -> dict[str, Any]:
    """Which frame a still is for: the one its name says, or the one that is being shown where it looks like that.

    Raises ``ExemplarError`` (or one of its classes) for a picture that cannot serve.
    """
    pictures = VIEWER.film(source)
    asked = named if named is not None else shown
    still = _exemplar(pictures.film, path, asked)
    if asked is None:
        return {"frame": None, "note": "", "likeness": None}
    place = _place_among(pictures, still, [asked])
    like = None if place is None else place.likeness
    if named is None and (like is None or like < _SURE_LIKENESS):
        return {"frame": None, "note": "", "likeness": like}
    note = ""
    if like is not None and like < _SURE_LIKENESS:
        note = f"does not look like frame {asked} (likeness {like:.2f})"
    return {"frame": asked, "note": note, "likeness": like}


def _place_among(film: FilmPictures, still: Exemplar, frames: list[int]) -> StillPlace | None:
    finder = StillFinder([still])
    for number in frames:
        finder.add(number, gray_of(Frame(planes=film.planes(number), index=number)))
    return finder.places()[0]


def find_still(context: Context, source: str, path: str) -> dict[str, Any]:
    """The frame that a still shows, by a pass over the film; ``frame`` None where it is like none."""
    film = Film.open(source)
    finder, told = StillFinder([_exemplar(film, path, None)]), counted(context, "Looking for the still's frame")
    with film.frames() as reader:
        for frame in reader:
            finder.add(frame.index, gray_of(frame))
            told(frame.index, film.info.frames)
    (place,) = finder.places()
    sure = place is not None and place.likeness >= _SURE_LIKENESS
    return {"frame": place.frame if sure and place is not None else None, "likeness": place and place.likeness}
