"""Short cuts of the network against the plain way of computing the same."""

import pytest
import torch
import torch.nn.functional as F

from kinemacolor.models.colormnet.fuser import GroupResBlock
from kinemacolor.models.colormnet.local_attention import attend_window
from kinemacolor.models.colormnet.pvgfe import CrossChannelAttention, conv_after_upsampling
from kinemacolor.models.colormnet.sensory import SensoryUpdate
from kinemacolor.models.colormnet.value import plane_inputs


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


@pytest.mark.parametrize("factor", [2, 4])
@pytest.mark.parametrize("size", [(3, 5), (1, 1), (7, 2)])
def test_convolution_before_upsampling_equals_convolution_after(factor: int, size: tuple[int, int]) -> None:
    x, weight, bias = torch.randn(2, 6, *size), torch.randn(4, 6, 3, 3), torch.randn(4)
    plain = F.conv2d(F.interpolate(x, scale_factor=factor, mode="bilinear"), weight, bias, padding=1)
    assert torch.allclose(conv_after_upsampling(x, weight, bias, factor), plain, atol=1e-5)


def test_window_attention_equals_the_written_out_sum() -> None:
    radius, height, width = 2, 5, 4
    query, key, value = torch.randn(2, 6, height, width), torch.randn(2, 6, height, width), torch.randn(2, 3, 5, 4)
    relative = torch.randn(2, 25, height, width)
    ours = attend_window(query, key, value, relative, radius)
    for y in range(height):
        for x in range(width):
            logits, values = [], []
            for dy in range(-radius, radius + 1):
                for dx in range(-radius, radius + 1):
                    if 0 <= y + dy < height and 0 <= x + dx < width:
                        product = (query[:, :, y, x] * key[:, :, y + dy, x + dx]).sum(1) / 6**0.5
                        logits.append(product + relative[:, (dy + radius) * 5 + dx + radius, y, x])
                        values.append(value[:, :, y + dy, x + dx])
            expected = (torch.stack(logits).softmax(0)[..., None] * torch.stack(values)).sum(0)
            assert torch.allclose(ours[:, :, y, x], expected, atol=1e-5)


def test_cross_channel_attention_equals_restormers_form() -> None:
    attention = CrossChannelAttention(16, heads=8)
    torch.nn.init.normal_(attention.temperature)
    guide, local = torch.randn(2, 16, 5, 3), torch.randn(2, 16, 5, 3)
    query, key, value = (
        p.unflatten(1, (8, 4)).flatten(3)
        for p in (attention.query(guide), attention.key(local), attention.value(local))
    )
    weights = F.normalize(query, dim=-1) @ F.normalize(key, dim=-1).transpose(-1, -2) * attention.temperature
    expected = attention.out((weights.softmax(-1) @ value).reshape(2, 32, 5, 3))
    assert torch.allclose(attention(guide, local), expected, atol=1e-5)


def test_parts_equal_the_joined_channels() -> None:
    block = GroupResBlock(7, 4)
    image, planes = torch.randn(2, 4, 5, 6), torch.randn(2, 2, 3, 5, 6)
    joined = torch.cat((image[:, None].expand(-1, 2, -1, -1, -1), planes), 2).flatten(0, 1)
    assert torch.allclose(block.of_parts(image, planes), block(joined), atol=1e-5)


def test_each_plane_sees_itself_first() -> None:
    luma, a, b = (torch.full((1, 1, 2, 2), float(i)) for i in range(3))
    inputs = plane_inputs(luma, torch.cat((a, b), 1), planes=2)
    assert inputs[0, :, :, 0, 0].tolist() == [[0, 1, 2], [0, 2, 1]]
    together = plane_inputs(luma, torch.cat((a, b), 1), planes=1)
    assert together[0, :, :, 0, 0].tolist() == [[0, 1, 2]]


def test_sensory_update_mixes_old_and_new() -> None:
    update = SensoryUpdate(3, 2)
    x, old = torch.randn(1, 2, 3, 4, 4), torch.randn(1, 2, 2, 4, 4)
    forget, gate, new = update.transform(torch.cat((x, old), 2)[0]).chunk(3, 1)
    expected = forget.sigmoid() * old[0] * (1 - gate.sigmoid()) + gate.sigmoid() * new.tanh()
    assert torch.allclose(update(x, old)[0], expected, atol=1e-6)
