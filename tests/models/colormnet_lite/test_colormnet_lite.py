"""ColorMNet-lite with seeded tiny weights: what it makes of candidates, states of their own, files."""

import copy
import json
import re
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from kinemacolor.errors import ExemplarError, SettingError, WeightsError
from kinemacolor.layers.flow import optical_flow
from kinemacolor.layers.place_features import PlaceFeatures
from kinemacolor.models import colormnet, colormnet_lite
from kinemacolor.models.base import Colorizer, Reference
from kinemacolor.models.color_prior import ColorPrior, ColorPriorConfig, Mixture
from kinemacolor.models.colormnet import ColorMNet, ColorMNetConfig
from kinemacolor.models.colormnet_lite import (
    ColorMNetLite,
    ColorMNetLiteColorizer,
    ColorMNetLiteConfig,
    LiteSettings,
)
from kinemacolor.models.colormnet_lite.colorizer import _Noted
from kinemacolor.models.colormnet_lite.look import Priors
from kinemacolor.models.colormnet_lite.network import SEARCH
from kinemacolor.models.colormnet_lite.prior import PriorColors
from kinemacolor.models.kept import bytes_of_state, state_of_bytes
from kinemacolor.models.load import load_model
from kinemacolor.resize import resize


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def seeded(seed: int = 0) -> ColorMNetLite:
    """A tiny network whose prior and whose confidence head say something."""
    torch.manual_seed(seed)
    network = ColorMNetLite(ColorMNetLiteConfig.tiny()).eval()
    torch.nn.init.normal_(network.prior.last.weight, std=0.1)
    torch.nn.init.normal_(network.confidence_head.last.weight, std=0.1)
    return network


@pytest.fixture(scope="module")
def weights_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("weights") / "tiny.safetensors"
    colormnet_lite.save(seeded(), path)
    return path


@pytest.fixture(scope="module")
def colorizer(weights_path: Path) -> ColorMNetLiteColorizer:
    return colormnet_lite.load(weights_path, dtype=torch.float32)


@pytest.fixture(scope="module")
def shot() -> tuple[Tensor, Tensor]:
    """Lumas ``10 1 70 96`` and chromas of a texture that moves."""
    coarse = torch.rand(1, 3, 12, 16, generator=torch.Generator().manual_seed(3))
    canvas = torch.nn.functional.interpolate(coarse, (90, 130), mode="bicubic")[0]
    frames = torch.stack([canvas[:, t : t + 70, 2 * t : 2 * t + 96] for t in range(10)])
    return (100 * frames[:, :1]).clamp(0, 100), 80 * (frames[:, 1:] - 0.5)


@pytest.fixture(scope="module")
def first_frame(shot: tuple[Tensor, Tensor]) -> Reference:
    return Reference(shot[0][0], shot[1][0], index=0)


def test_untrained_it_carries_and_matches_better_than_the_exemplar_stays(shot: tuple[Tensor, Tensor]) -> None:
    torch.manual_seed(0)
    network = ColorMNetLite(ColorMNetLiteConfig.tiny())
    luma, chroma = shot
    colored = torch.stack(
        [
            answer.chroma
            for answer in ColorMNetLiteColorizer(network).colorize(luma, [Reference(luma[0], chroma[0], 0)])
        ]
    )
    ours, copied = ((found - chroma[5:]).abs().mean() for found in (colored[5:], chroma[:1]))
    assert ours < 0.4 * copied


def test_an_exemplars_own_frame_keeps_its_chroma(
    colorizer: ColorMNetLiteColorizer, shot: tuple[Tensor, Tensor], first_frame: Reference
) -> None:
    assert isinstance(colorizer, Colorizer)
    fifth = Reference(shot[0][5], shot[1][5], index=5)
    colored = torch.stack([answer.chroma for answer in colorizer.colorize(shot[0], [first_frame, fifth])])
    assert colored.shape == (10, 2, 70, 96)
    assert torch.equal(colored[0], first_frame.chroma)
    assert torch.equal(colored[5], fifth.chroma)


def test_behind_an_exemplars_own_frame_it_is_as_if_the_shot_began_there(
    colorizer: ColorMNetLiteColorizer, shot: tuple[Tensor, Tensor]
) -> None:
    lumas, chromas = shot
    inside = [answer.chroma for answer in colorizer.colorize(lumas, [Reference(lumas[4], chromas[4], index=4)])][4:]
    there = [answer.chroma for answer in colorizer.colorize(lumas[4:], [Reference(lumas[4], chromas[4], index=0)])]
    assert all(torch.equal(one, other) for one, other in zip(inside, there, strict=True))


def test_the_guess_is_believed_where_nothing_is_found(shot: tuple[Tensor, Tensor]) -> None:
    network = seeded()
    assert network.prior.last.bias is not None
    with torch.no_grad():
        network.prior.last.weight.zero_()
        network.prior.last.bias.copy_(torch.tensor([1.5, -1.0, -3.0]))  # a* 30, b* -20, and sure of it
    nothing = Reference(torch.zeros(1, 70, 96), torch.zeros(2, 70, 96))
    colored = torch.stack(
        [answer.chroma for answer in ColorMNetLiteColorizer(network).colorize(shot[0][:2], [nothing])]
    )
    assert (colored.mean((0, 2, 3)) - torch.tensor([30.0, -20.0])).abs().max() < 10


def test_finer_candidates_come_closer(shot: tuple[Tensor, Tensor]) -> None:
    torch.manual_seed(0)
    network = ColorMNetLite(ColorMNetLiteConfig.tiny())
    luma, chroma = shot
    errors = []
    for stride in (4, 1):
        colorizer = ColorMNetLiteColorizer(network, settings=LiteSettings(stride=stride))
        colored = torch.stack(
            [answer.chroma for answer in colorizer.colorize(luma, [Reference(luma[0], chroma[0], 0)])]
        )
        assert colored.shape == chroma.shape
        errors.append(float((colored[1:] - chroma[1:]).square().mean()))
    assert errors[1] < errors[0]
    with pytest.raises(SettingError, match="stride is 0"):
        ColorMNetLiteColorizer(network, settings=LiteSettings(stride=0))
    with pytest.raises(SettingError, match=r"vividness is 1\.5. Give 0"):
        ColorMNetLiteColorizer(network, settings=LiteSettings(vividness=1.5))


def test_of_stills_that_disagree_one_wins_if_asked_for(shot: tuple[Tensor, Tensor]) -> None:
    luma = shot[0][:2]
    red, green = (Reference(luma[0], torch.tensor([a, 0.0])[:, None, None].expand(2, 70, 96)) for a in (40.0, -40.0))
    vivid = []
    for radius in (None, 20.0):
        settings = LiteSettings(search=replace(SEARCH, conflict_radius=radius))
        colored = [
            answer.chroma
            for answer in ColorMNetLiteColorizer(seeded(), settings=settings).colorize(luma, [red, green])
        ]
        vivid.append(float(colored[1].abs().mean()))
    assert vivid[1] > 3 * vivid[0]


def test_looking_ahead_changes_nothing(
    colorizer: ColorMNetLiteColorizer, shot: tuple[Tensor, Tensor], first_frame: Reference
) -> None:
    state = colorizer.start([first_frame])
    stepped = [colorizer.step(luma, state) for luma in shot[0]]
    for answer, ahead in zip(stepped, colorizer.colorize(shot[0], [first_frame]), strict=True):
        assert torch.equal(answer.chroma, ahead.chroma)
        assert torch.equal(answer.confidence, ahead.confidence)


def test_it_is_sure_of_an_exemplars_own_frame_and_less_of_what_is_carried(
    colorizer: ColorMNetLiteColorizer, shot: tuple[Tensor, Tensor], first_frame: Reference
) -> None:
    sure = [float(answer.confidence.mean()) for answer in colorizer.colorize(shot[0], [first_frame])]
    assert sure[0] > 0.99
    assert all(0 <= each < sure[0] for each in sure[1:])


def test_as_many_ages_as_the_network_carries_from_are_asked_for() -> None:
    with pytest.raises(SettingError, match=r"ages has 2 entries.*3 frames"):
        ColorMNetLiteColorizer(seeded(), settings=LiteSettings(ages=(1, 4)))


def test_any_picture_serves_as_exemplar(colorizer: ColorMNetLiteColorizer, shot: tuple[Tensor, Tensor]) -> None:
    foreign = Reference(shot[0][5, :, :40, :50], shot[1][5, :, :40, :50])
    assert torch.isfinite(torch.stack([answer.chroma for answer in colorizer.colorize(shot[0], [foreign])])).all()
    with pytest.raises(ExemplarError):
        colorizer.start([])


def test_two_streams_share_one_model(
    colorizer: ColorMNetLiteColorizer, shot: tuple[Tensor, Tensor], first_frame: Reference
) -> None:
    luma, chroma = shot
    takes = ((luma, first_frame), (luma.flip(0), Reference(luma[-1], chroma[-1], index=0)))
    alone = [[answer.chroma for answer in colorizer.colorize(frames, [reference])] for frames, reference in takes]
    states = [colorizer.start([reference]) for _, reference in takes]
    for i in range(len(luma)):
        for (frames, _), state, expected in zip(takes, states, alone):
            assert torch.equal(colorizer.step(frames[i], state).chroma, expected[i])


def test_a_copied_state_continues_alike(
    colorizer: ColorMNetLiteColorizer, shot: tuple[Tensor, Tensor], first_frame: Reference
) -> None:
    state = colorizer.start([first_frame])
    for frame in shot[0][:6]:
        colorizer.step(frame, state)
    twin = copy.deepcopy(state)
    ours = [colorizer.step(frame, state).chroma for frame in shot[0][6:]]
    assert all(torch.equal(colorizer.step(frame, twin).chroma, chroma) for frame, chroma in zip(shot[0][6:], ours))


def test_the_state_holds_as_many_frames_as_colors_are_carried_over(
    colorizer: ColorMNetLiteColorizer, shot: tuple[Tensor, Tensor], first_frame: Reference
) -> None:
    state = colorizer.start([first_frame])
    for frame in [*shot[0], *shot[0]]:
        colorizer.step(frame, state)
    assert len(state.past) == max(colorizer.settings.ages)


def test_a_saved_network_comes_back_with_its_config(weights_path: Path) -> None:
    loaded = colormnet_lite.load_network(weights_path)
    assert loaded.config == ColorMNetLiteConfig.tiny()
    expected = seeded().state_dict()
    assert all(torch.equal(value, expected[name]) for name, value in loaded.state_dict().items())


def test_without_a_file_it_is_what_is_installed(shot: tuple[Tensor, Tensor], first_frame: Reference) -> None:
    models = [load_model("colormnet-lite", dtype=torch.float32) for _ in range(2)]
    assert isinstance(models[0], ColorMNetLiteColorizer)
    ours, again = (
        torch.stack([answer.chroma for answer in model.colorize(shot[0][:3], [first_frame])]) for model in models
    )
    assert torch.equal(ours, again)
    assert (ours[2] - shot[1][2]).abs().mean() < 0.2 * shot[1][2].abs().mean()


def test_the_published_trunk_is_not_in_the_file(tmp_path: Path) -> None:
    network = ColorMNetLite.with_imagenet_trunk()
    colormnet_lite.save(network, tmp_path / "new.safetensors")
    assert not any(name.startswith("trunk.") for name in load_file(tmp_path / "new.safetensors"))
    loaded = colormnet_lite.load_network(tmp_path / "new.safetensors")
    assert all(torch.equal(value, loaded.state_dict()[name]) for name, value in network.state_dict().items())


def test_a_file_of_the_users_is_taken(weights_path: Path) -> None:
    model = load_model("colormnet-lite", weights=weights_path)
    assert isinstance(model, ColorMNetLiteColorizer)
    assert model.network.config == ColorMNetLiteConfig.tiny()


def test_another_networks_file_is_refused(tmp_path: Path) -> None:
    colormnet.save(ColorMNet(ColorMNetConfig.tiny()), tmp_path / "full.safetensors")
    with pytest.raises(WeightsError, match="holds colormnet, not colormnet-lite"):
        colormnet_lite.load(tmp_path / "full.safetensors")


def test_files_under_former_names_of_parts_are_read(tmp_path: Path) -> None:
    network = seeded()
    former = {
        re.sub("^confidence_head", "judge", re.sub("^prior", "guess", name)): tensor
        for name, tensor in network.state_dict().items()
    }
    config = asdict(network.config)
    config["guess_channels"], config["judge_channels"] = config.pop("prior_channels"), config.pop("head_channels")
    save_file(former, tmp_path / "old.safetensors", {"network": "colormnet-lite", "config": json.dumps(config)})
    loaded = colormnet_lite.load_network(tmp_path / "old.safetensors")
    assert loaded.config == network.config
    again = ColorMNetLite(network.config)
    again.load_state_dict(former)
    for name, tensor in network.state_dict().items():
        assert torch.equal(loaded.state_dict()[name], tensor)
        assert torch.equal(again.state_dict()[name], tensor)


@pytest.fixture(scope="module")
def color_prior() -> ColorPrior:
    """A tiny one that is sure of blue everywhere."""
    torch.manual_seed(0)
    network = ColorPrior(ColorPriorConfig.tiny()).eval()
    bias = network.head.bias.data.view(4, -1)
    bias[0], bias[1], bias[2], bias[3] = 0.0, 0.0, -2.0, 0.0  # b* -40, a deviation of 1
    bias[0, 0] = -50  # nothing is copied
    return network


def test_the_color_prior_is_believed_where_nothing_is_found(
    shot: tuple[Tensor, Tensor], color_prior: ColorPrior
) -> None:
    nothing = Reference(torch.zeros(1, 70, 96), torch.zeros(2, 70, 96))
    by_prior = {}
    for prior in ("exemplars", "look"):
        model = ColorMNetLiteColorizer(seeded(), color_prior=color_prior, settings=LiteSettings(prior=prior))
        colored = torch.stack([answer.chroma for answer in model.colorize(shot[0][:2], [nothing])])
        by_prior[prior] = colored.mean((0, 2, 3))
    assert by_prior["exemplars"][1] < -20
    assert by_prior["look"].abs().max() < 5


def test_the_color_prior_is_part_of_the_identity_where_it_is_asked(color_prior: ColorPrior) -> None:
    def identity(prior: ColorPrior | None, settings: LiteSettings) -> str:
        return ColorMNetLiteColorizer(seeded(), color_prior=prior, settings=settings).identity

    other = copy.deepcopy(color_prior)
    other.head.bias.data += 0.1
    look = LiteSettings(prior="look")
    assert len({identity(prior, LiteSettings()) for prior in (None, color_prior, other)}) == 3
    assert len({identity(prior, look) for prior in (None, color_prior, other)}) == 1


def test_a_state_of_several_exemplars_can_be_copied_with_the_color_prior(
    shot: tuple[Tensor, Tensor], color_prior: ColorPrior
) -> None:
    model = ColorMNetLiteColorizer(
        seeded(), color_prior=color_prior, settings=LiteSettings(exemplars_at_once=1, search=SEARCH)
    )
    state = model.start([Reference(shot[0][i], shot[1][i]) for i in (0, 5)])
    assert len(state.prior_memory) == 2
    model.step(shot[0][1], state)
    other = copy.deepcopy(state)
    assert torch.equal(model.step(shot[0][2], state).chroma, model.step(shot[0][2], other).chroma)


def test_a_shot_is_as_familiar_as_its_frame_most_like_the_exemplars(shot: tuple[Tensor, Tensor]) -> None:
    still, own = (Reference(shot[0][0], shot[1][0], index=index) for index in (None, 2))
    strange = shot[0][0].flip(-2)
    model = ColorMNetLiteColorizer(seeded(), settings=LiteSettings(look_every=1))
    state, before = model.start([still]), -1.0
    for luma in (strange, shot[0][0]):
        model.step(luma, state)
        assert state.familiarity > before
        before = state.familiarity
    model.step(strange, state)
    assert state.familiarity == before
    fresh = model.start([still])
    assert state_of_bytes(bytes_of_state(state, "a"), fresh, "a").familiarity == before
    assert model.start([still, own]).familiarity == 1.0


def test_the_color_prior_is_doubted_in_a_shot_that_no_exemplar_knows(
    shot: tuple[Tensor, Tensor], color_prior: ColorPrior, monkeypatch: pytest.MonkeyPatch
) -> None:
    told, beside = [], PriorColors.beside

    def noted(look: PriorColors, mixture: Mixture, vividness: float, familiarity: float) -> PriorColors:
        told.append(familiarity)
        return beside(look, mixture, vividness, familiarity)

    monkeypatch.setattr(PriorColors, "beside", noted)
    model = ColorMNetLiteColorizer(seeded(), color_prior=color_prior)
    for index, familiar in ((None, False), (0, True)):
        told.clear()
        state = model.start([Reference(shot[0][0].flip(-2), shot[1][0], index=index)])
        model.step(shot[0][0], state)
        model.step(shot[0][1], state)
        assert told == [state.familiarity]
        assert (told == [1.0]) is familiar


def _looks(
    model: ColorMNetLiteColorizer, film: list[Tensor], first: Reference, patch: pytest.MonkeyPatch
) -> list[int]:
    """The numbers of the frames that are compared with the exemplar."""
    numbers, features = [], ColorMNetLiteColorizer._features

    def noted(self: ColorMNetLiteColorizer, luma: Tensor) -> object:
        numbers.extend(i for i, each in enumerate(film) if luma.shape == each.shape and torch.equal(luma, each))
        return features(self, luma)

    with patch.context() as here:
        here.setattr(ColorMNetLiteColorizer, "_features", noted)
        list(model.colorize(film, [first]))
    return sorted(numbers)


def test_every_other_frame_is_looked_at_and_after_a_cut_each(
    shot: tuple[Tensor, Tensor], monkeypatch: pytest.MonkeyPatch
) -> None:
    steady = [shot[0][0].roll(2 * i, -1) for i in range(6)]
    still = Reference(steady[0], shot[1][0])
    every = ColorMNetLiteColorizer(seeded(), settings=LiteSettings(look_every=1))
    other = ColorMNetLiteColorizer(seeded(), settings=LiteSettings(look_every=3, look_if_lost=0.5))
    assert _looks(every, steady, still, monkeypatch)[1:] == [0, 1, 2, 3, 4, 5]
    assert _looks(other, steady, still, monkeypatch)[1:] == [0, 3]
    cut = [*steady[:2], 100 - steady[0].flip(-1), *steady[3:]]
    assert 2 in _looks(other, cut, still, monkeypatch)


def test_the_prior_is_asked_at_every_second_look_and_holds_along_the_flow_between(
    shot: tuple[Tensor, Tensor], monkeypatch: pytest.MonkeyPatch
) -> None:
    steady = [shot[0][0].roll(2 * i, -1) for i in range(9)]
    still = Reference(steady[0].flip(-1), shot[1][0].flip(-1))
    model = ColorMNetLiteColorizer(seeded(), settings=LiteSettings(look_if_lost=1.0, prior_if_lost=1.0))
    asked, priors = [], ColorMNetLiteColorizer._priors

    def noted(self: ColorMNetLiteColorizer, at: _Noted, features: PlaceFeatures) -> Priors:
        asked.append(next(i for i, each in enumerate(steady) if torch.equal(at.luma, each)))
        return priors(self, at, features)

    monkeypatch.setattr(ColorMNetLiteColorizer, "_priors", noted)
    state, seen = model.start([still]), []
    for luma in steady:
        model.step(luma, state)
        assert state.look is not None
        seen.append(state.look)
    assert asked == [0, 4, 8]
    back = optical_flow(*(resize(steady[i], model._size(steady[i])) for i in (2, 1)), preset="fine")
    assert torch.equal(seen[2].prior_colors.chroma, seen[1].along(back).prior_colors.chroma)
    assert not torch.equal(seen[2].match.chroma, seen[1].along(back).match.chroma)
    asked.clear()
    anew = ColorMNetLiteColorizer(seeded(), settings=LiteSettings(look_if_lost=1.0, prior_if_lost=0.0))
    list(anew.colorize(steady, [still]))
    assert sorted(asked) == [0, 2, 4, 6, 8]  # the pan brings something new at its edge


@pytest.mark.parametrize(
    "settings",
    [
        LiteSettings(look_every=0),
        LiteSettings(look_if_lost=1.5),
        LiteSettings(prior_every=0),
        LiteSettings(prior_if_lost=-0.1),
    ],
)
def test_how_often_it_looks_is_checked(settings: LiteSettings) -> None:
    with pytest.raises(SettingError, match="Give"):
        ColorMNetLiteColorizer(seeded(), settings=settings)
