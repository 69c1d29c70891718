import warnings

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from skimage.color import deltaE_ciede2000, lab2rgb, rgb2lab

from kinemacolor import color
from kinemacolor.frames import Matrix, Planes

MATRICES: list[Matrix] = ["bt601", "bt709", "bt2020"]


def random_rgb(seed: int = 0) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(seed).integers(0, 256, (3, 40, 50), dtype=np.uint8))


def channels_last(planes: torch.Tensor) -> np.ndarray:
    return planes.permute(1, 2, 0).numpy()


def test_lab_equals_scikit_image() -> None:
    rgb = random_rgb()
    np.testing.assert_allclose(channels_last(color.lab_of(rgb)), rgb2lab(channels_last(rgb)), atol=2e-4)


def test_rgb_equals_scikit_image_where_colors_leave_the_gamut() -> None:
    rng = np.random.default_rng(1)
    lab = np.concatenate((rng.uniform(0, 100, (20, 30, 1)), rng.uniform(-90, 90, (20, 30, 2))), -1)
    ours = color.rgb_of(torch.from_numpy(lab).permute(2, 0, 1).float())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        theirs = lab2rgb(lab)
    np.testing.assert_allclose(channels_last(ours), theirs, atol=1e-5)


def test_split_and_combine_give_the_picture_back() -> None:
    rgb = random_rgb(2)
    assert torch.equal(color.combine(*color.split(rgb)), rgb)


def test_gradients_stay_finite_at_black_and_white() -> None:
    rgb = torch.tensor([0.0, 1.0]).expand(3, 1, 2).clone().requires_grad_()
    color.lab_of(rgb).sum().backward()
    assert torch.isfinite(rgb.grad).all()
    lab = torch.zeros(3, 1, 2, requires_grad=True)
    color.rgb_of(lab).sum().backward()
    assert torch.isfinite(lab.grad).all()


@pytest.mark.parametrize(
    ("bits", "full_range", "black", "white"),
    [(8, False, 16, 235), (8, True, 0, 255), (10, False, 64, 940), (10, True, 0, 1023), (16, False, 4096, 60160)],
)
def test_black_and_white_code_values_are_lightness_0_and_100(
    bits: int, full_range: bool, black: int, white: int
) -> None:
    plane = np.array([[black, white]], dtype=np.uint8 if bits == 8 else np.uint16)
    luma = color.luma_of(Planes(plane, bits=bits, full_range=full_range))
    torch.testing.assert_close(luma, torch.tensor([[[0.0, 100.0]]]), atol=1e-3, rtol=0)


def test_luma_of_a_film_is_the_lightness_of_its_gray_picture() -> None:
    plane = np.arange(256, dtype=np.uint8).reshape(16, 16)
    expected = rgb2lab(np.repeat(plane[..., None], 3, -1))[..., 0]
    np.testing.assert_allclose(color.luma_of(Planes(plane, full_range=True))[0], expected, atol=2e-4)


@pytest.mark.parametrize("matrix", MATRICES)
@pytest.mark.parametrize("full_range", [False, True])
@pytest.mark.parametrize("bits", [8, 10])
def test_a_color_survives_the_way_through_luma_and_chroma_planes(matrix: Matrix, full_range: bool, bits: int) -> None:
    """True Y' plus true a*b* must give the true color, whatever the film's matrix, range and depth."""
    rgb = torch.rand(3, 32, 32, generator=torch.Generator().manual_seed(3)) * 0.8 + 0.1
    kr, kg, kb = color.LUMA_COEFFICIENTS[matrix]
    gray = (kr * rgb[0] + kg * rgb[1] + kb * rgb[2])[None]
    u, v = color.codes_of(
        color.blue_red_of(gray, color.lab_of(rgb)[1:], matrix=matrix), bits=bits, full_range=full_range
    )
    top = 2**bits - 1
    scale = (top, 0) if full_range else (219 * 2 ** (bits - 8), 16 * 2 ** (bits - 8))
    y = (gray[0] * scale[0] + scale[1]).round().numpy().astype(np.uint8 if bits == 8 else np.uint16)
    back = color.rgb_of_planes(Planes(y, u, v, bits=bits, full_range=full_range, matrix=matrix))
    difference = deltaE_ciede2000(rgb2lab(channels_last(rgb)), rgb2lab(channels_last(back)))
    assert difference.mean() < 0.6
    assert np.quantile(difference, 0.99) < 2.5


def blue_red_codes(rgb: list[float]) -> tuple[int, int]:
    picture = torch.tensor(rgb).reshape(3, 1, 1)
    gray = (picture * torch.tensor([0.2126, 0.7152, 0.0722]).reshape(3, 1, 1)).sum(0, keepdim=True)
    u, v = color.codes_of(
        color.blue_red_of(gray, color.lab_of(picture)[1:], matrix="bt709"), bits=8, full_range=False
    )
    return int(u[0, 0]), int(v[0, 0])


def test_known_bt709_code_values() -> None:
    """Hand-worked: Y' is 0.45656, so Cb 128 - 224 * 0.15656 / 1.8556 and Cr 128 + 224 * 0.24344 / 1.5748."""
    assert blue_red_codes([0.7, 0.4, 0.3]) == (109, 163)


def test_the_corner_of_the_gamut_is_reached_within_four_codes() -> None:
    """SMPTE 75 % red is Cb 109, Cr 212 in limited-range BT.709."""
    u, v = blue_red_codes([0.75, 0.0, 0.0])
    assert abs(u - 109) <= 4
    assert abs(v - 212) <= 4


@given(st.floats(0, 1), st.floats(-128, 128), st.floats(-128, 128))
def test_gamut_is_kept_by_shrinking_chroma(gray: float, a: float, b: float) -> None:
    level = torch.full((1, 1, 1), gray)
    blue_red = color.blue_red_of(level, torch.tensor([a, b]).reshape(2, 1, 1), matrix="bt709")
    cb, cr = blue_red.flatten().tolist()
    red, blue = gray + 1.5748 * cr, gray + 1.8556 * cb
    green = (gray - 0.2126 * red - 0.0722 * blue) / 0.7152
    assert min(red, green, blue) > -1e-4
    assert max(red, green, blue) < 1 + 1e-4


def test_neutral_chroma_stays_neutral() -> None:
    gray = torch.linspace(0, 1, 200).reshape(1, 1, 200)
    u, v = color.codes_of(color.blue_red_of(gray, torch.zeros(2, 1, 200), matrix="bt709"), bits=10, full_range=False)
    assert (u == 512).all()
    assert (v == 512).all()
