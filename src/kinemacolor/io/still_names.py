"""The frame in the name of a still, as this and other tools and painters write it."""

import re

_MADE_FROM = re.compile(
    r"(?:[ _.-]+(?:(?:copy|kopie|copie|copia|edit(?:ed)?|final|paint(?:ed)?|retouched|rgb"
    r"|colou?r(?:ed|i[sz]ed)?)(?:[ _-]?\d{1,2})?|v\d{1,3}|\(\d{1,3}\))|\(\d{1,3}\))$",
    re.IGNORECASE,
)
"""The endings that painters and file managers add to the name of a copy: `` copy 2``, `` (1)``, ``_v2``."""

_NUMBERED = re.compile(r"(?:(?:.*[ _.-])?(?:ref|frame|frm)[ _.-]*|.*\.(?=\d{4}))?(\d+)", re.IGNORECASE)
"""``ref_000123``, ``shot2_ref_123``, ``frame_0123``, ``000123``, and ``reel1.0123`` as film scanners name frames."""


def plain_stem(name: str) -> str:
    """A file's name without its ending and without what painters and file managers add to it."""
    stem = re.split(r"[\\/]", name)[-1]  # both, so that a path copied on Windows names the same frame
    stem = stem.rpartition(".")[0] or stem
    while (shorter := _MADE_FROM.sub("", stem)) != stem and shorter:
        stem = shorter
    return stem


def number_in(name: str) -> int | None:
    """The number of the frame that a file's name says, None where it says none."""
    found = _NUMBERED.fullmatch(plain_stem(name))
    return int(found[1]) if found else None
