"""A run: a recipe, data and a folder go in; weights come out. It may end at any moment and go on as if it had not.

A step depends on the weights, on the seed and on its number alone, so that a run that was stopped or killed and went
on equals one that was not: bit for bit on a CPU with the same number of threads.
"""

import math
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import torch
from torch.utils.data import DataLoader, Dataset

from kinemacolor.data.samples import Batch, Sample, collate
from kinemacolor.errors import SettingError
from kinemacolor.io.output_folder import OutputFolder
from kinemacolor.training.bounds import require_at_least
from kinemacolor.training.checkpoints import Learner, load_checkpoint, remove_run, require_own, save_checkpoint
from kinemacolor.training.distributed import ProcessGroup, process_group
from kinemacolor.training.recipe import Recipe
from kinemacolor.training.runlog import RunLog
from kinemacolor.training.schedule import requests
from kinemacolor.training.step import Trainer, new_learner, shared_objective
from kinemacolor.training.stopping import stop_signal
from kinemacolor.training.validate import validate

Ending = Literal["complete", "stopped", "out of time"]


@dataclass(frozen=True, slots=True)
class RunSettings:
    """Settings of a run; nothing here changes what is learnt, but ``bf16`` a little.

    ``device`` ``"auto"`` is a GPU where there is one. With ``resume`` a run goes on from the newest checkpoint in its
    folder; without, what an earlier run left there is removed first. ``stop_after_minutes`` ends this sitting with a
    checkpoint, to go on another time. ``bf16`` and ``checkpointed`` replace the recipe's where given.

    Raises ``SettingError`` for a number below what is possible.
    """

    device: str | torch.device = "auto"
    resume: bool = True
    workers: int = 0
    log_every_steps: int = 10
    evaluate_every_steps: int = 500
    checkpoint_every_steps: int = 500
    checkpoint_every_minutes: float = 10.0
    keep_checkpoints: int = 2
    stop_after_minutes: float | None = None
    bf16: bool | None = None
    checkpointed: bool | None = None
    tensorboard: bool = False

    def __post_init__(self) -> None:
        require_at_least(
            1,
            log_every_steps=self.log_every_steps,
            evaluate_every_steps=self.evaluate_every_steps,
            checkpoint_every_steps=self.checkpoint_every_steps,
            keep_checkpoints=self.keep_checkpoints,
        )
        require_at_least(
            0,
            workers=self.workers,
            checkpoint_every_minutes=self.checkpoint_every_minutes,
            stop_after_minutes=self.stop_after_minutes,
        )

    def applied_to(self, recipe: Recipe) -> Recipe:
        """The recipe with what is given here in place of its own."""
        bf16 = recipe.bf16 if self.bf16 is None else self.bf16
        checkpointed = recipe.checkpointed if self.checkpointed is None else self.checkpointed
        return replace(recipe, bf16=bf16, checkpointed=checkpointed)


@dataclass(frozen=True, slots=True)
class Progress:
    """Progress of a run. ``psnr`` is that of the last evaluation."""

    step: int
    steps: int
    loss: float
    seconds_per_step: float
    psnr: float | None


@dataclass(frozen=True, slots=True)
class TrainingResult:
    """The result of a run. ``weights`` are the running mean of its end; ``psnr`` its last evaluation's."""

    step: int
    loss: float
    psnr: float | None
    ending: Ending
    weights: Path


def train(
    recipe: Recipe,
    data: Dataset[Sample],
    out: Path,
    *,
    steps: int | None = None,
    validation: Sequence[Sample] = (),
    seed: int = 0,
    settings: RunSettings | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> TrainingResult:
    """Trains a recipe's network for ``steps`` (its own number by default) and leaves the result in ``out``.

    There are then ``weights.safetensors`` (running mean at the end), ``best.safetensors`` (that of the best
    evaluation), ``log.jsonl``, ``strips/`` and ``checkpoints/``. SIGTERM and SIGINT end it after the step with a
    checkpoint. ``data`` answers a ``Request`` with a ``Sample``. Under ``torchrun`` the processes share each batch.

    Raises ``SettingError`` where the folder holds another run, the batch cannot be shared or a number of steps, clips
    or a rate is below what is possible, ``ModelError`` where gradients are NaN or infinite again and again or the
    device cannot be used, ``OutputError`` where the folder holds files of these names that no run has left there.
    """
    settings, steps = settings or RunSettings(), recipe.steps if steps is None else steps
    recipe = settings.applied_to(recipe)
    require_at_least(1, steps=steps, batch=recipe.batch)
    require_at_least(0, learning_rate=recipe.learning_rate, weight_decay=recipe.weight_decay)
    folder = OutputFolder(out, overwrite=True)
    out.mkdir(parents=True, exist_ok=True)
    require_own(out)
    with process_group(settings.device) as group, stop_signal() as stop, torch.random.fork_rng(devices=[]):
        if recipe.batch % group.processes:
            raise SettingError(
                f"A batch of {recipe.batch} cannot be shared by {group.processes} processes. Start a divisor of it."
            )
        if group.is_first and not settings.resume:
            remove_run(out)
        group.any(False)  # no process looks for checkpoints before they are removed
        learner = new_learner(recipe, seed, group.device)
        if load_checkpoint(learner, recipe, out, seed=seed) and learner.step > steps:
            raise SettingError(f"The run in {out} is at step {learner.step} already. Give more than {steps} steps.")
        this = _Run(recipe, data, folder, steps, list(validation), seed, settings, group, stop, learner, progress)
        return this.run()


@dataclass
class _Run:
    recipe: Recipe
    data: Dataset[Sample]
    folder: OutputFolder
    steps: int
    validation: list[Sample]
    seed: int
    settings: RunSettings
    group: ProcessGroup
    stop: threading.Event
    learner: Learner
    progress: Callable[[Progress], None] | None
    loss: float = math.nan
    psnr: float | None = None
    began: float = field(default_factory=time.monotonic)
    saved: float = field(default_factory=time.monotonic)

    def run(self) -> TrainingResult:
        """All steps that are left, or as many as there is time for."""
        objective = shared_objective(self.recipe, self.learner.network, self.group)
        trainer = Trainer(self.recipe, objective, self.steps, self.seed, self.group)
        log = None
        if self.group.is_first:
            log = RunLog(self.folder.path, step=self.learner.step, tensorboard=self.settings.tensorboard)
        ending: Ending = "complete"
        before = time.monotonic()
        for batch in self._batches():
            figures = trainer.train_step(self.learner, batch.to(self.group.device))
            seconds, before = time.monotonic() - before, time.monotonic()
            self._record(log, figures, seconds)
            if self._is_due(self.settings.evaluate_every_steps):
                self._evaluate(log)
            stopping = self._stopping()
            if stopping or self._is_due(self.settings.checkpoint_every_steps) or self._is_long_ago():
                self._save()
            if stopping:
                ending = stopping
                break
        return self._finish(log, ending)

    def _batches(self) -> Iterator[Batch]:
        wanted = requests(
            self.recipe,
            first=self.learner.step,
            steps=self.steps,
            rank=self.group.rank,
            processes=self.group.processes,
        )
        loader: DataLoader[Any] = DataLoader(
            self.data,
            batch_sampler=wanted,
            num_workers=self.settings.workers,
            collate_fn=collate,
            pin_memory=self.group.device.type == "cuda",
            generator=torch.Generator(),
        )
        return iter(loader)

    def _record(self, log: RunLog | None, figures: dict[str, float], seconds: float) -> None:
        self.loss = figures["loss"]
        step = self.learner.step
        if step == 1 or step % self.settings.log_every_steps == 0:
            # the processes agree on the figures' names, so that their means can be taken by place
            figures = dict(zip(figures, self.group.mean(list(figures.values()))))
            if log:
                log.write("train", step, {**figures, "seconds": seconds})
        if self.group.is_first and self.progress:
            self.progress(Progress(step, self.steps, self.loss, seconds, self.psnr))

    def _is_due(self, every_steps: int) -> bool:
        return self.learner.step % every_steps == 0 or self.learner.step == self.steps

    def _is_long_ago(self) -> bool:
        return time.monotonic() - self.saved > 60 * self.settings.checkpoint_every_minutes

    def _stopping(self) -> Ending | None:
        """Why the run ends here, as all processes agree; None where it does not."""
        if self.learner.step == self.steps:
            return None
        if self.group.any(self.stop.is_set()):
            return "stopped"
        minutes = self.settings.stop_after_minutes
        if minutes is not None and self.group.any(time.monotonic() - self.began > 60 * minutes):
            return "out of time"
        return None

    def _evaluate(self, log: RunLog | None) -> None:
        if log is None or not self.validation:
            return
        learner = self.learner
        found = validate(self.recipe, learner.mean.module, self.validation, self.group.device)
        log.write("evaluation", learner.step, {"psnr": found.psnr, "psnr_last": found.psnr_last})
        self.folder.write(f"strips/{learner.step:08d}.png", found.strip())
        self.psnr = found.psnr
        if found.psnr > learner.best_psnr:
            learner.best_psnr = found.psnr
            self._write_weights("best.safetensors")

    def _save(self) -> None:
        self.saved = time.monotonic()
        if self.group.is_first:
            save_checkpoint(
                self.learner, self.recipe, self.folder.path, seed=self.seed, keep=self.settings.keep_checkpoints
            )

    def _write_weights(self, name: str) -> Path:
        with self.folder.place(name) as place:
            self.recipe.save(self.learner.mean.module, place)
        return self.folder.path / name

    def _finish(self, log: RunLog | None, ending: Ending) -> TrainingResult:
        weights = self.folder.path / "weights.safetensors"
        if log:
            self._write_weights(weights.name)
            log.close()
        return TrainingResult(self.learner.step, self.loss, self.psnr, ending, weights)
