"""Sheets of pictures: their size, and that pixels stay what they are."""

import torch

from kinemacolor.io.sheets import image_of, sheet, stacked


def test_a_sheet_has_room_for_its_largest_row() -> None:
    small, large = torch.zeros(3, 10, 20, dtype=torch.uint8), torch.zeros(3, 30, 50, dtype=torch.uint8)
    made = sheet([[("a", small), ("b", large)], [("c", small)]])
    assert made.size == (20 + 8 + 50 + 8, 16 + 30 + 16 + 10)


def test_pictures_lie_below_their_labels_as_they_are() -> None:
    one, two = (torch.full((3, 10, 20), level, dtype=torch.uint8) for level in (40, 90))
    made = sheet([[("a", one), ("b", two)]], gap_px=0, label_px=20)
    assert made.crop((0, 20, 20, 30)).tobytes() == image_of(one).tobytes()
    assert made.crop((20, 20, 40, 30)).tobytes() == image_of(two).tobytes()


def test_stacked_rows_end_in_black() -> None:
    rows = [torch.full((3, 4, width), 200, dtype=torch.uint8) for width in (6, 10)]
    made = stacked(rows)
    assert made.shape == (3, 8, 10)
    assert made[:, :4, :6].eq(200).all()
    assert made[:, :4, 6:].eq(0).all()
