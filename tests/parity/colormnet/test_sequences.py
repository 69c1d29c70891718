"""Whole shots against the authors' network: max 2e-5, mean 2e-6 of a*b* / 110, memory sizes equal on every frame.

Attained: 2.2e-6 and 3.2e-7.
"""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from seeded_inputs import lab_frames
from torch import Tensor

from kinemacolor.models.base import Reference
from kinemacolor.models.colormnet import ColorMNet, ColorMNetColorizer, MemoryPolicy

LONG_TERM = MemoryPolicy(
    write_every_frames=2,
    working_max_frames=4,
    working_min_frames=2,
    prototypes_tokens=16,
    long_term_max_tokens=40,
)
# file: frames' tag, number, height, width; exemplar's frame; its index in the shot; policy
SHOTS = {
    "seq12_112x168_first": ("seq12", 12, 112, 168, 0, 0, MemoryPolicy()),
    "seq12_112x168_any": ("seq12", 12, 112, 168, 6, None, MemoryPolicy()),
    "seq24_112x112_longterm": ("seq24", 24, 112, 112, 0, 0, LONG_TERM),
}


@pytest.mark.parametrize("name", SHOTS)
def test_a_shot_equals_the_release(
    name: str,
    network: ColorMNet,
    measured: Callable[[str], dict[str, np.ndarray]],
    differences: Callable[[Tensor, np.ndarray], Tensor],
) -> None:
    tag, count, height, width, exemplar, index, policy = SHOTS[name]
    lab = torch.from_numpy(lab_frames(tag, count, height, width, seed=1))
    luma, chroma = 50 * lab[:, :1] + 50, 110 * lab[:, 1:]
    colorizer = ColorMNetColorizer(network, policy=policy)
    state = colorizer.start([Reference(luma[exemplar], chroma[exemplar], index)])
    colored, sizes = [], []
    for i in range(count):
        colored.append(colorizer.step(luma[i], state, last=i == count - 1).chroma / 110)
        sizes.append(state.memory.sizes)
    theirs = measured(name)
    assert sizes == [tuple(pair) for pair in theirs["memory_sizes"].tolist()]
    ours = torch.stack(colored)
    off = differences(ours, theirs["ab"]) if "ab" in theirs else differences(ours[:, :, ::2, ::2], theirs["ab_half"])
    assert off.max() <= 2e-5
    assert off.mean() <= 2e-6
