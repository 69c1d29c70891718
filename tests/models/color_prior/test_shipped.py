"""The weights that come with the installation: this very file."""

import hashlib

from kinemacolor.models import color_prior

SHA256 = "14c75afcafe29dba0c57d8cfbdffafe4e9a661a33f82578a9b613083a090d25e"


def test_the_file_is_the_one_described() -> None:
    assert hashlib.sha256(color_prior.WEIGHTS.read_bytes()).hexdigest() == SHA256
    assert color_prior.WEIGHTS.stat().st_size < 8_000_000
