"""The authors' checkpoint, with every tensor filled by the recipe, through our public loading function."""

import json
from pathlib import Path

import pytest
import torch
from seeded_weights import COLORMNET_OVERRIDES, seeded_array

from kinemacolor.models import colormnet
from kinemacolor.models.colormnet import ColorMNet, ColorMNetColorizer

HERE = Path(__file__).parent
SEED = 1


@pytest.fixture(scope="session")
def official_shapes() -> dict[str, tuple[int, ...]]:
    """Names and shapes of the release's 667 tensors."""
    return {name: tuple(shape) for name, shape in json.loads((HERE / "official_tensors.json").read_text()).items()}


@pytest.fixture(scope="session")
def checkpoint_path(official_shapes: dict[str, tuple[int, ...]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file as the authors publish it: a bare state_dict by ``torch.save``."""
    path = tmp_path_factory.mktemp("release") / "seeded.pth"
    tensors = {
        name: torch.as_tensor(seeded_array(name, shape, SEED, COLORMNET_OVERRIDES))
        for name, shape in official_shapes.items()
    }
    torch.save(tensors, path)
    return path


@pytest.fixture(scope="session")
def colorizer(checkpoint_path: Path) -> ColorMNetColorizer:
    return colormnet.load(checkpoint_path)


@pytest.fixture(scope="session")
def network(colorizer: ColorMNetColorizer) -> ColorMNet:
    assert isinstance(colorizer.network, ColorMNet)
    return colorizer.network
