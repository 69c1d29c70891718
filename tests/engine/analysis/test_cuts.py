"""Films are made of scenes: blurred noise that drifts slowly, so neighbors in time are alike and scenes are not."""

from collections.abc import Iterable

import cv2
import numpy as np
import pytest

from kinemacolor.engine.analysis.cuts import CutFinder, shots_between
from kinemacolor.frames import Shot


def scene(seed: int, frames: int, *, drift_px: int = 1) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    wide = cv2.GaussianBlur(rng.uniform(0, 255, (120, 160 + drift_px * frames)).astype(np.float32), (0, 0), 6)
    wide = (wide - wide.min()) / (wide.max() - wide.min()) * 190 + 30
    return [wide[:, i * drift_px : i * drift_px + 160] for i in range(frames)]


def cuts_of(frames: Iterable[np.ndarray]) -> list[int]:
    finder = CutFinder()
    for frame in frames:
        finder.add(np.clip(frame, 0, 255).astype(np.uint8))
    return finder.finish()


def faded(frames: list[np.ndarray], *, to: float, out: bool) -> list[np.ndarray]:
    weights = np.linspace(1, 0, len(frames)) if out else np.linspace(0, 1, len(frames))
    return [to + (frame - to) * weight for frame, weight in zip(frames, weights)]


def test_hard_cuts_are_found_to_the_frame() -> None:
    film = [*scene(1, 30), *scene(2, 9), *scene(3, 24), *scene(1, 20)]
    assert cuts_of(film) == [30, 39, 63]


def test_fast_motion_is_no_cut_and_hides_none() -> None:
    film = [*scene(1, 30, drift_px=4), *scene(2, 30, drift_px=4)]
    assert cuts_of(film) == [30]


@pytest.mark.parametrize("length", [1, 2, 4])
def test_a_flash_is_no_cut(length: int) -> None:
    film = scene(1, 60)
    for i in range(30, 30 + length):
        film[i] = film[i] * 0.3 + 200
    assert cuts_of(film) == []


def test_a_lost_black_frame_is_no_cut() -> None:
    film = scene(1, 60)
    film[30] = np.zeros_like(film[30])
    assert cuts_of(film) == []


@pytest.mark.parametrize("to", [0.0, 255.0])
def test_fades_at_the_ends_are_no_cuts(to: float) -> None:
    film = scene(1, 90)
    film[:24] = faded(film[:24], to=to, out=False)
    film[-24:] = faded(film[-24:], to=to, out=True)
    assert cuts_of(film) == []


def test_a_fade_out_and_in_again_of_one_scene_is_no_cut() -> None:
    film = scene(1, 100, drift_px=0)
    film[30:45] = faded(film[30:45], to=0, out=True)
    film[45:60] = faded(film[45:60], to=0, out=False)
    assert cuts_of(film) == []


def test_a_fade_through_black_to_another_scene_is_one_cut_where_it_shows() -> None:
    first, second = scene(1, 50), scene(2, 50)
    film = [*first[:30], *faded(first[30:], to=16, out=True), *[np.full((120, 160), 16.0)] * 5]
    film += [*faded(second[:20], to=16, out=False), *second[20:]]
    (cut,) = cuts_of(film)
    assert 55 <= cut <= 60


def test_flicker_is_no_cut() -> None:
    gains = 1 + 0.25 * np.random.default_rng(0).standard_normal(80)
    assert cuts_of([frame * gain for frame, gain in zip(scene(1, 80), gains)]) == []


def test_a_vignette_and_the_gates_edge_hide_no_cut() -> None:
    y, x = np.mgrid[-1:1:120j, -1:1:160j]
    gate = np.clip(1.6 - 1.1 * (x**2 + y**2), 0, 1) * (np.abs(x) < 0.93) * (np.abs(y) < 0.93)
    assert cuts_of([frame * gate for frame in [*scene(1, 30), *scene(2, 30)]]) == [30]


def test_plain_film_has_no_cut() -> None:
    assert cuts_of([np.full((120, 160), level) for level in (0, 0, 255, 255, 0, 0) * 5]) == []


def test_what_is_decided_stays_decided_and_little_is_open() -> None:
    finder = CutFinder()
    for seen, frame in enumerate([*scene(1, 40), *scene(2, 40)], 1):
        before = list(finder.cuts)
        finder.add(frame.astype(np.uint8))
        assert finder.cuts[: len(before)] == before
        assert seen - finder.settled <= 8
    assert finder.cuts == [40]


def test_shots_are_what_lies_between_cuts_of_a_span() -> None:
    assert shots_between([30, 10, 80], 20, 60) == [Shot(20, 30), Shot(30, 60)]
    assert shots_between([], 0, 7) == [Shot(0, 7)]
