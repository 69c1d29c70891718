import pytest
import torch

from kinemacolor.suggest.coverage import choose, covered, errors_of, expected_error


def test_error_falls_with_likeness_and_faster_within_a_shot() -> None:
    alike = torch.linspace(-1, 1, 50)
    for within in (True, False):
        error = expected_error(alike, within_shot=within)
        assert (error.diff() <= 0).all()
        assert error[0] == 1.0
        assert error[-1] == pytest.approx(0.005)
    assert (expected_error(alike, within_shot=True) <= expected_error(alike, within_shot=False)).all()


def test_the_frame_that_stands_for_most_comes_first() -> None:
    # two scenes: frames 0 to 2 know each other, 3 only itself
    errors = torch.ones(4, 4, 5)
    errors[:3, :3] = 0.1
    errors[3, 3] = 0.1
    chosen = choose(errors, torch.tensor([1.0, 1, 1, 1]), 4)
    assert [choice.candidate for choice in chosen[:2]] == [0, 3]
    assert len(chosen) == 2, "a third frame would bring nothing"
    assert [choice.covered for choice in chosen] == pytest.approx([0.675, 0.9])


def test_a_heavy_frame_outweighs_many_light_ones() -> None:
    errors = torch.ones(4, 4, 5)
    errors[:3, :3] = 0.1
    errors[3, 3] = 0.1
    assert choose(errors, torch.tensor([1.0, 1, 1, 9]), 1)[0].candidate == 3


def test_each_choice_is_the_best_of_all() -> None:
    generator = torch.Generator().manual_seed(3)
    errors = torch.rand(9, 9, 6, generator=generator)
    weights = torch.rand(9, generator=generator)
    left = torch.ones(9, 6)
    for choice in choose(errors, weights, 5):
        worths = [
            float((weights * torch.minimum(left, errors[:, j]).mean(1).log()).sum()) for j in range(errors.shape[1])
        ]
        assert worths[choice.candidate] == min(worths)
        left = torch.minimum(left, errors[:, choice.candidate])
        assert choice.covered == pytest.approx(covered(left, weights))


def test_errors_are_those_of_the_plain_formula() -> None:
    generator = torch.Generator().manual_seed(4)
    keys = torch.nn.functional.normalize(torch.randn(3, 7, 4, generator=generator), dim=-1)
    errors = errors_of(keys, keys, [0, 0, 1], [0, 0, 1])
    for n in range(3):
        for c in range(3):
            best = (keys[n] @ keys[c].T).amax(1)
            plain = expected_error(best, within_shot=(n == 2) == (c == 2))
            torch.testing.assert_close(errors[n, c].float(), plain, atol=1e-3, rtol=1e-3)
