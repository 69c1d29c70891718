"""The muted guess of a frame by its look alone."""

import torch

from kinemacolor.models.base import Guesser
from kinemacolor.models.colormnet_lite import ColorMNetLite, ColorMNetLiteColorizer, ColorMNetLiteConfig


def test_a_guess_is_of_the_frames_size_and_changes_nothing() -> None:
    torch.manual_seed(0)
    model = ColorMNetLiteColorizer(ColorMNetLite(ColorMNetLiteConfig.tiny()))
    assert isinstance(model, Guesser)
    luma = torch.rand(1, 40, 56) * 100
    guess = model.guess(luma)
    assert guess.chroma.shape == (2, 40, 56)
    assert float(guess.chroma.abs().max()) < 1  # untrained it is gray
    assert guess.places.key.shape[-2:] == (5, 7)
    assert guess.places.detail.shape[-2:] == (10, 14)
    torch.testing.assert_close(model.guess(luma).chroma, guess.chroma)
