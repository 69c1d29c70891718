"""The mixed experts, and what takes their place."""

import torch

from kinemacolor.models.bistnet.hrnet import HRNet
from kinemacolor.models.bistnet.meb import MixedExperts, NoSegmentation, SegmentationExpert, gradient_edges
from kinemacolor.models.bistnet.protoseg import ProtoSeg


def tiny_protoseg() -> ProtoSeg:
    torch.manual_seed(0)
    return ProtoSeg(classes=5, prototypes=3, width=4, stem_channels=8).eval()


def test_experts_see_0_to_1_and_edges_l_less_50_where_raw() -> None:
    seen: list[torch.Tensor] = []

    def edges(gray: torch.Tensor) -> torch.Tensor:
        seen.append(gray)
        return gray

    luma = torch.tensor([0.0, 50.0, 100.0]).view(1, 1, 1, 3)
    for raw in (False, True):
        MixedExperts(edges, NoSegmentation(4), raw_luma=raw)(luma)
    assert seen[0].flatten().tolist() == [0, 0.5, 1]
    assert seen[1].flatten().tolist() == [-50, 0, 50]


def test_edges_are_kept_in_0_to_1() -> None:
    priors = MixedExperts(lambda gray: 10 * gray - 5, NoSegmentation(4), raw_luma=False)(torch.rand(2, 1, 8, 9) * 100)
    assert 0 <= priors.edges.min() < priors.edges.max() <= 1


def test_absent_segmentation_prefers_no_class() -> None:
    expert = NoSegmentation(19)
    assert isinstance(expert, SegmentationExpert)
    assert torch.equal(expert(torch.rand(2, 1, 8, 9)), torch.zeros(2, 19, 8, 9))


def test_gradient_edges_lie_on_the_step() -> None:
    gray = torch.zeros(1, 1, 12, 16)
    gray[..., 8:] = 1
    edges = gradient_edges(gray)
    assert edges.shape == gray.shape
    assert edges[0, 0, 6].argmax() in (7, 8)
    assert edges[0, 0, :, 7:9].min() > 0.5
    assert edges[0, 0, :, :5].max() < 1e-4
    assert edges[0, 0, :, 11:].max() < 1e-4


def test_hrnet_keeps_stride_4_and_all_branches() -> None:
    trunk = HRNet(4, stem_channels=8).eval()
    assert trunk(torch.rand(1, 3, 64, 96)).shape == (1, trunk.channels, 16, 24)
    assert trunk.channels == 4 + 8 + 16 + 32


def test_segmentation_scores_are_normalized_over_the_classes() -> None:
    expert = tiny_protoseg()
    assert isinstance(expert, SegmentationExpert)
    with torch.no_grad():
        scores = expert(torch.rand(2, 1, 64, 64))
    assert scores.shape == (2, 5, 64, 64)
    # at the corners, which upsampling leaves as they are
    assert torch.allclose(scores[:, :, 0, 0].mean(1), torch.zeros(2), atol=1e-5)
    assert torch.allclose(scores[:, :, 0, 0].std(1, correction=0), torch.ones(2), atol=1e-2)


def test_a_class_whose_prototypes_are_turned_away_no_longer_wins() -> None:
    expert = tiny_protoseg()
    gray = torch.rand(1, 1, 32, 32)
    with torch.no_grad():
        best = expert(gray)[0, :, 0, 0].argmax()
        expert.prototypes[best] = -expert.prototypes[best]
        assert expert(gray)[0, :, 0, 0].argmax() != best
