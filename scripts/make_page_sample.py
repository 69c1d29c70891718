"""Makes the colors in which the page shows the sample film at the first visit, with the fault that is to be mended.

The sample is colored as the page would do it, by the default model and this code; a small film of its colors, the
two first pictures, shots, facts and confidence go into the package. Run it again when the model has changed.

    python scripts/make_page_sample.py [--output FOLDER]
"""

import argparse
import io
import json
import tempfile
import time
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from PIL import Image

from kinemacolor.studio.places import CACHE
from kinemacolor.studio.studio import Studio
from kinemacolor.web import sample

SMALL = (180, 320)
CRF = "22"
PATIENCE_SECONDS = 3600


def colored(studio: Studio, name: str) -> tuple[list[np.ndarray], list[float]]:
    """The frames in color, small, and how sure the model is of each."""
    studio.color(name, None)
    end = time.monotonic() + PATIENCE_SECONDS
    while any(shot["state"] != "done" for shot in studio.describe(name)["shots"]):
        if time.monotonic() > end or any(work["state"] == "failed" for work in studio.works(name)):
            raise SystemExit(f"The sample was not colored: {studio.works(name)}")
        time.sleep(0.5)
    film = studio.film(name)
    sure = [value for row in film.rows for value in film.notes(row).confidence]
    pictures = []
    for frame in range(film.facts["frames"]):
        data, _ = studio.views.picture(name, frame, "color", full=True)
        shown = Image.open(io.BytesIO(data)).resize(SMALL[::-1], Image.Resampling.LANCZOS)
        pictures.append(np.asarray(shown))
    return pictures, [round(value, 3) for value in sure]


def write_film(path: Path, pictures: list[np.ndarray], rate: Fraction) -> None:
    """Writes pictures as a small film, with as much color as lightness."""
    with av.open(str(path), "w") as film:
        stream = film.add_stream("libx264", rate=rate, options={"crf": CRF, "preset": "veryslow", "g": "12"})
        stream.height, stream.width, stream.pix_fmt = *SMALL, "yuv444p"
        for picture in pictures:
            film.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        film.mux(stream.encode(None))


def main() -> None:
    """Colors the sample and writes what the package has of it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, default=sample.COLORED.parent, help="The folder to write to.")
    folder = parser.parse_args().output
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as work:
        studio = Studio(Path(work))
        studio.start()
        try:
            name, partial = studio.incoming.begin(sample.NAME)
            partial.write_bytes(sample.FILM.read_bytes())
            studio.incoming.end(name, partial, sample.NAME)
            while studio.incoming.progress(name) is not None:
                time.sleep(0.2)
            film = studio.film(name)
            studio.changes.add_still(name, sample.STILL.read_bytes(), sample.STILL.name, 0)
            studio.changes.add_stroke(name, sample.FAULT)
            pictures, sure = colored(studio, name)
            gray, _ = studio.views.picture(name, 0, "source")
            first, _ = studio.views.picture(name, 0, "color")
            shots = [each.shot.start for each in film.edits.shots()]
            facts = json.loads((film.folder / CACHE / "facts.json").read_text())
        finally:
            studio.close()
    write_film(folder / sample.COLORED.name, pictures, Fraction(facts["rate"]))
    (folder / sample.FIRST[0].name).write_bytes(gray)
    (folder / sample.FIRST[1].name).write_bytes(first)
    about = {"starts": shots, "facts": facts, "confidence": sure}
    (folder / sample.ABOUT.name).write_text(json.dumps(about) + "\n", encoding="utf-8")
    for each in sorted(folder.iterdir()):
        print(f"{each.stat().st_size:9,d} bytes  {each.name}")


if __name__ == "__main__":
    main()
