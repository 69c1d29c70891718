"""Which frame a still is bound to, what is refused at once, and how a still comes to a film's size."""

import re
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from kinemacolor.errors import ExemplarError, ExemplarIndexError, GrayExemplarError, UnreadableImageError
from kinemacolor.frames import Exemplar
from kinemacolor.io.exemplars import fit_to, load, parse

RED = (200, 60, 40)


def still(path: Path, color: tuple[int, ...] = RED, size: tuple[int, int] = (24, 32)) -> Path:
    mode = {1: "L", 3: "RGB", 4: "RGBA"}[len(color)]
    Image.new(mode, (size[1], size[0]), color if len(color) > 1 else color[0]).save(path)
    return path


@pytest.mark.parametrize(
    ("spec", "path", "binding"),
    [
        ("still.png@123", "still.png", 123),
        ("still.png@0", "still.png", 0),
        ("still.png@00:01:02.5", "still.png", Fraction(125, 2)),
        ("still.png@1:02.5", "still.png", Fraction(125, 2)),
        ("still.png@62.5s", "still.png", Fraction(125, 2)),
        ("still.png@01:00:00", "still.png", Fraction(3600)),
        ("still.png", "still.png", None),
        ("ref_000123.png@none", "ref_000123.png", None),
        ("ref_000123.png@7", "ref_000123.png", 7),
        ("me@home/still.png", "me@home/still.png", None),
        ("me@home/still.png@12", "me@home/still.png", 12),
        ("me@3/ref_000123.png", "me@3/ref_000123.png", 123),
        (r"C:\stills\still.png@12", r"C:\stills\still.png", 12),
        (r"C:\me@home\ref_000012.png", r"C:\me@home\ref_000012.png", 12),
    ],
)
def test_a_spec_is_a_path_and_what_it_is_bound_to(spec: str, path: str, binding: int | Fraction | None) -> None:
    assert parse(spec) == (Path(path), binding)


@pytest.mark.parametrize(
    ("name", "index"),
    [
        ("ref_000123.png", 123),
        ("ref_123.jpg", 123),
        ("REF_000123.PNG", 123),
        ("shot2_ref_000123.png", 123),
        ("000123.png", 123),
        ("ref_000000.jpg", 0),
        ("photo_1985.jpg", None),
        ("ref_12b.png", None),
        ("preref_12.png", None),
        ("a.b.png", None),
        ("ref_.png", None),
        ("frame_000123.png", 123),
        ("Frame 123.tif", 123),
        ("ref_000123_v2.png", 123),
        ("ref_000123 copy.png", 123),
        ("ref_000123 copy 2.png", 123),
        ("ref_000123 (1).png", 123),
        ("ref_000123 - Kopie (2).png", 123),
        ("000123_colorized.png", 123),
        ("reel1.0123.tif", 123),
        ("000123-Recovered.png", 123),
        ("frame123_graded.jpg", 123),
        ("Untitled-1 (frame 123).png", 123),
        ("comp_[0123].png", 123),
        ("ref_000123.psd.png", 123),
        ("ref_000123_new 2.kra.png", 123),
        ("comp_[1].png", None),
        ("IMG_0123.jpg", None),
        ("IMG_0123~2.jpg", None),
        ("reel_000123.tif", None),
        ("portrait (2).png", None),
    ],
)
def test_case_26_a_file_name_says_its_frame(name: str, index: int | None) -> None:
    assert parse(f"folder/{name}")[1] == index


def test_a_file_with_a_number_after_an_at_sign_is_taken_as_it_is(tmp_path: Path) -> None:
    path = still(tmp_path / "a@12.png")
    assert parse(path) == (path, None)
    assert parse(f"{path}@3") == (path, 3)


def test_a_binding_that_is_none_of_these_is_explained(tmp_path: Path) -> None:
    path = still(tmp_path / "a.png")
    with pytest.raises(ExemplarError, match=r"'12x' .* is no frame and no time"):
        parse(f"{path}@12x")


def test_a_time_is_the_frame_at_it(tmp_path: Path) -> None:
    path = still(tmp_path / "a.png")
    (exemplar,) = load(
        [f"{path}@0:02.5"], frames=100, frame_at=lambda seconds: round(seconds * Fraction(24000, 1001))
    )
    assert exemplar.index == 60


def test_case_30_the_order_given_does_not_matter(tmp_path: Path) -> None:
    names = ["ref_000010.png", "ref_2.png", "photo_10.png", "photo_9.png", "000005.png"]
    paths = [still(tmp_path / name, (200, 10 * i, 40)) for i, name in enumerate(names)]
    forward, backward = load(paths), load(paths[::-1])
    assert [Path(e.name).name for e in forward] == [
        "ref_2.png",
        "000005.png",
        "ref_000010.png",
        "photo_9.png",
        "photo_10.png",
    ]
    assert [e.index for e in forward] == [2, 5, 10, None, None]
    for one, other in zip(forward, backward, strict=True):
        assert one.name == other.name
        assert torch.equal(one.rgb, other.rgb)


def test_a_folder_stands_for_its_pictures(tmp_path: Path) -> None:
    for name in ("ref_000100.png", "ref_20.png", "REF_3.PNG", ".hidden.png"):
        still(tmp_path / name)
    (tmp_path / "notes.txt").write_text("no picture")
    assert [e.index for e in load([tmp_path])] == [3, 20, 100]
    # named twice, once by itself: it counts once
    assert len(load([tmp_path, tmp_path / "ref_20.png"])) == 3


def test_a_folder_without_pictures_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ExemplarError, match="has no pictures"):
        load([tmp_path])
    with pytest.raises(ExemplarError, match="is a folder"):
        load([f"{tmp_path}@3"])


def test_case_26_two_stills_for_one_frame_are_refused_by_name(tmp_path: Path) -> None:
    still(tmp_path / "ref_7.png")
    still(tmp_path / "000007.png")
    with pytest.raises(ExemplarError, match=r"000007\.png and .*ref_7\.png are both bound to frame 7"):
        load([tmp_path])


def test_case_26_a_frame_past_the_end_is_refused_before_anything_is_decoded(tmp_path: Path) -> None:
    (tmp_path / "ref_000500.png").write_bytes(b"no picture at all")
    with pytest.raises(
        ExemplarIndexError, match=r"ref_000500\.png is bound to frame 500.*last frame is 119"
    ) as error:
        load([tmp_path], frames=120)
    assert "count from 1" not in str(error.value)


def test_case_26_counting_from_one_is_suggested(tmp_path: Path) -> None:
    path = still(tmp_path / "ref_000120.png")
    with pytest.raises(ExemplarIndexError, match=r"count from 1, it is .*@119"):
        load([path], frames=120)
    assert load([f"{path}@119"], frames=120)[0].index == 119
    assert load([path], frames=None)[0].index == 120


def test_case_25_gray_and_nearly_gray_stills_are_refused(tmp_path: Path) -> None:
    ramp = np.add.outer(np.arange(120), np.arange(160)) % 256
    gray = np.repeat(ramp[..., None], 3, 2).astype(np.uint8)
    Image.fromarray(gray[..., 0]).save(tmp_path / "gray.png")
    grainy = np.clip(gray + np.random.default_rng(0).normal(0, 5, gray.shape), 0, 255).astype(np.uint8)
    Image.fromarray(grainy).save(tmp_path / "grain.jpg", quality=40)
    warm = np.clip(gray * np.array([1.005, 1, 0.99]), 0, 255).astype(np.uint8)
    Image.fromarray(warm).save(tmp_path / "scan.png")
    for name in ("gray.png", "grain.jpg", "scan.png"):
        with pytest.raises(GrayExemplarError, match=rf"{re.escape(name)} has no color"):
            load([tmp_path / name])


def test_sepia_and_a_spot_of_color_are_color(tmp_path: Path) -> None:
    ramp = (np.add.outer(np.arange(120), np.arange(160)) * 0.9).astype(np.uint8)
    gray = np.repeat(ramp[..., None], 3, 2)
    sepia = np.clip(gray * np.array([1.07, 0.93, 0.74]), 0, 255).astype(np.uint8)
    Image.fromarray(sepia).save(tmp_path / "sepia.png")
    spot = gray.copy()
    spot[:20, :20] = RED  # two hundredths of the picture
    Image.fromarray(spot).save(tmp_path / "spot.png")
    assert len(load([tmp_path])) == 2


def test_case_25_color_under_full_transparency_does_not_count(tmp_path: Path) -> None:
    picture = np.full((24, 32, 4), (90, 90, 90, 255), np.uint8)
    picture[:12] = (*RED, 0)
    Image.fromarray(picture).save(tmp_path / "a.png")
    with pytest.raises(GrayExemplarError):
        load([tmp_path / "a.png"])
    with pytest.raises(ExemplarError, match="wholly transparent"):
        load([still(tmp_path / "b.png", (*RED, 0))])


def test_a_missing_still_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnreadableImageError, match=r"nowhere\.png"):
        load([tmp_path / "nowhere.png@3"])


def test_case_31_an_animation_is_noted(tmp_path: Path) -> None:
    pictures = [Image.new("RGB", (32, 24), (200, 0, i * 50)) for i in range(3)]
    pictures[0].save(tmp_path / "a.gif", save_all=True, append_images=pictures[1:])
    notes: list[str] = []
    load([tmp_path], note=notes.append)
    assert len(notes) == 1


def _ring(height: int, width: int) -> Exemplar:
    """A red disc on blue that is round in square pixels."""
    y, x = np.mgrid[:height, :width]
    inside = (y - height / 2 + 0.5) ** 2 + (x - width / 2 + 0.5) ** 2 < (min(height, width) * 0.4) ** 2
    rgb = np.where(inside[..., None], (200, 40, 40), (30, 60, 180)).astype(np.uint8)
    return Exemplar(torch.from_numpy(rgb).permute(2, 0, 1).contiguous(), 3)


def _disc_size(exemplar: Exemplar) -> tuple[int, int]:
    red = exemplar.rgb[0] > 115
    return int(red.any(1).sum()), int(red.any(0).sum())


def test_case_24_another_aspect_is_never_stretched() -> None:
    for size in ((300, 200), (200, 800), (64, 64), (90, 1600)):
        fitted = fit_to(_ring(*size), (240, 427), Fraction(1))
        rows, columns = _disc_size(fitted)
        assert abs(rows - columns) <= 2
        area = fitted.rgb.shape[-2] * fitted.rgb.shape[-1]
        assert area == pytest.approx(240 * 427, rel=0.02)


@pytest.mark.parametrize("size", [(576, 1024), (1080, 1920), (576, 720), (288, 514)])
def test_case_11_stills_in_display_or_stored_aspect_get_the_frames_own_size(size: tuple[int, int]) -> None:
    fitted = fit_to(_ring(*size), (576, 720), Fraction(64, 45))  # 16:9
    assert fitted.rgb.shape == (3, 576, 720)
    assert fitted.index == 3


def test_case_11_another_aspect_takes_the_films_pixel_aspect() -> None:
    aspect = Fraction(64, 45)
    rows, columns = _disc_size(fit_to(_ring(600, 600), (576, 720), aspect))
    assert columns * aspect == pytest.approx(rows, rel=0.02)


def test_resampling_is_pillows() -> None:
    rng = np.random.default_rng(0)
    picture = rng.integers(0, 256, (120, 160, 3), np.uint8)
    fitted = fit_to(Exemplar(torch.from_numpy(picture).permute(2, 0, 1).contiguous()), (45, 60), Fraction(1))
    expected = np.asarray(Image.fromarray(picture).resize((60, 45), Image.Resampling.BILINEAR))
    assert np.array_equal(fitted.rgb.permute(1, 2, 0).numpy(), expected)


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_case_10_an_upright_still_is_turned_as_the_film_is_stored(rotation: int) -> None:
    upright = torch.zeros(3, 40, 80, dtype=torch.uint8)
    upright[0, :20, :40] = 255  # a red upper left quarter
    stored_size = (40, 80) if rotation == 180 else (80, 40)
    fitted = fit_to(Exemplar(upright), stored_size, Fraction(1), rotation_degrees=rotation)
    assert fitted.rgb.shape[-2:] == stored_size
    shown = np.rot90(fitted.rgb[0].numpy(), -rotation // 90)  # clockwise, as a player does
    assert np.array_equal(shown, upright[0].numpy())


def test_case_10_a_still_that_fits_the_stored_frame_only_is_left_as_it_is() -> None:
    stored = _ring(40, 80)
    stored.rgb[1, 0, 0] = 7
    assert torch.equal(fit_to(stored, (40, 80), Fraction(1), rotation_degrees=90).rgb, stored.rgb)


@pytest.mark.parametrize("size", [(24, 32), (12, 16), (48, 64)])
def test_case_28_what_alpha_hides_has_no_influence(size: tuple[int, int]) -> None:
    alpha = torch.zeros(1, 24, 32)
    alpha[:, 6:18, 5:20] = 1
    rng = torch.Generator().manual_seed(0)
    rgb = torch.randint(0, 256, (3, 24, 32), generator=rng, dtype=torch.uint8)
    other = torch.where(alpha > 0, rgb, 255 - rgb)
    one, two = (fit_to(Exemplar(picture, alpha=alpha), size, Fraction(1)) for picture in (rgb, other))
    assert torch.equal(one.rgb, two.rgb)
    assert one.alpha is not None
    assert one.alpha.shape == (1, *size)
    assert 0 < float(one.alpha.mean()) < 1


@pytest.mark.parametrize("folders", [("a",), ("a", "b"), ("a/deep", "b", ".")])
def test_a_folder_is_read_with_the_folders_in_it(tmp_path: Path, folders: tuple[str, ...]) -> None:
    for number, folder in enumerate(folders):
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
        still(tmp_path / folder / f"ref_{number}.png")
    (tmp_path / ".thumbs").mkdir()
    still(tmp_path / ".thumbs" / "ref_99.png")
    assert [exemplar.index for exemplar in load([tmp_path])] == list(range(len(folders)))


@pytest.mark.parametrize("name", ["a.kra", "deep/b.cr2", "c.jxl"])
def test_pictures_that_cannot_be_read_are_named(tmp_path: Path, name: str) -> None:
    still(tmp_path / "ref_0.png")
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_bytes(b"x")
    (tmp_path / "notes.txt").write_text("x")
    lines: list[str] = []
    load([tmp_path], note=lines.append)
    assert [f"Left out of {tmp_path}: {name}." in line and "notes" not in line for line in lines] == [True]


def test_a_still_said_to_be_no_frame_is_marked_so(tmp_path: Path) -> None:
    path = still(tmp_path / "portrait.png")
    assert [exemplar.no_frame for exemplar in (*load([path]), *load([f"{path}@none"]))] == [False, True]
