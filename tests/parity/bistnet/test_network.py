"""Matching, fusion and the U-nets against the authors' network. Attained: see the table in docs/models/bistnet.md."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from seeded_inputs import input_array, lab_frames
from torch import Tensor, nn

from kinemacolor.models.bistnet.btfb import linear, weight_of_forward
from kinemacolor.models.bistnet.gated_propagation import upsampled
from kinemacolor.models.bistnet.msrb import MSRB
from kinemacolor.models.bistnet.network import BiSTNet, BiSTNetConfig, Learned, Matches
from kinemacolor.models.bistnet.official import PARTS
from kinemacolor.models.deep_exemplar.matching import matched

LIMIT = 1e-4
FRAMES = 5
Fill = Callable[[nn.Module, Callable[[str], str]], None]
Measured = Callable[[str], dict[str, np.ndarray]]
Difference = Callable[[Tensor, np.ndarray], float]


def lab(tag: str, count: int, velocity: tuple[int, int] = (2, 3)) -> tuple[Tensor, Tensor]:
    """L* 0..100 and a*b* of seeded frames."""
    frames = torch.from_numpy(lab_frames(tag, count, 64, 96, 1, velocity=velocity))
    return frames[:, :1] * 50 + 50, frames[:, 1:] * 110


@pytest.fixture(scope="module")
def network(fill: Fill) -> BiSTNet:
    with torch.device("meta"):
        made = BiSTNet(replace(BiSTNetConfig.release(), backward_is_fused=False))
    made.msrb = nn.Identity()  # type: ignore[assignment]  # 66 million parameters that matching has no part in
    made = made.to_empty(device="cpu")
    fill(made.features, PARTS["features"].official_name)
    fill(made.correspondence, PARTS["correspondence"].official_name)
    assert made.gates is not None
    fill(made.gates, PARTS["gates"].official_name)
    return made


@pytest.fixture(scope="module")
def exemplars(network: BiSTNet) -> tuple[Learned, Learned]:
    with torch.no_grad():
        forward, backward = (network.learn(*lab(f"bi.ref.{end}", 1)) for end in "fb")
    return forward, backward


@pytest.fixture(scope="module")
def embeddings(network: BiSTNet) -> Tensor:
    with torch.no_grad():
        return torch.cat([network.embed(luma[None]) for luma in lab("bi.video", FRAMES, (1, 2))[0]])


@pytest.fixture(scope="module")
def matches(network: BiSTNet, exemplars: tuple[Learned, Learned], embeddings: Tensor) -> list[Matches]:
    return [network.match(embedding, *exemplars) for embedding in embeddings]


def as_measured(chromas: list[Tensor]) -> Tensor:
    """a*b* beside a luma of zeros, so that every seventh number is that of the measured L*a*b*."""
    return torch.stack([torch.cat((torch.zeros(1, *chroma.shape[-2:]), chroma)) for chroma in chromas])


def difference_of_chroma(ours: Tensor, theirs: np.ndarray) -> float:
    """The largest difference where the thinned L*a*b* has a*b*."""
    planes = torch.arange(ours.numel()).view(ours.shape) // (ours.shape[-1] * ours.shape[-2]) % 3
    is_chroma = planes.reshape(-1)[::7] > 0
    return float((ours.reshape(-1)[::7] - torch.from_numpy(theirs))[is_chroma].abs().max())


def test_colors_of_both_exemplars_and_how_similar_they_are(
    matches: list[Matches], measured: Measured, difference: Difference
) -> None:
    theirs = measured("fusion_64x96")
    assert difference_of_chroma(as_measured([m.forward for m in matches]), theirs["warp_lab_f"]) <= LIMIT
    assert difference_of_chroma(as_measured([m.backward for m in matches]), theirs["warp_lab_b"]) <= LIMIT
    assert difference_of_chroma(as_measured([m.fused for m in matches]), theirs["similarity_fused_lab"]) <= LIMIT
    forward = torch.cat([m.forward_similarity for m in matches])
    backward = torch.cat([m.backward_similarity for m in matches])
    assert difference(forward, theirs["similarity_f"]) <= LIMIT
    assert difference(backward, theirs["similarity_b"]) <= LIMIT


def test_the_paper_s_soft_matching_without_a_temperature(
    embeddings: Tensor, exemplars: tuple[Learned, Learned], measured: Measured
) -> None:
    theirs = measured("fusion_64x96")
    for exemplar, name in zip(exemplars, "fb"):
        ab, _ = matched(embeddings[0].flatten(1), exemplar.embedding, exemplar.chroma, temperature=1.0)
        ours = as_measured([ab.view(2, 16, 24)])[0]
        assert difference_of_chroma(ours, theirs[f"warp_lab_{name}_T1_frame0"]) <= LIMIT


@pytest.mark.parametrize("aliased", [False, True])
def test_colors_handed_on_gated_and_fused_by_time_over_a_clip(
    network: BiSTNet, matches: list[Matches], measured: Measured, difference: Difference, *, aliased: bool
) -> None:
    theirs = measured("fusion_64x96")
    gates = network.gates
    assert gates is not None
    forward = [upsampled(m.forward) for m in matches]
    backward = [upsampled(m.fused if aliased else m.backward) for m in matches]

    def flow(way: str, number: int) -> Tensor:
        return torch.from_numpy(input_array(f"bi.flow.{way}{number}", (1, 2, 64, 96), 1, scale=2))[0]

    back = gates.propagated_back(backward, [flow("b", i) for i in range(FRAMES - 1)])
    propagated, onward = [forward[0]], forward[0]
    for i in range(1, FRAMES):
        onward = gates.propagated_on(forward[i], onward, flow("f", i - 1))
        propagated.append(back[i] if i == FRAMES - 1 else gates.meet(onward, back[i]))
    by_time = [linear(f, b, weight_of_forward(i, 0, FRAMES - 1)) for i, (f, b) in enumerate(zip(forward, backward))]
    direct = [gates.direct(f, b) for f, b in zip(forward, backward)]
    ours = torch.stack([torch.cat(parts) for parts in zip(propagated, by_time, direct)])[..., ::2, ::2]
    kind = "aliased" if aliased else "clean"
    assert difference(ours, theirs[f"atb_{kind}_every2"]) <= LIMIT
    assert difference(torch.stack(by_time)[..., ::2, ::2], theirs[f"linear_{kind}_every2"]) <= LIMIT


@pytest.mark.parametrize(("kind", "planes"), [("fusenet", 33), ("fusenet_v1", 23)])
def test_three_scales_of_the_release_and_of_the_paper(
    fill: Fill, measured: Measured, difference: Difference, kind: str, planes: int
) -> None:
    theirs = measured("msrb_64x96")
    tag = "bi.fusenet.in" if kind == "fusenet" else "bi.fusenet_v1.in"
    x = torch.from_numpy(input_array(tag, (1, planes, 64, 96), 1))
    x[:, :7] *= 20
    network = MSRB(planes, own_finest=True)
    fill(network, PARTS["msrb"].official_name)
    own = network(x)
    assert difference(own.full, theirs[f"{kind}_full_own_finest_net"]) <= LIMIT
    network.finest = None
    twice = network(x)
    for scale in ("quarter", "half", "full"):
        assert difference(getattr(twice, scale), theirs[f"{kind}_{scale}"]) <= LIMIT, scale
    up = network.up_to_full(twice.half)
    assert difference(up[..., ::2, ::2], theirs[f"{kind}_up_of_half_every2"]) <= LIMIT
