"""DINOv2: shapes, positions for any grid, and bf16 attention."""

import pytest
import torch
import torch.nn.functional as F

from kinemacolor.layers.dinov2 import Attention, DINOv2, DINOv2Config, _attend_in_chunks

TINY = DINOv2Config(patch_px=4, width=16, depth=3, heads=2, position_grid=3)


@pytest.fixture
def transformer() -> DINOv2:
    torch.manual_seed(0)
    return DINOv2(TINY).eval()


def test_small_14_has_the_published_size() -> None:
    with torch.device("meta"):
        assert sum(p.numel() for p in DINOv2(DINOv2Config()).parameters()) == 22_056_576


def test_last_blocks_come_in_order_and_normalized(transformer: DINOv2) -> None:
    with torch.no_grad():
        maps = transformer(torch.rand(2, 1, 20, 12), last_blocks=2)
    assert [tuple(m.shape) for m in maps] == [(2, 16, 5, 3)] * 2
    assert torch.allclose(maps[1].mean(1), torch.zeros(2, 5, 3), atol=1e-5)


def test_positions_are_kept_per_size_and_follow_the_parameter(transformer: DINOv2) -> None:
    with torch.no_grad():
        wide = transformer._position_for(2, 5)
        assert transformer._position_for(2, 5) is wide
        assert transformer._position_for(5, 2).shape == (1, 11, 16)
        before = transformer._position_for(2, 5)
        transformer.position.mul_(2)
        assert torch.allclose(transformer._position_for(2, 5), 2 * before)


def test_positions_take_gradients(transformer: DINOv2) -> None:
    transformer(torch.rand(1, 1, 8, 16), last_blocks=1)[0].square().mean().backward()
    assert transformer.position.grad is not None
    assert transformer.position.grad.abs().sum() > 0


def test_attention_is_softmax_of_scaled_products() -> None:
    torch.manual_seed(1)
    attention, x = Attention(8, 2), torch.randn(1, 5, 8)
    query, key, value = attention.qkv(x).view(5, 3, 2, 4).unbind(1)
    mixed = [(query[:, h] @ key[:, h].T / 2).softmax(1) @ value[:, h] for h in range(2)]
    assert torch.allclose(attention(x)[0], attention.out(torch.cat(mixed, 1)), atol=1e-6)


def test_chunks_change_nothing() -> None:
    query, key, value = torch.randn(3, 1, 2, 1100, 8)
    expected = F.scaled_dot_product_attention(query, key, value)
    assert torch.allclose(_attend_in_chunks(query, key, value), expected, atol=1e-5)
