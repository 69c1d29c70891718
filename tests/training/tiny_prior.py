"""The color prior's recipe for a tiny network, small pictures and a short run."""

from dataclasses import replace
from pathlib import Path

from kinemacolor.models.color_prior import ColorPriorConfig
from kinemacolor.training.recipe import Recipe, Stage
from kinemacolor.training.recipes import color_prior


def recipe(initial: Path | None) -> Recipe:
    """As the command finds it."""
    made = color_prior.recipe(initial, config=ColorPriorConfig.tiny())
    stages = (Stage(0.7, frames=1, crop_px=64), Stage(1.0, frames=1, crop_px=96))
    return replace(made, stages=stages, batch=2, learning_rate=3e-3, warm_up_steps=5, bf16=False)
