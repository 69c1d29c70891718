"""A still from strokes: its luma is the frame's, its colors are the strokes' and, elsewhere, the guess."""

from dataclasses import dataclass

import pytest
import torch

from kinemacolor import color
from kinemacolor.engine.paint import Canvas, Strokes, preview_from_strokes, still_from_strokes
from kinemacolor.engine.paint import still as still_module
from kinemacolor.frames import RGB, Luma
from kinemacolor.layers.place_features import PlaceFeatures
from kinemacolor.models.base import Guess
from kinemacolor.models.load import load_model


@dataclass
class Guessing:
    """Guesses one color for all places; places look alike where they are about as light."""

    chroma: tuple[float, float] = (0.0, 25.0)
    asked: int = 0

    def guess(self, luma: Luma) -> Guess:
        self.asked += 1
        height, width = luma.shape[-2:]
        chroma = torch.tensor(self.chroma)[:, None, None].expand(2, height, width)
        return Guess(chroma, PlaceFeatures(_looks(luma, 8), _looks(luma, 4), torch.ones(1)))


def _looks(luma: Luma, stride: int) -> torch.Tensor:
    light = torch.nn.functional.adaptive_avg_pool2d(
        luma, (-(-luma.shape[-2] // stride), -(-luma.shape[-1] // stride))
    )
    return torch.cat((light > 50, light <= 50)).float()


def frame() -> RGB:
    """Dark on the left, light in the middle, dark on the right."""
    picture = torch.full((3, 64, 96), 60, dtype=torch.uint8)
    picture[:, :, 40:64] = 190
    return picture


def red_on_the_left() -> Strokes:
    layer, alpha = torch.zeros(3, 64, 96, dtype=torch.uint8), torch.zeros(1, 64, 96)
    layer[0], layer[1:], alpha[:, 30:36, 8:24] = 150, 40, 1.0
    return Strokes(layer, alpha)


def chroma_of(still: RGB) -> torch.Tensor:
    return color.split(still)[1]


def test_the_frames_luma_stays() -> None:
    still = still_from_strokes(frame(), red_on_the_left(), model=Guessing())
    before, after = color.gray_of_rgb(frame(), "bt601"), color.gray_of_rgb(still, "bt601")
    assert float((before - after).abs().max()) <= 1 / 255 + 1e-6


def test_what_looks_like_the_painted_place_takes_its_color_and_the_rest_the_guess() -> None:
    found = chroma_of(still_from_strokes(frame(), red_on_the_left(), model=Guessing()))
    near, middle, far = found[:, 32, 4], found[:, 32, 52], found[:, 32, 90]
    assert float(near[0]) > 35
    assert float(far[0]) > 35  # beyond the light part, which the color does not cross
    assert float(middle[1]) > 15
    assert float(middle[0].abs()) < 10


def test_without_a_model_strokes_reach_everything() -> None:
    found = chroma_of(still_from_strokes(frame(), red_on_the_left(), model=None))
    assert float(found[0].min()) > 20


def test_a_preview_is_about_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(still_module, "PREVIEW_PX", 128)
    large = torch.nn.functional.interpolate(frame()[None].float(), scale_factor=4)[0].to(torch.uint8)
    strokes = red_on_the_left()
    layer = torch.nn.functional.interpolate(strokes.rgb[None].float(), scale_factor=4)[0].to(torch.uint8)
    larger = Strokes(layer, torch.nn.functional.interpolate(strokes.alpha[None], scale_factor=4)[0])
    still = still_from_strokes(large, larger, model=Guessing())
    rough = preview_from_strokes(large, larger, model=Guessing())
    assert rough.shape == still.shape
    assert float((chroma_of(still) - chroma_of(rough)).abs().mean()) < 2


def test_the_model_looks_at_a_frame_once() -> None:
    model = Guessing()
    canvas = Canvas(frame(), model)
    first = canvas.still(red_on_the_left())
    assert torch.equal(canvas.still(red_on_the_left()), first)
    assert model.asked == 1


def test_the_default_model_guesses() -> None:
    guess = Canvas(frame(), "colormnet-lite").guess
    assert guess is not None
    assert guess.chroma.shape == (2, 64, 96)
    assert guess.places.detail.shape[-2:] == (16, 24)


def test_a_model_that_does_not_guess_leaves_all_to_the_strokes() -> None:
    assert Canvas(frame(), load_model("flow", device="cpu")).guess is None


@pytest.mark.parametrize("size", [(16, 16), (17, 33)])
def test_small_frames_of_any_shape(size: tuple[int, int]) -> None:
    picture = torch.randint(0, 256, (1, *size), dtype=torch.uint8).expand(3, -1, -1).contiguous()
    alpha = torch.zeros(1, *size)
    alpha[:, 3:6, 3:6] = 1
    still = still_from_strokes(
        picture, Strokes(torch.full((3, *size), 90, dtype=torch.uint8), alpha), model=Guessing()
    )
    assert still.shape == picture.shape
