"""A network of 500 weights that copies colors from the exemplar where lightness is alike, and its data."""

import sys
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.utils.data import Dataset

from kinemacolor.data.dataset import Request
from kinemacolor.data.draw import generator_of
from kinemacolor.data.samples import Batch, Sample
from kinemacolor.training.losses.l1 import l1_loss
from kinemacolor.training.recipe import Moment, Recipe, Stage


class Standin(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.mix = nn.Sequential(nn.Conv2d(4, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(), nn.Dropout2d(0.1))
        self.out = nn.Conv2d(16, 2, 3, padding=1)

    def forward(self, luma: Tensor, exemplar_luma: Tensor, exemplar_chroma: Tensor) -> Tensor:
        scaled = torch.cat((luma / 100, exemplar_luma / 100, exemplar_chroma / 110), dim=1)
        return self.out(self.mix(scaled)) * 110


def predict(network: nn.Module, batch: Batch) -> Tensor:
    frames = [network(luma, batch.exemplar_luma, batch.exemplar_chroma) for luma in batch.lumas.unbind(1)]
    return torch.stack(frames, dim=1)


def losses(network: nn.Module, batch: Batch, moment: Moment) -> dict[str, Tensor]:
    noise = 1 + 0.01 * torch.randn((), generator=moment.generator)
    return {"l1": noise * l1_loss(predict(network, batch), batch.chromas)}


def save(network: nn.Module, path: Path) -> None:
    save_file({name: value.contiguous() for name, value in network.state_dict().items()}, path)


RECIPE = Recipe(
    name="standin",
    network=Standin,
    losses=losses,
    predict=predict,
    save=save,
    stages=(Stage(0.5, frames=2, crop_px=16), Stage(1.0, frames=3, crop_px=24)),
    steps=12,
    batch=4,
    learning_rate=1e-2,
    warm_up_steps=3,
)


def recipe(initial: Path | None) -> Recipe:
    """As the command finds it."""
    return RECIPE


class Squares(Dataset[Sample]):
    """Two halves, each of a color of its own, that the exemplar shows."""

    def __getitem__(self, request: Request) -> Sample:
        generator = generator_of("squares", request.index)
        side = request.crop_px
        luma = torch.rand(1, side, side, generator=generator) * 60 + 20
        chroma = torch.empty(2, side, side)
        for half in (slice(0, side // 2), slice(side // 2, side)):
            chroma[:, :, half] = (torch.rand(2, 1, 1, generator=generator) - 0.5) * 120
        frames = request.frames
        return Sample(luma.expand(frames, -1, -1, -1), chroma.expand(frames, -1, -1, -1), luma, chroma)


def train_as_one_of_several(out: str) -> None:
    from kinemacolor.training.loop import RunSettings, train

    torch.set_num_threads(1)
    held_out = [Squares()[Request(1000, 2, 16)]]
    train(without_chance(), Squares(), Path(out), validation=held_out, settings=RunSettings(device="cpu"))


def without_chance() -> Recipe:
    """No dropout, no batch statistics, no noise: what two processes compute equals what one does."""
    from dataclasses import replace

    def plain() -> Standin:
        network = Standin()
        network.mix[3] = nn.Identity()
        return network

    def plain_losses(network: nn.Module, batch: Batch, moment: Moment) -> dict[str, Tensor]:
        return {"l1": l1_loss(predict(network, batch), batch.chromas)}

    return replace(RECIPE, network=plain, losses=plain_losses, frozen_norms=True)


if __name__ == "__main__":
    train_as_one_of_several(sys.argv[1])
