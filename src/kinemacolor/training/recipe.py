"""A recipe: a network, a loss, and the numbers of a run."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from jaxtyping import Float
from torch import Generator, Tensor, nn

from kinemacolor.data.dataset import Variety
from kinemacolor.data.pairs import PairVariety
from kinemacolor.data.samples import Batch


@dataclass(frozen=True, slots=True)
class Stage:
    """Clips of ``frames`` frames and squares of ``crop_px`` until this part (0..1) of the run is over.

    Frames of a film are at most ``max_jump`` apart.
    """

    until: float
    frames: int
    crop_px: int
    max_jump: int = 5


@dataclass(frozen=True, slots=True)
class Moment:
    """A step's place in its run. ``generator`` (on the CPU) is for what a loss draws, by seed and step alone.

    ``checkpointed`` asks to compute activations again in the backward pass instead of keeping them.
    """

    step: int
    part: float
    generator: Generator
    checkpointed: bool = False


LossTerms = Mapping[str, Float[Tensor, ""]]
"""Weighted terms by name; their sum is what training lowers."""

Network = Any
"""The recipe's own kind of ``nn.Module``; the loop only hands it on."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """The way in which a model is trained.

    ``losses`` runs the network on a batch. ``predict`` colors the lumas of a batch of one as in use, given its
    exemplar as the frame before. ``save`` writes weights for the model's ``load``.

    ``amsgrad`` divides by the largest mean square so far instead of the latest (Reddi et al., 2018).
    ``batch`` is that of all processes together. The learning rate rises over ``warm_up_steps`` and then stays, or
    falls along a cosine to ``final_rate`` of itself. ``groups`` gives parameters their own learning rate, as a factor
    of ``learning_rate``; what it leaves out is not trained. ``frozen_norms`` leaves the statistics of batch norms as
    they are. ``every_parameter_used`` False lets processes share a network of which a step may not use every part.

    Films are decoded to a short side of ``short_side_px``; ``variety`` says how samples are made of them.
    """

    name: str
    network: Callable[[], Network]
    losses: Callable[[Network, Batch, Moment], LossTerms]
    predict: Callable[[Network, Batch], Float[Tensor, "b t 2 h w"]]
    save: Callable[[Network, Path], None]
    stages: tuple[Stage, ...]
    steps: int
    batch: int
    learning_rate: float
    weight_decay: float = 0.0
    betas: tuple[float, float] = (0.9, 0.999)
    amsgrad: bool = False
    warm_up_steps: int = 0
    decay: Literal["cosine", "none"] = "cosine"
    final_rate: float = 0.01
    clip_norm: float | None = 1.0
    ema_decay: float = 0.999
    bf16: bool = False
    checkpointed: bool = False
    frozen_norms: bool = False
    every_parameter_used: bool = True
    groups: Callable[[Network], list[tuple[list[nn.Parameter], float]]] | None = None
    short_side_px: int = 256
    variety: Variety | PairVariety = field(default_factory=Variety)

    def stage_at(self, part: float) -> Stage:
        """The stage at a part (0..1) of the run."""
        return next((stage for stage in self.stages if part < stage.until), self.stages[-1])

    def parameter_groups(self, network: nn.Module) -> list[tuple[list[nn.Parameter], float]]:
        """Trained parameters and the factor of their learning rate."""
        groups = self.groups(network) if self.groups else [(list(network.parameters()), 1.0)]
        return [([p for p in parameters if p.requires_grad], factor) for parameters, factor in groups]
