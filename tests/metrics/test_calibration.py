import pytest
import torch

from kinemacolor.metrics.calibration import Calibration


def test_error_is_averaged_by_degree_of_confidence() -> None:
    calibration = Calibration()
    calibration.add(torch.tensor([0.05, 0.95, 1.0]), torch.tensor([30.0, 2.0, 0.0]))
    calibration.add(torch.tensor([0.92]), torch.tensor([4.0]))
    doubtful, certain = calibration.points
    assert (doubtful.confidence, doubtful.error, doubtful.share) == pytest.approx((0.05, 30.0, 0.25))
    assert (certain.confidence, certain.error, certain.share) == pytest.approx((0.95666, 2.0, 0.75), abs=1e-4)


def test_without_pixels_there_are_no_points() -> None:
    assert Calibration().points == []
