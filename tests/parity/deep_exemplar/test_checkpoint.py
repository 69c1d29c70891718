"""The authors' files: names, shapes, number of parameters, and what is said of files that do not fit."""

import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from kinemacolor.errors import WeightsError
from kinemacolor.layers.vgg import BEYOND
from kinemacolor.models import deep_exemplar
from kinemacolor.models.deep_exemplar import DeepExemplar, DeepExemplarConfig, official
from kinemacolor.models.deep_exemplar.discriminator import Discriminator

PARAMETERS = {"correspondence": 6_917_131, "colorization": 32_802_370, "discriminator": 11_245_762}
Shapes = dict[str, dict[str, tuple[int, ...]]]


def parts() -> dict[str, nn.Module]:
    """The networks by the part that they are, without memory."""
    with torch.device("meta"):
        network, discriminator = DeepExemplar(DeepExemplarConfig()), Discriminator()
    return {
        "features": network.features,
        "correspondence": network.correspondence,
        "colorization": network.colorization,
        "discriminator": discriminator,
    }


@pytest.mark.parametrize("part", ["features", "correspondence", "colorization", "discriminator"])
def test_names_and_shapes_round_trip(official_shapes: Shapes, part: str) -> None:
    beyond = BEYOND if part == "features" else frozenset()
    theirs = {name: shape for name, shape in official_shapes[part].items() if name not in beyond}
    ours = {name: tuple(value.shape) for name, value in parts()[part].state_dict().items()}
    assert {official.our_name(part, name): shape for name, shape in theirs.items()} == ours
    assert [official.official_name(part, official.our_name(part, name)) for name in theirs] == list(theirs)


@pytest.mark.parametrize("part", sorted(PARAMETERS))
def test_parameters_are_the_releases(part: str) -> None:
    assert sum(parameter.numel() for parameter in parts()[part].parameters()) == PARAMETERS[part]


def test_the_folder_serves_as_the_archive_does(archive_path: Path, network: DeepExemplar, tmp_path: Path) -> None:
    with zipfile.ZipFile(archive_path) as archive:
        archive.extractall(tmp_path)
    found = deep_exemplar.load_network(tmp_path).state_dict()
    assert all(torch.equal(found[name], tensor) for name, tensor in network.state_dict().items())


def test_an_archive_that_does_not_fit_is_told_by_tensor(
    seeded: Callable[[str], dict[str, Tensor]], tmp_path: Path
) -> None:
    for part, name in (("features", "vgg19_conv.pth"), ("colorization", "colornet_iter_1.pth")):
        torch.save(seeded(part), tmp_path / name)
    tensors = seeded("correspondence")
    del tensors["layer.1.prelu.weight"]
    torch.save({**tensors, "theta.bias": torch.zeros(3)}, tmp_path / "nonlocal_net_iter_1.pth")
    with pytest.raises(WeightsError) as told:
        deep_exemplar.load(tmp_path)
    message = str(told.value)
    assert "1 missing (layer.1.prelu.weight)" in message
    assert "theta.bias 3 instead of 256" in message


def test_a_part_that_is_missing_is_named(tmp_path: Path) -> None:
    path = tmp_path / "half.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("data/vgg19_conv.pth", b"")
    with pytest.raises(WeightsError, match=r"no nonlocal_net_iter_\*\.pth, no colornet_iter_\*\.pth.*zip"):
        deep_exemplar.load(path)
