import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from kinemacolor.errors import SettingError
from kinemacolor.resize import Padding, fit, in_steps, resize, sample_chroma

SIDES = st.integers(1, 700)


@given(SIDES, SIDES, st.integers(16, 600))
def test_fit_keeps_the_aspect_and_never_enlarges(height: int, width: int, short_side: int) -> None:
    h, w = fit((height, width), short_side)
    assert 1 <= h <= height
    assert 1 <= w <= width
    assert min(h, w) == min(height, width, short_side)
    assert abs(h * width - w * height) <= max(height, width)


def test_sides_in_steps_are_the_nearest_multiples_and_never_nothing() -> None:
    assert in_steps((256, 455), 16) == (256, 448)
    assert in_steps((256, 457), 16, scale=1.5) == (384, 688)
    assert in_steps((256, 455), 16, scale=0.5) == (128, 224)
    assert in_steps((3, 40), 16) == (16, 32)


def test_fit_none_keeps_the_size() -> None:
    assert fit((2160, 4096), None) == (2160, 4096)


def test_a_tiny_working_size_is_refused() -> None:
    with pytest.raises(SettingError, match="16 or more"):
        fit((480, 854), 8)


@given(st.integers(1, 60), st.integers(1, 60), st.sampled_from([14, 16, 112]))
def test_padding_is_undone_exactly(height: int, width: int, multiple: int) -> None:
    picture = torch.rand(2, height, width)
    padding = Padding.to_multiple((height, width), multiple)
    padded = padding.pad(picture)
    assert padded.shape[-2] % multiple == 0
    assert padded.shape[-1] % multiple == 0
    assert torch.equal(padding.unpad(padded), picture)


def test_the_smaller_half_of_the_padding_is_on_top_and_left() -> None:
    assert Padding.to_multiple((109, 112), 112) == Padding(left=0, right=0, top=1, bottom=2)


def test_an_equal_size_is_untouched() -> None:
    picture = torch.rand(2, 9, 7)
    assert resize(picture, (9, 7)) is picture


@pytest.mark.parametrize("subsampling", [(1, 1), (1, 2), (2, 2), (1, 4), (4, 4)])
@pytest.mark.parametrize("size", [(1, 1), (17, 13), (405, 719), (480, 854)])
def test_chroma_samples_have_the_size_of_the_chroma_planes(
    size: tuple[int, int], subsampling: tuple[int, int]
) -> None:
    rows, columns = subsampling
    out = sample_chroma(torch.rand(2, max(1, size[0] // 2), max(1, size[1] // 2)), size, subsampling)
    assert tuple(out.shape) == (2, -(-size[0] // rows), -(-size[1] // columns))


@pytest.mark.parametrize(("left_sited", "first"), [(True, 2.0), (False, 2.5)])
def test_chroma_lies_where_the_film_expects_it(left_sited: bool, first: float) -> None:
    """A horizontal ramp x: a left-sited sample i is its value at luma column 2i, a centered one at 2i + 0.5."""
    ramp = torch.arange(16.0).expand(2, 4, 16)
    out = sample_chroma(ramp, (4, 16), (1, 2), left_sited=left_sited)
    torch.testing.assert_close(out[0, 0, 1:7], first + 2 * torch.arange(6.0))
