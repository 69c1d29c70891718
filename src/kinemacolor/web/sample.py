"""The sample: a film that opens in color, with one wrong correction in it to be mended.

Its colors are a small film that comes with the package (``scripts/make_page_sample.py`` makes it); film and still are
those of ``examples/sample``, which an installed package has in its own folder.
"""

import json
import shutil
from fractions import Fraction
from pathlib import Path

from kinemacolor.engine.analysis.shot_list import ListedShot, write_shots
from kinemacolor.engine.project.files import Project, write_settings, write_stills
from kinemacolor.frames import Shot
from kinemacolor.io.destination import write_file
from kinemacolor.studio.places import CACHE, PREVIEW
from kinemacolor.studio.strokes import Stroke
from kinemacolor.studio.studio import Studio

_OWN = Path(__file__).with_name("sample_film")
_CLONE = Path(__file__).parents[3] / "examples" / "sample"
FOLDER = _OWN if (_OWN / "bw.mp4").is_file() else _CLONE
FILM, STILL = FOLDER / "bw.mp4", FOLDER / "ref_000000.png"
COLORED, ABOUT, FIRST = _OWN / "colored.mp4", _OWN / "about.json", (_OWN / "first_gray.jpg", _OWN / "first.jpg")
NAME = "sample.mp4"
_MARKER = "sample"
FAULT = Stroke(40, "#2f7d4f", ((44, 240), (48, 262), (66, 328)))
"""A sleeve that has turned green."""


def is_there() -> bool:
    """Whether the sample came with this installation."""
    return all(file.is_file() for file in (FILM, STILL, COLORED, ABOUT, *FIRST))


def name_in(studio: Studio) -> str | None:
    """The sample's name in a studio that has, or had, it."""
    try:
        return (studio.folder.own / _MARKER).read_text(encoding="ascii")
    except OSError:
        return None


def put_in(studio: Studio, *, colored: bool = True) -> str:
    """Puts a copy of the sample in, once, as it was colored; its fault is the one edit that can be undone.

    Nothing is computed for it. ``colored`` False leaves its colors out, to be made.
    """
    if (known := name_in(studio)) is not None and known in studio.folder.names():
        return known
    name, partial = studio.incoming.begin(NAME)
    film, place = partial.with_name(NAME), studio.folder.project(name)
    shutil.copyfile(FILM, film)
    about = json.loads(ABOUT.read_text(encoding="utf-8"))
    (place / CACHE).mkdir(parents=True)
    project = Project(place, film, place / "sample.color.mp4", dict(studio.options))
    starts, facts = about["starts"], about["facts"]
    ends = [*starts[1:], facts["frames"]]
    shots = [ListedShot(Shot(start, stop)) for start, stop in zip(starts, ends)]
    write_shots(project.shots, shots, Fraction(facts["rate"]))
    write_stills(project, [])
    write_file(place / CACHE / "facts.json", json.dumps(facts).encode())
    write_settings(project)  # last: with it the folder is a project
    made = studio.film(name)
    still = made.edits.place_for_still(STILL.name)
    shutil.copyfile(STILL, still)
    made.edits.add_still(still, 0)
    made.edits.begin_here()
    made.edits.add_stroke(FAULT)
    if colored:
        shutil.copyfile(COLORED, place / PREVIEW)
        studio.views.keep_first(name, *(picture.read_bytes() for picture in FIRST))
        made.take_preview(about["confidence"])
    write_file(studio.folder.own / _MARKER, name.encode("ascii"))
    studio.events.tell("films")
    return name
