"""Deep Exemplar in small, as a model: files, films, and what it shares with the full one."""

from pathlib import Path

import pytest
import torch
from torch import Tensor

from kinemacolor.errors import WeightsError
from kinemacolor.models.base import Reference
from kinemacolor.models.deep_exemplar import DeepExemplarColorizer, DeepExemplarSettings, lite
from kinemacolor.models.deep_exemplar.lite import DeepExemplarLite

PLAIN = DeepExemplarSettings(canvas=(64, 96), temperature=0.03, saturation=1.0, smoothing=None)


def test_each_position_finds_itself_and_its_colours(network: DeepExemplarLite, shot: tuple[Tensor, Tensor]) -> None:
    lab = torch.cat((shot[0][0], shot[1][0]))[:, :32, :64]
    learned = network.learn(lab)
    aligned = network.align(network.embed(lab[None, :1])[0], learned, temperature=0.0)
    torch.testing.assert_close(aligned.chroma.flatten(1), learned.chroma)
    torch.testing.assert_close(aligned.similarity, torch.ones(1, 8, 16))


def test_exemplars_are_seen_without_their_colours(network: DeepExemplarLite, shot: tuple[Tensor, Tensor]) -> None:
    lab = torch.cat((shot[0][0], shot[1][0]))[:, :32, :64]
    other = torch.cat((lab[:1], -lab[1:]))
    assert torch.equal(network.learn(lab).embedding, network.learn(other).embedding)


def test_a_shot_is_coloured_and_the_frame_before_matters(
    network: DeepExemplarLite, shot: tuple[Tensor, Tensor], first: Reference
) -> None:
    colorizer = DeepExemplarColorizer(network, settings=PLAIN)
    found = torch.stack(list(colorizer.colorize(shot[0], [first])))
    assert torch.equal(found[0], first.chroma)
    assert torch.isfinite(found).all()
    state = colorizer.start([Reference(first.luma, first.chroma)])
    colorizer.step(shot[0][1], state)
    after_two = colorizer.step(shot[0][2], state)
    alone = colorizer.start([Reference(first.luma, first.chroma)])
    assert not torch.allclose(colorizer.step(shot[0][2], alone), after_two, atol=1e-2)


def test_only_what_learns_is_saved_and_it_loads_with_its_config(network: DeepExemplarLite, tmp_path: Path) -> None:
    path = tmp_path / "light.safetensors"
    lite.save(network, path)
    loaded = lite.load(path)
    assert isinstance(loaded.network, DeepExemplarLite)
    assert loaded.settings == lite.SETTINGS
    assert loaded.network.config == network.config
    found = loaded.network.colorization.state_dict()
    assert set(found) == {name.removeprefix("colorization.") for name in network.state_dict() if "trunk" not in name}
    assert all(torch.equal(found[name], value) for name, value in network.colorization.state_dict().items())


def test_a_file_of_another_network_is_refused(tmp_path: Path) -> None:
    from safetensors.torch import save_file

    path = tmp_path / "other.safetensors"
    save_file({"a": torch.zeros(1)}, path, metadata={"network": "deep-exemplar", "config": "{}"})
    with pytest.raises(WeightsError, match="holds deep-exemplar, not deep-exemplar-lite"):
        lite.load(path)
