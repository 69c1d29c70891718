"""Kinds of pictures that painters, phones, scanners and renderers write: read, or named with what to do."""

import io
import struct
import sys
import zlib
from pathlib import Path

import av
import numpy as np
import pytest
import tifffile
from PIL import Image, ImageCms

from kinemacolor.errors import ExemplarError, UnreadableImageError
from kinemacolor.io import exemplars
from kinemacolor.io.pictures import read_picture

COLOR = (180, 120, 60)


def flat(size: tuple[int, int] = (48, 64)) -> Image.Image:
    return Image.new("RGB", (size[1], size[0]), COLOR)


def seen(path: Path) -> list[float]:
    return [float(mean) for mean in read_picture(path)[0].float().mean((1, 2))]


def write_psd(path: Path, *, bits: int = 8, packed: bool = False, resource: tuple[int, bytes] | None = None) -> None:
    """A Photoshop document of one flat color with its merged picture, as they are or in runs (PackBits)."""
    more = b""
    if resource is not None:
        number, content = resource
        more = b"8BIM" + struct.pack(">HBxI", number, 0, len(content)) + content + bytes(len(content) % 2)
    head = b"8BPS" + struct.pack(">H6xHIIHH", 1, 3, 48, 64, bits, 3)
    head += struct.pack(">II", 0, len(more)) + more + struct.pack(">I", 0)
    if packed:
        rows = [bytes([257 - 64 * bits // 8, value]) for value in COLOR for _ in range(48)]
        body = struct.pack(">H", 1) + struct.pack(f">{len(rows)}H", *map(len, rows)) + b"".join(rows)
    else:
        body = struct.pack(">H", 0) + b"".join(bytes([value] * (bits // 8)) * 64 * 48 for value in COLOR)
    path.write_bytes(head + body)


def write_exr(path: Path, light: tuple[float, float, float], alpha: float | None = None) -> None:
    """An OpenEXR picture of linear light; with alpha its colors are multiplied by it."""
    name = "gbrpf32le" if alpha is None else "gbrapf32le"
    values = np.zeros((48, 64, 3 if alpha is None else 4), np.float32)
    values[..., :3] = np.array(light) * (1 if alpha is None else alpha)
    if alpha is not None:
        values[..., 3] = alpha
    encoder = av.CodecContext.create("exr", "w")
    encoder.width, encoder.height, encoder.pix_fmt, encoder.framerate = 64, 48, name, 1
    frame = av.VideoFrame.from_ndarray(values, format=name)
    path.write_bytes(b"".join(bytes(packet) for packet in [*encoder.encode(frame), *encoder.encode(None)]))


def write_png(path: Path, *chunks: tuple[bytes, bytes], picture: Image.Image | None = None) -> None:
    """A PNG with these chunks before its pixels."""
    file = io.BytesIO()
    (picture or flat()).save(file, "PNG")
    data = file.getvalue()
    more = b"".join(struct.pack(">I", len(c)) + n + c + struct.pack(">I", zlib.crc32(n + c)) for n, c in chunks)
    path.write_bytes(data[:33] + more + data[33:])


@pytest.mark.parametrize("packed", [False, True])
def test_the_merged_picture_of_a_photoshop_document_is_read(packed: bool, tmp_path: Path) -> None:
    notes: list[str] = []
    write_psd(tmp_path / "a.psd", packed=packed)
    rgb, alpha = read_picture(tmp_path / "a.psd", note=notes.append)
    assert (tuple(rgb[:, 5, 5].tolist()), alpha, notes) == (COLOR, None, [])


@pytest.mark.parametrize("packed", [False, True])
def test_a_photoshop_document_of_16_bits_is_read(packed: bool, tmp_path: Path) -> None:
    write_psd(tmp_path / "a.psd", bits=16, packed=packed)
    rgb, alpha = read_picture(tmp_path / "a.psd")
    assert (tuple(rgb[:, 5, 5].tolist()), alpha) == (COLOR, None)


def test_the_profile_of_a_photoshop_document_of_16_bits_counts(tmp_path: Path) -> None:
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    write_psd(tmp_path / "a.psd", bits=16, resource=(1039, lab))
    assert seen(tmp_path / "a.psd") == pytest.approx(COLOR, abs=1)
    notes: list[str] = []
    write_psd(tmp_path / "a.psd", bits=16, resource=(1039, b"no profile"))
    read_picture(tmp_path / "a.psd", note=notes.append)
    assert ["color profile that cannot be used" in note for note in notes] == [True]


@pytest.mark.parametrize(("bits", "bytes_left"), [(32, None), (16, 5000), (16, 40), (16, 24)])
def test_a_photoshop_document_that_cannot_be_read_is_one_line(
    bits: int, bytes_left: int | None, tmp_path: Path
) -> None:
    write_psd(tmp_path / "a.psd", bits=bits)
    (tmp_path / "a.psd").write_bytes((tmp_path / "a.psd").read_bytes()[:bytes_left])
    with pytest.raises(UnreadableImageError):
        read_picture(tmp_path / "a.psd")


@pytest.mark.parametrize(
    ("name", "kind"), [("a.jfif", "JPEG"), ("a.jpe", "JPEG"), ("a.avif", "AVIF"), ("a.webp", "WEBP")]
)
def test_other_endings_of_known_kinds_are_read(name: str, kind: str, tmp_path: Path) -> None:
    flat().save(tmp_path / name, kind, quality=95)
    assert seen(tmp_path / name) == pytest.approx(COLOR, abs=3)


@pytest.mark.parametrize("name", ["IMG_0001.HEIC", "a.heif", "b.hif"])
def test_phones_pictures_are_read(name: str, tmp_path: Path) -> None:
    heif = pytest.importorskip("pillow_heif")
    heif.register_heif_opener()
    flat().save(tmp_path / name, "HEIF", quality=95)
    assert seen(tmp_path / name) == pytest.approx(COLOR, abs=3)


@pytest.mark.parametrize(("primaries", "transfer"), [(1, 13), (12, 13), (9, 16), (9, 18), (2, 2)])
def test_the_color_space_that_a_phones_picture_says_counts_as_a_pngs_does(
    primaries: int, transfer: int, tmp_path: Path
) -> None:
    heif = pytest.importorskip("pillow_heif")
    heif.register_heif_opener()
    codes = {"color_primaries": primaries, "transfer_characteristics": transfer, "matrix_coefficients": 6}
    flat().save(tmp_path / "a.heic", "HEIF", quality=98, **codes, full_range_flag=1)
    write_png(tmp_path / "a.png", (b"cICP", bytes([primaries, transfer, 0, 1])))
    assert seen(tmp_path / "a.heic") == pytest.approx(seen(tmp_path / "a.png"), abs=5)


def test_the_color_space_of_an_avif_counts(tmp_path: Path) -> None:
    file = io.BytesIO()
    flat().save(file, "AVIF", quality=98)
    data = file.getvalue()
    place = data.index(b"colrnclx") + 8
    (tmp_path / "a.avif").write_bytes(data[:place] + struct.pack(">HH", 12, 13) + data[place + 4 :])
    assert seen(tmp_path / "a.avif") == pytest.approx((193, 118, 45), abs=4)


def test_without_their_reader_phones_pictures_are_told_how(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.heic").write_bytes(b"\0\0\0\x18ftypheic" + bytes(200))
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    with pytest.raises(UnreadableImageError, match=r"pip install 'kinemacolor\[heic\]'"):
        read_picture(tmp_path / "a.heic")


@pytest.mark.parametrize(
    ("light", "alpha", "wanted"),
    [
        ((0.5, 0.2, 0.1), None, (188, 124, 89)),
        ((0.5, 0.2, 0.1), 0.5, (188, 124, 89)),
        ((4.0, 0.2, -1.0), None, (255, 124, 0)),
    ],
)
def test_openexr_is_linear_light(
    light: tuple[float, float, float], alpha: float | None, wanted: tuple[int, int, int], tmp_path: Path
) -> None:
    write_exr(tmp_path / "a.exr", light, alpha)
    assert seen(tmp_path / "a.exr") == pytest.approx(wanted, abs=0.5)
    _, found = read_picture(tmp_path / "a.exr")
    assert (found is None) if alpha is None else (float(found.mean()) == pytest.approx(alpha))


def test_an_openexr_picture_cut_off_is_one_line(tmp_path: Path) -> None:
    write_exr(tmp_path / "a.exr", (0.5, 0.2, 0.1))
    (tmp_path / "a.exr").write_bytes((tmp_path / "a.exr").read_bytes()[:60])
    with pytest.raises(UnreadableImageError, match="OpenEXR"):
        read_picture(tmp_path / "a.exr")


def test_a_folder_has_all_of_them_and_names_the_rest(tmp_path: Path) -> None:
    write_psd(tmp_path / "ref_000001.psd")
    write_exr(tmp_path / "ref_000002.exr", (0.5, 0.2, 0.1))
    flat().save(tmp_path / "ref_000003.jfif", "JPEG")
    (tmp_path / "layers.kra").touch()
    (tmp_path / "raw.cr2").touch()
    notes: list[str] = []
    found = exemplars.load([tmp_path], note=notes.append)
    assert [each.index for each in found] == [1, 2, 3]
    assert len(notes) == 1
    assert "layers.kra, raw.cr2" in notes[0]
    for path in tmp_path.glob("ref*"):
        path.unlink()
    with pytest.raises(ExemplarError, match=r"has no pictures. It has layers.kra, raw.cr2"):
        exemplars.load([tmp_path])


GAMMA, LINEAR, CICP = b"gAMA", struct.pack(">I", 100_000), b"cICP"
P3_D65 = struct.pack(">8I", 31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000)
USUAL = struct.pack(">I", 45455)


@pytest.mark.parametrize(
    ("chunks", "wanted"),
    [
        ([(GAMMA, LINEAR)], (219, 182, 133)),
        ([(GAMMA, USUAL)], COLOR),
        ([(GAMMA, struct.pack(">I", 0))], COLOR),
        ([(GAMMA, LINEAR), (b"sRGB", b"\0")], COLOR),
        ([(GAMMA, USUAL), (b"cHRM", P3_D65)], (190, 117, 45)),
        ([(GAMMA, USUAL), (b"cHRM", bytes(32))], COLOR),
        ([(CICP, bytes([1, 13, 0, 1]))], COLOR),
        ([(CICP, bytes([12, 13, 0, 1]))], (190, 117, 45)),
        ([(CICP, bytes([1, 8, 0, 1]))], (219, 182, 133)),
        ([(CICP, bytes([1, 13, 0, 1])), (GAMMA, LINEAR)], COLOR),
        ([(CICP, b"\1")], COLOR),
    ],
)
def test_a_png_says_its_color_in_many_ways(
    chunks: list[tuple[bytes, bytes]], wanted: tuple[int, int, int], tmp_path: Path
) -> None:
    write_png(tmp_path / "a.png", *chunks)
    assert seen(tmp_path / "a.png") == pytest.approx(wanted, abs=1.5)


@pytest.mark.parametrize(("code", "level"), [(16, 0.5807), (18, 0.75)])
def test_the_reference_white_of_high_dynamic_range_becomes_white(code: int, level: float, tmp_path: Path) -> None:
    gray = Image.new("RGB", (8, 8), (round(level * 255),) * 3)
    write_png(tmp_path / "a.png", (CICP, bytes([9, code, 0, 1])), picture=gray)
    assert seen(tmp_path / "a.png") == pytest.approx((255, 255, 255), abs=3)


def test_what_is_brighter_keeps_its_hue(tmp_path: Path) -> None:
    write_png(tmp_path / "a.png", (CICP, bytes([1, 16, 0, 1])), picture=Image.new("RGB", (8, 8), (230, 200, 150)))
    red, green, blue = seen(tmp_path / "a.png")
    assert red == 255
    assert green > blue + 40


@pytest.mark.parametrize(("kind", "dtype"), [(1, np.uint16), (2, np.uint16), (1, np.uint8)])
def test_alpha_that_is_multiplied_in_is_divided_out(kind: int, dtype: type, tmp_path: Path) -> None:
    top = np.iinfo(dtype).max
    values = np.zeros((48, 64, 4))
    values[..., :3] = np.array(COLOR) / 255 * (0.5 if kind == 1 else 1)
    values[..., 3] = 0.5
    tifffile.imwrite(tmp_path / "a.tif", np.rint(values * top).astype(dtype), photometric="rgb", extrasamples=[kind])
    assert seen(tmp_path / "a.tif") == pytest.approx(COLOR, abs=2)
    _, alpha = read_picture(tmp_path / "a.tif")
    assert float(alpha.mean()) == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize(
    ("kind", "space", "index", "is_adobe"),
    [
        ("PNG", 2, None, True),
        ("PNG", 65535, "R03", True),
        ("PNG", 1, "R98", False),
        ("TIFF", 2, None, True),
        ("TIFF", 1, None, False),
    ],
)
def test_adobe_rgb_is_told_by_exif_alone(
    kind: str, space: int, index: str | None, is_adobe: bool, tmp_path: Path
) -> None:
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0xA001] = space
    if index is not None:
        exif.get_ifd(0x8769)[0xA005] = {1: index}
    flat().save(tmp_path / f"a.{kind}", kind, exif=exif.tobytes())
    assert seen(tmp_path / f"a.{kind}") == pytest.approx((199, 121, 53) if is_adobe else COLOR, abs=2)
