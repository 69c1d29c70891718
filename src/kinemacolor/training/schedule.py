"""Schedules: the learning rate, and how fast the running mean of the weights follows."""

import math
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor

from kinemacolor.data.dataset import Request
from kinemacolor.training.recipe import Recipe


def rate_factor(step: int, steps: int, recipe: Recipe) -> float:
    """The factor of the learning rate at a step (from 0) of so many: a linear rise, then level or half a cosine."""
    rise = min(1.0, (step + 1) / (recipe.warm_up_steps + 1))
    if recipe.decay == "none":
        return rise
    part = max(0, step - recipe.warm_up_steps) / max(1, steps - recipe.warm_up_steps)
    return rise * (recipe.final_rate + (1 - recipe.final_rate) * 0.5 * (1 + math.cos(math.pi * min(1.0, part))))


def requests(recipe: Recipe, *, first: int, steps: int, rank: int = 0, processes: int = 1) -> Iterator[list[Request]]:
    """The requests of one process at each step from ``first`` on: its share of the step's batch."""
    share = recipe.batch // processes
    for step in range(first, steps):
        stage = recipe.stage_at(step / steps)
        start = step * recipe.batch + rank * share
        yield [Request(i, stage.frames, stage.crop_px, stage.max_jump) for i in range(start, start + share)]


def following_mean(decay: float) -> Callable[[Any, Any, Any], None]:
    """The update of an exponential moving average that follows faster at first: ``min(decay, (1 + n) / (10 + n))``.

    For ``torch.optim.swa_utils.AveragedModel``; its first update is a copy. Otherwise a short run would end with a
    mean of mostly untrained weights.
    """

    @torch.no_grad()
    def update(means: list[Tensor], values: list[Tensor], count: Tensor | int) -> None:
        seen = int(count)
        keep = min(decay, (1 + seen) / (10 + seen))
        for mean, value in zip(means, values):
            if mean.is_floating_point():
                mean.lerp_(value, 1 - keep)
            else:
                mean.copy_(value)

    return update
