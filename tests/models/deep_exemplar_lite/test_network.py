"""Deep Exemplar in small, as a model: files, films, and what it shares with the full one."""

from pathlib import Path

import pytest
import torch
from torch import Tensor

from kinemacolor import color
from kinemacolor.errors import WeightsError
from kinemacolor.io.exemplars import load
from kinemacolor.models import deep_exemplar_lite as lite
from kinemacolor.models.base import Reference
from kinemacolor.models.deep_exemplar import DeepExemplarColorizer, DeepExemplarSettings
from kinemacolor.models.deep_exemplar_lite import DeepExemplarLite
from kinemacolor.models.load import load_model

SAMPLE = Path(__file__).parents[3] / "examples" / "sample"
PLAIN = DeepExemplarSettings(canvas=(64, 96), temperature=0.03, saturation=1.0, smoothing=None)


def test_each_position_finds_itself_and_its_colors(network: DeepExemplarLite, shot: tuple[Tensor, Tensor]) -> None:
    lab = torch.cat((shot[0][0], shot[1][0]))[:, :32, :64]
    learned = network.learn(lab)
    aligned = network.align(network.embed(lab[None, :1])[0], learned, temperature=0.0)
    torch.testing.assert_close(aligned.chroma.flatten(1), learned.chroma)
    torch.testing.assert_close(aligned.similarity, torch.ones(1, 8, 16))


def test_exemplars_are_seen_without_their_colors(network: DeepExemplarLite, shot: tuple[Tensor, Tensor]) -> None:
    lab = torch.cat((shot[0][0], shot[1][0]))[:, :32, :64]
    other = torch.cat((lab[:1], -lab[1:]))
    assert torch.equal(network.learn(lab).embedding, network.learn(other).embedding)


def test_a_shot_is_colored_and_the_frame_before_matters(
    network: DeepExemplarLite, shot: tuple[Tensor, Tensor], first: Reference
) -> None:
    colorizer = DeepExemplarColorizer(network, settings=PLAIN)
    found = torch.stack([answer.chroma for answer in colorizer.colorize(shot[0], [first])])
    assert torch.equal(found[0], first.chroma)
    assert torch.isfinite(found).all()
    state = colorizer.start([Reference(first.luma, first.chroma)])
    colorizer.step(shot[0][1], state)
    after_two = colorizer.step(shot[0][2], state).chroma
    alone = colorizer.start([Reference(first.luma, first.chroma)])
    assert not torch.allclose(colorizer.step(shot[0][2], alone).chroma, after_two, atol=1e-2)


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


def test_it_works_out_of_the_box_and_finds_colors_where_they_have_gone() -> None:
    """The sample's first frame, colored from itself seen in a mirror: better than the mirror's chroma or none."""
    (still,) = load([SAMPLE / "ref_000000.png"])
    luma, chroma = color.split(still.rgb)
    colorizer = load_model("deep-exemplar-lite", device="cpu")
    assert isinstance(colorizer, DeepExemplarColorizer)
    (found,) = [answer.chroma for answer in colorizer.colorize([luma], [Reference(luma.flip(-1), chroma.flip(-1))])]
    error, mirrored = (float((each - chroma).square().mean()) for each in (found, chroma.flip(-1)))
    assert error < 0.5 * mirrored
    assert error < 0.5 * float(chroma.square().mean())


def test_a_file_of_another_network_is_refused(tmp_path: Path) -> None:
    from safetensors.torch import save_file

    path = tmp_path / "other.safetensors"
    save_file({"a": torch.zeros(1)}, path, metadata={"network": "deep-exemplar", "config": "{}"})
    with pytest.raises(WeightsError, match="holds deep-exemplar, not deep-exemplar-lite"):
        lite.load(path)
