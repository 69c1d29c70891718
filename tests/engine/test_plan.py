from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest
import torch

from kinemacolor.engine.analysis import analyze
from kinemacolor.engine.plan import plan_of, with_keys
from kinemacolor.engine.track.seal import read_sealed, write_sealed
from kinemacolor.errors import ShotListError
from kinemacolor.frames import Exemplar, Shot
from kinemacolor.io import Film


def scene(number: int, i: int) -> np.ndarray:
    """Scenes of patches: what one is made of tells it from the others."""
    rng = np.random.default_rng(number)
    side = (6, 12, 24)[number]
    patches = rng.integers(20, 230, (96 // side, 128 // side + 1)).repeat(side, 0).repeat(side, 1)
    return patches[:, i % side : i % side + 128].astype(np.uint8)


SCENES = [0, 1, 2, 0, 1, 2]


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """Three scenes of ten frames, and the same three again."""
    path = tmp_path / "film.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=24)
        stream.width, stream.height, stream.pix_fmt = 128, 96, "gray"
        for number in SCENES:
            for i in range(10):
                picture = av.VideoFrame.from_ndarray(scene(number, i % 5), format="gray")
                container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
    return path


@pytest.fixture
def stills() -> list[Exemplar]:
    """Of each of the first three shots, and some of no frame."""
    found = [
        Exemplar(torch.from_numpy(scene(n, 2)).expand(3, -1, -1).contiguous(), 10 * n + 2, name=f"{n}.png")
        for n in range(3)
    ]
    other = torch.full((3, 96, 128), 99, dtype=torch.uint8)
    other[:, ::9] = 20
    return [*found, *(Exemplar(other.roll(i, 2), None, name=f"other{i}.png") for i in range(3))]


def plan(film: Path, stills: list[Exemplar], **settings: object):
    return plan_of(Film.open(film), Shot(0, 60), stills, **settings)


def test_a_returning_scene_is_colored_from_its_own_still(film: Path, stills: list[Exemplar]) -> None:
    found = plan(film, stills)
    assert [planned.shot.start for planned in found.shots] == [0, 10, 20, 30, 40, 50]
    for number, planned in zip(SCENES, found.shots):
        assert f"{number}.png" in [still.name for still in planned.exemplars]


def test_what_was_seen_once_is_remembered(
    film: Path, stills: list[Exemplar], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = plan(film, stills, memory=tmp_path / "survey.json")
    passes = []
    real = analyze.survey
    monkeypatch.setattr(analyze, "survey", lambda *a, **k: passes.append(1) or real(*a, **k))
    again = plan(film, stills, memory=tmp_path / "survey.json")
    assert passes == []
    assert names(again) == names(first)
    plan(film, [replace(stills[0], index=3), *stills[1:]], memory=tmp_path / "survey.json")
    assert len(passes) == 1
    film.write_bytes(film.read_bytes() + b"\0")
    plan(film, stills, memory=tmp_path / "survey.json")
    assert len(passes) == 2


def names(found) -> list[list[str]]:
    return [[still.name for still in planned.exemplars] for planned in found.shots]


def test_a_damaged_memory_is_looked_past(film: Path, stills: list[Exemplar], tmp_path: Path) -> None:
    (tmp_path / "survey.json").write_text('{"of": 3, "cu')
    assert len(plan(film, stills, memory=tmp_path / "survey.json").shots) == 6


CANNOT_BE: list[dict[str, object]] = [
    {"frames": 10**400},
    {"places": [0, 10**400, 0.5]},
    {"places": [10**400, 0.5, 0.5]},
    {"cuts": [40, 10]},
    {"cuts": [10, 10**9]},
    {"summaries": [["x"]]},
    {"summaries": [[0.5], [0.5]]},
]


def test_a_memory_of_what_cannot_be_is_looked_past(film: Path, stills: list[Exemplar], tmp_path: Path) -> None:
    memory = tmp_path / "survey.json"
    first = plan(film, stills, memory=memory)
    content = read_sealed(memory)
    places = content["places"]
    assert isinstance(places, dict)
    for each in CANNOT_BE:
        changed = {"places": dict.fromkeys(places, each["places"])} if "places" in each else each
        write_sealed(memory, content | changed)
        assert names(plan(film, stills, memory=memory)) == names(first)
        assert read_sealed(memory) == content, each


def test_a_pinned_still_is_used_and_an_unknown_one_is_named(film: Path, stills, tmp_path: Path) -> None:
    path = tmp_path / "shots.csv"
    path.write_text("start,exemplars\n0,other2.png\n30,\n")
    found = plan(film, stills, shots=path)
    assert "other2.png" in names(found)[0]
    path.write_text("start,exemplars\n0,\n30,gone.png\n")
    with pytest.raises(ShotListError, match=r"frame 30 asks for gone\.png"):
        plan(film, stills, shots=path)


def test_a_list_is_cut_to_the_part_that_is_colored(film: Path, stills, tmp_path: Path) -> None:
    path = tmp_path / "shots.csv"
    path.write_text("start\n0\n20\n40\n")
    found = plan_of(Film.open(film), Shot(25, 45), stills[:2], shots=path)
    assert [planned.shot for planned in found.shots] == [Shot(25, 40), Shot(40, 45)]


def test_a_key_depends_on_what_colors_the_shot_and_on_nothing_else(film: Path, stills) -> None:
    def keys(stills: list[Exemplar], **settings: object) -> list[str]:
        given = {"size": (96, 128), "model": "m", **settings}
        return [planned.key for planned in with_keys(plan(film, stills, shots="none"), **given).shots]

    same = keys(stills[:2])
    assert keys([replace(still, name="x" + still.name) for still in stills[:2]]) == same
    assert keys(stills[:2], model="n") != same
    assert keys(stills[:2], size=(48, 64)) != same
    assert keys(stills[:2], extras=["masks"]) != same
    assert keys([replace(stills[0], index=5), stills[1]]) != same
    assert keys([replace(stills[0], rgb=stills[0].rgb + 1), stills[1]]) != same
    assert keys(stills[:3]) != same
