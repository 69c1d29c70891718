from collections.abc import Iterable, Iterator, Sequence

import pytest
import torch

from kinemacolor.engine.exemplars.applied import suited
from kinemacolor.engine.exemplars.corrections import Corrected
from kinemacolor.engine.exemplars.marks import is_mark, spread
from kinemacolor.frames import Luma, ObjectMasks
from kinemacolor.models.base import Answer, Reference

HEIGHT, WIDTH = 96, 128


class AllGreen:
    """Gives every pixel one chroma, and remembers what it was shown."""

    identity, notes = "all green", ()

    def __init__(self) -> None:
        self.shown: list[Reference] = []

    def colorize(
        self, lumas: Iterable[Luma], references: Sequence[Reference], objects: ObjectMasks | None = None
    ) -> Iterator[Answer]:
        self.shown = list(references)
        for luma in lumas:
            chroma = torch.tensor([-20.0, 15.0])[:, None, None].expand(2, *luma.shape[-2:]).clone()
            yield Answer(chroma, torch.full((1, HEIGHT // 2, WIDTH // 2), 0.3))


def box(frame: int) -> tuple[slice, slice]:
    """Where a bright, textured box is that moves to the right."""
    return slice(30, 66), slice(16 + 2 * frame, 52 + 2 * frame)


def film(frames: int) -> list[Luma]:
    generator = torch.Generator().manual_seed(0)
    ground = 20 + 8 * texture(HEIGHT, WIDTH, generator)
    thing = 70 + 8 * texture(36, 36, generator)
    found = []
    for frame in range(frames):
        luma = ground.clone()
        luma[:, *box(frame)] = thing
        found.append(luma)
    return found


def texture(height: int, width: int, generator: torch.Generator) -> torch.Tensor:
    coarse = torch.rand(1, 1, height // 6, width // 6, generator=generator)
    return torch.nn.functional.interpolate(coarse, (height, width), mode="bicubic", align_corners=False)[0]


def disc(y: int, x: int, frame: int, chroma: tuple[float, float] = (60.0, 40.0), radius: int = 2) -> Reference:
    rows, columns = torch.meshgrid(torch.arange(HEIGHT), torch.arange(WIDTH), indexing="ij")
    alpha = (((rows - y) ** 2 + (columns - x) ** 2) <= radius**2).float()[None]
    plane = torch.tensor(chroma)[:, None, None].expand(2, HEIGHT, WIDTH)
    return Reference(torch.full((1, HEIGHT, WIDTH), 50.0), plane, frame, alpha)


def test_a_point_recolours_its_object_in_all_frames_and_nothing_else() -> None:
    lumas, model = film(9), AllGreen()
    before = [answer.chroma for answer in model.colorize(lumas, [])]
    after = [answer.chroma for answer in Corrected(model).colorize(lumas, [disc(48, 42, 4)])]
    for frame, (old, new) in enumerate(zip(before, after)):
        rows, columns = box(frame)
        inside = new[:, rows.start + 6 : rows.stop - 6, columns.start + 6 : columns.stop - 6]
        assert inside[0].median() > 40, frame
        outside = torch.ones(HEIGHT, WIDTH, dtype=torch.bool)
        outside[rows.start - 6 : rows.stop + 6, max(0, columns.start - 6) : columns.stop + 6] = False
        assert torch.equal(new[:, outside], old[:, outside]), frame
    assert after[4][:, 48, 42].tolist() == pytest.approx([60.0, 40.0])


def test_a_mark_is_not_shown_to_the_model_but_a_part_of_a_picture_is() -> None:
    model, small, large = AllGreen(), disc(48, 42, 1), disc(48, 42, 1, radius=30)
    assert is_mark(small.alpha)
    assert not is_mark(large.alpha)
    list(Corrected(model).colorize(film(2), [small]))
    assert model.shown == []
    found = [answer.chroma for answer in Corrected(model).colorize(film(2), [large])]
    assert model.shown == [large]
    assert large.alpha is not None
    assert torch.equal(found[1][:, large.alpha[0] >= 0.5], large.chroma[:, large.alpha[0] >= 0.5])
    # a part of a picture says where it ends: nothing is filled beyond it
    assert found[1][0, 48, 100] == pytest.approx(-20.0)


def test_case_28_what_a_correction_hides_has_no_influence() -> None:
    lumas, point = film(4), disc(48, 40, 1)
    assert point.alpha is not None
    other = torch.where(point.alpha > 0, point.chroma, torch.full_like(point.chroma, -90.0))
    hidden = Reference(point.luma, other, 1, point.alpha)
    for one, two in zip(*(Corrected(AllGreen()).colorize(lumas, [each]) for each in (point, hidden))):
        assert torch.equal(one.chroma, two.chroma)


def test_case_30_two_corrections_give_the_same_in_any_order() -> None:
    points = [disc(48, 40, 1), disc(10, 100, 1, (-50.0, -30.0)), disc(48, 46, 3, (10.0, -60.0))]
    lumas = film(5)
    first = [answer.chroma for answer in Corrected(AllGreen()).colorize(lumas, points)]
    second = [answer.chroma for answer in Corrected(AllGreen()).colorize(lumas, points[::-1])]
    assert all(torch.equal(a, b) for a, b in zip(first, second))


def test_the_frame_of_a_whole_exemplar_keeps_its_own_colors() -> None:
    lumas = film(9)
    whole = (
        Reference(lumas[0], torch.zeros(2, HEIGHT, WIDTH), 0),
        Reference(lumas[8], torch.zeros(2, HEIGHT, WIDTH), 8),
    )
    found = [answer.chroma for answer in Corrected(AllGreen()).colorize(lumas, [*whole, disc(48, 42, 4)])]
    reds = [float(found[frame][0, 48, 34 + 2 * frame]) for frame in range(9)]
    assert reds[0] == reds[8] == -20.0
    assert reds == sorted(reds[:5]) + sorted(reds[5:], reverse=True)


def test_corrected_pixels_are_sure_and_others_as_before() -> None:
    sure = [answer.confidence for answer in Corrected(AllGreen()).colorize(film(3), [disc(48, 40, 1)])]
    assert sure[1][0, 24, 20] == pytest.approx(1.0)
    assert sure[1][0, 2, 60] == pytest.approx(0.3)


def test_a_point_stops_at_an_edge_of_luma_and_of_present_color() -> None:
    luma = torch.full((1, 60, 80), 40.0)
    luma[:, :, 40:] = 80.0
    present = torch.zeros(2, 60, 80)
    present[:, :30] = 40.0
    where = torch.zeros(60, 80, dtype=torch.bool)
    where[10, 10] = True
    weight = spread(luma, present, torch.full((2, 60, 80), 5.0), where, everywhere=True).weight[0]
    assert weight[6:16, 6:16].min() > 0.4
    assert weight[:, 46:].max() < 0.01
    assert weight[36:, :].max() < 0.01


def test_only_shots_with_parts_of_their_frames_are_corrected() -> None:
    model = AllGreen()
    assert suited(model, [disc(48, 40, 1)], bidirectional=False) is not model
    plain = disc(48, 40, 1)
    assert suited(model, [Reference(plain.luma, plain.chroma, None, plain.alpha)], bidirectional=True) is model
