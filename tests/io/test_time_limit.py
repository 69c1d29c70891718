"""Files that decode for ever: one error after a while, and nothing hangs."""

import io
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image

from kinemacolor.errors import InputError, UnreadableImageError
from kinemacolor.io import container, image_info, images, masks, pictures
from kinemacolor.io.film import Film
from kinemacolor.io.time_limit import PROBE_SECONDS, TimeUpError, decoding_seconds, within


@pytest.fixture
def spin() -> Iterator[Callable[..., None]]:
    """Works without end, until the test is over."""
    over = threading.Event()

    def work(*given: object) -> None:
        while not over.is_set():
            pass

    yield work
    over.set()


def test_what_is_done_in_time_gives_its_result_or_its_error() -> None:
    assert within(1.0, lambda: 7) == 7
    with pytest.raises(KeyError, match="a"):
        within(1.0, lambda: {}["a"])


def test_case_31_work_without_end_is_given_up_by_its_own_cpu_time(spin: Callable[..., None]) -> None:
    with pytest.raises(TimeUpError, match="more than 0 s"):
        within(0.05, spin)


def test_a_wait_is_given_up_by_the_clock_only_and_later() -> None:
    assert within(0.1, lambda: time.sleep(0.2)) is None
    with pytest.raises(TimeUpError):
        within(0.02, lambda: time.sleep(5))


def test_large_pictures_have_longer() -> None:
    assert decoding_seconds(10**6) < PROBE_SECONDS < decoding_seconds(170_000_000) < 60


@pytest.mark.parametrize("part", ["_opened", "_decoded"])
def test_case_31_a_still_that_decodes_for_ever_is_refused(
    part: str, tmp_path: Path, spin: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    Image.new("RGB", (4, 4)).save(tmp_path / "a.png")
    monkeypatch.setattr(pictures, part, spin)
    monkeypatch.setattr(pictures, "PROBE_SECONDS", 0.05)
    monkeypatch.setattr(pictures, "decoding_seconds", lambda pixels: 0.05)
    if part == "_decoded":
        monkeypatch.setattr(pictures, "PROBE_SECONDS", PROBE_SECONDS)
    with pytest.raises(UnreadableImageError, match=r"a\.png is no picture to use \(it takes more than"):
        pictures.read_picture(tmp_path / "a.png")


def test_case_31_pictures_masks_and_films_that_take_for_ever_are_refused(
    tmp_path: Path, spin: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    for i in range(2):
        Image.new("L", (4, 4)).save(tmp_path / f"f_{i}.png")
    film = Film.open(tmp_path)
    for module, part in (
        (image_info, "_described"),
        (images, "_frame_of"),
        (masks, "_decoded"),
        (container, "_begun"),
    ):
        monkeypatch.setattr(module, part, spin)
        monkeypatch.setattr(module, "PROBE_SECONDS", 0.05)
    with pytest.raises(InputError, match="it takes more than"):
        Film.open(tmp_path)
    with (
        pytest.raises(InputError, match=r"f_0\.png cannot be read as a picture \(it takes more than"),
        film.frames() as reader,
    ):
        next(iter(reader))
    with pytest.raises(InputError, match=r"Mask .*f_0\.png cannot be read \(it takes"):
        masks.open_masks(tmp_path).instances(0)
    (tmp_path / "a.mkv").write_bytes(b"x")
    with pytest.raises(InputError, match=r"a\.mkv cannot be used as a film \(it takes"):
        Film.open(tmp_path / "a.mkv")


def many_scans(side: int, scans: int) -> bytes:
    """A progressive gray JPEG of a few bytes a scan, each of which goes over the whole picture."""
    buffer = io.BytesIO()
    Image.new("L", (side, side), 100).save(buffer, "JPEG", progressive=True)
    data = buffer.getvalue()
    last = data.rindex(b"\xff\xda")
    return data[:last] + data[last:-2] * scans + data[-2:]


@pytest.mark.slow
def test_case_31_a_real_jpeg_of_scans_without_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.jpg").write_bytes(many_scans(6000, 20_000))
    monkeypatch.setattr(pictures, "decoding_seconds", lambda pixels: 1.0)
    with pytest.raises(UnreadableImageError, match="it takes more than 1 s"):
        pictures.read_picture(tmp_path / "a.jpg")
