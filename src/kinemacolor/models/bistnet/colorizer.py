"""A film's frames through BiSTNet: each between its two exemplars, a few dozen held back where the gates need it."""

from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain, islice
from typing import Any, NamedTuple

import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from kinemacolor.errors import ExemplarError, SettingError
from kinemacolor.frames import Chroma, Luma, ObjectMasks
from kinemacolor.models.base import Answer, Reference, refuse_objects
from kinemacolor.models.bistnet import msrb, raft
from kinemacolor.models.bistnet.btfb import linear, weight_of_forward
from kinemacolor.models.bistnet.flows import FlowExpert
from kinemacolor.models.bistnet.gated_propagation import Warped, propagated_through, upsampled
from kinemacolor.models.bistnet.meb import MixedExperts
from kinemacolor.models.bistnet.network import BiSTNet, Colors
from kinemacolor.models.bistnet.spans import Span, needs_length, spans_of
from kinemacolor.models.deep_exemplar.network import Learned
from kinemacolor.models.deep_exemplar.smoothing import Smoothing, smoothed
from kinemacolor.models.identity import identity_of
from kinemacolor.models.references import fitted, own_chroma, require_shown
from kinemacolor.resize import resize

_PIXELS = 224 * 448
_STEEPEST = 4.0


@dataclass(frozen=True, slots=True)
class BiSTNetSettings:
    """How a film is colored.

    ``size`` is the network's (height, width); None keeps the film's aspect at the release's number of pixels, the
    release squeezes all to (224, 448). ``keep_exemplars`` gives a frame whose exemplar is there that one's chroma;
    the release colors it anew. ``saturation`` multiplies a*b*, ``smoothing`` is the weighted least squares filter on
    what is shown; the defaults are the release's, the paper has neither.

    Gates hand colors back from later frames: ``emitted_frames`` are answered at once, with ``ahead_frames`` after
    them known. A stretch between two exemplars not longer than both together is seen whole, as in the release.
    """

    size: tuple[int, int] | None = None
    saturation: float = 1.25
    smoothing: Smoothing | None = field(default_factory=Smoothing)
    keep_exemplars: bool = True
    emitted_frames: int = 60
    ahead_frames: int = 30

    def __post_init__(self) -> None:
        """Raises ``SettingError`` for a setting outside its range."""
        if self.size is not None and min(self.size) < 1:
            raise SettingError(f"size is {self.size[0]}x{self.size[1]}. Give a height and a width of 1 or more.")
        if self.saturation < 0:
            raise SettingError(f"saturation is {self.saturation}. Give 0 or more.")
        if self.emitted_frames < 1 or self.ahead_frames < 0:
            raise SettingError(
                f"emitted_frames is {self.emitted_frames} and ahead_frames {self.ahead_frames}. Give 1 or more, and "
                "0 or more."
            )

    @classmethod
    def release(cls) -> "BiSTNetSettings":
        """The settings of the authors' script; it sees the whole clip, of whatever length."""
        return cls(size=(224, 448), keep_exemplars=False)

    @classmethod
    def paper(cls) -> "BiSTNetSettings":
        """The paper's network's own colors: no gain, no filter."""
        return cls(saturation=1.0, smoothing=None)


def network_size(size: tuple[int, int]) -> tuple[int, int]:
    """The size at which the network sees a picture: about 100,000 pixels of its aspect, multiples of 32.

    An aspect beyond 4:1 is squeezed to that.
    """
    aspect = min(max(size[1] / size[0], 1 / _STEEPEST), _STEEPEST)
    height = (_PIXELS / aspect) ** 0.5
    smallest = max(msrb.SMALLEST_PX, raft.SMALLEST_PX)
    rows, columns = (round(side / msrb.MULTIPLE) * msrb.MULTIPLE for side in (height, height * aspect))
    return max(smallest, rows), max(smallest, columns)


@dataclass(slots=True)
class _Frame:
    """A frame as it came, and what the network and the flow know of it."""

    index: int
    size: tuple[int, int]
    luma: Luma
    guide: Tensor | None
    embedding: Tensor
    seen: Any


class _Small(NamedTuple):
    """A frame's size, its luma at the network's, and what smoothing needs of it: L* as 0..255, rounded down."""

    size: tuple[int, int]
    luma: Float[Tensor, "1 h w"]
    guide: UInt8[Tensor, "1 h2 w2"] | None


class BiSTNetColorizer:
    """BiSTNet as the engine knows it.

    Args:
        network: with its weights; it is moved to ``device`` and set to eval mode.
        experts: edges and segmentation, on the same device.
        flow: finds the paths along which gates hand colors on; a network without gates needs none.
        settings: how a film is colored.
        notes: what a user should know of what stands in for what is missing.
        device: None leaves the network where it is.
        dtype: bf16 or fp16 run the convolutions in that precision by autocast. Matching is in fp32 always.
    """

    def __init__(
        self,
        network: BiSTNet,
        experts: MixedExperts,
        flow: FlowExpert | None = None,
        *,
        settings: BiSTNetSettings | None = None,
        notes: Sequence[str] = (),
        device: torch.device | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        self.network = network.eval()
        if device is not None:
            self.network.to(device)
        self.device = next(network.parameters()).device
        self.experts, self.flow = experts, flow
        self.settings = settings or BiSTNetSettings()
        self.notes = tuple(notes)
        self.dtype = dtype or torch.float32

    @cached_property
    def identity(self) -> str:
        """The hash of the network's weights and config, of its experts', and of the settings."""
        settings = (self.network.config, self.settings, self.dtype, self.experts.raw_luma)
        flow = None if self.flow is None else self.flow.network
        return identity_of(
            "bistnet", self.network, self.experts.edges, self.experts.segmentation, flow, settings=settings
        )

    def colorize(
        self, lumas: Iterable[Luma], references: Sequence[Reference], objects: ObjectMasks | None = None
    ) -> Iterator[Answer]:
        """The answer for each luma of one shot, in order, each of its luma's size and without a confidence.

        Reads ahead as far as it must: one frame without gates, ``emitted_frames`` and ``ahead_frames`` with them;
        the whole shot where several exemplars are no frames of it, since they stand from end to end.

        Raises ``ExemplarError`` where there is no exemplar, ``ModelError`` where ``objects`` are given.
        """
        refuse_objects(objects)
        if not references:
            raise ExemplarError(
                "BiSTNet has no exemplar for this shot. Color its first and last frame and pass them."
            )
        indices = [reference.index for reference in references]
        length = None
        small: Iterator[_Small] = (self._small(luma) for luma in lumas)
        if needs_length(indices):
            kept = list(small)
            small, length = iter(kept), len(kept)
        frames: Iterator[_Frame] = (self._look(index, each) for index, each in enumerate(small))
        for span in spans_of(indices, length):
            left = yield from self._span(frames, span, references)
            frames = chain(left, frames)

    def _span(
        self, frames: Iterator[_Frame], span: Span, references: Sequence[Reference]
    ) -> Generator[Answer, None, list[_Frame]]:
        """Colors a span's frames, and returns those already seen that belong to the next: its last and one more.

        The last frame is colored here where it is the shot's last too.
        """
        pair = references[span.forward], references[span.backward]
        left: list[_Frame] = []
        kept = pair if self.settings.keep_exemplars else ()
        warped = self._warped(frames, span, pair, left)
        for frame, propagated in self._propagated(warped):
            if not left or frame.index != left[0].index:
                own = own_chroma(kept, frame.index, frame.size, self.device)
                yield Answer(self._answer(frame, propagated, span) if own is None else own)
        return left

    def _propagated(self, warped: Iterator[Warped]) -> Iterator[tuple[Warped, Tensor | None]]:
        """Frames with the colors that gates hand to them; without gates, frames alone."""
        if self.network.gates is None:
            return ((frame, None) for frame in warped)
        settings = self.settings
        return propagated_through(
            self.network.gates, warped, emitted=settings.emitted_frames, ahead=settings.ahead_frames
        )

    def _warped(
        self, frames: Iterator[_Frame], span: Span, pair: tuple[Reference, Reference], left: list[_Frame]
    ) -> Iterator[Warped]:
        """A span's frames with both exemplars' colors. ``left`` gets the last and one more, where there is one."""
        forward = self._learned(pair[0])
        backward = forward if pair[1] is pair[0] else self._learned(pair[1])
        before: tuple[_Frame, Warped] | None = None
        for frame in frames:
            last = frame.index == span.last
            if last and (following := list(islice(frames, 1))):
                left += [frame, *following]
            warped = self._matched(frame, forward, backward)
            if before is not None and self.network.gates is not None and self.flow is not None:
                before[1].to_next = self.flow.between(before[0].seen, frame.seen)
                warped.to_previous = self.flow.between(frame.seen, before[0].seen)
            yield warped
            if last:
                return
            before = frame, warped

    def _small(self, luma: Float[Tensor, "1 h w"]) -> _Small:
        luma = luma.to(self.device, torch.float32)
        size = (luma.shape[-2], luma.shape[-1])
        guide = None if self.settings.smoothing is None else (luma * 255 / 100).to(torch.uint8)
        return _Small(size, resize(luma, self.settings.size or network_size(size)), guide)

    @torch.no_grad()
    def _look(self, index: int, frame: _Small) -> _Frame:
        """A frame embedded once for all exemplars."""
        size, small, guide = frame
        with self._precision():
            embedding = self.network.embed(small[None])[0].float()
        seen = self.flow.look(small) if self.network.gates is not None and self.flow is not None else None
        return _Frame(index, size, small, guide, embedding, seen)

    @torch.no_grad()
    def _learned(self, reference: Reference) -> Learned:
        """The places to keep of an exemplar, seen at its own aspect and through its luma alone."""
        size = self.settings.size or network_size((reference.luma.shape[-2], reference.luma.shape[-1]))
        seen = fitted(reference, size, self.device)
        with self._precision():
            learned = self.network.learn(seen.luma[None], seen.chroma[None], seen.alpha)
        require_shown(learned.counted)
        return learned

    @torch.no_grad()
    def _matched(self, frame: _Frame, forward: Learned, backward: Learned) -> Warped:
        found = self.network.match(frame.embedding, forward, backward)
        return Warped(
            frame.index, frame.size, frame.luma, found.forward, found.backward, found.fused, guide=frame.guide
        )

    @torch.no_grad()
    def _answer(self, frame: Warped, propagated: Tensor | None, span: Span) -> Chroma:
        """The network's chroma of a frame, of the size it came in."""
        forward, backward, fused = (upsampled(planes) for planes in (frame.forward, frame.backward, frame.fused))
        weight = 0.5 if span.last is None else weight_of_forward(frame.index, span.first, span.last)
        direct = None if self.network.gates is None else self.network.gates.direct(forward, backward)
        colors = Colors(forward, backward, fused, linear(forward, backward, weight), propagated, direct)
        with self._precision():
            chroma = self.network(frame.luma[None], [colors], self.experts(frame.luma[None])).full[0]
        shown = resize(self.settings.saturation * chroma.float(), frame.size)
        if self.settings.smoothing is None or frame.guide is None:
            return shown
        return smoothed(shown, frame.guide.float(), self.settings.smoothing)

    def _precision(self) -> AbstractContextManager[Any]:
        return torch.autocast(self.device.type, self.dtype, enabled=self.dtype != torch.float32)
