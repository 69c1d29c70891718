"""The 1x1 convolution against torch's own linear layer."""

from collections.abc import Iterator

import pytest
import torch
import torch.nn.functional as F

from kinemacolor.layers.linear import Linear


@pytest.fixture(params=[1, 2])
def _threads(request: pytest.FixtureRequest) -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(request.param)
    yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures("_threads")
@pytest.mark.parametrize("shape", [(7,), (1, 7), (2, 7)])
def test_equals_torchs_linear_layer(shape: tuple[int, ...]) -> None:
    torch.manual_seed(0)
    layer, rows = Linear(24, 40), torch.randn(*shape, 24, requires_grad=True)
    out = layer(rows)
    assert torch.allclose(out, F.linear(rows, layer.weight, layer.bias), atol=1e-5)
    assert out.is_contiguous()
    out.sum().backward()
    assert rows.grad is not None
    assert torch.allclose(rows.grad, layer.weight.sum(0).expand_as(rows), atol=1e-5)
