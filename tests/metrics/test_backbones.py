from pathlib import Path

import pytest
import torch
from torch import nn

from kinemacolor.errors import LicenseNotAcceptedError, WeightsError
from kinemacolor.metrics.backbones import ALEXNET, INCEPTION_FID, LPIPS_HEADS, VGG19, load_published, path_of


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KINEMACOLOR_CACHE", str(tmp_path))
    return tmp_path


def test_without_the_file_the_address_the_license_and_the_option_are_named(cache: Path) -> None:
    with pytest.raises(LicenseNotAcceptedError) as refusal:
        path_of(ALEXNET, None, option="--lpips-weights", accept_license=False)
    for words in ("download.pytorch.org/models/alexnet-owt-7be5be79.pth", "BSD-3-Clause", "--lpips-weights"):
        assert words in str(refusal.value)


def test_a_path_that_is_given_counts_and_must_exist(cache: Path) -> None:
    (cache / "mine.pth").write_bytes(b"x")
    assert (
        path_of(VGG19, cache / "mine.pth", option="--classifier-weights", accept_license=False) == cache / "mine.pth"
    )
    with pytest.raises(WeightsError, match="--fid-weights"):
        path_of(INCEPTION_FID, cache / "none.pth", option="--fid-weights", accept_license=False)


def test_a_file_in_the_cache_with_another_digest_is_refused(cache: Path) -> None:
    (cache / ALEXNET.file.name).write_bytes(b"something else")
    with pytest.raises(WeightsError, match="7be5be79"):
        path_of(ALEXNET, None, option="--lpips-weights", accept_license=False)


def test_the_digest_is_the_beginning_of_the_whole_one_where_that_is_known() -> None:
    assert LPIPS_HEADS.file.sha256 is not None
    assert LPIPS_HEADS.file.sha256.startswith(LPIPS_HEADS.digest)
    assert (ALEXNET.digest, VGG19.digest) == ("7be5be79", "dcbb9e9d")


def test_files_without_batch_counters_are_read(tmp_path: Path) -> None:
    source, target = nn.BatchNorm2d(3), nn.BatchNorm2d(3)
    source.weight.data.fill_(7)
    torch.save({k: v for k, v in source.state_dict().items() if k != "num_batches_tracked"}, tmp_path / "bn.pth")
    load_published(target, tmp_path / "bn.pth")
    assert target.weight.eq(7).all()
