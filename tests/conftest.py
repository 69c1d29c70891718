"""Shapes are checked in every test: jaxtyping's hook wraps the whole package."""

import os
import signal

# before torch comes in: idle threads that spin cost a busy machine fifty times the work itself
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import pytest
import torch
from jaxtyping import install_import_hook

install_import_hook("kinemacolor", "beartype.beartype")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--slow", action="store_true", help="run tests marked slow too")
    parser.addoption("--gpu", action="store_true", help="run tests marked gpu too")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        if "slow" in item.keywords and not config.getoption("--slow"):
            item.add_marker(pytest.mark.skip(reason="slow: run with --slow"))
        if "gpu" in item.keywords and not (config.getoption("--gpu") and torch.cuda.is_available()):
            item.add_marker(pytest.mark.skip(reason="needs a CUDA device: run with --gpu on a machine that has one"))


@pytest.fixture(autouse=True, scope="session")
def _few_threads() -> None:
    torch.set_num_threads(2)


@pytest.fixture(autouse=True, scope="session")
def _interrupts() -> None:
    """Tests interrupt themselves; a shell that starts them in the background has interrupts ignored."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
