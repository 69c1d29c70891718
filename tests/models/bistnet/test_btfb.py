"""BTFB: closer counts more, gates see both, and colors are handed on along the flow."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from kinemacolor.models.bistnet.btfb import Gate, GatedFusion, by_similarity, linear, weight_of_forward


@given(st.integers(2, 200), st.integers(0, 50), st.data())
def test_the_closer_exemplar_has_the_larger_weight(frames: int, first: int, data: st.DataObject) -> None:
    last = first + frames - 1
    index = data.draw(st.integers(first, last))
    weight = weight_of_forward(index, first, last)
    to_forward, to_backward = index - first, last - index
    assert 0 <= weight <= 1
    assert (weight > 0.5) == (to_forward < to_backward)
    assert (weight < 0.5) == (to_forward > to_backward)


def test_equation_3_with_weights_the_right_way_round() -> None:
    weights = [weight_of_forward(t, 0, 4) for t in range(5)]
    assert weights == [1.0, 0.75, 0.5, 0.25, 0.0]
    forward, backward = torch.full((2, 3, 4), 80.0), torch.full((2, 3, 4), -40.0)
    assert torch.equal(linear(forward, backward, weights[0]), forward)
    assert torch.equal(linear(forward, backward, weights[4]), backward)
    assert torch.allclose(linear(forward, backward, weights[1]), torch.tensor(50.0))


def test_a_shot_of_one_frame_has_weights() -> None:
    assert weight_of_forward(0, 0, 0) == 0.5


def test_each_pixel_takes_the_more_similar_exemplar_and_the_backward_one_where_both_are() -> None:
    forward, backward = torch.ones(2, 1, 3), torch.zeros(2, 1, 3)
    similarities = torch.tensor([[[0.9, 0.1, 0.5]]]), torch.tensor([[[0.2, 0.3, 0.5]]])
    assert by_similarity(forward, backward, *similarities)[0, 0].tolist() == [1, 0, 0]


def open_gate(gate: Gate, *, own: float, received: float) -> None:
    """Makes a gate weigh both by constants."""
    with torch.no_grad():
        for parameter in gate.parameters():
            parameter.zero_()
        for convolutions, weight in ((gate.own, own), (gate.received, received)):
            convolutions[1].bias.fill_(torch.logit(torch.tensor(weight)))


def test_a_gate_adds_what_it_weighs() -> None:
    gate = Gate()
    open_gate(gate, own=0.25, received=0.5)
    out = gate(torch.full((2, 4, 4), 8.0), torch.full((2, 4, 4), -2.0))
    assert torch.allclose(out, torch.tensor(8.0 * 0.25 - 2.0 * 0.5))


def test_colors_are_handed_back_and_on_along_the_flow() -> None:
    fusion = GatedFusion()
    for gate in (fusion.from_after, fusion.from_before):
        open_gate(gate, own=1e-6, received=1 - 1e-6)
    # a bright column that moves one pixel to the right each frame
    backward = [torch.zeros(2, 5, 6) for _ in range(3)]
    backward[2][:, :, 4] = 50.0
    right, left = torch.zeros(2, 5, 6), torch.zeros(2, 5, 6)
    right[0], left[0] = 1.0, -1.0
    propagated = fusion.propagated_back(backward, [right, right])
    assert torch.equal(propagated[2], backward[2])
    assert [int(each[0, 0].argmax()) for each in propagated] == [2, 3, 4]
    on = fusion.propagated_on(torch.zeros(2, 5, 6), propagated[0], left)
    assert int(on[0, 0].argmax()) == 3
    assert float(on.detach().max()) == pytest.approx(50.0, rel=1e-3)


def test_a_last_frame_alone_is_handed_back_as_it_is() -> None:
    alone = torch.randn(2, 4, 4)
    assert torch.equal(GatedFusion().propagated_back([alone], [])[0], alone)
