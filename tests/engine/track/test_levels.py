import numpy as np
import pytest
import torch

from kinemacolor.engine.track import levels
from kinemacolor.engine.track.levels import as_stored, chroma_of, levels_of


def test_stored_chroma_is_less_than_a_twentieth_off() -> None:
    chroma = torch.rand(2, 40, 60) * 220 - 110
    stored = as_stored(chroma)
    assert float((stored - chroma).abs().max()) < 0.05
    assert torch.equal(as_stored(stored), stored)


def test_neutral_stays_neutral_and_what_is_out_of_range_is_kept_at_its_end() -> None:
    assert torch.equal(as_stored(torch.zeros(2, 3, 4)), torch.zeros(2, 3, 4))
    assert 191 < float(as_stored(torch.full((2, 3, 4), 1e4)).max()) < 192
    assert float(as_stored(torch.full((2, 3, 4), -1e4)).min()) == -192


def test_levels_have_twelve_bits() -> None:
    found = levels_of(torch.tensor([-200.0, 0.0, 200.0]).expand(2, 1, 3))
    assert found[0, 0].tolist() == [0, 2048, 4095]
    assert chroma_of(np.asarray(found))[0, 0].tolist() == pytest.approx([-192, 0, 191.90625])


def test_confidence_is_kept_small_to_a_255th() -> None:
    found = levels.confidence_levels(torch.full((1, 30, 40), 0.3), (480, 640))
    assert found.shape == (60, 80)
    assert float((levels.confidence_of_levels(found) - 0.3).abs().max()) < 1 / 255
