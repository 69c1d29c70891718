"""Memory that is read only where something says it may be."""

from collections.abc import Collection, Mapping
from pathlib import Path

import pytest
import torch
from torch import Tensor

from kinemacolor import load_model
from kinemacolor.errors import ModelError
from kinemacolor.models import colormnet
from kinemacolor.models.base import Reference
from kinemacolor.models.colormnet import ColorMNetColorizer, mfp
from kinemacolor.models.colormnet.restriction import AllowedTokens, Restriction, frames_of

ORIGINS = torch.tensor([[0, 0], [0, 1], [0, 2], [5, 0], [5, 1], [5, 2]])


class Says:
    """Gives every position of every frame the same columns: all, or only the first."""

    def __init__(self, columns: slice) -> None:
        self.columns = columns
        self.asked: list[set[int]] = []

    def follow(self, key: Tensor, frames: Collection[int]) -> Mapping[int, Tensor]:
        self.asked.append(set(frames))
        count = key.shape[-2] * key.shape[-1]
        dense = torch.zeros(count, count)
        dense[:, self.columns] = 1
        return dict.fromkeys(frames, dense.to_sparse().coalesce())


def colored(model: ColorMNetColorizer, lumas: Tensor, references: list[Reference]) -> Tensor:
    return torch.stack([answer.chroma for answer in model.colorize(list(lumas), references)])


def test_a_query_is_answered_only_by_the_tokens_that_it_is_allowed() -> None:
    torch.manual_seed(0)
    key, query, selection = torch.randn(6, 4), torch.randn(3, 4), torch.rand(3, 4)
    candidates = {
        0: torch.tensor([[1.0, 0, 0], [0, 1, 1], [0, 0, 0]]),
        5: torch.tensor([[0.0, 0, 1], [0, 0, 0], [0, 0, 0]]),
    }
    allowed = AllowedTokens(ORIGINS, {f: d.to_sparse().coalesce() for f, d in candidates.items()}, 3)
    operands = [mfp.memory_operand(some, torch.ones(len(some))) for some in key.split(4)]
    answer = mfp.search(mfp.query_operand(query, selection), operands, 6, allowed=allowed)
    answered = [set(tokens[weights > 0].tolist()) for tokens, weights in zip(answer.token, answer.weight)]
    # the third is allowed nothing and takes from all
    assert answered == [{0, 5}, {1, 2}, {0, 1, 2, 3, 4, 5}]
    plain = mfp.search(mfp.query_operand(query, selection), operands, 6)
    assert torch.equal(answer.weight[2].sort().values, plain.weight[2].sort().values)


def test_tokens_of_no_frame_and_of_frames_without_tracks_may_answer_all() -> None:
    origins = torch.cat((torch.tensor([[-1, -1]]), ORIGINS))
    nothing = torch.zeros(3, 3).to_sparse().coalesce()
    allowed = AllowedTokens(origins, {0: nothing}, 3)
    mask = allowed(slice(0, 256), slice(0, 7))
    assert mask.tolist() == [[True, False, False, False, True, True, True]] * 3
    assert not allowed.free.any()


def test_frames_are_named_once() -> None:
    assert frames_of(torch.cat((torch.tensor([[-1, -1]]), ORIGINS))) == {0, 5}


def test_a_restriction_that_allows_all_changes_nothing(
    colorizer: ColorMNetColorizer, shot: tuple[Tensor, Tensor]
) -> None:
    lumas, chromas = shot
    references = [Reference(lumas[0], chromas[0], 0), Reference(lumas[5], chromas[5], 5)]
    restricted = ColorMNetColorizer(colorizer.network, policy=colorizer.policy, restriction=lambda: Says(slice(None)))
    assert torch.equal(colored(colorizer, lumas, references), colored(restricted, lumas, references))


def test_each_shot_is_followed_from_its_first_frame_by_a_restriction_of_its_own(
    colorizer: ColorMNetColorizer, shot: tuple[Tensor, Tensor]
) -> None:
    lumas, chromas = shot
    made: list[Says] = []

    def new() -> Restriction:
        made.append(Says(slice(0, 1)))
        return made[-1]

    references = [Reference(lumas[0], chromas[0], 0)]
    restricted = ColorMNetColorizer(colorizer.network, policy=colorizer.policy, restriction=new)
    first = colored(restricted, lumas[:8], references)
    assert torch.equal(first, colored(restricted, lumas[:8], references))
    assert len(made) == 2
    assert [len(says.asked) for says in made] == [8, 8]
    assert made[0].asked[:2] == [set(), {0}]
    assert not torch.equal(first, colored(colorizer, lumas[:8], references))
    assert colorizer.restriction is None


def test_it_is_chosen_when_a_model_is_loaded(colorizer: ColorMNetColorizer, tmp_path: Path) -> None:
    path = tmp_path / "tiny.safetensors"
    colormnet.save(colorizer.network, path)
    loaded = load_model("colormnet", weights=path, device="cpu", settings={"restrict": "dense"})
    assert isinstance(loaded, ColorMNetColorizer)
    assert loaded.restriction is not None
    with pytest.raises(ModelError, match=r"'matching' has no memory to restrict. Use one that has \(colormnet\)"):
        load_model("matching", settings={"restrict": "dense"})
