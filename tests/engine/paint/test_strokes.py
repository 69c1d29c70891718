"""Strokes as a layer of their own, and painted over a copy of the frame."""

import io

import numpy as np
import pytest
import torch
from PIL import Image

from kinemacolor.engine.paint import strokes_on
from kinemacolor.errors import ExemplarError
from kinemacolor.frames import RGB

RED = torch.tensor([200, 40, 30], dtype=torch.uint8)


def gray_frame() -> RGB:
    ramp = torch.linspace(30, 220, 48).to(torch.uint8)
    return ramp.expand(3, 32, -1).contiguous()


def painted_over(frame: RGB, rows: slice = slice(10, 16)) -> RGB:
    picture = frame.clone()
    picture[:, rows, 8:30] = RED[:, None, None]
    return picture


def test_a_layer_counts_where_it_is_opaque() -> None:
    layer, alpha = torch.zeros(3, 32, 48, dtype=torch.uint8), torch.zeros(1, 32, 48)
    layer[:, 4:8, 5:9], alpha[:, 4:8, 5:9], alpha[:, 20, 20] = RED[:, None, None], 1.0, 0.3
    strokes = strokes_on(gray_frame(), layer, alpha)
    assert int(strokes.where.sum()) == 16
    assert float(strokes.chroma[0, 5, 6]) > 40
    assert float(strokes.chroma[:, 20, 20].abs().max()) == 0


def test_a_copy_counts_where_it_differs_but_for_the_brushs_edge() -> None:
    strokes = strokes_on(gray_frame(), painted_over(gray_frame()))
    assert strokes.where[11:15, 9:29].all()
    assert int(strokes.where.sum()) == 4 * 20


def test_a_thin_stroke_on_a_copy_is_not_lost() -> None:
    strokes = strokes_on(gray_frame(), painted_over(gray_frame(), slice(10, 11)))
    assert strokes.where[10, 8:30].all()


def test_a_copy_that_was_saved_as_jpeg_has_the_same_strokes() -> None:
    data = io.BytesIO()
    Image.fromarray(painted_over(gray_frame()).permute(1, 2, 0).numpy()).save(data, "jpeg", quality=90)
    again = torch.from_numpy(np.array(Image.open(data))).permute(2, 0, 1).contiguous()
    where = strokes_on(gray_frame(), again).where
    assert where[11:15, 10:28].all()
    assert not where[20:].any()


def test_another_size_is_refused() -> None:
    with pytest.raises(ExemplarError, match=r"over\.png is 40x32, but the frame is 48x32"):
        strokes_on(gray_frame(), gray_frame()[:, :, :40], name="over.png")


def test_no_strokes_are_refused() -> None:
    with pytest.raises(ExemplarError, match="no strokes: it is the same as the frame"):
        strokes_on(gray_frame(), gray_frame())
    with pytest.raises(ExemplarError, match="no strokes: it is transparent everywhere"):
        strokes_on(gray_frame(), gray_frame(), torch.zeros(1, 32, 48))


def test_another_picture_is_refused() -> None:
    with pytest.raises(ExemplarError, match="no copy of it"):
        strokes_on(gray_frame(), gray_frame().flip(-1))
