"""Color spread by least squares: what the equations promise, on small frames."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinemacolor.engine.paint.spread import Graph


def two_halves(height: int = 12, width: int = 16) -> np.ndarray:
    """A luma that is dark on the left and light on the right."""
    luma = np.full((1, height, width), 20.0, np.float32)
    luma[:, :, width // 2 :] = 80.0
    return luma


def test_each_side_of_an_edge_takes_its_own_color() -> None:
    known, weight = np.zeros((2, 12, 16), np.float32), np.zeros((12, 16), np.float32)
    known[0, 5, 2], known[0, 5, 13], weight[5, 2], weight[5, 13] = 40.0, -30.0, 10.0, 10.0
    found = Graph.of(two_halves(), 1.5).spread(known, weight)
    assert found[0, :, :7].min() > 30
    assert found[0, :, 9:].max() < -20
    assert np.abs(found[1]).max() < 1e-3


@given(st.integers(0, 1000))
def test_no_color_beyond_those_given_comes_up(seed: int) -> None:
    """The mean of neighbors lies between them: least squares of this kind never overshoots."""
    drawn = np.random.default_rng(seed)
    luma = drawn.uniform(0, 100, (1, 9, 11)).astype(np.float32)
    known = drawn.uniform(-50, 50, (2, 9, 11)).astype(np.float32)
    weight = (drawn.uniform(0, 1, (9, 11)) > 0.8).astype(np.float32)
    weight[4, 4] = 1.0
    found = Graph.of(luma, 3.0).spread(known, weight)
    given_colors = known[:, weight > 0]
    assert (found.max((1, 2)) <= given_colors.max(1) + 0.1).all()
    assert (found.min((1, 2)) >= given_colors.min(1) - 0.1).all()


def test_it_is_the_solution_of_the_dense_system() -> None:
    drawn = np.random.default_rng(1)
    luma = drawn.uniform(0, 100, (1, 6, 7)).astype(np.float32)
    known, weight = drawn.uniform(-50, 50, (2, 6, 7)), drawn.uniform(0, 1, (6, 7))
    graph = Graph.of(luma, 10.0)
    dense = np.linalg.solve(
        graph.laplacian.toarray() + np.diag(weight.ravel()), (weight * known).reshape(2, -1).T
    ).T.reshape(2, 6, 7)
    assert np.abs(graph.spread(known, weight) - dense).max() < 0.05


def test_a_good_start_leads_to_the_same() -> None:
    drawn = np.random.default_rng(2)
    luma, known = drawn.uniform(0, 100, (1, 8, 8)), drawn.uniform(-50, 50, (2, 8, 8))
    weight = np.full((8, 8), 0.1)
    graph = Graph.of(luma, 5.0)
    first = graph.spread(known, weight)
    assert graph.spread(known, weight, first) == pytest.approx(first, abs=0.05)


@pytest.mark.parametrize("size", [(1, 1), (1, 5), (5, 1)])
def test_the_smallest_frames(size: tuple[int, int]) -> None:
    found = Graph.of(np.zeros((1, *size)), 1.0).spread(np.full((2, *size), 7.0), np.ones(size))
    assert found == pytest.approx(np.full((2, *size), 7.0), abs=0.01)
