"""The frames that tracks lead back through, kept so that neither time nor memory grows with the film."""

from collections.abc import Collection, Iterable, Iterator, Mapping

from jaxtyping import Float
from torch import Tensor

from kinemacolor.models.spatiotemporal.dense_tracking import (
    Candidates,
    TrackingPolicy,
    Transition,
    best,
    compose,
    propagate,
    themselves,
)


def follow(
    steps: Iterable[tuple[int, Transition]], start: Candidates, threshold: float
) -> Iterator[tuple[int, Candidates]]:
    """The candidates in each frame that the steps lead to, with the frame's number (Eq. 15, repeated)."""
    candidates = start
    for frame, step in steps:
        candidates = propagate(candidates, step, threshold)
        yield frame, candidates


class Trail:
    """Transitions from each frame to the one before, and relays: frames whose candidates in references are kept.

    Every ``reach_frames / 2`` a frame is made a relay. A track that has to go farther back than what is kept, half of
    ``reach_frames`` at least, stops at the oldest relay and takes that frame's candidates for its own.
    """

    def __init__(self, policy: TrackingPolicy) -> None:
        self._policy = policy
        self._back: dict[int, Transition] = {}
        self._relays: dict[int, dict[int, Candidates]] = {}

    def __len__(self) -> int:
        return len(self._back)

    def add(self, frame: int, back: Transition) -> None:
        """Takes in the transition from ``frame`` to the frame before it."""
        self._back[frame] = back

    def candidates(
        self, frame: int, features: Float[Tensor, "n c"], references: Mapping[int, Float[Tensor, "n c"]]
    ) -> dict[int, Candidates]:
        """The candidates of ``frame``, the newest, in references of frames up to it, given by their features."""
        found = self._found(frame, themselves(len(features), features.device), references.keys())
        if frame > 0 and frame % (self._policy.reach_frames // 2) == 0:
            self._relays[frame] = {
                reference: best(candidates, features, references[reference], self._policy.relayed_max)
                for reference, candidates in found.items()
            }
        self._forget(frame + 1 - self._policy.reach_frames)
        return found

    def _found(self, frame: int, start: Candidates, wanted: Collection[int]) -> dict[int, Candidates]:
        oldest = min(wanted, default=frame)
        too_far = oldest < frame and oldest + 1 not in self._back
        relay = min(self._relays) if too_far else None
        last = oldest if relay is None else relay
        steps = ((number - 1, self._back[number]) for number in range(frame, last, -1))
        found = {frame: start} if frame in wanted else {}
        candidates = start
        for number, candidates in follow(steps, start, self._policy.threshold):
            if number in wanted:
                found[number] = candidates
        if relay is not None:
            farther = {r: beyond for r, beyond in self._relays[relay].items() if r in wanted and r < relay}
            found |= {r: compose(candidates, beyond) for r, beyond in farther.items()}
        return found

    def _forget(self, first: int) -> None:
        """Drops what no later frame will ask for, if it asks for nothing before frame ``first`` but by a relay."""
        self._relays = {frame: relay for frame, relay in self._relays.items() if frame >= first}
        if first > 0 and self._relays:
            start = min(self._relays)
            self._back = {frame: back for frame, back in self._back.items() if frame > start}
