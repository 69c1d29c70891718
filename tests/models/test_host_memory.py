import platform

import psutil
import pytest

from kinemacolor.models.host_memory import give_back_unused

_BLOCK, _BLOCKS = 60_000, 2_000


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the C library of this system gives nothing back")
def test_what_is_freed_between_what_is_kept_goes_back_to_the_system() -> None:
    blocks = [bytearray(_BLOCK) for _ in range(_BLOCKS)]
    kept = blocks[::50]
    del blocks
    held = psutil.Process().memory_info().rss
    give_back_unused()
    assert held - psutil.Process().memory_info().rss > _BLOCK * _BLOCKS / 2
    assert len(kept) == _BLOCKS / 50
