"""The frame in the name of a still, as this and other tools and painters write it."""

import re

_MADE_FROM = re.compile(
    r"(?:[ _.-]+(?:(?:copy|kopie|copie|copia|edit(?:ed)?|final|paint(?:ed)?|retouched|rgb"
    r"|colou?r(?:ed|i[sz]ed)?|grad(?:ed?|ing)|recovered|restored|fixed|new|neu|layer|ebene)(?:[ _-]?\d{1,2})?"
    r"|v\d{1,3}|\(\d{1,3}\))|\(\d{1,3}\)|\.(?:psd|psb|xcf|kra|ora|png|tiff?|jpe?g|exr|dpx))$",
    re.IGNORECASE,
)
"""The endings that painters and file managers add to the name of a copy: `` copy 2``, `` (1)``, ``_v2``, ``.psd``."""

_NUMBERED = re.compile(
    r"(?:(?:.*[ _.(-])?(?:ref|frame|frm)[ _.-]*|.*\.(?=\d{4})|.*\[(?=\d{3,}\]))?(\d+)[\])]?", re.IGNORECASE
)
"""``ref_000123``, ``shot2_ref_123``, ``frame_0123``, ``000123``, ``(frame 123)``, ``reel1.0123`` as film scanners,
``comp_[0123]`` as compositors name frames."""

_AFTER_THE_FILM = re.compile(r"[ _.-]*(\d{4,})")


def plain_stem(name: str) -> str:
    """A file's name without its ending and without what painters and file managers add to it."""
    stem = re.split(r"[\\/]", name)[-1]  # both, so that a path copied on Windows names the same frame
    stem = stem.rpartition(".")[0] or stem
    while (shorter := _MADE_FROM.sub("", stem)) != stem and shorter:
        stem = shorter
    return stem


def number_in(name: str, film: str = "") -> int | None:
    """The number of the frame that a file's name says, None where it says none.

    Behind the name of its ``film`` a number of four digits and more is one too: ``reel_00123`` of ``reel.mov``.
    """
    stem, of_film = plain_stem(name), plain_stem(film)
    found = _NUMBERED.fullmatch(stem)
    if found is None and of_film and stem.lower().startswith(of_film.lower()):
        found = _AFTER_THE_FILM.fullmatch(stem[len(of_film) :])
    return int(found[1]) if found else None
