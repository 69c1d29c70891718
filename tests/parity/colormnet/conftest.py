"""The authors' checkpoint, with every tensor filled by the recipe, through our public loading function."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from seeded_weights import COLORMNET_OVERRIDES, seeded_array
from torch import Tensor

from kinemacolor.models import colormnet
from kinemacolor.models.colormnet import ColorMNet, ColorMNetColorizer

HERE = Path(__file__).parent
SEED = 1
STRIDE = 7  # of each measured array, raveled, every seventh number is kept; memory sizes are whole


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """On a busy machine two threads that wait for each other take several times longer than one."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


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


@pytest.fixture
def measured() -> Callable[[str], dict[str, np.ndarray]]:
    """The arrays of one file."""

    def read(name: str) -> dict[str, np.ndarray]:
        with np.load(HERE / f"{name}.npz") as arrays:
            return dict(arrays)

    return read


@pytest.fixture
def difference() -> Callable[[Tensor, np.ndarray], Tensor]:
    """Absolute differences between one of our tensors, thinned as the measured array was, and that array."""

    def between(ours: Tensor, theirs: np.ndarray) -> Tensor:
        thinned = ours.reshape(-1)[::STRIDE]
        assert thinned.shape == theirs.shape
        return (thinned - torch.from_numpy(theirs)).abs()

    return between
