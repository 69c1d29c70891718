"""One step of a training run. It depends on the weights, the seed and the step's number alone."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel
from torch.optim.swa_utils import AveragedModel

from kinemacolor.data.draw import generator_of, seed_of
from kinemacolor.data.samples import Batch
from kinemacolor.errors import ModelError
from kinemacolor.training.checkpoints import Learner
from kinemacolor.training.distributed import ProcessGroup
from kinemacolor.training.recipe import Moment, Recipe
from kinemacolor.training.schedule import following_mean, rate_factor

_MOST_SKIPPED = 20
_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)


def new_learner(recipe: Recipe, seed: int, device: torch.device) -> Learner:
    """A learner that has seen nothing yet; the same one for the same seed."""
    torch.manual_seed(seed_of(seed, "network"))
    network: nn.Module = recipe.network().to(device)
    groups = recipe.parameter_groups(network)
    trained = {id(parameter) for parameters, _ in groups for parameter in parameters}
    for parameter in network.parameters():
        parameter.requires_grad_(id(parameter) in trained)
    mean = AveragedModel(network, multi_avg_fn=following_mean(recipe.ema_decay), use_buffers=True).eval()
    optimizer = torch.optim.AdamW(
        [{"params": parameters, "factor": factor} for parameters, factor in groups],
        lr=recipe.learning_rate,
        betas=recipe.betas,
        weight_decay=recipe.weight_decay,
        amsgrad=recipe.amsgrad,
    )
    return Learner(network, mean, optimizer)


class Objective(nn.Module):
    """The loss as a module, so that DistributedDataParallel sees one forward pass whatever the recipe does."""

    def __init__(self, recipe: Recipe, network: nn.Module) -> None:
        super().__init__()
        self.recipe, self.network = recipe, network

    def forward(self, batch: Batch, moment: Moment) -> dict[str, Tensor]:
        """The weighted terms."""
        return dict(self.recipe.losses(self.network, batch, moment))


def shared_objective(recipe: Recipe, network: nn.Module, group: ProcessGroup) -> nn.Module:
    """The objective; among several processes, one that averages their gradients."""
    objective = Objective(recipe, network)
    if group.processes == 1:
        return objective
    return DistributedDataParallel(objective, find_unused_parameters=not recipe.every_parameter_used)


@dataclass
class Trainer:
    """Takes a learner from step to step."""

    recipe: Recipe
    objective: nn.Module
    steps: int
    seed: int
    group: ProcessGroup
    skipped_in_a_row: int = 0

    def train_step(self, learner: Learner, batch: Batch) -> dict[str, float]:
        """One step; its figures.

        Raises ``ModelError`` where gradients were NaN or infinite in 20 steps in a row; single ones are left out.
        """
        recipe, step = self.recipe, learner.step
        torch.manual_seed(seed_of(self.seed, "step", step, self.group.rank))
        rate = recipe.learning_rate * rate_factor(step, self.steps, recipe)
        for parameters in learner.optimizer.param_groups:
            parameters["lr"] = rate * parameters["factor"]
        _to_train_mode(learner.network, frozen_norms=recipe.frozen_norms)
        learner.optimizer.zero_grad(set_to_none=True)
        with torch.autocast(self.group.device.type, torch.bfloat16, enabled=recipe.bf16):
            terms = self.objective(batch, self._moment(step))
        loss = torch.stack(list(terms.values())).sum()
        loss.backward()  # type: ignore[no-untyped-call]
        norm = nn.utils.clip_grad_norm_(learner.network.parameters(), recipe.clip_norm or math.inf)
        self._update(learner, finite=bool(torch.isfinite(norm)))
        learner.step += 1
        return {
            "loss": loss.item(),
            **{name: term.item() for name, term in terms.items()},
            "gradient_norm": norm.item(),
            "learning_rate": rate,
            "frames": float(batch.lumas.shape[1]),
            "crop_px": float(batch.lumas.shape[-1]),
        }

    def _moment(self, step: int) -> Moment:
        generator = generator_of(self.seed, "loss", step, self.group.rank)
        return Moment(step, step / self.steps, generator, self.recipe.checkpointed)

    def _update(self, learner: Learner, *, finite: bool) -> None:
        """Changes the weights, or leaves them where a gradient is NaN or infinite."""
        if finite:
            learner.optimizer.step()
            learner.mean.update_parameters(learner.network)
            self.skipped_in_a_row = 0
            return
        self.skipped_in_a_row += 1
        if self.skipped_in_a_row >= _MOST_SKIPPED:
            raise ModelError(
                f"The gradient was NaN or infinite in {_MOST_SKIPPED} steps in a row, up to step {learner.step}. "
                "Go on from the last checkpoint with a lower learning rate, or without bf16."
            )


def _to_train_mode(network: nn.Module, *, frozen_norms: bool) -> None:
    network.train()
    if frozen_norms:
        for module in network.modules():
            if isinstance(module, _NORMS):
                module.eval()
