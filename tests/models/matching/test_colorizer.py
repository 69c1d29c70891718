import copy

import pytest
import torch

from kinemacolor.errors import ExemplarError
from kinemacolor.models.base import Reference
from kinemacolor.models.matching import MatchingColorizer, MatchingSettings, load


@pytest.fixture(scope="module")
def model() -> MatchingColorizer:
    return load(device="cpu", dtype=torch.float32)


@pytest.fixture(scope="module")
def flow() -> MatchingColorizer:
    return load(device="cpu", settings=MatchingSettings(features=False))


def texture(height: int, width: int, seed: int = 0) -> torch.Tensor:
    """L* and a*b* (3, h, w) of smooth random blobs whose color follows their luma."""
    generator = torch.Generator().manual_seed(seed)
    blobs = torch.rand(1, 3, height // 12 + 2, width // 12 + 2, generator=generator)
    blobs = torch.nn.functional.interpolate(blobs, (height, width), mode="bicubic")[0]
    return torch.stack((20 + 60 * blobs[0].clamp(0, 1), 80 * (blobs[1] - 0.5), 80 * (blobs[2] - 0.5)))


def pan(count: int, height: int = 96, width: int = 128) -> list[torch.Tensor]:
    world = texture(height, width + 4 * count)
    return [world[:, :, 4 * i : 4 * i + width] for i in range(count)]


def colored(model: MatchingColorizer, film: list[torch.Tensor], references: list[Reference]) -> list[torch.Tensor]:
    return [answer.chroma for answer in model.colorize((frame[:1] for frame in film), references)]


def error(chroma: torch.Tensor, frame: torch.Tensor) -> float:
    return float((chroma - frame[1:]).square().mean().sqrt())


def test_a_pan_keeps_its_colors(model: MatchingColorizer, flow: MatchingColorizer) -> None:
    film = pan(8)
    reference = Reference(film[0][:1], film[0][1:], 0)
    for colorizer in (model, flow):
        chromas = colored(colorizer, film, [reference])
        assert torch.equal(chromas[0], film[0][1:])
        gray = error(torch.zeros_like(film[-1][1:]), film[-1])
        copied = error(film[0][1:], film[-1])
        assert error(chromas[-1], film[-1]) < 0.6 * min(gray, copied)


def test_the_frame_of_an_exemplar_gets_its_own_chroma(model: MatchingColorizer) -> None:
    film = pan(5)
    references = [Reference(film[i][:1], film[i][1:], i) for i in (0, 3)]
    assert torch.equal(colored(model, film, references)[3], film[3][1:])


def test_after_a_cut_colors_come_from_the_other_exemplar(model: MatchingColorizer) -> None:
    one, two = texture(96, 128, seed=1), texture(96, 128, seed=2)
    film = [one, one, two, two]
    references = [Reference(each[:1], each[1:]) for each in (one, two)]
    chromas = colored(model, film, references)
    for chroma, frame in zip(chromas, film):
        assert error(chroma, frame) < 0.5 * error(torch.zeros_like(chroma), frame)


@pytest.mark.parametrize("size", [(1, 1), (2, 300), (17, 13), (33, 50)])
def test_case_08_any_size_gives_chroma_of_that_size(
    model: MatchingColorizer, flow: MatchingColorizer, size: tuple[int, int]
) -> None:
    luma = torch.rand(1, *size, generator=torch.Generator().manual_seed(0)) * 100
    reference = Reference(torch.rand(1, 40, 60) * 100, torch.randn(2, 40, 60) * 20)
    for colorizer in (model, flow):
        for answer in colorizer.colorize([luma, luma], [reference]):
            assert answer.chroma.shape == (2, *size)
            assert torch.isfinite(answer.chroma).all()


@pytest.mark.parametrize("level", [0.0, 50.0, 100.0])
def test_case_18_constant_frames_give_bounded_numbers(model: MatchingColorizer, level: float) -> None:
    film = [torch.full((1, 64, 96), level)] * 3
    reference = Reference(texture(64, 96)[:1], texture(64, 96)[1:])
    bound = float(reference.chroma.abs().max())
    for answer in model.colorize(film, [reference]):
        assert torch.isfinite(answer.chroma).all()
        assert float(answer.chroma.abs().max()) <= bound + 1e-3


def test_colors_never_leave_what_the_exemplars_have(model: MatchingColorizer) -> None:
    film, other = pan(3), texture(80, 90, seed=9)
    reference = Reference(other[:1], other[1:])
    low, high = other[1:].amin((1, 2)), other[1:].amax((1, 2))
    for chroma in colored(model, film, [reference]):
        assert (chroma.amin((1, 2)) >= low.clamp_max(0) - 1e-3).all()
        assert (chroma.amax((1, 2)) <= high.clamp_min(0) + 1e-3).all()


def test_case_30_the_order_of_exemplars_does_not_matter(model: MatchingColorizer) -> None:
    film = pan(3)
    references = [Reference(t[:1], t[1:]) for t in (texture(96, 128, seed=s) for s in (3, 4, 5))]
    for one, other in zip(colored(model, film, references), colored(model, film, references[::-1])):
        torch.testing.assert_close(one, other, atol=0.05, rtol=0)


def test_two_streams_share_one_model(model: MatchingColorizer) -> None:
    films = [pan(3), [frame.flip(-1) for frame in pan(3)]]
    alone = [colored(model, film, [Reference(film[0][:1], film[0][1:], 0)]) for film in films]
    states = [model.start([Reference(film[0][:1], film[0][1:], 0)]) for film in films]
    for i in range(3):
        for film, state, expected in zip(films, states, alone):
            assert torch.equal(model.step(film[i][:1], state).chroma, expected[i])


def test_a_copied_state_goes_on_alike(model: MatchingColorizer) -> None:
    film = pan(4)
    state = model.start([Reference(film[0][:1], film[0][1:], 0)])
    for frame in film[:3]:
        model.step(frame[:1], state)
    twin = copy.deepcopy(state)
    assert torch.equal(model.step(film[3][:1], state).chroma, model.step(film[3][:1], twin).chroma)


def test_no_exemplar_is_an_error(model: MatchingColorizer) -> None:
    with pytest.raises(ExemplarError, match="no exemplar"):
        model.start([])


def test_case_29_of_many_exemplars_the_relevant_one_colors(model: MatchingColorizer) -> None:
    film = pan(4)
    others = [texture(96, 128, seed=100 + i) for i in range(40)]
    many = [Reference(each[:1], each[1:]) for each in others]
    many.insert(23, Reference(film[0][:1], film[0][1:]))
    few = colored(model, film, [many[23]])
    for frame, one, other in zip(film, colored(model, film, many), few):
        assert error(one, frame) < 1.25 * error(other, frame) + 1
