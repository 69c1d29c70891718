"""The parts of an explanation, on hand-worked cases."""

import sys
from collections import deque
from dataclasses import dataclass

import numpy as np
import pytest
import torch

from kinemacolor.errors import SettingError
from kinemacolor.explain.drawings import match_lines
from kinemacolor.explain.features import pca_pictures
from kinemacolor.explain.insight import Correspondence
from kinemacolor.explain.plot import plot_of
from kinemacolor.explain.usage import table_of, tensor_bytes


@dataclass
class State:
    planes: torch.Tensor
    past: deque[torch.Tensor]
    note: str = "no tensor"


def test_bytes_count_each_storage_once_however_deep() -> None:
    planes = torch.zeros(10, 4)
    view, other = planes[2:], torch.zeros(3, dtype=torch.uint8)
    state = State(planes, deque([view, other]))
    assert tensor_bytes(state) == 160 + 3
    assert tensor_bytes({"one": (state, [state])}) == 163
    assert tensor_bytes(None) == 0


def test_equal_features_get_equal_colors_in_both_pictures() -> None:
    generator = torch.Generator().manual_seed(0)
    ours = torch.randn(12, 6, 8, generator=generator)
    theirs = torch.cat((ours[:, :3], torch.randn(12, 3, 8, generator=generator)), dim=1)
    first, second = pca_pictures([ours, theirs], [(60, 80), (12, 16)])
    assert first.shape == (3, 60, 80)
    assert second.shape == (3, 12, 16)
    assert torch.equal(first[:, ::10, ::10][:, :3], second[:, ::2, ::2][:, :3])


def test_two_kinds_of_place_are_told_apart() -> None:
    planes = torch.zeros(4, 4, 8)
    planes[1, :, 4:] = 5.0
    (picture,) = pca_pictures([planes + 0.01 * torch.randn(4, 4, 8)], [(4, 8)])
    left, right = picture[0, :, :4].float(), picture[0, :, 4:].float()
    assert (left.mean() - right.mean()).abs() > 150


def test_matches_lead_where_they_were_found() -> None:
    frame, exemplar = torch.zeros(3, 64, 64, dtype=torch.uint8), torch.zeros(3, 32, 96, dtype=torch.uint8)
    corner = Correspondence(torch.full((8, 8), 3 * 12 + 11), torch.rand(8, 8), exemplar_grid=(4, 12))
    drawn = np.asarray(match_lines(frame, exemplar, corner))
    # every line ends in the exemplar's last place, bottom right: its circle is colored, the opposite corner is not
    right = drawn[16 : 16 + 32, 64 + 8 :]
    assert right[22:, -12:].max() > 200
    assert right[:6, :6].max() == 0


def test_memory_is_written_frame_by_frame() -> None:
    curve = [{"exemplars": 10, "working": 0}, {"exemplars": 10, "working": 7}]
    assert table_of(curve, first_frame=5) == "frame,exemplars (bytes),working (bytes)\n5,10,0\n6,10,7\n"
    assert b"<svg" in plot_of(curve, first_frame=5)


def test_without_matplotlib_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(SettingError, match=r"kinemacolor\[eval\]"):
        plot_of([{"all": 1}], first_frame=0)
