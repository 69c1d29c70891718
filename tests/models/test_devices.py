"""Names of devices, and the words where one is not here."""

import pytest
import torch

from kinemacolor.errors import ModelError
from kinemacolor.models.devices import device_of


@pytest.mark.parametrize("name", ["cpu", "CPU", " cpu ", torch.device("cpu")])
def test_the_processor_goes_by_any_spelling(name: str | torch.device) -> None:
    assert device_of(name) == torch.device("cpu")


@pytest.mark.parametrize("name", [None, "auto", "Auto"])
def test_auto_takes_a_gpu_where_there_is_one(name: str | None) -> None:
    assert device_of(name).type == ("cuda" if torch.cuda.is_available() else "cpu")


@pytest.mark.parametrize("name", ["foo", "", "cpu:", "cuda:x", "/dev/nvidia0"])
def test_a_wrong_name_is_told_the_right_ones(name: str) -> None:
    with pytest.raises(ModelError, match=r"auto, cpu, cuda \(or gpu\)"):
        device_of(name)


@pytest.mark.parametrize("name", ["gpu", "cuda", "gpu:7", "mps", "meta", "xpu"])
def test_a_device_that_is_not_here_is_said_in_words(name: str) -> None:
    try:
        assert device_of(name).type == ("cuda" if "gpu" in name else name)
    except ModelError as error:
        text = str(error)
        assert text.startswith(f"Device '{name}' cannot be used here: ")
        assert text.endswith("Use --device cpu.")
        assert "Facebook" not in text
        assert len(text) < 200
