"""The authors' file: names, shapes, number of parameters, and what is said of a file that does not fit."""

from pathlib import Path

import pytest
import torch

from kinemacolor.errors import WeightsError
from kinemacolor.models import colormnet
from kinemacolor.models.colormnet import ColorMNet, ColorMNetConfig
from kinemacolor.models.colormnet.official import official_name, our_name

PARAMETERS = 123_609_281


def test_parameters_are_the_papers(network: ColorMNet) -> None:
    assert sum(parameter.numel() for parameter in network.parameters()) == PARAMETERS


def test_names_and_shapes_round_trip(official_shapes: dict[str, tuple[int, ...]]) -> None:
    with torch.device("meta"):
        ours = {name: tuple(value.shape) for name, value in ColorMNet(ColorMNetConfig()).state_dict().items()}
    assert len(official_shapes) == 667
    assert {our_name(name): shape for name, shape in official_shapes.items()} == ours
    assert [official_name(our_name(name) or "") for name in official_shapes] == list(official_shapes)


def test_a_file_that_does_not_fit_is_told_by_tensor(checkpoint_path: Path, tmp_path: Path) -> None:
    tensors = torch.load(checkpoint_path, weights_only=True, mmap=True)
    wanting = tmp_path / "wanting.pth"
    # a small file of the names that matter here: all but a few tensors are missing
    kept = {name: tensors[name] for name in ("decoder.pred.weight", "key_proj.d_proj.bias")}
    torch.save({**kept, "decoder.pred.bias": torch.zeros(2), "decoder.extra.weight": torch.zeros(1)}, wanting)
    with pytest.raises(WeightsError) as told:
        colormnet.load(wanting)
    message = str(told.value)
    assert "664 missing (key_proj.key_proj.weight, " in message
    assert "1 extra (decoder.extra.weight)" in message
    assert "decoder.pred.bias 2 instead of 1" in message
