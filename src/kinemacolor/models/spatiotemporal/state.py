"""Settings, and what a shot's frames leave behind."""

from collections import deque
from dataclasses import dataclass, field

from jaxtyping import Float
from torch import Tensor

from kinemacolor.errors import SettingError
from kinemacolor.frames import Luma, ObjectMasks
from kinemacolor.models.base import Reference
from kinemacolor.models.spatiotemporal.dense_tracking import TrackingPolicy, Transition
from kinemacolor.models.spatiotemporal.features import STRIDE
from kinemacolor.models.spatiotemporal.instance_tracking import GridObjects, InstanceTracker
from kinemacolor.models.spatiotemporal.refinement import Colored
from kinemacolor.models.spatiotemporal.restricted_warp import Source
from kinemacolor.models.spatiotemporal.tracking_mask import Combination
from kinemacolor.models.spatiotemporal.trail import Trail


@dataclass(frozen=True, slots=True)
class SpatiotemporalSettings:
    """The restriction of the warp: dense tracking, instances (where masks are given), both, or neither.

    ``refined`` says whether a colorization subnet refines what was warped (Eq. 2), or that is the answer.
    ``working_size_px`` is the short side of what the networks see (216 by 384 in the paper); lumas of another size
    are resized to it. ``temperature`` is that of Eq. 3, the backbone's value; the paper prints none.
    """

    dense: bool = True
    instances: bool = True
    refined: bool = True
    combination: Combination = "intersection"
    temperature: float = 0.01
    working_size_px: int = 216
    tracking: TrackingPolicy = field(default_factory=TrackingPolicy)

    def __post_init__(self) -> None:
        """Raises ``SettingError`` for a setting outside its range."""
        if not self.temperature > 0:
            raise SettingError(f"temperature is {self.temperature}. Give a number above 0.")
        if self.working_size_px < 1:
            raise SettingError(f"working_size_px is {self.working_size_px}. Give 1 or more.")


@dataclass
class KnownReference:
    """A reference on the grid, and what its frame shows once it has been read."""

    given: Reference
    source: Source
    grid: tuple[int, int]
    objects: GridObjects | None = None


@dataclass
class SeenFrame:
    """A frame that has been read; ``size`` is that of its answer. Transitions lead to the frames beside it."""

    index: int
    size: tuple[int, int]
    luma: Luma
    features: Float[Tensor, "n c"]
    objects: GridObjects | None
    back: Transition | None = None
    forth: Transition | None = None

    @property
    def grid(self) -> tuple[int, int]:
        """(height, width) of the grid."""
        return self.luma.shape[-2] // STRIDE, self.luma.shape[-1] // STRIDE


@dataclass
class SpatiotemporalState:
    """The state of a shot: the traces of its frames so far, and the frames that were read and wait for an answer.

    ``objects`` are the shot's masks, if there are any. ``positions`` counts the grid positions warped,
    ``unrestricted_positions`` those of them that tracking left nothing to take from.
    """

    references: list[KnownReference]
    trail: Trail
    tracker: InstanceTracker
    objects: ObjectMasks | None = None
    ahead: deque[SeenFrame] = field(default_factory=deque)
    newest: SeenFrame | None = None
    before: Colored | None = None
    positions: int = 0
    unrestricted_positions: int = 0
