from pathlib import Path

import numpy as np
import pytest
import torch

from kinemacolor.engine.analysis.still_finder import advice
from kinemacolor.engine.analysis.survey import survey
from kinemacolor.frames import Exemplar
from kinemacolor.io import open_reader


@pytest.fixture
def film(two_scenes) -> Path:
    return two_scenes(20)


@pytest.fixture
def still(scene_frame):
    def make(shows: int, bound: int | None, *, name: str = "still.png") -> Exemplar:
        levels = scene_frame(shows, scene_frames=20).astype(np.float32)
        tinted = np.stack([np.clip(levels * gain, 0, 255) for gain in (1.15, 0.9, 0.8)]).astype(np.uint8)
        return Exemplar(torch.from_numpy(tinted), bound, name=name)

    return make


def places(film: Path, stills: list[Exemplar]):
    with open_reader(film) as reader:
        return survey(reader, stills=stills).places


def test_one_pass_finds_the_cuts_and_a_frame_for_each_shot(film: Path, scene_frame) -> None:
    with open_reader(film) as reader:
        found = survey(reader)
    assert (found.frames, found.cuts) == (40, (20,))
    for sample, near in zip(found.samples, (10, 30), strict=True):
        assert (
            min(range(40), key=lambda i: np.abs(scene_frame(i, scene_frames=20) - sample.astype(float)).sum()) == near
        )


def test_cuts_that_are_known_are_kept_and_those_past_the_end_left_out(film: Path) -> None:
    with open_reader(film, start=5, stop=30) as reader:
        found = survey(reader, cuts=[3, 5, 12, 25, 30, 99])
    assert (found.frames, found.cuts, len(found.samples)) == (25, (12, 25), 3)


def test_case_27_a_still_bound_to_the_wrong_frame_is_named_with_the_right_one(film: Path, still) -> None:
    stills = [still(12, 33, name="ref_33.png"), still(7, 7, name="ref_7.png"), still(30, None, name="free.png")]
    found = places(film, stills)
    assert [place.frame for place in found] == [12, 7, 30]
    assert [place.is_elsewhere for place in found] == [True, False, False]
    assert found[1].own > 0.99
    (line,) = advice(stills, found)
    assert "ref_33.png is bound to frame 33" in line
    assert "looks like frame 12" in line
    assert "@12" in line


def test_case_27_a_still_of_another_film_is_named_with_the_nearest_frame(film: Path) -> None:
    strange = Exemplar(torch.randint(0, 255, (3, 48, 64), dtype=torch.uint8), 3, name="odd.png")
    (line,) = advice([strange], places(film, [strange]))
    assert "odd.png is bound to frame 3, but does not look like it" in line
    assert "@none" in line


def test_case_26_stills_that_count_from_1_are_said_to(film: Path, still) -> None:
    stills = [still(i, i + 1, name=f"ref_{i + 1}.png") for i in (4, 11, 27)]
    (line,) = advice(stills, places(film, stills))
    assert "Frames count from 0" in line
    assert "3 stills" in line


def test_what_alpha_hides_tells_nothing_of_the_place(film: Path, still) -> None:
    whole = still(12, 33)
    alpha = torch.zeros(1, 48, 64)
    alpha[:, 4:44, 8:60] = 1
    rgb = torch.where(alpha > 0, whole.rgb, torch.randint(0, 255, (3, 48, 64), dtype=torch.uint8))
    (place,) = places(film, [Exemplar(rgb, 33, alpha)])
    assert place.frame == 12
    assert place.likeness > 0.98


def test_a_plain_still_has_no_place(film: Path) -> None:
    plain = Exemplar(torch.full((3, 48, 64), 90, dtype=torch.uint8), 3)
    assert places(film, [plain]) == (None,)
    assert advice([plain], [None]) == []
