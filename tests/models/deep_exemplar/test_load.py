"""Our own files of the network, and what is said of others."""

from pathlib import Path

import pytest
import torch

from kinemacolor.errors import LicenseNotAcceptedError, WeightsError
from kinemacolor.models import deep_exemplar
from kinemacolor.models.deep_exemplar import DeepExemplar, DeepExemplarColorizer
from kinemacolor.models.load import load_model


def test_what_is_saved_is_loaded_with_its_config(network: DeepExemplar, tmp_path: Path) -> None:
    path = tmp_path / "tiny.safetensors"
    deep_exemplar.save(network, path)
    colorizer = load_model("deep-exemplar", weights=path, device="cpu")
    assert isinstance(colorizer, DeepExemplarColorizer)
    assert colorizer.network.config == network.config
    found = colorizer.network.state_dict()
    assert all(torch.equal(found[name], value) for name, value in network.state_dict().items())


def test_without_a_file_it_says_what_to_fetch_and_under_which_terms(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KINEMACOLOR_CACHE", str(tmp_path))
    with pytest.raises(LicenseNotAcceptedError) as told:
        load_model("deep-exemplar", device="cpu")
    message = str(told.value)
    assert "releases/download/v1.0/colorization_checkpoint.zip" in message
    assert "MIT" in message
    assert "--accept-license" in message
    assert "--weights PATH" in message


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "colorization_checkpoint.zip"
    path.write_bytes(b"not an archive")
    with pytest.raises(WeightsError, match=r"damaged or no archive.*colorization_checkpoint\.zip"):
        deep_exemplar.load(path)


def test_one_of_the_releases_files_alone_is_told_what_lacks(tmp_path: Path) -> None:
    path = tmp_path / "colornet_iter_76000.pth"
    torch.save({"conv10_ab.bias": torch.zeros(2)}, path)
    with pytest.raises(WeightsError, match=r"no vgg19_conv\.pth, no nonlocal_net"):
        deep_exemplar.load(path)
