"""Stills that a tool has cut or changed in shape are laid over their frame again."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest
import torch

from kinemacolor.engine.analysis.overlay import laid_over, overlay_of
from kinemacolor.frames import Exemplar

HEIGHT, WIDTH = 180, 320
Picture = np.ndarray


def scene() -> Picture:
    """Colored blobs of many sizes: something to lie over."""
    rng = np.random.default_rng(3)
    picture = np.full((HEIGHT, WIDTH, 3), 90, np.uint8)
    for _ in range(150):
        center = int(rng.integers(0, WIDTH)), int(rng.integers(0, HEIGHT))
        color = tuple(int(value) for value in rng.integers(20, 236, 3))
        cv2.circle(picture, center, int(rng.integers(4, 30)), color, -1, cv2.LINE_AA)
    return cv2.GaussianBlur(picture, (0, 0), 1)


def padded(picture: Picture, rows: int, columns: int) -> Picture:
    return cv2.copyMakeBorder(picture, rows, rows, columns, columns, cv2.BORDER_CONSTANT)


CHANGES: dict[str, tuple[Callable[[Picture], Picture], tuple[int, int, int, int]]] = {
    "cropped to 16": (lambda p: p[4:], (4, 180, 0, 320)),
    "cropped around": (lambda p: p[2:178, 8:312], (2, 178, 8, 312)),
    "cropped in shape": (lambda p: p[9:171, 16:304], (9, 171, 16, 304)),
    "padded to 64": (lambda p: padded(p, 6, 0), (0, 180, 0, 320)),
    "pillared": (lambda p: padded(p, 0, 40), (0, 180, 0, 320)),
    "letterboxed at twice the size": (lambda p: padded(cv2.resize(p, (640, 360)), 60, 0), (0, 180, 0, 320)),
    "squeezed to 4:3": (lambda p: cv2.resize(p, (240, 180)), (0, 180, 0, 320)),
    "squeezed to a square": (lambda p: cv2.resize(p, (512, 512)), (0, 180, 0, 320)),
    "cut to 4:3, enlarged": (lambda p: cv2.resize(p[:, 40:280], (640, 480)), (0, 180, 40, 280)),
    "cut to a square, enlarged": (lambda p: cv2.resize(p[:, 70:250], (512, 512)), (0, 180, 70, 250)),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("brighter", [1.0, 0.8])
def test_a_changed_still_is_laid_over_its_frame(change: str, brighter: float) -> None:
    whole = scene()
    make, (top, bottom, left, right) = CHANGES[change]
    changed = np.ascontiguousarray(make(whole) * brighter).astype(np.uint8)
    laid = laid_over(exemplar_of(changed), gray(whole))
    assert laid is not None
    shown = np.zeros((HEIGHT, WIDTH), bool) if laid.alpha is not None else np.ones((HEIGHT, WIDTH), bool)
    if laid.alpha is not None:
        shown = laid.alpha[0].numpy() > 0.5
    expected = np.zeros_like(shown)
    expected[top:bottom, left:right] = True
    assert (shown != expected).mean() < 0.012
    error = np.abs(laid.rgb.permute(1, 2, 0).numpy() - whole * brighter)[shown & expected]
    assert error.mean() < 4


@pytest.mark.parametrize("size", [(180, 320), (360, 640), (90, 160)])
def test_a_whole_still_stays_as_it_is(size: tuple[int, int]) -> None:
    whole = scene()
    assert laid_over(exemplar_of(cv2.resize(whole, (size[1], size[0]))), gray(whole)) is None


def test_a_picture_of_something_else_has_no_place() -> None:
    whole = scene()
    other = np.random.default_rng(0).integers(0, 255, (200, 300)).astype(np.uint8)
    assert overlay_of(other, gray(whole)) is None
    assert overlay_of(np.ascontiguousarray(gray(whole)[:170, ::-1]), gray(whole)) is None
    assert overlay_of(gray(whole)[4:], np.full((HEIGHT, WIDTH), 80, np.uint8)) is None


def test_a_large_frame_is_looked_at_smaller() -> None:
    whole = cv2.resize(scene(), (WIDTH * 6, HEIGHT * 6))
    found = overlay_of(gray(whole)[24:], gray(whole))
    assert found is not None
    assert (found.top, found.left) == (pytest.approx(24, abs=2), pytest.approx(0, abs=2))


def gray(picture: Picture) -> np.ndarray:
    return cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)


def exemplar_of(picture: Picture) -> Exemplar:
    return Exemplar(torch.from_numpy(np.ascontiguousarray(picture)).permute(2, 0, 1).contiguous(), 0, name="a.png")
