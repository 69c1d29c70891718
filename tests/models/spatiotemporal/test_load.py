"""The model as users load it, from the installation alone."""

from pathlib import Path

import pytest
import torch

from kinemacolor.errors import SettingError
from kinemacolor.models import deep_exemplar_lite as lite
from kinemacolor.models.base import Reference
from kinemacolor.models.deep_exemplar_lite import DeepExemplarLite, LightColorizationConfig
from kinemacolor.models.load import load_model
from kinemacolor.models.spatiotemporal import SpatiotemporalColorizer


def test_it_works_out_of_the_box() -> None:
    model = load_model("spatiotemporal", device="cpu")
    assert isinstance(model, SpatiotemporalColorizer)
    blobs = torch.rand(1, 3, 8, 12, generator=torch.Generator().manual_seed(0)) - 0.5
    still = torch.nn.functional.interpolate(blobs, (64, 96), mode="bicubic")[0]
    luma, chroma = 50 + 60 * still[:1], 80 * still[1:]
    given, found = [answer.chroma for answer in model.colorize([luma, luma.clone()], [Reference(luma, chroma, 0)])]
    assert torch.equal(given, chroma)
    # a still scene takes its own colors back, at the grid's resolution
    assert float((found - chroma).abs().mean()) < 0.3 * float(chroma.abs().mean())


def test_its_colors_are_refined_unless_told_otherwise() -> None:
    refined, plain = (
        load_model("spatiotemporal", device="cpu", settings=each) for each in (None, {"refined": False})
    )
    assert isinstance(refined, SpatiotemporalColorizer)
    assert isinstance(plain, SpatiotemporalColorizer)
    assert refined.refinement is not None
    assert plain.refinement is None
    with pytest.raises(SettingError, match="'refined' is off"):
        load_model("spatiotemporal", weights=lite.WEIGHTS, device="cpu", settings={"refined": False})


def test_a_file_of_the_light_deep_exemplar_refines_its_colors(tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = DeepExemplarLite(LightColorizationConfig.tiny())
    torch.nn.init.normal_(network.colorization.last.weight)
    path = tmp_path / "light.safetensors"
    lite.save(network, path)
    given = ({"settings": {"refined": False}}, {"weights": path})
    plain, refined = (load_model("spatiotemporal", device="cpu", **each) for each in given)
    generator = torch.Generator().manual_seed(0)
    lumas = [100 * torch.rand(1, 32, 48, generator=generator) for _ in range(3)]
    exemplar = Reference(lumas[0], 40 * torch.rand(2, 32, 48, generator=generator))
    warped, found = (
        torch.stack([answer.chroma for answer in model.colorize(lumas, [exemplar])]) for model in (plain, refined)
    )
    assert found.shape == warped.shape
    assert float((found - warped).abs().mean()) > 1
    assert float(found.max()) <= 40
