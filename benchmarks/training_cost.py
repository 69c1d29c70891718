"""How long a recipe takes from nothing: seconds of a step in each of its stages, and the hours of all its steps.

    python benchmarks/training_cost.py RECIPE --data FOLDER... [--device cuda] [--threads 2] [--workers 0]

FOLDER holds films and photographs in color; what they show does not matter. Each stage of the recipe is run by itself
for ``--steps`` steps after five that do not count, in a folder that is removed afterward. A step is timed as a run
does it: samples drawn and cut out, forth, back, optimizer and running mean. Decoding, which a run does once,
evaluations and checkpoints are left out. Hours are the median step of each stage times the steps that the recipe (or
``--of``) has in it.
"""

import argparse
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import torch

from kinemacolor.evaluation.provenance import provenance
from kinemacolor.training.folders import DataSettings, train_on_folders
from kinemacolor.training.loop import RunSettings
from kinemacolor.training.recipe import Recipe, Stage
from kinemacolor.training.recipes import RECIPES, recipe_named

WARM_UP, FEWEST_STEPS = 5, 2


@dataclass(frozen=True, slots=True)
class StageCost:
    """The seconds that each timed step of a stage took, and the part (0..1) of a run that the stage is."""

    stage: Stage
    part: float
    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        """Seconds of a step."""
        return statistics.median(self.seconds)

    def hours(self, steps: int) -> float:
        """Hours that the stage takes in a run of so many steps."""
        return self.part * steps * self.median / 3600


def seconds_of(recipe: Recipe, stage: Stage, data: DataSettings, settings: RunSettings, steps: int) -> list[float]:
    """The seconds of each of ``steps`` steps of a stage, after the first five."""
    took: list[float] = []
    with TemporaryDirectory(prefix="kinemacolor-") as folder:
        train_on_folders(
            replace(recipe, stages=(replace(stage, until=1.0),)),
            data,
            Path(folder),
            steps=WARM_UP + steps,
            settings=settings,
            progress=lambda progress: took.append(progress.seconds_per_step),
        )
    return took[WARM_UP:]


def costs(recipe: Recipe, data: DataSettings, settings: RunSettings, steps: int) -> list[StageCost]:
    """Each stage's cost, from ``steps`` steps after the first five; two are the fewest for ``table``."""
    begins = (0.0, *(stage.until for stage in recipe.stages))
    return [
        StageCost(stage, stage.until - begin, tuple(seconds_of(recipe, stage, data, settings, steps)))
        for begin, stage in zip(begins, recipe.stages)
    ]


def table(recipe: Recipe, found: Sequence[StageCost], steps: int) -> str:
    """The stages as rows, and the hours of all together."""
    lines = ["| stage | frames | crop | part of the run | s a step | 10th, 90th of 100 | hours |"]
    lines.append(f"|{'--:|' * 7}")
    for number, each in enumerate(found, 1):
        tenths = statistics.quantiles(each.seconds, n=10)
        size = f"{each.stage.frames} | {each.stage.crop_px} px | {100 * each.part:.0f} %"
        times = f"{each.median:.3f} | {tenths[0]:.3f}, {tenths[-1]:.3f} | {each.hours(steps):.2f}"
        lines.append(f"| {number} | {size} | {times} |")
    total = sum(each.hours(steps) for each in found)
    return "\n".join([*lines, "", f"{recipe.name}, {steps} steps of {recipe.batch}: {total:.2f} hours."])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipe", choices=RECIPES)
    parser.add_argument("--data", nargs="+", type=Path, required=True, help="folders of films and photographs")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--threads", type=int, help="of torch on the CPU; its own choice by default")
    parser.add_argument("--workers", type=int, default=0, help="processes that prepare samples")
    parser.add_argument("--steps", type=int, default=40, help="steps to time in each stage")
    parser.add_argument("--of", type=int, help="steps of the run whose hours are told; the recipe's own by default")
    given = parser.parse_args()
    if given.steps < FEWEST_STEPS:
        parser.error(f"--steps is {given.steps}. Give {FEWEST_STEPS} or more.")
    if given.threads:
        torch.set_num_threads(given.threads)
    recipe = recipe_named(given.recipe)
    settings = RunSettings(device=given.device, workers=given.workers)
    with TemporaryDirectory(prefix="kinemacolor-") as cache:
        found = costs(recipe, DataSettings(given.data, held_out=0, cache=Path(cache)), settings, given.steps)
    print(table(recipe, found, given.of or recipe.steps))
    print(f"\n{provenance()}; device {given.device}, {torch.get_num_threads()} threads, {given.workers} workers.")


if __name__ == "__main__":
    main()
