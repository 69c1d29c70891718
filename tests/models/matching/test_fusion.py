import torch

from kinemacolor.models.matching.fusion import Noise, carried_variance, fuse


def plane(value: float) -> torch.Tensor:
    return torch.full((1, 2, 2), value)


def test_equal_doubt_gives_the_mean_and_halves_the_variance() -> None:
    noise = Noise(match=1.0)
    chroma, variance = fuse(torch.zeros(2, 2, 2), plane(1.0), torch.full((2, 2, 2), 10.0), plane(1.0), noise)
    torch.testing.assert_close(chroma, torch.full((2, 2, 2), 5.0))
    torch.testing.assert_close(variance, plane(0.5))


def test_a_poor_match_hardly_counts() -> None:
    noise = Noise(match=1.0, match_slope=6.0)
    chroma, _ = fuse(torch.zeros(2, 2, 2), plane(1.0), torch.full((2, 2, 2), 10.0), plane(0.0), noise)
    expected = 10 / (1 + torch.exp(torch.tensor(6.0)))  # hand-worked: gain 1 / (1 + e^6)
    torch.testing.assert_close(chroma, expected.expand(2, 2, 2))


def test_doubt_grows_with_each_step_with_the_luma_and_where_flow_is_lost() -> None:
    noise = Noise(step=0.5, per_luma=0.25, lost=10.0)
    kept = torch.tensor([[[True, True], [False, False]]])
    difference = torch.tensor([[[0.0, 2.0], [0.0, 2.0]]])
    variance = carried_variance(plane(1.0), difference, kept, noise)
    torch.testing.assert_close(variance, torch.tensor([[[1.5, 2.5], [11.5, 12.5]]]))
