"""Measured numbers of the authors' networks, thinned out, and the recipe of weights and inputs that gave them."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

# the recipe's two modules are imported by name from the test folders below
sys.path.insert(0, str(Path(__file__).parent))

STRIDE = 7  # of each measured array, raveled, every seventh number is kept; memory sizes are whole


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """On a busy machine two threads that wait for each other take several times longer than one."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    with torch.no_grad():
        yield
    torch.set_num_threads(before)


@pytest.fixture
def measured(request: pytest.FixtureRequest) -> Callable[[str], dict[str, np.ndarray]]:
    """The arrays of one file beside the test."""

    def read(name: str) -> dict[str, np.ndarray]:
        with np.load(request.path.parent / f"{name}.npz") as arrays:
            return dict(arrays)

    return read


@pytest.fixture(scope="session")
def differences() -> Callable[[Tensor, np.ndarray], Tensor]:
    """Absolute differences between one of our tensors, thinned as the measured array was, and that array."""

    def between(ours: Tensor, theirs: np.ndarray) -> Tensor:
        thinned = ours.reshape(-1)[::STRIDE]
        assert thinned.shape == theirs.shape
        return (thinned - torch.from_numpy(theirs)).abs()

    return between


@pytest.fixture(scope="session")
def difference(differences: Callable[[Tensor, np.ndarray], Tensor]) -> Callable[[Tensor, np.ndarray], float]:
    """The largest of them."""
    return lambda ours, theirs: float(differences(ours, theirs).max())
