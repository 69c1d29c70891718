"""Archives of weights that may come from anybody."""

import struct
import zipfile
from pathlib import Path

import pytest

from kinemacolor.errors import WeightsError
from kinemacolor.models.release import opened


def part_of(name: str) -> str | None:
    return "net" if name.startswith("net") else None


def test_what_no_part_is_stays_packed(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x/net.pth", b"weights")
        archive.writestr("bomb.bin", bytes(2**26))
    with opened(tmp_path / "a.zip", part_of, advice="") as found:
        assert found["net"].read_bytes() == b"weights"
        assert [path.name for path in found["net"].parent.iterdir()] == ["net.pth"]


@pytest.mark.parametrize("how", ["zeros", "stored sizes that lie", "cut"])
def test_case_51_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path, how: str) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("net.pth", bytes(2**25))
    data = path.read_bytes()
    if how == "stored sizes that lie":  # it says it is small, and is not
        size = struct.pack("<I", 2**25)
        data = data.replace(size, struct.pack("<I", 1000))
    elif how == "cut":
        data = data[: len(data) // 2]
    path.write_bytes(data)
    with pytest.raises(WeightsError, match="Fetch it"), opened(path, part_of, advice="Fetch it.") as found:
        assert found["net"].stat().st_size <= 1000
        raise WeightsError("Fetch it: no more was unpacked than was said.")
