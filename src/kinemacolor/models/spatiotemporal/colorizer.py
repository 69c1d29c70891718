"""A film's frames through tracking, restricted warp and refinement (Fig. 3).

Frames are answered as they come. Where a reference lies ahead, frames are held back until it has been read, since
tracks lead to it through all frames between, but never more than ``TrackingPolicy.reach_frames``.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from kinemacolor.errors import ExemplarError
from kinemacolor.frames import Chroma, Luma, ObjectMasks
from kinemacolor.models.base import Answer, Reference, StreamingColorizer
from kinemacolor.models.identity import identity_of
from kinemacolor.models.references import counted, fitted, own_chroma, pooled, require_shown
from kinemacolor.models.spatiotemporal import dense_tracking
from kinemacolor.models.spatiotemporal.dense_tracking import Candidates, Transition
from kinemacolor.models.spatiotemporal.features import STRIDE, Features
from kinemacolor.models.spatiotemporal.instance_tracking import GridObjects, InstanceTracker
from kinemacolor.models.spatiotemporal.refinement import Colored, Refinement
from kinemacolor.models.spatiotemporal.restricted_warp import Source, Warped, centered, warp
from kinemacolor.models.spatiotemporal.state import (
    KnownReference,
    SeenFrame,
    SpatiotemporalSettings,
    SpatiotemporalState,
)
from kinemacolor.models.spatiotemporal.tracking_mask import TrackingMask, combine
from kinemacolor.models.spatiotemporal.trail import Trail, follow
from kinemacolor.resize import resize


def working_size(size: tuple[int, int], short_side_px: int, multiple: tuple[int, int]) -> tuple[int, int]:
    """The size nearest to this short side whose sides are multiples; smaller pictures stay as near as that allows."""
    scale = min(1.0, short_side_px / min(size))
    height, width = (max(m, round(side * scale / m) * m) for side, m in zip(size, multiple))
    return height, width


class SpatiotemporalColorizer(StreamingColorizer[SpatiotemporalState]):
    """Colors by restricted correspondence. Without ``refinement`` the warped colors are the answer."""

    def __init__(
        self,
        features: Features,
        *,
        refinement: Refinement | None = None,
        settings: SpatiotemporalSettings | None = None,
        device: torch.device | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        self.features, self.refinement = features, refinement
        self.settings = settings or SpatiotemporalSettings()
        self.device, self.dtype = device or torch.device("cpu"), dtype or torch.float32

    @cached_property
    def identity(self) -> str:
        """The hash of the weights of both networks, and of the settings."""
        return identity_of("spatiotemporal", self.features, self.refinement, settings=(self.settings, self.dtype))

    @torch.inference_mode()
    def start(self, references: Sequence[Reference], objects: ObjectMasks | None = None) -> SpatiotemporalState:
        """The state before a shot's first frame; ``objects`` are its masks, counted from that frame.

        Raises ``ExemplarError`` where no exemplar has anything to give.
        """
        if not references:
            raise ExemplarError("There is no exemplar for this shot. Color one of its frames and pass it.")
        known = [self._known(reference) for reference in references]
        return SpatiotemporalState(known, Trail(self.settings.tracking), InstanceTracker(), objects)

    def colorize(
        self, lumas: Iterable[Luma], references: Sequence[Reference], objects: ObjectMasks | None = None
    ) -> Iterator[Answer]:
        """The answer for each luma of one shot, in order, without a confidence."""
        return self.run(lumas, self.start(references, objects))

    def run(self, lumas: Iterable[Luma], state: SpatiotemporalState) -> Iterator[Answer]:
        """The answer for each luma, read ahead as far as references ask; ``state`` can be watched meanwhile."""
        for luma in lumas:
            self._see(luma, state)
            while state.ahead and not self._awaits_reference(state):
                yield self._answer(state)
        while state.ahead:
            yield self._answer(state)

    def step(self, luma: Luma, state: SpatiotemporalState) -> Answer:
        """The answer for the next frame at once, of the luma's size; references ahead are taken without tracking."""
        self._see(luma, state)
        return self._answer(state)

    def _working_size(self, size: tuple[int, int]) -> tuple[int, int]:
        return working_size(size, self.settings.working_size_px, self.features.multiple)

    def _phi(self, luma: Luma) -> Float[Tensor, "n c"]:
        with torch.autocast(self.device.type, self.dtype, enabled=self.dtype != torch.float32):
            return centered(self.features(luma).float())

    def _known(self, reference: Reference) -> KnownReference:
        size = (reference.luma.shape[-2], reference.luma.shape[-1])
        seen = fitted(reference, self._working_size(size), self.device)
        cells = pooled(seen, STRIDE)
        shown = counted(cells.alpha)
        require_shown(shown)
        source = Source(self._phi(seen.luma), cells.chroma.flatten(1).T.contiguous(), shown)
        return KnownReference(reference, source, _size_of(cells.chroma))

    @torch.inference_mode()
    def _see(self, luma: Luma, state: SpatiotemporalState) -> None:
        """Takes in a frame: its features, its objects, and the transitions that some reference needs."""
        before = state.newest
        index = 0 if before is None else before.index + 1
        size = (luma.shape[-2], luma.shape[-1])
        small = resize(luma.to(self.device, torch.float32), self._working_size(size))
        frame = SeenFrame(index, size, small, self._phi(small), None)
        if state.objects is not None and self.settings.instances:
            tracked = state.tracker.follow(state.objects.instances(index))
            frame.objects = GridObjects.of(tracked, frame.grid).to(self.device)
        if before is not None and self.settings.dense:
            bound = [known.given.index for known in state.references if known.given.index is not None]
            if any(at < index for at in bound):
                frame.back = self._transition(frame, before)
            if any(at >= index for at in bound):
                before.forth = self._transition(before, frame)
        for known in state.references:
            if known.given.index == index and known.grid == frame.grid:
                known.objects = frame.objects
        state.newest = frame
        state.ahead.append(frame)

    def _transition(self, frame: SeenFrame, other: SeenFrame) -> Transition:
        return dense_tracking.transition(frame.features, other.features, frame.grid, self.settings.tracking)

    def _serving(self, frame: SeenFrame, state: SpatiotemporalState) -> list[KnownReference]:
        """The references that are no frame of the shot, and the nearest before and after this one."""
        side = self.settings.tracking.references_each_side
        unbound = [known for known in state.references if known.given.index is None]
        bound = [(known.given.index, known) for known in state.references if known.given.index is not None]
        bound.sort(key=lambda pair: abs(pair[0] - frame.index))
        past = [known for index, known in bound if index <= frame.index]
        future = [known for index, known in bound if index > frame.index]
        return [*unbound, *past[:side], *future[:side]]

    def _awaits_reference(self, state: SpatiotemporalState) -> bool:
        """Whether a reference ahead of the next frame to answer is within reach and not yet read."""
        if not self.settings.dense and state.objects is None:
            return False
        first, newest = state.ahead[0], state.ahead[-1].index
        reach = first.index + self.settings.tracking.reach_frames
        indices = [known.given.index for known in self._serving(first, state)]
        return any(index is not None and newest < index <= reach for index in indices)

    @torch.inference_mode()
    def _answer(self, state: SpatiotemporalState) -> Answer:
        """The answer for the oldest frame that waits."""
        frame = state.ahead.popleft()
        serving = self._serving(frame, state)
        candidates = self._candidates(frame, serving, state)
        chroma = own_chroma((known.given for known in serving), frame.index, frame.size, self.device)
        if chroma is not None:
            state.before = Colored(frame.luma, resize(chroma, _size_of(frame.luma)))
            return Answer(chroma)
        masks = [self._mask(frame, known, candidates) for known in serving]
        warped = warp(frame.features, [known.source for known in serving], masks, self.settings.temperature)
        state.positions += len(warped.unrestricted)
        state.unrestricted_positions += int(warped.unrestricted.sum())
        return Answer(resize(self._refined(frame, warped, state), frame.size))

    def _candidates(
        self, frame: SeenFrame, serving: Sequence[KnownReference], state: SpatiotemporalState
    ) -> dict[int, Candidates]:
        """D at every serving reference that is a frame of the shot, read already, by its index."""
        if not self.settings.dense:
            return {}
        alike = [known for known in serving if known.grid == frame.grid]
        known = {each.given.index: each.source.features for each in alike if each.given.index is not None}
        if frame.back is not None:
            state.trail.add(frame.index, frame.back)
        found = state.trail.candidates(
            frame.index, frame.features, {index: phi for index, phi in known.items() if index <= frame.index}
        )
        last = max(known, default=frame.index)
        steps = [(f.index + 1, f.forth) for f in (frame, *state.ahead) if f.forth is not None and f.index < last]
        start = dense_tracking.themselves(len(frame.features), self.device)
        for index, candidates in follow(steps, start, self.settings.tracking.threshold):
            if index in known:
                found[index] = candidates
        margin = self.settings.tracking.margin_cells
        return {index: dense_tracking.widen(d, frame.grid, margin) for index, d in found.items()}

    def _mask(self, frame: SeenFrame, known: KnownReference, candidates: dict[int, Candidates]) -> TrackingMask:
        """M between a frame and a reference; all ones where nothing ties the two."""
        dense = None if known.given.index is None else candidates.get(known.given.index)
        if frame.objects is not None and known.objects is not None:
            if dense is None:
                return TrackingMask.of_objects(frame.objects, known.objects)
            return combine(dense, frame.objects, known.objects, self.settings.combination)
        if dense is not None:
            return TrackingMask.of_candidates(dense)
        return TrackingMask.everything(len(frame.features), len(known.source.features), self.device)

    def _refined(self, frame: SeenFrame, warped: Warped, state: SpatiotemporalState) -> Chroma:
        """Eq. 2, or W itself on the grid where there is no refinement."""
        chroma = warped.chroma.T.reshape(2, *frame.grid)
        if self.refinement is None:
            return chroma
        size = _size_of(frame.luma)
        planes = torch.cat((chroma, warped.confidence.view(1, *frame.grid)))
        planes = F.interpolate(planes[None], size, mode="nearest")[0]
        with torch.autocast(self.device.type, self.dtype, enabled=self.dtype != torch.float32):
            refined = self.refinement(frame.luma, planes[:2], planes[2:], state.before).float()
        state.before = Colored(frame.luma, refined)
        return refined


def _size_of(planes: Tensor) -> tuple[int, int]:
    return planes.shape[-2], planes.shape[-1]
