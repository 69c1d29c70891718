"""MFP, the settings: what of a film memory keeps, and for how long (ColorMNet, Section 3.2, Figures 7 and 10)."""

from dataclasses import dataclass
from typing import Literal

from kinemacolor.errors import SettingError

Propagation = Literal["mfp", "stacking", "recurrent"]
"""How colors come from earlier frames: by the paper's memory, from all of them, or from the frame before alone."""

Choice = Literal["usage", "random", "decay"]


@dataclass(frozen=True, slots=True)
class MemoryPolicy:
    """How memory behaves; the defaults are the paper's and the release's.

    Every ``write_every_frames`` (the paper's gamma) a frame is written. When working memory holds
    ``working_max_frames`` (N_s), all but ``working_min_frames`` become ``prototypes_tokens`` (M) of long-term
    memory; the exemplars count as one frame and always stay. Long-term memory drops its least used tokens beyond
    ``long_term_max_tokens``. ``top_k`` tokens answer each query. Without ``long_term`` working memory grows on.

    For ablations: ``choice`` says which tokens become prototypes, and which go where memory is full. By usage (the
    paper's); at random, as MAMBA selects (Sun et al., 2021); or evenly over the frames, with weights that decay by
    ``decay_per_frame`` with each frame, as MeMOTR's memory does (Gao and Wang, 2023). With ``latest_only`` memory is
    the frame last written alone, exemplars are not kept.

    For many exemplars, not the paper's: a frame asks the ``anchors_at_once`` exemplars most like it, all if None.
    ``conflict_radius`` (in a*b*) lets only the strongest color speak where exemplars disagree by more. ``nearness``
    (alpha; 1 is clear) favors exemplars near in time.

    Usage is always counted. The release counts it in long-term memory only where it expects, from the film's
    length, to drop tokens; nothing else depends on it.
    """

    write_every_frames: int = 5
    working_max_frames: int = 10
    working_min_frames: int = 5
    prototypes_tokens: int = 128
    long_term_max_tokens: int = 10_000
    top_k: int = 30
    long_term: bool = True
    choice: Choice = "usage"
    decay_per_frame: float = 0.01
    latest_only: bool = False
    anchors_at_once: int | None = None
    conflict_radius: float | None = None
    nearness: float = 0.0

    def __post_init__(self) -> None:
        for name in ("write_every_frames", "working_min_frames", "prototypes_tokens", "top_k"):
            if getattr(self, name) < 1:
                raise SettingError(f"MemoryPolicy.{name} is {getattr(self, name)}. Give 1 or more.")
        if self.working_max_frames <= self.working_min_frames:
            raise SettingError(
                f"MemoryPolicy.working_max_frames ({self.working_max_frames}) must be larger than "
                f"working_min_frames ({self.working_min_frames})."
            )
        if self.long_term_max_tokens < self.prototypes_tokens:
            raise SettingError(
                f"MemoryPolicy.long_term_max_tokens ({self.long_term_max_tokens}) must not be smaller than "
                f"prototypes_tokens ({self.prototypes_tokens})."
            )
        for name in ("anchors_at_once", "conflict_radius"):
            value = getattr(self, name)
            if value is not None and value <= 0:
                raise SettingError(f"MemoryPolicy.{name} is {value}. Give more than 0, or None.")
        if not 0 <= self.decay_per_frame < 1:
            raise SettingError(f"MemoryPolicy.decay_per_frame is {self.decay_per_frame}. Give 0 or more, below 1.")

    @classmethod
    def of(cls, propagation: Propagation) -> "MemoryPolicy":
        """The policy of a network that was trained to propagate in this way.

        ``"mfp"`` is the paper's; ``"stacking"`` keeps every frame whole, ``"recurrent"`` only the frame before
        (ColorMNet, Table 3).
        """
        if propagation == "stacking":
            return cls(write_every_frames=1, long_term=False)
        return cls(write_every_frames=1, latest_only=True) if propagation == "recurrent" else cls()
