"""A recipe per model, by the model's name."""

from importlib import import_module
from pathlib import Path

from kinemacolor.errors import ModelError
from kinemacolor.training.recipe import Recipe

RECIPES = {
    "color-prior": "kinemacolor.training.recipes.color_prior",
    "colormnet": "kinemacolor.training.recipes.colormnet",
    "colormnet-lite": "kinemacolor.training.recipes.colormnet_lite",
    "deep-exemplar": "kinemacolor.training.recipes.deep_exemplar",
    "deep-exemplar-lite": "kinemacolor.training.recipes.deep_exemplar_lite",
    "bistnet": "kinemacolor.training.recipes.bistnet",
}
"""The module of each recipe; it has ``recipe(initial)``."""


def recipe_named(name: str, *, initial: Path | None = None) -> Recipe:
    """The recipe with this name, beginning with the weights in ``initial`` where given.

    Raises ``ModelError`` naming the recipes there are.
    """
    if name not in RECIPES:
        raise ModelError(f"There is no recipe '{name}'. Recipes: {', '.join(RECIPES)}.")
    made: Recipe = import_module(RECIPES[name]).recipe(initial)
    return made
