"""ColorMNet-lite's recipe for a tiny network, small clips and a short run."""

from dataclasses import replace
from pathlib import Path

from kinemacolor.models.colormnet_lite import ColorMNetLiteConfig
from kinemacolor.training.recipe import Recipe, Stage
from kinemacolor.training.recipes import colormnet_lite


def recipe(initial: Path | None) -> Recipe:
    """As the command finds it."""
    made = colormnet_lite.recipe(initial, config=ColorMNetLiteConfig.tiny())
    stages = (Stage(0.7, frames=1, crop_px=64), Stage(1.0, frames=3, crop_px=64))
    return replace(made, stages=stages, batch=2, learning_rate=3e-3, warm_up_steps=10)
