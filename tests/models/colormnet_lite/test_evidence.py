"""What speaks for a color."""

import math

import pytest
import torch

from kinemacolor.models.colormnet_lite.evidence import Evidence, Past, VarianceModel, ages_there, cue_channels, fused
from kinemacolor.models.colormnet_lite.prior import PriorColors
from kinemacolor.models.matching.bank import Match


@pytest.mark.parametrize(
    ("frames", "ages"),
    [(0, [None, None, None]), (1, [1, None, None]), (3, [1, 3, None]), (9, [1, 4, 9]), (40, [1, 4, 16])],
)
def test_colors_are_carried_from_each_earlier_frame_once(frames: int, ages: list[int | None]) -> None:
    assert ages_there((1, 4, 16), frames) == ages


def test_precisions_add_up() -> None:
    luma = torch.full((1, 2, 2), 50.0)
    candidates = torch.tensor([[10.0, 0.0], [20.0, -30.0]])[:, :, None, None].expand(2, 2, 2, 2)
    origins = torch.tensor([40.0, 60.0])[:, None, None].expand(2, 2, 2)
    variances = torch.tensor([4.0, 12.0])[:, None, None].expand(2, 2, 2)
    made = fused(luma, Evidence(candidates, origins, variances.log(), torch.zeros(0, 2, 2)))
    # weights 1/4 and 1/12, that is 3 to 1; the variance is 1 / (1/4 + 1/12) = 3
    torch.testing.assert_close(made.chroma[:, 0, 0], torch.tensor([12.5, -7.5]))
    assert made.origin[0, 0, 0].item() == pytest.approx(45)
    assert made.log_error[0, 0, 0].item() == pytest.approx(math.log(3) / 2)


def test_a_candidates_variance_is_what_doubt_says() -> None:
    luma = torch.full((1, 4, 4), 50.0)
    match = Match(
        chroma=torch.ones(2, 2, 2),
        luma=torch.full((1, 2, 2), 52.0),
        spread=torch.zeros(1, 2, 2),
        similarity=torch.full((1, 2, 2), 0.5),
    )
    prior_colors = PriorColors(torch.zeros(1, 2, 1, 1), torch.full((1, 1, 1, 1), math.log(100.0)))
    evidence = VarianceModel().weigh(luma, prior_colors, match, [None])
    prior, found, missing = evidence.log_variances[:, 0, 0].exp().tolist()
    assert prior == pytest.approx(16 * 100, rel=1e-4)
    # the frame as a whole is less like the exemplar than 0.6, by 0.1
    assert found == pytest.approx(8 * math.exp(6 * 0.5 + 20 * 0.1) + 1.5 * 2**2, rel=1e-4)
    assert missing > 1e6
    assert len(evidence.cues) == cue_channels(1)


def test_a_known_frame_is_its_own_origin() -> None:
    luma = torch.rand(1, 3, 3) * 100
    known = Past.known(luma, torch.zeros(2, 3, 3))
    assert torch.equal(known.origin, luma)
    assert known.log_error.exp().max() < 0.1
