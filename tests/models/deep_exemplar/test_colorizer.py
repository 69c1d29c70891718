"""Shots through Deep Exemplar: the release's steps, exemplars, and states that belong to their caller."""

import copy
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from kinemacolor.errors import ExemplarError
from kinemacolor.models.base import Colorizer, Reference
from kinemacolor.models.deep_exemplar import DeepExemplar, DeepExemplarColorizer, DeepExemplarSettings
from kinemacolor.models.deep_exemplar.colorizer import RELEASE_CANVAS, canvas_of, halved
from kinemacolor.models.deep_exemplar.smoothing import Smoothing, smoothed
from kinemacolor.resize import resize

Shot = tuple[Tensor, Tensor]
PLAIN = DeepExemplarSettings(canvas=(64, 96), saturation=1.0, smoothing=None, keep_exemplars=False)


def of(network: DeepExemplar, settings: DeepExemplarSettings) -> DeepExemplarColorizer:
    return DeepExemplarColorizer(network, settings=settings)


def first_shown(network: DeepExemplar, settings: DeepExemplarSettings, luma: Tensor, reference: Reference) -> Tensor:
    return next(iter(of(network, settings).colorize([luma], [reference]))).chroma


def test_it_is_a_colorizer(colorizer: DeepExemplarColorizer) -> None:
    assert isinstance(colorizer, Colorizer)


def test_every_frame_gets_colors_of_its_size_and_an_exemplars_frame_its_own(
    colorizer: DeepExemplarColorizer, shot: Shot, first: Reference
) -> None:
    colored = [answer.chroma for answer in colorizer.colorize(shot[0], [first])]
    assert [each.shape for each in colored] == [(2, 60, 90)] * 6
    assert torch.equal(colored[0], first.chroma)
    assert torch.isfinite(torch.stack(colored)).all()


def test_two_streams_share_one_model(colorizer: DeepExemplarColorizer, shot: Shot, first: Reference) -> None:
    lumas, chromas = shot
    other = Reference(lumas[5], -chromas[5])
    alone = [[answer.chroma for answer in colorizer.colorize(lumas, [each])] for each in (first, other)]
    states = [colorizer.start([each]) for each in (first, other)]
    for index, luma in enumerate(lumas):
        for state, expected in zip(states, alone):
            assert torch.equal(colorizer.step(luma, state).chroma, expected[index])


def test_a_copied_state_goes_on_as_the_original(
    colorizer: DeepExemplarColorizer, shot: Shot, first: Reference
) -> None:
    state = colorizer.start([first])
    for luma in shot[0][:3]:
        colorizer.step(luma, state)
    again = copy.deepcopy(state)
    ours = [colorizer.step(luma, state).chroma for luma in shot[0][3:]]
    assert all(torch.equal(a, colorizer.step(luma, again).chroma) for a, luma in zip(ours, shot[0][3:]))


def test_a_state_does_not_grow(colorizer: DeepExemplarColorizer, shot: Shot, first: Reference) -> None:
    def held(state: object) -> int:
        return sum(t.numel() for t in vars(state).values() if isinstance(t, Tensor))

    state = colorizer.start([first])
    sizes = []
    for luma in shot[0]:
        colorizer.step(luma, state)
        sizes.append(held(state))
    assert set(sizes) == {3 * 32 * 48}


def test_without_an_exemplar_is_an_error(colorizer: DeepExemplarColorizer) -> None:
    with pytest.raises(ExemplarError, match="no exemplar for this shot"):
        colorizer.start([])


def test_an_exemplar_that_is_transparent_all_over_is_an_error(
    colorizer: DeepExemplarColorizer, first: Reference
) -> None:
    with pytest.raises(ExemplarError, match="transparent all over"):
        colorizer.start([replace(first, alpha=torch.zeros(1, 60, 90))])


@torch.no_grad()
def test_colors_under_a_transparent_part_are_never_taken(network: DeepExemplar, shot: Shot, first: Reference) -> None:
    alpha = torch.ones(1, 60, 90)
    alpha[..., 30:] = 0
    marked = first.chroma.clone()
    marked[..., 30:] = 1e6
    colorizer = of(network, PLAIN)
    exemplars = colorizer.start([replace(first, chroma=marked, alpha=alpha)]).exemplars
    embedding = network.embed(halved(resize(shot[0][2], (64, 96)))[None])[0]
    for temperature in (0.0, 0.01):
        aligned = network.align(embedding, exemplars, temperature=temperature)
        assert float(aligned.chroma.abs().max()) <= float(first.chroma.abs().max())


@torch.no_grad()
def test_several_exemplars_are_searched_as_one(network: DeepExemplar, shot: Shot, first: Reference) -> None:
    """With one more exemplar a position's match gets no worse, and is one of the two."""
    other = Reference(torch.rand(1, 80, 70) * 100, torch.rand(2, 80, 70), None)
    colorizer = of(network, replace(PLAIN, canvas=None))
    embedding = network.embed(torch.rand(1, 1, 32, 48) * 100)[0]
    one, two, both = (colorizer.start(each).exemplars for each in ([first], [other], [first, other]))
    a, b, joined = (network.align(embedding, each, temperature=0.0) for each in (one, two, both))
    torch.testing.assert_close(joined.similarity, torch.maximum(a.similarity, b.similarity), atol=1e-6, rtol=0)
    took = torch.where(a.similarity >= b.similarity, a.chroma, b.chroma)
    torch.testing.assert_close(joined.chroma, took)


def test_the_frame_before_matters_and_is_the_networks_own_answer(
    network: DeepExemplar, shot: Shot, first: Reference
) -> None:
    """Saturation and smoothing are for the eye: what the next frame sees is without them."""
    plain, vivid = of(network, PLAIN), of(network, replace(PLAIN, saturation=2.0, smoothing=Smoothing()))
    states = plain.start([first]), vivid.start([first])
    for luma in shot[0][:3]:
        shown, other = plain.step(luma, states[0]).chroma, vivid.step(luma, states[1]).chroma
        assert not torch.allclose(shown, other)
        assert states[0].before is not None
        assert states[1].before is not None
        assert torch.equal(states[0].before, states[1].before)
    fresh = plain.start([first])
    assert not torch.allclose(plain.step(shot[0][2], fresh).chroma, shown, atol=1e-3)


def test_saturation_multiplies(network: DeepExemplar, shot: Shot, first: Reference) -> None:
    shown, vivid = (
        first_shown(network, each, shot[0][1], first) for each in (PLAIN, replace(PLAIN, saturation=1.25))
    )
    torch.testing.assert_close(vivid, 1.25 * shown)


def test_smoothing_is_the_filter_on_the_canvas(network: DeepExemplar, first: Reference) -> None:
    luma = torch.rand(1, 64, 96) * 100
    how = Smoothing(strength=50.0)
    shown, smooth = (first_shown(network, each, luma, first) for each in (PLAIN, replace(PLAIN, smoothing=how)))
    torch.testing.assert_close(smooth, smoothed(shown, (luma * 255 / 100).floor(), how))


def test_beginning_with_the_exemplar_is_as_if_it_had_been_shown(
    network: DeepExemplar, shot: Shot, first: Reference
) -> None:
    begun = of(network, replace(PLAIN, begin_with_exemplar=True))
    kept = of(network, replace(PLAIN, keep_exemplars=True))
    state = kept.start([first])
    kept.step(shot[0][0], state)
    torch.testing.assert_close(
        begun.step(shot[0][1], begun.start([first])).chroma, kept.step(shot[0][1], state).chroma
    )


def test_a_low_temperature_comes_near_to_none(network: DeepExemplar, shot: Shot, first: Reference) -> None:
    hard, nearly, soft = (
        first_shown(network, replace(PLAIN, temperature=t), shot[0][3], first) for t in (0.0, 1e-7, 1.0)
    )
    assert float((hard - nearly).abs().mean()) < 0.05 * float((hard - soft).abs().mean())


@pytest.mark.parametrize(
    ("size", "canvas"),
    [((1080, 1920), RELEASE_CANVAS), ((480, 640), (496, 672)), ((240, 100), (896, 384)), ((10, 4000), (288, 1152))],
)
def test_a_canvas_has_the_films_aspect_and_the_releases_pixels(
    size: tuple[int, int], canvas: tuple[int, int]
) -> None:
    assert canvas_of(size) == canvas
    assert canvas[0] % 16 == 0
    assert canvas[1] % 32 == 0
    assert canvas[0] * canvas[1] == pytest.approx(432 * 768, rel=0.05)


@pytest.mark.parametrize("value", [0.0, 50.0, 100.0])
def test_a_frame_of_one_tone_gets_finite_colors(
    colorizer: DeepExemplarColorizer, first: Reference, value: float
) -> None:
    shown = [
        answer.chroma
        for answer in colorizer.colorize([torch.full((1, 60, 90), value)] * 2, [replace(first, index=None)])
    ]
    assert all(torch.isfinite(each).all() for each in shown)


def test_bf16_comes_near_to_fp32(network: DeepExemplar, shot: Shot, first: Reference) -> None:
    # a mean of all colors, since which place is most alike may change with a bit
    soft = replace(PLAIN, temperature=1.0)
    exact = first_shown(network, soft, shot[0][2], first)
    colorizer = DeepExemplarColorizer(network, settings=soft, dtype=torch.bfloat16)
    rough = next(iter(colorizer.colorize([shot[0][2]], [first]))).chroma
    assert rough.dtype == torch.float32
    # a random network enlarges rounding; another frame's colors would be off by more than their size
    assert 0 < float((rough - exact).abs().mean()) < 0.3 * float(exact.abs().mean())
