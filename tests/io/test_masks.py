"""Tests of reading object masks: index maps and COCO-style files, right and wrong ones."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from kinemacolor.errors import InputError
from kinemacolor.frames import ObjectMasks
from kinemacolor.io import masks
from kinemacolor.io.masks import open_masks, run_lengths

VALUES = np.array([[0, 0, 3, 3], [0, 1, 1, 3], [0, 1, 1, 0]], dtype=np.uint8)


def coco(path: Path, annotations: list[dict], images: list[dict] | None = None) -> Path:
    path.write_text(json.dumps(annotations if images is None else {"images": images, "annotations": annotations}))
    return path


@pytest.mark.parametrize("mode", ["L", "P", "I;16"])
def test_index_maps_are_read_by_value(tmp_path: Path, mode: str) -> None:
    if mode == "I;16":
        Image.fromarray(VALUES.astype(np.uint16) * 300).save(tmp_path / "00007.png")
    else:
        picture = Image.fromarray(VALUES)
        if mode == "P":
            picture = picture.convert("P")
            picture.putpalette([0, 0, 0, 200, 0, 0, 0, 200, 0, 90, 90, 0])
            picture.putdata(VALUES.flatten().tolist())
        picture.save(tmp_path / "00007.png")
    masks = open_masks(tmp_path)
    assert isinstance(masks, ObjectMasks)
    found = masks.instances(7)
    scale = 300 if mode == "I;16" else 1
    assert [instance.track for instance in found] == [scale, 3 * scale]
    for instance, value in zip(found, (1, 3)):
        assert np.array_equal(instance.mask.numpy(), value == VALUES)
    assert masks.instances(6) == []


def test_colors_of_an_rgb_map_are_objects(tmp_path: Path) -> None:
    palette = np.array([[0, 0, 0], [128, 0, 0], [9, 9, 9], [0, 128, 0]], dtype=np.uint8)
    for number in (0, 1):
        Image.fromarray(palette[VALUES]).save(tmp_path / f"mask_{number}.png")
    first, second = (open_masks(tmp_path).instances(number) for number in (0, 1))
    assert len(first) == 2
    assert [instance.track for instance in first] == [instance.track for instance in second]
    assert sum(int(instance.mask.sum()) for instance in first) == int((VALUES > 0).sum())


@pytest.mark.parametrize("as_text", [False, True])
def test_run_lengths_are_drawn_down_the_columns(tmp_path: Path, as_text: bool) -> None:
    # columns of VALUES == 1: 000 011 011 000
    counts = "42102" if as_text else [4, 2, 1, 2, 3]
    path = coco(
        tmp_path / "masks.json",
        [{"image_id": 5, "category_id": 18, "score": 0.75, "segmentation": {"size": [3, 4], "counts": counts}}],
    )
    (instance,) = open_masks(path).instances(5)
    assert np.array_equal(instance.mask.numpy(), VALUES == 1)
    assert (instance.category, instance.score, instance.track) == (18, 0.75, None)


def _text_of(lengths: list[int]) -> str:
    """COCO's writing of run lengths, from its description: differences, 5 bits a character, offset 48."""
    text = ""
    for i, length in enumerate(lengths):
        value = length - lengths[i - 2] if i > 2 else length
        more = True
        while more:
            bits = value & 0x1F
            value >>= 5
            more = value != (-1 if bits & 0x10 else 0)
            text += chr((bits | (0x20 if more else 0)) + 48)
    return text


def test_run_lengths_as_text_are_those_that_coco_writes() -> None:
    # written by COCO's own tools for masks of these run lengths
    assert run_lengths("52203") == [5, 2, 2, 2, 5]
    assert run_lengths("01o0o0Yn0UO") == [0, 1, 31, 32, 1000, 5]
    for lengths in ([0, 1, 31, 32, 1000, 5], [1_000_000, 3, 70_000, 1], [7]):
        assert run_lengths(_text_of(lengths)) == lengths


def test_polygons_are_drawn_and_files_name_their_frames(tmp_path: Path) -> None:
    images = [
        {"id": 900, "file_name": "clip2/frame_00012.jpg", "height": 20, "width": 30},
        {"id": 3, "file_name": "first.jpg", "height": 20, "width": 30},
    ]
    square = [[5.0, 4.0, 14.0, 4.0, 14.0, 9.0, 5.0, 9.0]]
    annotations = [
        {"image_id": 900, "category_id": 1, "segmentation": square, "track_id": 4},
        {"image_id": 3, "category_id": 1, "segmentation": square, "instance_id": 0},
    ]
    masks = open_masks(coco(tmp_path / "masks.json", annotations, images))
    (named,), (numbered,) = masks.instances(12), masks.instances(3)
    expected = np.zeros((20, 30), dtype=bool)
    expected[4:10, 5:15] = True
    assert np.array_equal(named.mask.numpy(), expected)
    assert (named.track, numbered.track) == (4, 0)
    assert masks.instances(900) == []


@pytest.mark.parametrize(
    ("content", "match"),
    [
        ("<html>", "cannot be read as JSON"),
        ("{}", "no COCO-style file"),
        ('{"images": [], "annotations": [{"category_id": 1}]}', "image_id"),
        ('{"images": [], "annotations": []}', "no annotation"),
        ("[3]", "no COCO-style file"),
    ],
)
def test_a_file_that_is_no_coco_is_refused(tmp_path: Path, content: str, match: str) -> None:
    path = tmp_path / "masks.json"
    path.write_text(content)
    with pytest.raises(InputError, match=match):
        open_masks(path)


@pytest.mark.parametrize(
    "segmentation",
    [
        {"size": [3, 4], "counts": [4, 2]},
        {"size": [3, 4], "counts": [-1, 13]},
        {"counts": [12]},
        [[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]],
        None,
    ],
)
def test_a_segmentation_that_cannot_be_drawn_names_its_image(tmp_path: Path, segmentation: object) -> None:
    masks = open_masks(coco(tmp_path / "masks.json", [{"image_id": 8, "segmentation": segmentation}]))
    with pytest.raises(InputError, match="image 8"):
        masks.instances(8)


def test_folders_that_hold_no_masks_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="There are no masks at"):
        open_masks(tmp_path / "nowhere")
    with pytest.raises(InputError, match="holds no PNG"):
        open_masks(tmp_path)
    Image.fromarray(VALUES).save(tmp_path / "mask.png")
    with pytest.raises(InputError, match="no frame number"):
        open_masks(tmp_path)
    (tmp_path / "mask.png").rename(tmp_path / "1.png")
    Image.fromarray(VALUES).save(tmp_path / "01.png")
    with pytest.raises(InputError, match="one frame"):
        open_masks(tmp_path)


def test_case_31_a_cut_off_mask_is_named(tmp_path: Path) -> None:
    Image.fromarray(np.tile(VALUES, (40, 40))).save(tmp_path / "0.png")
    whole = (tmp_path / "0.png").read_bytes()
    (tmp_path / "0.png").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match=r"0\.png cannot be read"):
        open_masks(tmp_path).instances(0)


def drawn(path: Path, segmentations: list[object]) -> Path:
    images = [{"id": 1, "file_name": "1.png", "height": 8, "width": 8}]
    return coco(path, [{"image_id": 1, "segmentation": each} for each in segmentations], images)


@pytest.mark.parametrize(
    ("segmentation", "said"),
    [
        ({"size": [8, 8], "counts": "o" * 100_000}, "number without end"),
        ([[1.0, 2.0] * 100_000], "too many to draw"),
        ({"size": [60_000, 60_000], "counts": [1]}, "the limit"),
    ],
)
def test_case_31_masks_that_take_for_ever_are_refused(
    segmentation: object, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(masks, "MAX_EDGE_ROWS", 1_000_000)
    with pytest.raises(InputError, match=said):
        open_masks(drawn(tmp_path / "a.json", [segmentation])).instances(1)


def test_case_31_a_frame_of_more_objects_than_any_has_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="1001 objects"):
        open_masks(drawn(tmp_path / "a.json", [[[0, 0, 8, 0, 8, 8]]] * 1001)).instances(1)
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    Image.fromarray(noise).save(tmp_path / "1.png")
    with pytest.raises(InputError, match="objects; 1000 are the limit"):
        open_masks(tmp_path).instances(1)
