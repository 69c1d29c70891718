"""A film explained from end to end, by each kind of model, and the faults a user can make."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from kinemacolor.engine.job import Job
from kinemacolor.errors import InputError, ModelError, OutputError, OutputExistsError, SettingError
from kinemacolor.explain.adapters import insight_of
from kinemacolor.explain.run import explain
from kinemacolor.models.base import Colorizer, Reference, StreamingColorizer
from kinemacolor.models.colormnet import ColorMNet, ColorMNetColorizer, ColorMNetConfig, MemoryPolicy
from kinemacolor.models.colormnet_lite import ColorMNetLite, ColorMNetLiteColorizer, ColorMNetLiteConfig
from kinemacolor.models.matching import MatchingSettings, load

SIZE = (64, 96)
FILES = ["features.png", "matches.png", "colors.png", "memory.csv", "memory.svg"]


def matching() -> Colorizer:
    return load(device="cpu", dtype=torch.float32)


def lite() -> Colorizer:
    torch.manual_seed(0)
    return ColorMNetLiteColorizer(ColorMNetLite(ColorMNetLiteConfig.tiny()))


def full() -> Colorizer:
    torch.manual_seed(0)
    policy = MemoryPolicy(write_every_frames=1, working_max_frames=4, working_min_frames=2, prototypes_tokens=4)
    return ColorMNetColorizer(ColorMNet(ColorMNetConfig.tiny()), policy=policy)


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight frames of a texture that drifts, as pictures; the color still lies beside them."""
    folder = tmp_path_factory.mktemp("film")
    coarse = torch.rand(1, 3, 9, 14, generator=torch.Generator().manual_seed(1))
    world = torch.nn.functional.interpolate(coarse, (72, 120), mode="bicubic").clamp(0, 1)[0]
    (folder / "reel").mkdir()
    for t in range(8):
        rgb = (255 * world[:, t // 2 : t // 2 + SIZE[0], 2 * t : 2 * t + SIZE[1]]).byte()
        picture = Image.fromarray(np.ascontiguousarray(rgb.permute(1, 2, 0).numpy()))
        if t == 0:
            picture.save(folder / "still.png")
        picture.convert("L").save(folder / "reel" / f"{t:04d}.png")
    return folder


def job(film: Path, model: Colorizer, **options: object) -> Job:
    still = f"{film / 'still.png'}@00:00:00"
    return Job.of({"source": film / "reel", "exemplars": [still], "model": model, **options})


@pytest.mark.parametrize("made", [matching, lite, full])
def test_a_frame_is_explained_by_every_kind_of_model(
    made: Callable[[], Colorizer], film: Path, tmp_path: Path
) -> None:
    paths = explain(job(film, made()), 5, tmp_path / "out")
    assert [path.name for path in paths] == FILES
    for name in FILES[:3]:
        assert np.asarray(Image.open(tmp_path / "out" / name)).std() > 10
    lines = (tmp_path / "out" / "memory.csv").read_text().splitlines()
    assert len(lines) == 1 + 6
    assert lines[1].startswith("0,")


@pytest.mark.parametrize("made", [matching, lite, full])
def test_a_picture_finds_itself_in_itself(made: Callable[[], Colorizer], film: Path) -> None:
    rgb = torch.from_numpy(np.array(Image.open(film / "still.png"))).permute(2, 0, 1)
    lab = torch.cat((rgb.float().mean(0, keepdim=True) / 2.55, torch.rand(2, *SIZE) * 40))
    insight, exemplar = insight_of(made()), Reference(lab[:1], lab[1:])
    found = insight.correspondence(lab[:1], exemplar)
    assert found.place.shape == found.exemplar_grid
    own = torch.arange(found.place.numel()).view(found.place.shape)
    # random keys of the tiny networks may prefer another place; ImageNet's may not
    share = float((found.place == own).float().mean())
    assert share > (0.95 if made in (matching,) else 0.1)


def test_memory_by_part_adds_up_and_is_bounded(film: Path) -> None:
    model = full()
    assert isinstance(model, StreamingColorizer)
    insight = insight_of(model)
    luma = torch.rand(1, 32, 32, generator=torch.Generator().manual_seed(2)) * 100
    state = model.start([Reference(luma, torch.rand(2, 32, 32) * 20, 0)])
    seen = []
    for _ in range(12):
        model.step(luma, state)
        seen.append(insight.memory_bytes(state))
    per_token = seen[0]["exemplars"] / 4
    assert all(use["exemplars"] == seen[0]["exemplars"] for use in seen)
    assert [use["working"] / per_token for use in seen[:4]] == [0, 4, 8, 4]
    assert seen[3]["long-term"] > 0
    assert max(use["working"] for use in seen) <= 8 * per_token


def test_models_without_a_look_inside_are_refused(film: Path) -> None:
    with pytest.raises(ModelError, match="cannot be explained"):
        insight_of(load(device="cpu", settings=MatchingSettings(features=False)))


@pytest.mark.parametrize(("frame", "start", "fault"), [(8, 0, "ends before frame 8"), (2, 3, "not in the part")])
def test_a_frame_that_is_not_there_is_one_clear_line(
    frame: int, start: int, fault: str, film: Path, tmp_path: Path
) -> None:
    with pytest.raises((InputError, SettingError), match=fault):
        explain(job(film, lite(), start=start), frame, tmp_path)


@pytest.mark.parametrize(("place", "frame"), [("5", 5), ("0.2", 4), ("00:00:00.2", 4), ("00:00:00:05", 5)])
def test_the_frame_may_be_said_by_a_time(place: str, frame: int, film: Path, tmp_path: Path) -> None:
    explain(job(film, lite(), frame_rate="24"), place, tmp_path / "out")
    assert len((tmp_path / "out" / "memory.csv").read_text().splitlines()) == 2 + frame
    with pytest.raises(SettingError, match="is no frame and no time"):
        explain(job(film, lite()), "soon", tmp_path / "other")


@pytest.mark.parametrize("name", ["features.png", "memory.csv", "memory.svg"])
def test_pictures_that_are_there_are_left(name: str, film: Path, tmp_path: Path) -> None:
    (tmp_path / name).write_text("mine")
    with pytest.raises(OutputExistsError, match="--overwrite"):
        explain(job(film, lite()), 1, tmp_path)
    assert (tmp_path / name).read_text() == "mine"
    with pytest.raises(OutputError, match="is a file and no folder"):
        explain(job(film, lite()), 1, tmp_path / name)


@pytest.mark.process
def test_the_command_writes_the_pictures(film: Path, tmp_path: Path) -> None:
    arguments = [film / "reel", "-e", film / "still.png", "--frame", "1", "-o", tmp_path / "x"]
    command = [sys.executable, "-m", "kinemacolor", "explain", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    assert all((tmp_path / "x" / name).is_file() for name in FILES)
    assert done.stdout.count("\n") == len(FILES)


def test_the_padding_takes_no_part() -> None:
    insight, luma = insight_of(full()), torch.rand(1, 33, 65, generator=torch.Generator().manual_seed(4)) * 100
    maps = insight.features(luma)
    # 48 x 80 with the padding: rows 7 to 39 and columns 7 to 71 are the picture's
    assert {name: tuple(level.shape[1:]) for name, level in maps.items()} == {
        "local branch, stride 16": (2, 4),
        "global branch, stride 16": (2, 4),
        "features, stride 16": (2, 4),
        "features, stride 8": (4, 8),
        "features, stride 4": (8, 16),
        "key, stride 16": (2, 4),
    }
    found = insight.correspondence(luma, Reference(luma, torch.rand(2, 33, 65)))
    assert found.place.shape == found.exemplar_grid == (2, 4)
    assert int(found.place.max()) < 8
