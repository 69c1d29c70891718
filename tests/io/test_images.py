"""Numbered pictures in and out: order, depth, gaps, sizes, and nothing half-written."""

from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
import tifffile
from PIL import Image

from kinemacolor.errors import CodecError, InputError, OutputError, OutputExistsError, SettingError
from kinemacolor.frames import Frame, Planes
from kinemacolor.io import open_reader, open_writer, probe
from kinemacolor.io.images import ImageReader
from kinemacolor.io.sequence import Pattern, pictures_of


def write(path: Path, picture: np.ndarray) -> Path:
    """A picture, written by another library than the one that reads it here."""
    if path.suffix.lower() in (".tif", ".tiff"):
        tifffile.imwrite(path, picture)
    else:
        cv2.imwrite(str(path), picture[..., ::-1] if picture.ndim == 3 else picture)
    return path


def gray(media: SimpleNamespace, index: int, bits: int = 8) -> np.ndarray:
    return media.noisy_luma(index, 24, 32, bits, limited=False)


def lumas(source: Path) -> list[np.ndarray]:
    with open_reader(source) as reader:
        return [frame.planes.y for frame in reader]


@pytest.mark.parametrize("ending", [".png", ".tif", ".tiff"])
@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("colored", [False, True])
def test_case_19_luma_of_png_and_tiff_is_exact_at_8_and_16_bits(
    media: SimpleNamespace, tmp_path: Path, ending: str, bits: int, colored: bool
) -> None:
    for index in range(3):
        picture = gray(media, index, bits)
        write(tmp_path / f"frame_{index}{ending}", np.repeat(picture[..., None], 3, 2) if colored else picture)
    info = probe(tmp_path)
    assert (info.bits, info.full_range, info.frames, info.frames_exact) == (bits, True, 3, True)
    for index, luma in enumerate(lumas(tmp_path)):
        np.testing.assert_array_equal(luma, gray(media, index, bits))


def test_jpeg_gives_its_own_luma_plane(media: SimpleNamespace, tmp_path: Path) -> None:
    picture = np.repeat(gray(media, 0)[..., None], 3, 2)
    Image.fromarray(picture).save(tmp_path / "a_1.JPG", quality=92)
    with Image.open(tmp_path / "a_1.JPG") as image:
        image.draft("YCbCr", image.size)
        expected = np.asarray(image.convert("YCbCr"))[..., 0]
    with open_reader(tmp_path) as reader:
        frame = next(iter(reader))
    assert (reader.info.matrix, reader.info.full_range) == ("bt601", True)
    assert np.abs(frame.planes.y.astype(int) - expected).max() <= 1


def test_case_19_order_is_by_number_and_not_by_text(media: SimpleNamespace, tmp_path: Path) -> None:
    for number in (1, 2, 10, 9, 100, 11):
        write(tmp_path / f"shot 2 ü {number}.png", gray(media, number))
    expected = [gray(media, number) for number in (1, 2, 9, 10, 11, 100)]
    for got, want in zip(lumas(tmp_path), expected, strict=True):
        np.testing.assert_array_equal(got, want)
    got = lumas(tmp_path / "shot 2 ü %d.png")
    assert len(got) == 6
    np.testing.assert_array_equal(got[-1], gray(media, 100))


def test_case_19_gaps_are_closed_and_said(media: SimpleNamespace, tmp_path: Path) -> None:
    for number in (5, 6, 9, 12):
        write(tmp_path / f"f_{number:04d}.png", gray(media, number))
    info = probe(tmp_path / "f_%04d.png")
    assert info.frames == 4
    assert info.warnings == (
        f"{tmp_path / 'f_%04d.png'}: 4 numbers are missing (first 7-8). "
        "The pictures are taken in order, without a gap.",
    )
    with open_reader(tmp_path, frame_rate="24000/1001") as reader:
        frames = list(reader)
    assert [frame.index for frame in frames] == [0, 1, 2, 3]
    assert [frame.seconds for frame in frames] == [Fraction(index * 1001, 24000) for index in range(4)]


def test_case_19_mixed_sizes_are_an_error_before_any_frame(media: SimpleNamespace, tmp_path: Path) -> None:
    write(tmp_path / "1.png", gray(media, 1))
    write(tmp_path / "2.png", gray(media, 2)[:20])
    with pytest.raises(InputError, match=r"2.png is 32x20, but 1.png is 32x24. Give pictures of one size"):
        probe(tmp_path)


def test_case_19_mixed_kinds_and_equal_numbers_are_errors(media: SimpleNamespace, tmp_path: Path) -> None:
    write(tmp_path / "1.png", gray(media, 1))
    write(tmp_path / "01.png", gray(media, 1))
    with pytest.raises(InputError, match=r"number 1 belongs to 01\.png, 1\.png"):
        probe(tmp_path)
    write(tmp_path / "2.tif", gray(media, 1))
    with pytest.raises(InputError, match=r"mixes pictures: 2 \.png, 1 \.tif"):
        probe(tmp_path)
    assert [path.name for path in pictures_of(tmp_path / "%d.tif")[0]] == ["2.tif"]


def test_mixed_depths_are_an_error_that_names_the_picture(media: SimpleNamespace, tmp_path: Path) -> None:
    write(tmp_path / "1.png", gray(media, 1))
    write(tmp_path / "2.png", gray(media, 2, 16))
    with open_reader(tmp_path) as reader, pytest.raises(InputError, match=r"2.png .*at 16 bits, but the first"):
        list(reader)


def test_pictures_that_are_none_are_named(media: SimpleNamespace, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="has no pictures"):
        probe(tmp_path)
    with pytest.raises(InputError, match="has no pictures"):
        probe(tmp_path / "f_%03d.png")
    with pytest.raises(InputError, match="does not exist"):
        probe(tmp_path / "one.png")
    (tmp_path / "1.png").write_text("<html></html>")
    with pytest.raises(InputError, match=r"1.png cannot be read as a picture"):
        probe(tmp_path)


def test_picture_that_breaks_off_is_named(media: SimpleNamespace, tmp_path: Path) -> None:
    for index in range(2):
        write(tmp_path / f"{index}.png", gray(media, index))
    (tmp_path / "1.png").write_bytes((tmp_path / "1.png").read_bytes()[:60])
    with open_reader(tmp_path) as reader, pytest.raises(InputError, match=r"1.png cannot be read"):
        list(reader)


@pytest.mark.parametrize("text", ["0", "-3", "fast", "1/0"])
def test_frame_rate_that_is_none_is_a_setting_error(media: SimpleNamespace, tmp_path: Path, text: str) -> None:
    write(tmp_path / "1.png", gray(media, 1))
    with pytest.raises(SettingError, match="is no rate"):
        probe(tmp_path, frame_rate=text)


def test_start_and_stop_choose_pictures_by_place(media: SimpleNamespace, tmp_path: Path) -> None:
    for number in range(3, 9):
        write(tmp_path / f"{number}.png", gray(media, number))
    with ImageReader(tmp_path, start=2, stop=4) as reader:
        frames = list(reader)
    assert [frame.index for frame in frames] == [2, 3]
    np.testing.assert_array_equal(frames[0].planes.y, gray(media, 5))


@pytest.mark.parametrize(("pixel_format", "dtype"), [("yuv420p", np.uint8), ("yuv422p10le", np.uint16)])
@pytest.mark.parametrize("name", ["out", "out/f_%04d.png", "out/f_%03d.tif"])
def test_film_becomes_numbered_pictures_of_its_depth(
    media: SimpleNamespace, tmp_path: Path, pixel_format: str, dtype: type, name: str
) -> None:
    source = media.encode(tmp_path / "in.mkv", pixel_format=pixel_format, frames=3)
    done = media.colored(source, tmp_path / name, start=1)
    written = sorted((tmp_path / "out").iterdir())
    number = {"out": "frame_{:06d}.png", "out/f_%04d.png": "f_{:04d}.png", "out/f_%03d.tif": "f_{:03d}.tif"}[name]
    assert [path.name for path in written] == [number.format(1), number.format(2)]
    assert not done.warnings
    picture = cv2.imread(str(written[0]), cv2.IMREAD_UNCHANGED)
    assert picture.dtype == dtype
    assert picture.shape == (48, 64, 3)
    assert picture[..., 2].mean() > picture[..., 0].mean()  # V above neutral, U below: red over blue


def test_pictures_show_the_colors_of_the_planes(tmp_path: Path, media: SimpleNamespace) -> None:
    """BT.601 limited red: Y 81, U 90, V 240 (the 75 % bar's primary, at full level)."""
    source = media.encode(tmp_path / "in.mkv", frames=1)
    with open_reader(source) as reader, open_writer(tmp_path / "out", reader) as writer:
        for frame in reader:
            y, u, v = (np.full((48, 64), value, np.uint8) for value in (81, 90, 240))
            writer.write(Frame(planes=Planes(y, u, v, matrix="bt601"), index=frame.index, seconds=frame.seconds))
    blue, green, red = cv2.imread(str(tmp_path / "out" / "frame_000000.png"))[0, 0].astype(int)
    assert (red, green, blue) == (pytest.approx(254, abs=2), pytest.approx(0, abs=2), pytest.approx(0, abs=2))


def test_16_bit_luma_survives_the_way_through_16_bit_pictures(media: SimpleNamespace, tmp_path: Path) -> None:
    write(tmp_path / "1.png", gray(media, 1, 16))
    neutral = np.full((24, 32), 2**15, np.uint16)
    with open_reader(tmp_path / "1.png") as reader, open_writer(tmp_path / "o_%d.png", reader) as writer:
        for frame in reader:
            planes = Planes(frame.planes.y, neutral, neutral, None, 16, True, "bt709")
            writer.write(Frame(planes=planes, index=0))
    back = cv2.imread(str(tmp_path / "o_0.png"), cv2.IMREAD_UNCHANGED).astype(int)
    assert np.abs(back - gray(media, 1, 16)[..., None]).max() <= 1


def test_jpeg_output_takes_a_quality_and_8_bits(media: SimpleNamespace, tmp_path: Path) -> None:
    source = media.encode(tmp_path / "in.mkv", pixel_format="yuv420p10le", frames=1)
    done = (
        media.colored(source, tmp_path / "a" / "f_%d.jpg", quality=30.0) if (tmp_path / "a").mkdir() is None else None
    )
    assert any("JPEG stores 8 bits" in text for text in done.warnings)
    assert (tmp_path / "a" / "f_0.jpg").stat().st_size > 0
    with pytest.raises(CodecError, match=r"--quality 30 does not suit .png"), open_reader(source) as reader:
        open_writer(tmp_path / "b_%d.png", reader, quality=30.0)


def test_case_35_pictures_appear_only_when_complete_and_old_ones_stay_until_then(
    media: SimpleNamespace, tmp_path: Path
) -> None:
    source = media.encode(tmp_path / "in.mkv", frames=3)
    folder = tmp_path / "out"
    with (
        pytest.raises(RuntimeError, match="stop"),
        open_reader(source) as reader,
        open_writer(folder, reader) as writer,
    ):
        for frame in reader:
            planes = media.tinted(frame.planes, (1, 1))
            writer.write(Frame(planes=planes, index=frame.index))
            assert not folder.exists()
            raise RuntimeError("stop")
    assert [path.name for path in tmp_path.iterdir()] == ["in.mkv"]

    folder.mkdir()
    write(folder / "frame_000007.png", gray(media, 7))
    (folder / "notes.txt").write_text("mine")
    with pytest.raises(OutputExistsError, match="has 1 such pictures already"):
        media.colored(source, folder)
    media.colored(source, folder, overwrite=True)
    names = ["frame_000000.png", "frame_000001.png", "frame_000002.png", "notes.txt"]
    assert sorted(path.name for path in folder.iterdir()) == names


def test_names_that_cannot_hold_pictures_are_refused(media: SimpleNamespace, tmp_path: Path) -> None:
    source = media.encode(tmp_path / "in.mkv", frames=1)
    (tmp_path / "file").touch()
    with open_reader(source) as reader:
        with pytest.raises(CodecError, match=r"Number them: one_%06d.png"):
            open_writer(tmp_path / "one.png", reader)
        with pytest.raises(CodecError, match=r"cannot be written as .bmp"):
            open_writer(tmp_path / "f_%d.bmp", reader)
        with pytest.raises(CodecError, match="take no --codec"):
            open_writer(tmp_path / "f_%d.png", reader, codec="ffv1")
        with pytest.raises(OutputError, match="is a file, and pictures need a folder"):
            open_writer(tmp_path / "file", reader)
        with pytest.raises(OutputError, match="no folder"):
            open_writer(tmp_path / "no" / "where" / "f_%d.png", reader)


def test_sound_that_pictures_cannot_hold_is_named(media: SimpleNamespace, tmp_path: Path) -> None:
    source = media.encode(tmp_path / "in.mkv", frames=5, sound="aac")
    done = media.colored(source, tmp_path / "out")
    assert any("Left out: audio" in text for text in done.warnings)


def test_pictures_become_a_film_at_the_asked_rate(media: SimpleNamespace, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for number in range(1, 6):
        write(folder / f"{number:03d}.png", gray(media, number))
    media.colored(folder, tmp_path / "out.mkv", codec="ffv1", frame_rate="25")
    media.colored(folder, tmp_path / "out.mp4", frame_rate="24000/1001")
    assert probe(tmp_path / "out.mp4").frame_rate == Fraction(24000, 1001)
    assert media.times_of(tmp_path / "out.mkv") == [Fraction(index, 25) for index in range(5)]
    for got, number in zip(media.lumas_of(tmp_path / "out.mkv"), range(1, 6), strict=True):
        np.testing.assert_array_equal(got, gray(media, number))


@pytest.mark.parametrize(
    ("name", "number", "expected"),
    [("f_%04d.png", 7, "f_0007.png"), ("f%d.png", 7, "f7.png"), ("f_%02d.png", 1234, "f_1234.png")],
)
def test_pattern_names_its_numbers(tmp_path: Path, name: str, number: int, expected: str) -> None:
    assert Pattern(tmp_path, name).path(number) == tmp_path / expected
