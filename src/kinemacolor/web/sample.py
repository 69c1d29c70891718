"""The sample: colored from one still, with one wrong correction in it to be mended."""

from pathlib import Path

from kinemacolor.io.destination import write_file
from kinemacolor.studio import Studio
from kinemacolor.studio.edits import Mark

_FOLDER = Path(__file__).parents[3] / "examples" / "sample"
FILM, STILL = _FOLDER / "bw.mp4", _FOLDER / "ref_000000.png"
_MARKER = "sample"
FAULT = [Mark(x, y, 40, "#2f7d4f") for x, y in ((44, 240), (48, 262), (54, 284), (60, 306), (66, 328))]
"""A sleeve that has turned green."""


def is_there() -> bool:
    """Whether this is a clone with the sample in it."""
    return FILM.is_file() and STILL.is_file()


def name_in(studio: Studio) -> str | None:
    """The sample's name in a studio that has, or had, it."""
    try:
        return (studio.folder.own / _MARKER).read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError):
        return None


def put_in(studio: Studio) -> str:
    """Puts a copy of the sample in, once; its still and its fault come when its shots are known."""
    if (known := name_in(studio)) is not None and known in studio.folder.names():
        return known
    name, partial = studio.begin_upload("sample.mp4")
    partial.write_bytes(FILM.read_bytes())
    studio.end_upload(name, partial, "sample.mp4")
    write_file(studio.folder.own / _MARKER, name.encode("ascii"))
    return name


def begin(studio: Studio, name: str) -> None:
    """Gives the sample its still and its fault, and has it colored."""
    studio.add_still(name, STILL.read_bytes(), STILL.name, 0)
    studio.add_marks(name, FAULT)
    studio.color(name, [0])
