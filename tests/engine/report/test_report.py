import json
import re
from pathlib import Path
from xml.dom import minidom

import av
import numpy as np
import pytest
import torch

from kinemacolor.engine.report import note_of
from kinemacolor.engine.sinks import Gallery
from kinemacolor.engine.video import colorize_video
from kinemacolor.errors import OutputError
from kinemacolor.frames import Exemplar, Frame, Luma, Planes
from kinemacolor.models.base import Answer, StreamingColorizer


class Doubtful(StreamingColorizer[list[int]]):
    """Less sure with every frame of a shot."""

    identity = "doubtful"

    def start(self, references: object) -> list[int]:
        return []

    def step(self, luma: Luma, state: list[int]) -> Answer:
        state.append(0)
        return Answer(torch.full((2, *luma.shape[-2:]), 12.0), torch.full((1, 6, 8), 1 - len(state) / 10))


@pytest.fixture
def told(make_film, stills: list[Exemplar], shots_csv: Path, tmp_path: Path):
    film = make_film("reel <b>one<b>.mkv", frames=16)

    def run(**settings: object) -> dict:
        given = {"model": Doubtful(), "shots": shots_csv, "report": tmp_path / "report.html", "overwrite": True}
        colorize_video(film, tmp_path / "out.mkv", stills, **{**given, **settings})
        return json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))

    return run


def test_the_report_tells_shots_confidence_reach_and_where_all_came_from(told) -> None:
    facts = told()
    assert [(shot["start"], shot["stop"]) for shot in facts["shots"]] == [(0, 3), (3, 8), (8, 12), (12, 16)]
    assert facts["shots"][0]["confidence_by_frame"] == [0.9, 0.8, 0.7]
    assert facts["shots"][0]["confidence"] == pytest.approx(0.8)
    assert facts["worst"][0] == {"shot": 1, "frame": 7, "time": "00:00:00.292", "confidence": 0.5}
    assert [exemplar["name"] for exemplar in facts["exemplars"]] == ["0.png", "4.png", "9.png", "12.png"]
    assert facts["exemplars"][0]["shots"] == [0, 1, 2, 3]
    assert facts["exemplars"][0]["frames"] == facts["frames"] == 16
    assert facts["model"]["name"] == "Doubtful"
    assert facts["settings"]["working size"] == "64x48"
    assert set(facts["versions"]) >= {"kinemacolor", "torch", "python"}


def test_the_page_needs_nothing_else_and_shows_the_worst_frames(told, tmp_path: Path) -> None:
    told()
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert not re.search(r'(src|href)="(?!data:)', page)
    assert "<script" not in page
    assert page.count("data:image/jpeg;base64,") == 4
    assert "frame 7, 00:00:00.292, shot 1, confidence 0.50" in page
    for drawing in re.findall(r"<svg.*?</svg>", page, re.DOTALL):
        minidom.parseString(drawing)


def test_case_52_a_films_name_is_no_markup(told, tmp_path: Path) -> None:
    told()
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "<b>one" not in page
    assert "reel &lt;b&gt;one" in page


def test_a_resumed_run_reports_the_same_confidence(told) -> None:
    first = told(track=True)
    again = told(track=True)
    assert [shot["reused"] for shot in first["shots"]] == [False] * 4
    assert [shot["reused"] for shot in again["shots"]] == [True] * 4
    assert again["worst"] == first["worst"]
    assert [s["confidence_by_frame"] for s in again["shots"]] == [s["confidence_by_frame"] for s in first["shots"]]


def test_a_model_that_does_not_say_how_sure_it_is_has_a_report_too(told, counting, tmp_path: Path) -> None:
    facts = told(model=counting)
    assert facts["worst"] == []
    assert {shot["confidence"] for shot in facts["shots"]} == {None}
    assert "does not say how sure it is" in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_a_report_that_cannot_be_written_is_an_error_before_the_work(told, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="report"):
        told(report=tmp_path / "none" / "report.html")
    assert not (tmp_path / "out.mkv").exists()


@pytest.mark.parametrize(
    ("name", "tag"), [("out.mkv", "KINEMACOLOR"), ("out.mp4", "comment"), ("out.mov", "comment")]
)
def test_the_film_itself_says_that_its_colors_are_made(
    make_film, tmp_path: Path, stills: list[Exemplar], name: str, tag: str
) -> None:
    colorize_video(make_film(), tmp_path / name, stills[:2], model="flow", working_size=32)
    with av.open(str(tmp_path / name)) as film:
        note = json.loads(film.metadata[tag])
    assert note["model"] == "flow"
    assert note["license"] == "Apache-2.0"
    assert note["stills"] == ["0.png@0", "4.png@4"]
    assert note["colors"].startswith("made by Kinemacolor")


def test_a_note_names_no_more_than_fifty_stills(red_still: Exemplar) -> None:
    note = json.loads(note_of("flow", [red_still] * 200, (48, 64)))
    assert len(note["stills"]) == 51
    assert note["stills"][-1] == "and 150 more"


def frame(index: int) -> Frame:
    plane = np.full((48, 64), 90, np.uint8)
    return Frame(planes=Planes(plane, plane, plane), index=index)


def test_the_gallery_holds_one_picture_a_shot_the_least_sure() -> None:
    gallery = Gallery([0, 5])
    for index, sure in enumerate((0.9, 0.5, 0.7, 0.495, 0.8, 0.6, 0.2, 0.4)):
        gallery.add(frame(index), frame(index), torch.full((1, 2, 2), sure))
    assert {shot: picture.frame for shot, picture in gallery.pictures.items()} == {0: 1, 1: 6}
    assert all(picture.jpeg.startswith(b"\xff\xd8") for picture in gallery.pictures.values())
