"""HED and RAFT against the networks that the release runs. Attained: 6e-6 and 1e-5 px."""

from collections.abc import Callable

import numpy as np
import torch
from seeded_inputs import lab_frames
from torch import Tensor, nn

from kinemacolor.layers.hed import HED, our_name
from kinemacolor.models.bistnet.official import PARTS
from kinemacolor.models.bistnet.raft import RAFT, FlowFeatures

LIMIT = 1e-4
Fill = Callable[[nn.Module, Callable[[str], str]], None]
Measured = Callable[[str], dict[str, np.ndarray]]
Difference = Callable[[Tensor, np.ndarray], float]


def luma_of(tag: str, count: int, height: int, width: int, velocity: tuple[int, int] = (2, 3)) -> Tensor:
    """L* 0..100 of seeded frames."""
    frames = lab_frames(tag, count, height, width, 1, velocity=velocity)
    return torch.from_numpy(frames[:, :1] * np.float32(50)) + 50


def test_edges_and_their_five_sides(
    fill: Fill, official_shapes: dict[str, dict[str, tuple[int, ...]]], measured: Measured, difference: Difference
) -> None:
    theirs = measured("hed_64x96")
    names = {our_name(name): name for name in official_shapes["edges"]}
    network = HED()
    fill(network, names.__getitem__)
    luma = luma_of("bi.hed", 1, 64, 96)
    assert difference(network(luma / 100), theirs["edge_gray01"]) <= LIMIT
    for numeral, side in zip(("One", "Two", "Thr", "Fou", "Fiv"), network.sides(luma / 100)):
        assert difference(side, theirs[f"netScore{numeral}"]) <= LIMIT, numeral
    # the release shows the network L* - 50 unscaled
    assert difference(network(luma - 50).clamp(0, 1), theirs["edge_release_raw_l"]) <= LIMIT


def test_optical_flow(fill: Fill, measured: Measured, difference: Difference) -> None:
    theirs = measured("raft_128x160_it4")
    network = RAFT()
    fill(network, PARTS["flow"].official_name)
    both = network.features(luma_of("bi.raft", 2, 128, 160) / 100)
    first, second = (
        FlowFeatures(both.features[i : i + 1], both.hidden[i : i + 1], both.context[i : i + 1]) for i in (0, 1)
    )
    coarse, _ = network.coarse(second, first, iterations=4)
    assert difference(coarse, theirs["flow_low"]) <= LIMIT
    fine = network(second, first, iterations=4)
    assert difference(fine[..., ::4, ::4], theirs["flow_up_every4"]) <= LIMIT
