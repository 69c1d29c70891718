"""Everything that a run needs to go on, in one folder per step that appears only when complete.

``network.safetensors`` and ``mean.safetensors`` hold weights and their running mean, ``state.pt`` what the optimizer
knows and where in the data the run is. What is drawn at random depends on seed and step, so no generator is kept.
"""

import os
import pickle
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.swa_utils import AveragedModel

from kinemacolor.errors import SettingError, WeightsError, reason_of
from kinemacolor.training.recipe import Recipe

_FOLDER = "checkpoints"


@dataclass
class Learner:
    """The state of training: all that a step changes."""

    network: nn.Module
    mean: AveragedModel
    optimizer: Optimizer
    step: int = 0
    best_psnr: float = float("-inf")


def checkpoints_of(out: Path) -> list[Path]:
    """The complete checkpoints of a run, the oldest first."""
    return sorted(path for path in (out / _FOLDER).glob("*") if path.is_dir() and path.name.isdigit())


def save_checkpoint(learner: Learner, recipe: Recipe, out: Path, *, seed: int, keep: int) -> Path:
    """Writes a checkpoint of the learner's step and removes all but the newest ``keep``."""
    folder = out / _FOLDER / f"{learner.step:08d}"
    partial = out / _FOLDER / f"{learner.step:08d}.{os.getpid()}.partial"
    for left_by_a_crash in (out / _FOLDER).glob("*.partial"):
        shutil.rmtree(left_by_a_crash)
    partial.mkdir(parents=True)
    # every tensor, where a recipe's own file leaves out what does not learn or an adversary
    save_file(_contiguous(learner.network.state_dict()), partial / "network.safetensors")
    save_file(_contiguous(learner.mean.module.state_dict()), partial / "mean.safetensors")
    state = {
        "recipe": recipe.name,
        "seed": seed,
        "step": learner.step,
        "batch": recipe.batch,
        "best_psnr": learner.best_psnr,
        "averaged": int(learner.mean.n_averaged),
        "optimizer": learner.optimizer.state_dict(),
    }
    torch.save(state, partial / "state.pt")
    if folder.exists():
        shutil.rmtree(folder)
    partial.rename(folder)
    for old in checkpoints_of(out)[:-keep]:
        shutil.rmtree(old)
    return folder


def _contiguous(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name: tensor.contiguous() for name, tensor in tensors.items()}


def load_checkpoint(learner: Learner, recipe: Recipe, out: Path, *, seed: int) -> bool:
    """Puts the newest checkpoint into the learner; False where there is none.

    Raises ``SettingError`` where it belongs to another recipe or seed, ``WeightsError`` where it is damaged.
    """
    found = checkpoints_of(out)
    if not found:
        return False
    folder = found[-1]
    try:
        state: dict[str, Any] = torch.load(folder / "state.pt", map_location="cpu", weights_only=True)
        weights, means = load_file(folder / "network.safetensors"), load_file(folder / "mean.safetensors")
    except (OSError, EOFError, RuntimeError, pickle.UnpicklingError, SafetensorError) as error:
        raise WeightsError(
            f"{folder} is damaged ({reason_of(error)}). Remove it: the run goes on from the one before."
        ) from error
    given = {"recipe": recipe.name, "seed": seed, "batch": recipe.batch}
    for name, value in given.items():
        if state[name] != value:
            raise SettingError(
                f"The run in {out} has {name} {state[name]}, not {value}. "
                "Give the same to go on with it, another folder, or begin anew with --fresh."
            )
    learner.network.load_state_dict(weights)
    learner.mean.module.load_state_dict(means)
    learner.mean.n_averaged.fill_(state["averaged"])
    learner.optimizer.load_state_dict(state["optimizer"])
    learner.step, learner.best_psnr = state["step"], state["best_psnr"]
    return True


def remove_run(out: Path) -> None:
    """Removes what an earlier run left in a folder, and nothing else."""
    for name in (_FOLDER, "strips", "tensorboard"):
        if (out / name).is_dir():
            shutil.rmtree(out / name)
    for name in ("log.jsonl", "weights.safetensors", "best.safetensors"):
        (out / name).unlink(missing_ok=True)
