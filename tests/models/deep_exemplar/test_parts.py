"""The parts of the network: sizes, matching in blocks, and the release's odd facts."""

import pytest
import torch
from torch import Tensor

from kinemacolor.models.deep_exemplar import DeepExemplar, matching
from kinemacolor.models.deep_exemplar.colorization import CHROMA_LIMIT, ColorizationSubnet, Refinement, planes_of
from kinemacolor.models.deep_exemplar.correspondence import unit
from kinemacolor.models.deep_exemplar.discriminator import Discriminator, SpectralConv2d
from kinemacolor.models.deep_exemplar.matching import matched
from kinemacolor.models.deep_exemplar.network import Learned
from kinemacolor.models.spatiotemporal.refinement import Colored
from kinemacolor.models.spatiotemporal.refinement import Refinement as SpatiotemporalRefinement


def vectors(channels: int, count: int, seed: int) -> Tensor:
    return unit(torch.randn(1, channels, count, generator=torch.Generator().manual_seed(seed)))[0]


@pytest.mark.parametrize("temperature", [0.0, 0.01, 0.3])
def test_blocks_give_what_the_whole_matrix_gives(temperature: float, monkeypatch: pytest.MonkeyPatch) -> None:
    query, key, colors = vectors(8, 50, 0), vectors(8, 70, 1), torch.randn(2, 70)
    monkeypatch.setattr(matching, "_CELLS", 70 * 7 + 3)
    found, similarity = matched(query, key, colors, temperature=temperature)
    whole = (query.T @ key).double()
    torch.testing.assert_close(similarity.double(), whole.amax(1), atol=1e-6, rtol=0)
    weights = (whole / (temperature or 1e-10)).softmax(1)
    torch.testing.assert_close(found.double(), colors.double() @ weights.T, atol=1e-4, rtol=0)


def test_the_whole_matrix_is_never_there() -> None:
    """At 216 x 384 there are 5184 positions; a row block of each pair of them stays within 4 million cells."""
    largest = 0

    class Watched(torch.utils._python_dispatch.TorchDispatchMode):
        def __torch_dispatch__(self, func, types, args=(), kwargs=None):  # type: ignore[no-untyped-def]
            nonlocal largest
            out = func(*args, **(kwargs or {}))
            for each in out if isinstance(out, tuple) else (out,):
                largest = max(largest, each.numel()) if isinstance(each, Tensor) else largest
            return out

    with Watched():
        matched(vectors(4, 5184, 0), vectors(4, 5184, 1), torch.zeros(2, 5184), temperature=0.01)
    assert 5184 < largest <= 1 << 22


def test_only_what_counts_is_found() -> None:
    query, key = vectors(8, 20, 0), vectors(8, 30, 1)
    colors = torch.stack((torch.arange(30.0), torch.zeros(30)))
    counted = torch.zeros(30, dtype=torch.bool)
    counted[10:14] = True
    found, similarity = matched(query, key, colors, temperature=0.0, counted=counted)
    assert set(found[0].tolist()) <= {10.0, 11.0, 12.0, 13.0}
    torch.testing.assert_close(similarity, (query.T @ key[:, 10:14]).amax(1))


def test_a_picture_matches_itself_place_for_place(network: DeepExemplar) -> None:
    """With one head for both sides; theta and phi differ otherwise."""
    maps = network.seen_gray(torch.rand(1, 1, 64, 96, generator=torch.Generator().manual_seed(1)) * 100)
    embedding = network.correspondence.embed(maps)
    assert embedding.shape == (1, 16, 16, 24)
    torch.testing.assert_close(torch.linalg.vector_norm(embedding, dim=1), torch.ones(1, 16, 24))
    places = torch.arange(384.0).repeat(2, 1)
    aligned = network.align(embedding[0], Learned(embedding[0].flatten(1), places), temperature=0.0)
    assert torch.equal(aligned.chroma[0].flatten(), places[0])
    assert not torch.allclose(network.correspondence.embed(maps, exemplar=True), embedding)


@pytest.mark.parametrize("size", [(32, 32), (56, 96), (72, 48), (40, 64)])
def test_heights_that_are_multiples_of_8_and_widths_of_16_serve(network: DeepExemplar, size: tuple[int, int]) -> None:
    embedding = network.embed(torch.rand(1, 1, *size) * 100)
    assert embedding.shape[-2:] == (size[0] // 4, size[1] // 4)
    assert torch.isfinite(embedding).all()


def test_zero_stays_zero_at_unit_length() -> None:
    assert torch.equal(unit(torch.zeros(1, 3, 2, 2)), torch.zeros(1, 3, 2, 2))


def test_colors_stay_within_the_limit() -> None:
    subnet = ColorizationSubnet(5, width=8)
    with torch.no_grad():
        chroma = subnet(1000 * torch.randn(2, 5, 16, 24))
    assert chroma.shape == (2, 2, 16, 24)
    assert float(chroma.abs().max()) <= CHROMA_LIMIT


def test_it_refines_what_the_spatiotemporal_model_warped() -> None:
    subnet = ColorizationSubnet(width=8).eval()
    refine: SpatiotemporalRefinement = Refinement(subnet)
    assert isinstance(refine, SpatiotemporalRefinement)
    luma, warped, confidence = torch.rand(1, 16, 24) * 100, torch.randn(2, 16, 24), torch.rand(1, 16, 24)
    before = Colored(torch.rand(1, 16, 24) * 100, torch.randn(2, 16, 24))
    with torch.no_grad():
        alone, after = refine(luma, warped, confidence, None), refine(luma, warped, confidence, before)
        last = torch.cat((before.luma, before.chroma))[None]
        expected = subnet(planes_of(luma[None], warped[None], confidence[None], last))[0]
    assert torch.equal(after, expected)
    assert not torch.allclose(alone, after)


def test_a_spectral_kernels_largest_singular_value_comes_to_be_one() -> None:
    torch.manual_seed(0)
    layer = SpectralConv2d(3, 8, 3)
    with torch.no_grad():
        layer.weight.mul_(20)
        layer.bias.zero_()
        for _ in range(200):
            layer(torch.zeros(1, 3, 3, 3))
        # what the layer does to each unit input is its normalized kernel
        kernel = layer(torch.eye(27).view(27, 3, 3, 3)).view(27, 8).T
    assert float(torch.linalg.matrix_norm(kernel, 2)) == pytest.approx(1, abs=1e-4)


def test_the_discriminator_attends_only_as_gamma_grows() -> None:
    torch.manual_seed(0)
    network = Discriminator(width=4, last=(3, 3))
    now, before = torch.randn(2, 3, 192, 192), torch.randn(2, 3, 192, 192)
    score = network(now, before)
    assert score.shape == (2,)
    score.sum().backward()
    assert float(network.attention.gamma.grad.abs()) > 0
    assert float(network.attention.query.weight.grad.abs().max()) == 0
    assert all(parameter.grad is not None for parameter in network.parameters())
