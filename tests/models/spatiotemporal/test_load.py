"""The model as users load it, from the installation alone."""

import torch

from kinemacolor.models.base import MaskedColorizer, Reference
from kinemacolor.models.cards import load_model
from kinemacolor.models.spatiotemporal import SpatiotemporalColorizer


def test_it_works_out_of_the_box() -> None:
    model = load_model("spatiotemporal", device="cpu")
    assert isinstance(model, SpatiotemporalColorizer)
    assert isinstance(model, MaskedColorizer)
    blobs = torch.rand(1, 3, 8, 12, generator=torch.Generator().manual_seed(0)) - 0.5
    still = torch.nn.functional.interpolate(blobs, (64, 96), mode="bicubic")[0]
    luma, chroma = 50 + 60 * still[:1], 80 * still[1:]
    given, found = model.colorize([luma, luma.clone()], [Reference(luma, chroma, 0)])
    assert torch.equal(given, chroma)
    # a still scene takes its own colours back, at the grid's resolution
    assert float((found - chroma).abs().mean()) < 0.3 * float(chroma.abs().mean())
