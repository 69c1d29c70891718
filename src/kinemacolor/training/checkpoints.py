"""Everything that a run needs to go on, in one folder per step that appears only when complete.

``network.safetensors`` and ``mean.safetensors`` hold weights and their running mean, ``state.pt`` what the optimizer
knows and where in the data the run is. What is drawn at random depends on seed and step, so no generator is kept.
"""

import os
import pickle
import re
import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.swa_utils import AveragedModel

from kinemacolor.errors import OutputExistsError, SettingError, WeightsError, reason_of
from kinemacolor.io.output_folder import require_no_link
from kinemacolor.training.recipe import Recipe
from kinemacolor.training.runlog import LOG_NAME, is_log

_FOLDER = "checkpoints"
_FOLDERS = {
    _FOLDER: re.compile(r"\d+(\.\d+\.partial)?"),
    "strips": re.compile(r"\d+\.png"),
    "tensorboard": re.compile(r"events\.out\.tfevents\..*"),
}
"""The folders of a run, and the names in them."""

_FILES = (LOG_NAME, "weights.safetensors", "best.safetensors")


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
    require_no_link(out / _FOLDER)
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


def require_own(out: Path) -> None:
    """Raises ``OutputError`` where a folder holds what a run would replace, and no run has left it there."""
    for name in _FOLDERS:
        require_no_link(out / name)
    there = [name for name in _FILES if os.path.lexists(out / name)]
    if there and not checkpoints_of(out) and not is_log(out):
        raise OutputExistsError(
            f"{out / there[0]} is there, and no run has left it: it has no log beside it. Give another folder."
        )


def remove_run(out: Path) -> None:
    """Removes what an earlier run left in a folder, and nothing else. Raises as ``require_own``."""
    require_own(out)
    for name, own in _FOLDERS.items():
        folder = out / name
        for path in list(folder.iterdir()) if folder.is_dir() else []:
            if own.fullmatch(path.name) and path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            elif own.fullmatch(path.name):
                path.unlink()
        with suppress(OSError):  # there is something of somebody else's in it
            folder.rmdir()
    for name in _FILES:
        (out / name).unlink(missing_ok=True)
