"""Every kind of picture gives the right sRGB values; what is no picture is refused by name."""

import contextlib
import io
import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile
import torch
from PIL import Image, ImageCms

from kinemacolor.errors import UnreadableImageError
from kinemacolor.io.pictures import read_picture

# colorants adapted to D50, as the profiles that cameras and editors embed have them
ADOBE_RGB = ((0.60974, 0.31111, 0.01947), (0.20528, 0.62567, 0.06087), (0.14919, 0.06322, 0.74457))
DISPLAY_P3 = ((0.51512, 0.24120, -0.00105), (0.29198, 0.69225, 0.04189), (0.15710, 0.06657, 0.78407))


def _s15(value: float) -> bytes:
    return struct.pack(">i", round(value * 65536))


def matrix_profile(colorants: tuple[tuple[float, float, float], ...], curve: bytes) -> bytes:
    """An ICC version 2 display profile (ICC.1:2001-04): three colorants and one tone curve."""

    def xyz(values: tuple[float, float, float]) -> bytes:
        return b"XYZ \0\0\0\0" + b"".join(_s15(v) for v in values)

    text = b"desc\0\0\0\0" + struct.pack(">I", 5) + b"test\0" + b"\0" * 78
    tags = {b"desc": text, b"cprt": b"text\0\0\0\0none\0", b"wtpt": xyz((0.9642, 1.0, 0.8249))}
    tags |= {name: xyz(values) for name, values in zip((b"rXYZ", b"gXYZ", b"bXYZ"), colorants)}
    tags |= dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve)
    table, body, offset = b"", b"", 132 + 12 * len(tags)
    for name, data in tags.items():
        data += b"\0" * (-len(data) % 4)
        table += name + struct.pack(">II", offset + len(body), len(data))
        body += data
    head = struct.pack(">I4sI4s4s4s", 0, b"lcms", 0x02100000, b"mntr", b"RGB ", b"XYZ ")
    head += b"\0" * 12 + b"acsp" + b"\0" * 28 + b"".join(_s15(v) for v in (0.9642, 1.0, 0.8249)) + b"\0" * 48
    profile = head + struct.pack(">I", len(tags)) + table + body
    return struct.pack(">I", len(profile)) + profile[4:]


def gamma_curve(gamma: float) -> bytes:
    return b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256)) + b"\0\0"


def srgb_curve() -> bytes:
    x = np.arange(1024) / 1023
    linear = np.where(x > 0.04045, ((x + 0.055) / 1.055) ** 2.4, x / 12.92)
    return b"curv\0\0\0\0" + struct.pack(">I", 1024) + np.rint(linear * 65535).astype(">u2").tobytes()


@pytest.fixture
def colors() -> np.ndarray:
    """A 6 x 8 picture of many colors, 8 bits."""
    return np.random.default_rng(0).integers(0, 256, (6, 8, 3), np.uint8)


def _array(rgb: torch.Tensor) -> np.ndarray:
    return rgb.permute(1, 2, 0).numpy()


def flat(color: tuple[int, ...], mode: str = "RGB") -> Image.Image:
    return Image.new(mode, (4, 3), color)


@pytest.mark.parametrize("name", ["a.png", "a.tif", "a.bmp", "a.webp", "a.PPM"])
def test_lossless_kinds_come_back_exactly(tmp_path: Path, colors: np.ndarray, name: str) -> None:
    Image.fromarray(colors).save(tmp_path / name, **({"lossless": True} if name.endswith("webp") else {}))
    rgb, alpha = read_picture(tmp_path / name)
    assert np.array_equal(_array(rgb), colors)
    assert rgb.dtype == torch.uint8
    assert alpha is None


@pytest.mark.parametrize("name", ["a.png", "a.tif", "lzw.tif"])
def test_case_24_sixteen_bits_are_rounded_once(tmp_path: Path, name: str) -> None:
    deep = np.random.default_rng(1).integers(0, 65536, (6, 8, 3), np.uint16)
    options = [cv2.IMWRITE_TIFF_COMPRESSION, 5] if name == "lzw.tif" else []
    cv2.imwrite(str(tmp_path / name), deep[:, :, ::-1], options)
    rgb, _ = read_picture(tmp_path / name)
    assert np.array_equal(_array(rgb), np.rint(deep / 257).astype(np.uint8))


def test_case_24_sixteen_bit_gray_is_not_clipped(tmp_path: Path) -> None:
    deep = np.linspace(0, 65535, 48).reshape(6, 8).astype(np.uint16)
    cv2.imwrite(str(tmp_path / "a.png"), deep)
    rgb, _ = read_picture(tmp_path / "a.png")
    assert np.array_equal(rgb.numpy(), np.broadcast_to(np.rint(deep / 257), (3, 6, 8)))


def test_case_24_sixteen_bit_alpha_stays_alpha(tmp_path: Path) -> None:
    deep = np.full((3, 4, 4), (60000, 30000, 1000, 32768), np.uint16)
    tifffile.imwrite(tmp_path / "a.tif", deep, photometric="rgb", extrasamples=["unassalpha"])
    rgb, alpha = read_picture(tmp_path / "a.tif")
    assert rgb[:, 0, 0].tolist() == [233, 117, 4]
    assert alpha is not None
    assert alpha[0, 0, 0].item() == pytest.approx(128 / 255)


@pytest.mark.parametrize("deep", [False, True])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_case_24_exif_orientation_is_undone(tmp_path: Path, orientation: int, deep: bool) -> None:
    upright = np.random.default_rng(2).integers(0, 256, (6, 8, 3), np.uint8)
    undo = {1: 0, 3: 2, 6: 1, 8: 3}  # quarter turns, counter-clockwise, from upright to stored
    flipped = orientation in (2, 4, 5, 7)
    turns = undo[{2: 1, 4: 3, 5: 6, 7: 8}.get(orientation, orientation)]
    # 2: left-right; 4: up-down = left-right + half turn; 5 and 7: left-right + a quarter turn
    stored = np.rot90(np.fliplr(upright) if flipped and orientation in (2, 4) else upright, turns)
    if orientation in (5, 7):
        stored = upright.transpose(1, 0, 2) if orientation == 5 else np.rot90(upright.transpose(1, 0, 2), 2)
    path = tmp_path / "a.png"
    if deep:
        _write_deep_png(path, np.ascontiguousarray(stored), orientation)
    else:
        exif = Image.Exif()
        exif[0x0112] = orientation
        Image.fromarray(np.ascontiguousarray(stored)).save(path, exif=exif)
    assert np.array_equal(_array(read_picture(path)[0]), upright)


def _write_deep_png(path: Path, picture: np.ndarray, orientation: int) -> None:
    """A 16-bit PNG with an eXIf chunk, which neither OpenCV nor Pillow writes."""
    height, width, _ = picture.shape
    rows = (picture.astype(">u2") * 257).astype(">u2")
    raw = b"".join(b"\0" + row.tobytes() for row in rows)
    exif = b"MM\0*\0\0\0\x08\0\x01" + struct.pack(">HHIHH", 0x0112, 3, 1, orientation, 0) + b"\0" * 4
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 0)), (b"eXIf", exif)]
    chunks += [(b"IDAT", zlib.compress(raw)), (b"IEND", b"")]
    with path.open("wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n")
        for name, data in chunks:
            file.write(struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)))


@pytest.mark.parametrize(
    ("profile", "expected"),
    [
        # (180, 120, 80): to linear light, to XYZ (D65) by the space's matrix, to linear sRGB, encoded; rounded
        (matrix_profile(ADOBE_RGB, gamma_curve(563 / 256)), (199, 121, 77)),
        (matrix_profile(DISPLAY_P3, srgb_curve()), (190, 117, 72)),
        (ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes(), (180, 120, 80)),
        (b"not a profile", (180, 120, 80)),
    ],
    ids=["adobe-rgb", "display-p3", "srgb", "damaged"],
)
def test_case_24_a_color_profile_is_applied(tmp_path: Path, profile: bytes, expected: tuple[int, ...]) -> None:
    flat((180, 120, 80)).save(tmp_path / "a.png", icc_profile=profile)
    rgb, _ = read_picture(tmp_path / "a.png")
    assert np.abs(_array(rgb).astype(int) - expected).max() <= 1


def test_case_24_a_profile_is_applied_under_alpha(tmp_path: Path) -> None:
    flat((180, 120, 80, 100), "RGBA").save(
        tmp_path / "a.png", icc_profile=matrix_profile(ADOBE_RGB, gamma_curve(563 / 256))
    )
    rgb, alpha = read_picture(tmp_path / "a.png")
    assert np.abs(_array(rgb).astype(int) - (199, 121, 77)).max() <= 1
    assert alpha is not None
    assert torch.allclose(alpha, torch.full_like(alpha, 100 / 255))


def test_case_24_palette_cmyk_lab_and_gray_alpha_give_their_colors(tmp_path: Path) -> None:
    flat((200, 30, 60)).convert("P", palette=Image.Palette.ADAPTIVE).save(tmp_path / "p.png")
    assert read_picture(tmp_path / "p.png")[0][:, 0, 0].tolist() == [200, 30, 60]

    flat((0, 255, 255, 0), "CMYK").save(tmp_path / "c.tif")  # magenta + yellow
    assert read_picture(tmp_path / "c.tif")[0][:, 0, 0].tolist() == [255, 0, 0]

    flat((90, 128), "LA").save(tmp_path / "la.png")
    rgb, alpha = read_picture(tmp_path / "la.png")
    assert rgb[:, 0, 0].tolist() == [90, 90, 90]
    assert alpha is not None
    assert alpha[0, 0, 0].item() == pytest.approx(128 / 255)

    # CIELAB (D50) 54.3, 80.8, 69.9 is sRGB red; whole numbers of a* and b* are some code values wide
    tifffile.imwrite(tmp_path / "lab.tif", np.full((3, 4, 3), (138, 81, 70), np.uint8), photometric="cielab")
    assert np.abs(_array(read_picture(tmp_path / "lab.tif")[0]).astype(int) - (255, 0, 0)).max() <= 6


def test_case_24_a_palette_with_a_transparent_entry_has_alpha(tmp_path: Path) -> None:
    picture = Image.new("P", (4, 3), 1)
    picture.putpalette([9, 9, 9, 200, 30, 60])
    picture.putpixel((0, 0), 0)
    picture.save(tmp_path / "p.gif", transparency=0)
    rgb, alpha = read_picture(tmp_path / "p.gif")
    assert alpha is not None
    assert alpha[0, 0, :2].tolist() == [0, 1]
    assert rgb[:, 2, 2].tolist() == [200, 30, 60]


def test_opaque_alpha_is_no_alpha(tmp_path: Path) -> None:
    flat((200, 30, 60, 255), "RGBA").save(tmp_path / "a.png")
    assert read_picture(tmp_path / "a.png")[1] is None


@pytest.mark.parametrize("name", ["a.gif", "a.webp", "a.png"])
def test_case_31_of_an_animation_the_first_picture_is_used_and_it_is_said(tmp_path: Path, name: str) -> None:
    pictures = [flat(color) for color in ((200, 0, 0), (0, 200, 0), (0, 0, 200))]
    options = {"lossless": True} if name == "a.webp" else {}
    pictures[0].save(tmp_path / name, save_all=True, append_images=pictures[1:], **options)
    notes: list[str] = []
    rgb, _ = read_picture(tmp_path / name, note=notes.append)
    assert rgb[:, 0, 0].tolist() == [200, 0, 0]
    assert len(notes) == 1
    assert name in notes[0]
    assert "3 pictures" in notes[0]


def test_case_31_a_truncated_jpeg_is_refused(tmp_path: Path, colors: np.ndarray) -> None:
    buffer = io.BytesIO()
    Image.fromarray(colors).resize((200, 150)).save(buffer, "JPEG")
    (tmp_path / "a.jpg").write_bytes(buffer.getvalue()[:-1500])
    with pytest.raises(UnreadableImageError, match=r"a\.jpg is cut off or damaged"):
        read_picture(tmp_path / "a.jpg")


@pytest.mark.parametrize("kind", ["8 bits", "16 bits"])
def test_case_31_a_truncated_png_is_refused(tmp_path: Path, kind: str) -> None:
    noise = np.random.default_rng(0).integers(0, 256 if kind == "8 bits" else 65536, (60, 80, 3))
    cv2.imwrite(str(tmp_path / "a.png"), noise.astype(np.uint8 if kind == "8 bits" else np.uint16))
    data = (tmp_path / "a.png").read_bytes()
    (tmp_path / "a.png").write_bytes(data[: len(data) // 3])
    with pytest.raises(UnreadableImageError, match=r"a\.png is cut off or damaged"):
        read_picture(tmp_path / "a.png")


def test_case_31_a_decompression_bomb_is_refused_by_its_header(tmp_path: Path) -> None:
    head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    rest = b"IHDR" + head
    data = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + rest + struct.pack(">I", zlib.crc32(rest))
    idat = b"IDAT" + zlib.compress(b"\0" * 1000)
    data += struct.pack(">I", len(idat) - 4) + idat + struct.pack(">I", zlib.crc32(idat))
    (tmp_path / "bomb.png").write_bytes(data)
    with pytest.raises(UnreadableImageError, match=r"bomb\.png claims .* megapixels"):
        read_picture(tmp_path / "bomb.png")


@pytest.mark.parametrize(
    ("data", "looks"),
    [
        (b"", "empty"),
        (b"<!DOCTYPE html><html></html>", "HTML"),
        (b"just words\n" * 9, "plain text"),
        (b"\0\0\0\x18ftypisom" + b"\0" * 40, "MP4"),
        (b"\0\0\0\x18ftypheic" + b"\0" * 40, "HEIC"),
        (b"%PDF-1.7", "PDF"),
    ],
)
def test_what_is_no_picture_is_named(tmp_path: Path, data: bytes, looks: str) -> None:
    (tmp_path / "still.png").write_bytes(data)
    with pytest.raises(UnreadableImageError, match=rf"still\.png is no picture.*{looks}"):
        read_picture(tmp_path / "still.png")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnreadableImageError, match=r"nowhere\.png cannot be read"):
        read_picture(tmp_path / "nowhere.png")


def test_numbers_without_a_fixed_range_are_refused(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", np.ones((3, 4), np.float32))
    with pytest.raises(UnreadableImageError, match="float32"):
        read_picture(tmp_path / "a.tif")


def test_deep_channels_stored_apart_are_refused_rather_than_misread(tmp_path: Path) -> None:
    planes = np.random.default_rng(0).integers(0, 65536, (3, 6, 8), np.uint16)
    tifffile.imwrite(tmp_path / "a.tif", planes, photometric="rgb", planarconfig="separate")
    with pytest.raises(UnreadableImageError, match="interleaved"):
        read_picture(tmp_path / "a.tif")


@pytest.mark.parametrize(
    ("space", "index", "is_adobe"),
    [(0xFFFF, "R03", True), (0xFFFF, b"R03\0", True), (2, None, True), (1, "R98", False), (0xFFFF, "R98", False)],
)
@pytest.mark.parametrize("ending", ["jpg", "webp"])
def test_adobe_rgb_may_be_told_by_exif_alone(
    tmp_path: Path, space: int, index: str | bytes | None, is_adobe: bool, ending: str
) -> None:
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0xA001] = space
    if index is not None:
        exif.get_ifd(0x8769)[0xA005] = {1: index}
    path = tmp_path / f"a.{ending}"
    Image.new("RGB", (16, 16), (120, 160, 100)).save(path, exif=exif, quality=100, subsampling=0)
    rgb, _ = read_picture(path)
    # by hand: 120 and 160 are 0.1906 and 0.3587 of light; red is 1.39836 of the one less 0.39836 of the other
    expected = (97, 160, 95) if is_adobe else (120, 160, 100)
    assert rgb[:, 8, 8].tolist() == pytest.approx(expected, abs=3)


def damaged(data: bytes, how: str) -> bytes:
    """A stretch of zeros, a cut, or a flipped bit, in the middle of the data."""
    middle = len(data) // 2
    if how == "zeros":
        return data[:middle] + bytes(40) + data[middle + 40 :]
    return data[:middle] if how == "cut" else data[:middle] + bytes([data[middle] ^ 64]) + data[middle + 1 :]


@pytest.mark.parametrize("how", ["zeros", "cut", "bit"])
@pytest.mark.parametrize("kind", ["deep.png", "deep.tif", "lzw.tif"])
def test_case_31_a_damaged_picture_is_told_in_our_words_alone(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], how: str, kind: str
) -> None:
    path = tmp_path / kind
    if kind == "lzw.tif":
        Image.fromarray(np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)).save(
            path, compression="tiff_lzw"
        )
    else:
        cv2.imwrite(str(path), np.random.default_rng(0).integers(0, 65535, (64, 64, 3), np.uint16))
    path.write_bytes(damaged(path.read_bytes(), how))
    with contextlib.suppress(UnreadableImageError):  # LZW has no checksum
        read_picture(path)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("how", ["zeros", "cut", "bit", "text"])
def test_case_24_a_profile_that_cannot_be_used_is_told_and_left_out(tmp_path: Path, how: str) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    middle = profile.index(b"desc") + 4 if how == "zeros" else len(profile) // 4
    if how == "zeros":  # the table of tags
        broken = profile[:middle] + bytes(200) + profile[middle + 200 :]
    elif how == "bit":  # the number of tags
        broken = profile[:130] + b"\xff" + profile[131:]
    else:
        broken = b"not a profile" if how == "text" else profile[:middle]
    Image.new("RGB", (4, 4), (180, 120, 80)).save(tmp_path / "s.png", icc_profile=broken)
    said: list[str] = []
    rgb, _ = read_picture(tmp_path / "s.png", note=said.append)
    assert rgb[:, 0, 0].tolist() == [180, 120, 80]
    assert len(said) == 1
    assert "profile that cannot be used" in said[0]
