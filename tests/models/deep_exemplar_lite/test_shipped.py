"""The weights that come with the installation: this very file, and how well it colors the sample."""

import hashlib
from collections.abc import Callable

import pytest

from kinemacolor.models import deep_exemplar_lite as lite
from kinemacolor.models.base import Colorizer
from kinemacolor.models.load import load_model

SHA256 = "dfc2d852b2438f481d3ca337d84bd7f8c7fdd1864f97ddb5162ebbf38222e673"


def test_the_file_is_the_one_described() -> None:
    assert hashlib.sha256(lite.WEIGHTS.read_bytes()).hexdigest() == SHA256
    assert lite.WEIGHTS.stat().st_size < 3_000_000


def test_the_sample_is_colored_as_well_as_described(sample_psnr: Callable[[Colorizer], float]) -> None:
    model = load_model("deep-exemplar-lite", device="cpu", settings={"canvas": "192x320"})
    assert sample_psnr(model) == pytest.approx(26.76, abs=0.2)
