"""Case 15: every pixel format's luma plane comes through bit for bit."""

from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from av.video.frame import VideoFrame

from kinemacolor.frames import Planes
from kinemacolor.io import has_visible_color, open_reader, pixels

PLANAR = ["yuv420p", "yuv422p", "yuv444p", "yuv440p", "yuv411p", "yuv410p", "yuva420p", "yuva444p", "gray"]
DEEP = ["yuv420p10le", "yuv422p12le", "yuv444p16le", "yuva444p10le", "gray10le", "gray12le", "gray16le", "yuv420p9le"]


@pytest.mark.parametrize("name", PLANAR + DEEP)
def test_case_15_planes_are_the_frames_own(media: SimpleNamespace, name: str) -> None:
    frame = media.planar_frame(name, 3, 13, 17)
    planes = pixels.planes_of(frame, full_range=False, matrix="bt601")
    expected = media.noisy_luma(3, 13, 17, planes.bits)
    np.testing.assert_array_equal(planes.y, expected)
    assert (planes.u is None) == name.startswith("gray")
    assert (planes.alpha is None) == ("yuva" not in name)


@pytest.mark.parametrize(
    ("packed", "planar"),
    [("nv12", "yuv420p"), ("nv21", "yuv420p"), ("yuyv422", "yuv422p"), ("uyvy422", "yuv422p"), ("nv24", "yuv444p"),
     ("p010le", "yuv420p10le"), ("y210le", "yuv422p10le"), ("yuv420p10be", "yuv420p10le"), ("gray16be", "gray16le"),
     ("nv16", "yuv422p"), ("p210le", "yuv422p10le")],
)  # fmt: skip
def test_case_15_packed_formats_are_only_rearranged(media: SimpleNamespace, packed: str, planar: str) -> None:
    frame = media.planar_frame(planar, 1, 24, 32).reformat(format=packed)
    planes = pixels.planes_of(frame, full_range=False, matrix="bt601")
    np.testing.assert_array_equal(planes.y, media.noisy_luma(1, 24, 32, planes.bits))


def _rgb_frame(name: str, values: np.ndarray) -> VideoFrame:
    source = "rgb24" if values.dtype == np.uint8 else "rgb48le"
    frame = VideoFrame.from_ndarray(values, format=source)
    return frame if name == source else frame.reformat(format=name)


@pytest.mark.parametrize(
    "name", ["rgb24", "bgr24", "rgba", "bgr0", "gbrp", "rgb48le", "rgb48be", "gbrp16le", "gbrap"]
)
def test_case_15_gray_rgb_gives_exactly_its_green_as_full_range_luma(media: SimpleNamespace, name: str) -> None:
    deep = "48" in name or "16" in name
    gray = media.noisy_luma(2, 16, 24, 16 if deep else 8, limited=False)
    planes = pixels.planes_of(_rgb_frame(name, np.repeat(gray[..., None], 3, 2)), full_range=False, matrix="bt601")
    np.testing.assert_array_equal(planes.y, gray)
    assert planes.u is None
    assert planes.full_range
    assert planes.matrix == "bt709"


def test_case_15_palette_and_one_bit_pictures_are_read(media: SimpleNamespace, tmp_path: Path) -> None:
    from PIL import Image

    gray = (media.noisy_luma(0, 16, 24, limited=False) // 64) * 64
    Image.fromarray(gray).convert("P").save(tmp_path / "p_1.png")
    with open_reader(tmp_path / "p_1.png") as reader:
        np.testing.assert_array_equal(next(iter(reader)).planes.y, gray)
    Image.fromarray(gray > 128).save(tmp_path / "m_1.png")
    with open_reader(tmp_path / "m_1.png") as reader:
        np.testing.assert_array_equal(next(iter(reader)).planes.y, (gray > 128).astype(np.uint8) * 255)


def test_gray_with_alpha_keeps_both() -> None:
    frame = VideoFrame(5, 3, "ya8")
    rows = np.frombuffer(memoryview(frame.planes[0]), np.uint8).reshape(-1, frame.planes[0].line_size)
    rows[:3, :10] = np.arange(30).reshape(3, 10)
    planes = pixels.planes_of(frame, full_range=True, matrix="bt709")
    np.testing.assert_array_equal(planes.y, np.arange(0, 30, 2).reshape(3, 5))
    assert planes.alpha is not None
    np.testing.assert_array_equal(planes.alpha, np.arange(1, 30, 2).reshape(3, 5))


def test_colored_rgb_gives_bt709_luma_and_chroma_that_lead_back() -> None:
    from kinemacolor import color

    rgb = np.random.default_rng(0).integers(0, 256, (8, 9, 3), dtype=np.uint8)
    planes = pixels.planes_of(_rgb_frame("rgb24", rgb), full_range=False, matrix="bt601")
    back = (color.rgb_of_planes(planes) * 255).round().permute(1, 2, 0).numpy()
    assert np.abs(back - rgb).max() <= 2


@pytest.mark.parametrize(
    ("color_range", "name", "codec", "full"),
    [
        (0, "yuv420p", "h264", False), (0, "yuvj420p", "h264", True), (2, "yuv420p", "h264", True),
        (1, "gray", "ffv1", False), (0, "gray", "ffv1", True), (0, "gray", "hevc", False),
        (0, "gray10le", "av1", False),
        (0, "yuv420p", "mjpeg", True), (0, "gray16be", "png", True), (0, "rgb24", "png", True),
    ],
)  # fmt: skip
def test_range_follows_the_tag_and_else_the_format(color_range: int, name: str, codec: str, full: bool) -> None:
    assert pixels.is_full_range(color_range, name, codec) is full


@pytest.mark.parametrize(
    ("code", "height", "matrix"),
    [(2, 576, "bt601"), (2, 719, "bt601"), (2, 720, "bt709"), (1, 240, "bt709"), (5, 1080, "bt601"),
     (6, 1080, "bt601"),
     (9, 480, "bt2020"), (10, 480, "bt2020"), (0, 480, "bt601")],
)  # fmt: skip
def test_case_16_untagged_matrix_follows_the_size(code: int, height: int, matrix: str) -> None:
    assert pixels.matrix_of(code, height, is_rgb=False) == matrix


def test_limited_range_gains_bits_without_change(media: SimpleNamespace) -> None:
    y = media.noisy_luma(0, 20, 300)
    deep = pixels.converted(Planes(y), bits=10, full_range=False)
    np.testing.assert_array_equal(deep.y, y.astype(np.uint16) << 2)
    back = pixels.converted(deep, bits=8, full_range=False)
    np.testing.assert_array_equal(back.y, y)


def test_full_range_becomes_limited_as_bt601_says() -> None:
    ends = Planes(np.array([[0, 255]], np.uint8), np.array([[0, 255]], np.uint8), np.array([[128, 1]], np.uint8))
    limited = pixels.converted(Planes(ends.y, ends.u, ends.v, full_range=True), bits=8, full_range=False)
    assert limited.y.tolist() == [[16, 235]]
    assert limited.u is not None
    assert limited.v is not None
    assert limited.u.tolist() == [[16, 240]]
    assert limited.v[0, 0] == 128


def test_case_17_tint_is_seen_and_codec_noise_is_not() -> None:
    y, rng = np.full((48, 64), 120, np.uint8), np.random.default_rng(1)
    noise = [rng.integers(126, 131, (24, 32)).astype(np.uint8) for _ in range(2)]
    assert not has_visible_color(Planes(y, *noise))
    assert not has_visible_color(Planes(y))
    assert has_visible_color(Planes(y, noise[0] - 10, noise[1] + 8))
    logo = [plane.copy() for plane in noise]
    logo[0][:4, :4] = 90
    assert has_visible_color(Planes(y, *logo))


def test_case_17_planes_of_a_sepia_rgb_film_are_seen_as_colored(tmp_path: Path, media: SimpleNamespace) -> None:
    gray = media.noisy_luma(0, 32, 32, limited=False).astype(float)
    sepia = np.stack((gray * 0.9 + 20, gray * 0.8 + 10, gray * 0.6), -1).clip(0, 255).astype(np.uint8)
    planes = pixels.planes_of(_rgb_frame("rgb24", sepia), full_range=False, matrix="bt601")
    assert has_visible_color(planes)
    assert Fraction(planes.bits) == 8
