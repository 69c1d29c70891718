"""The weights that come with the installation: this very file."""

import hashlib

from kinemacolor.models import color_prior

SHA256 = "dd7fe8f3098df352a10e254d4eb115fe88c754e112587d7d85a68636873574ba"


def test_the_file_is_the_one_described() -> None:
    assert hashlib.sha256(color_prior.WEIGHTS.read_bytes()).hexdigest() == SHA256
    assert color_prior.WEIGHTS.stat().st_size < 8_000_000
