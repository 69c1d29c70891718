from dataclasses import replace
from pathlib import Path

import pytest

from kinemacolor.engine.analysis.shot_list import ListedShot, write_shots
from kinemacolor.engine.project.files import Project, write_settings, write_stills
from kinemacolor.errors import SettingError
from kinemacolor.frames import Shot
from kinemacolor.studio.edits import Edits, still_id
from kinemacolor.studio.strokes import Stroke


@pytest.fixture
def edits(tmp_path: Path) -> Edits:
    project = Project(tmp_path, tmp_path / "reel.mkv", tmp_path / "out.mkv", {"model": "flow"})
    write_settings(project)
    write_shots(project.shots, [ListedShot(Shot(0, 10)), ListedShot(Shot(10, 30), ("a.png",))], None)
    write_stills(project, [])
    return Edits(tmp_path, 30)


def starts(edits: Edits) -> list[int]:
    return [each.shot.start for each in edits.shots()]


def test_shots_are_split_merged_and_their_cuts_moved(edits: Edits) -> None:
    edits.split(20)
    assert starts(edits) == [0, 10, 20]
    assert [each.pinned for each in edits.shots()] == [(), ("a.png",), ("a.png",)]
    edits.move_cut(20, 25)
    edits.merge(10)
    assert starts(edits) == [0, 25]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda edits: edits.split(10), "begins a shot already"),
        (lambda edits: edits.split(30), "begins a shot already"),
        (lambda edits: edits.merge(0), "No cut lies at frame 0"),
        (lambda edits: edits.move_cut(10, 30), "frames 1 to 29"),
        (lambda edits: edits.add_still(Path("x.png"), 30), "no frame 30"),
        (lambda edits: edits.remove_still("nothing"), "no such still"),
        (lambda edits: edits.add_stroke(Stroke(3, "red", ((1, 2),))), "no stroke"),
        (lambda edits: edits.add_stroke(Stroke(3, "#102030", ())), "no stroke"),
        (lambda edits: edits.undo(), "nothing to undo"),
        (lambda edits: edits.redo(), "nothing to do again"),
    ],
)
def test_what_cannot_be_is_said_and_changes_nothing(edits: Edits, change, words: str) -> None:
    before = edits.signature()
    with pytest.raises(SettingError, match=words):
        change(edits)
    assert edits.signature() == before


def test_every_edit_is_undone_and_done_again(edits: Edits) -> None:
    signatures = [edits.signature()]
    changes = [
        lambda: edits.add_still(edits.folder / "still.png", 4),
        lambda: edits.add_stroke(Stroke(7, "#102030", ((5, 6), (15, 6), (20, 30)))),
        lambda: edits.split(20),
        lambda: edits.remove_still(still_id(edits.stills()[0])),
    ]
    for change in changes:
        change()
        signatures.append(edits.signature())
    assert len(set(signatures)) == 5
    for expected in signatures[-2::-1]:
        edits.undo()
        assert edits.signature() == expected
    for expected in signatures[1:]:
        edits.redo()
        assert edits.signature() == expected
    edits.undo()
    edits.split(3)
    assert edits.steps() == (4, 0)


def test_a_stroke_is_one_edit_that_undo_takes_back_whole(edits: Edits) -> None:
    edits.add_stroke(Stroke(3, "#00ff00", tuple((10 + n, 50) for n in range(40))))
    assert edits.project.options["points"] == ["10,50 49,50@3=#00ff00"]  # what the line passes by is not kept
    assert edits.steps() == (1, 0)
    edits.undo()
    assert edits.strokes() == []


def test_a_stroke_covers_what_it_is_drawn_over(edits: Edits) -> None:
    edits.add_stroke(Stroke(3, "#00ff00", ((10, 50), (90, 50))))
    edits.add_stroke(Stroke(3, "#00ff00", ((50, 20),)))
    edits.add_stroke(Stroke(4, "#00ff00", ((50, 50),)))
    edits.add_stroke(Stroke(3, "#ff0000", ((50, 40), (50, 60))), within_px=5.0)
    assert set(edits.strokes()) == {
        Stroke(3, "#00ff00", ((10, 50), (44, 50))),
        Stroke(3, "#00ff00", ((56, 50), (90, 50))),
        Stroke(3, "#00ff00", ((50, 20),)),
        Stroke(4, "#00ff00", ((50, 50),)),
        Stroke(3, "#ff0000", ((50, 40), (50, 60))),
    }
    edits.add_stroke(Stroke(3, "#0000ff", ((8, 51), (92, 49))), within_px=5.0)
    assert {stroke.color for stroke in edits.strokes() if stroke.frame == 3} == {"#00ff00", "#0000ff", "#ff0000"}
    assert Stroke(3, "#ff0000", ((50, 40), (50, 44))) in edits.strokes()


def test_corrections_at_a_time_are_left_as_they_are(edits: Edits) -> None:
    project = edits.project
    write_settings(replace(project, options={**project.options, "points": ["3,4@0.5s=#102030"]}))
    edits.add_stroke(Stroke(3, "#00ff00", ((10, 5),)))
    edits.remove_stroke(edits.strokes()[0])
    assert edits.project.options["points"] == ["3,4@0.5s=#102030"]


def test_a_frame_has_one_still(edits: Edits) -> None:
    edits.add_still(edits.folder / "one.png", 4)
    edits.add_still(edits.folder / "two.png", 4)
    assert [(still.path.name, still.frame) for still in edits.stills()] == [("one.png", None), ("two.png", 4)]
    edits.bind_still(still_id(edits.stills()[0]), 4)
    assert [(still.path.name, still.frame) for still in edits.stills()] == [("one.png", 4), ("two.png", None)]
