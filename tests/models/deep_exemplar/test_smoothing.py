"""The weighted least squares filter, against systems solved densely."""

import numpy as np
import torch

from kinemacolor.models.deep_exemplar.smoothing import Smoothing, smoothed


def solved(rows: np.ndarray, pull: np.ndarray) -> np.ndarray:
    """Each row's u of (I + A) u = f, by a dense solver in float64."""
    out = np.empty_like(rows)
    for number, (row, pulls) in enumerate(zip(rows, pull)):
        system = np.eye(len(row))
        for i, p in enumerate(pulls):
            system[i, i] += p
            system[i + 1, i + 1] += p
            system[i, i + 1] -= p
            system[i + 1, i] -= p
        out[number] = np.linalg.solve(system, row)
    return out


def test_rows_and_columns_are_solved_in_turn_ever_more_weakly() -> None:
    draw = np.random.default_rng(3)
    guide, plane = draw.uniform(0, 60, (9, 13)), draw.normal(0, 20, (9, 13))
    expected, strength = plane, 80.0
    for _ in range(2):
        expected = solved(expected, strength * np.exp(-np.abs(np.diff(guide, axis=1)) / 7))
        expected = solved(expected.T, strength * np.exp(-np.abs(np.diff(guide, axis=0)) / 7).T).T
        strength *= 0.5
    how = Smoothing(strength=80.0, sigma=7.0, iterations=2, attenuation=0.5)
    ours = smoothed(torch.from_numpy(plane)[None].float(), torch.from_numpy(guide)[None].float(), how)
    np.testing.assert_allclose(ours[0].numpy(), expected, atol=2e-5)


def test_colors_stay_on_their_side_of_an_edge() -> None:
    guide = torch.zeros(1, 8, 16)
    guide[..., 8:] = 255
    draw = torch.Generator().manual_seed(0)
    plane = torch.randn(1, 8, 16, generator=draw)
    plane[..., 8:] += 40
    flat = smoothed(plane, guide, Smoothing())
    assert flat[..., :8].std() < 0.1
    assert flat[..., 8:].std() < 0.1
    torch.testing.assert_close(flat[..., :8].mean(), plane[..., :8].mean(), atol=1e-3, rtol=0)
    torch.testing.assert_close(flat[..., 8:].mean(), plane[..., 8:].mean(), atol=1e-3, rtol=0)


def test_what_is_given_stays_as_it_is() -> None:
    plane = torch.ones(2, 6, 6)
    plane[:, 3] = 5
    before = plane.clone()
    smoothed(plane, torch.zeros(1, 6, 6), Smoothing())
    assert torch.equal(plane, before)
