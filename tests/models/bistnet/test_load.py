"""The release's files, by archive and by folder, and files of our own."""

import zipfile
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from kinemacolor.errors import WeightsError
from kinemacolor.models import bistnet
from kinemacolor.models.bistnet import BiSTNet, BiSTNetConfig, BiSTNetSettings, experts
from kinemacolor.models.bistnet.flows import DISFlow
from kinemacolor.models.bistnet.meb import NoSegmentation, gradient_edges
from kinemacolor.models.bistnet.official import PARTS

NAMES = {
    "features": "data/vgg19_conv.pth",
    "correspondence": "checkpoints/finetune_test0610/nonlocal_net_iter_6000.pth",
    "msrb": "checkpoints/20230311_NTIRE2023/fusenet_iter_105000.pth",
    "gates": "checkpoints/20230311_NTIRE2023/atb_iter_105000.pth",
}


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> BiSTNet:
    """A small network that passes for the release's."""
    monkeypatch.setattr(BiSTNetConfig, "release", lambda: BiSTNetConfig.tiny(gated=True))
    monkeypatch.setattr(experts, "installed_weights", lambda: None)
    torch.manual_seed(1)
    return BiSTNet(BiSTNetConfig.tiny(gated=True))


@pytest.fixture
def folder(network: BiSTNet, tmp_path: Path) -> Path:
    """Its files, as the release unpacks."""
    beside: dict[str, dict[str, Tensor]] = {
        "features": {"conv5_3.weight": torch.zeros(1)},
        "msrb": {"size256.conv1_1.0.weight": torch.zeros(1)},
    }
    for part, name in NAMES.items():
        inner = getattr(network, part)
        assert isinstance(inner, nn.Module)
        tensors = {PARTS[part].official_name(ours): tensor for ours, tensor in inner.state_dict().items()}
        path = tmp_path / "release" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        torch.save({f"module.{key}": value for key, value in (tensors | beside.get(part, {})).items()}, path)
    return tmp_path / "release"


@pytest.fixture
def zipped(folder: Path) -> Path:
    path = folder.with_suffix(".zip")
    with zipfile.ZipFile(path, "w") as archive:
        for file in folder.rglob("*.pth"):
            archive.write(file, Path("BiSTNet") / file.relative_to(folder))
    return path


def equal(one: nn.Module, other: nn.Module) -> bool:
    theirs = other.state_dict()
    return all(torch.equal(tensor, theirs[name]) for name, tensor in one.state_dict().items())


def test_the_release_loads_from_its_archive_and_from_its_folder(network: BiSTNet, folder: Path, zipped: Path) -> None:
    for path in (folder, zipped):
        loaded = bistnet.load(path)
        assert loaded.network.config == network.config
        assert loaded.settings == BiSTNetSettings()
        assert equal(network, loaded.network)


def test_what_stands_in_for_absent_experts_is_said(network: BiSTNet, folder: Path) -> None:
    loaded = bistnet.load(folder)
    assert loaded.experts.edges is gradient_edges
    assert isinstance(loaded.experts.segmentation, NoSegmentation)
    assert isinstance(loaded.flow, DISFlow)
    assert [note.split(".")[0].split(":")[0] for note in loaded.notes] == [
        "BiSTNet has no edge network (HED)",
        "BiSTNet has no segmentation",
        "BiSTNet has no RAFT",
    ]


def test_a_segmentation_of_the_caller_s_own_is_taken(network: BiSTNet, folder: Path) -> None:
    own = NoSegmentation(3)
    loaded = bistnet.load(folder, segmentation=own)
    assert loaded.experts.segmentation is own
    assert not any("segmentation" in note for note in loaded.notes)
    with pytest.raises(WeightsError, match=r"tells 5 classes, BiSTNet's weights take 3"):
        bistnet.load(folder, segmentation=NoSegmentation(5))


def test_a_file_that_was_saved_loads_alone_and_beside_experts(network: BiSTNet, tmp_path: Path) -> None:
    path = tmp_path / "bistnet-mine.safetensors"
    paper = BiSTNet(BiSTNetConfig.tiny())
    bistnet.save(paper, path)
    for where in (path, tmp_path):
        loaded = bistnet.load(where)
        assert loaded.network.config == BiSTNetConfig.tiny()
        assert equal(paper, loaded.network)
        assert loaded.settings == BiSTNetSettings.paper()
        assert loaded.flow is None  # nothing is handed on along flow in the paper


def test_a_missing_part_is_named_by_its_file(network: BiSTNet, folder: Path) -> None:
    (folder / NAMES["gates"]).unlink()
    with pytest.raises(WeightsError, match=r"has no atb_iter_\*\.pth"):
        bistnet.load(folder)


def test_a_damaged_archive_is_refused_case_50(network: BiSTNet, zipped: Path) -> None:
    zipped.write_bytes(zipped.read_bytes()[:1000])
    with pytest.raises(WeightsError, match="damaged or no archive"):
        bistnet.load(zipped)


def test_tensors_of_another_network_are_named_as_the_authors_do(network: BiSTNet, folder: Path) -> None:
    path = folder / NAMES["correspondence"]
    tensors = torch.load(path, weights_only=True)
    del tensors["module.theta.weight"]
    torch.save(tensors, path)
    with pytest.raises(WeightsError, match=r"1 missing \(theta\.weight\)"):
        bistnet.load(folder)


def test_a_name_inside_an_archive_is_never_used_as_a_path(network: BiSTNet, folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "inner" / "evil.zip"
    path.parent.mkdir()
    with zipfile.ZipFile(path, "w") as archive:
        for part, name in NAMES.items():
            archive.write(folder / name, f"../../{part}/../{Path(name).name}")
    bistnet.load(path)
    assert [each.name for each in path.parent.iterdir()] == ["evil.zip"]
