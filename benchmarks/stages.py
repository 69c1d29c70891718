"""CPU-seconds by stage of a model: timers put around its parts, in a benchmark's process alone."""

import time
from collections import defaultdict
from collections.abc import Callable
from threading import local
from typing import Any

from kinemacolor.models.base import Colorizer
from kinemacolor.models.color_prior import ShotPrior
from kinemacolor.models.colormnet.colorizer import ColorMNetColorizer
from kinemacolor.models.colormnet.memory import Memory
from kinemacolor.models.colormnet_lite import colorizer as lite
from kinemacolor.models.colormnet_lite.evidence import VarianceModel
from kinemacolor.models.colormnet_lite.look import Look
from kinemacolor.models.matching import colorizer as matching
from kinemacolor.models.matching.bank import Bank

Part = tuple[str, Any, str]
"""A stage's name, and the owner and the name of the function that does it."""


def parts_of(model: Colorizer) -> list[Part]:
    """What a frame goes through in this model. A stage within another does not count for that other."""
    if isinstance(model, lite.ColorMNetLiteColorizer):
        return [
            ("features", model, "_features"),
            ("matching", model.network, "match"),
            ("color by look", model.network, "prior_colors"),
            ("color prior", ShotPrior, "mixture"),
            ("optical flow", model, "_ways"),
            ("what was found, along the flow", Look, "along"),
            ("carrying", lite, "carry"),
            ("weighing", VarianceModel, "weigh"),
            ("fusion", lite, "fused"),
        ]
    if isinstance(model, matching.MatchingColorizer):
        return [
            ("features", model, "_features"),
            ("matching", Bank, "match"),
            ("optical flow", matching, "optical_flow"),
            ("carrying", matching, "warp"),
            ("fusion", matching, "fuse"),
        ]
    assert isinstance(model, ColorMNetColorizer), "no stages are known of this model"
    network: Any = model.network
    branches: list[Part] = []
    if hasattr(network, "pvgfe"):
        pvgfe = network.pvgfe
        branches = [("DINOv2", pvgfe.global_branch, "forward"), ("ResNet50", pvgfe.local_branch, "forward")]
    return [
        *branches,
        ("fusion and key" if branches else "features and key", network, "encode"),
        ("reading memory", Memory, "read"),
        ("local attention", network, "attend"),
        ("decoder", network, "decode"),
        ("value encoder", network, "encode_value"),
        ("writing memory", Memory, "write"),
    ]


class Stages:
    """Seconds of each stage so far, on the clock of the thread that does it."""

    def __init__(self, model: Colorizer) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self._open = local()
        for stage, owner, name in parts_of(model):
            setattr(owner, name, self._timed(stage, getattr(owner, name)))

    def _timed(self, stage: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def run(*arguments: Any, **named: Any) -> Any:
            inside: list[float] = getattr(self._open, "inside", [])
            self._open.inside = []
            began = time.thread_time()
            try:
                return function(*arguments, **named)
            finally:
                took = time.thread_time() - began
                self.seconds[stage] += took - sum(self._open.inside)
                self._open.inside = [*inside, took]

        return run
