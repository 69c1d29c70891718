"""A film's frames through ColorMNet, one by one.

An exemplar that is the shot's first frame (index 0, the frame's size) begins as in the release's default mode: its
chroma is the frame's. Every other exemplar is encoded before the first frame (the release's any-exemplar mode), at
its own size and without a sensory state. Where the frame of such an exemplar comes, the frame takes its chroma and
is written to memory.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from kinemacolor.errors import ExemplarError
from kinemacolor.frames import Luma
from kinemacolor.models.base import Answer, Reference, StreamingColorizer
from kinemacolor.models.colormnet.anchors import LEAST_COVERAGE, Part
from kinemacolor.models.colormnet.key import Key
from kinemacolor.models.colormnet.memory import Memory
from kinemacolor.models.colormnet.policy import MemoryPolicy
from kinemacolor.models.colormnet.propagation import PropagationNetwork
from kinemacolor.models.colormnet.restriction import Restriction
from kinemacolor.models.identity import identity_of
from kinemacolor.models.kept import NOT_KEPT, kept_as
from kinemacolor.models.references import pooled, require_shown
from kinemacolor.resize import Padding

CHROMA_SCALE = 110.0


def normalized_luma(luma: Float[Tensor, "*b 1 h w"]) -> Float[Tensor, "*b 1 h w"]:
    """L* (0..100) as networks of this family take it, in -1..1."""
    return (luma - 50) / 50


@kept_as("colormnet")
@dataclass
class ColorMNetState:
    """The state of a shot: the traces of its frames so far.

    ``hidden`` is the sensory state, ``source`` key and value of the frame last written, for local attention;
    ``due`` the exemplars that are frames still to come, ``restriction`` what says where memory may be read.
    """

    memory: Memory
    due: dict[int, Reference] = field(metadata=NOT_KEPT)
    index: int = 0
    written: int = 0
    hidden: Tensor | None = None
    source: tuple[Key, Tensor] | None = None
    restriction: Restriction | None = field(default=None, metadata=NOT_KEPT)


class ColorMNetColorizer(StreamingColorizer[ColorMNetState]):
    """ColorMNet, or a network of its kind, as the engine knows it.

    Args:
        network: with its weights; it is moved to ``device`` and set to eval mode.
        policy: how memory behaves; None is as the network was trained to propagate.
        restriction: makes for each shot what says where memory may be read; None lets all of it be read.
        device: None leaves the network where it is.
        dtype: bf16 or fp16 run the heavy parts in that precision by autocast; None and fp32 run all in fp32.
            Memory is searched and kept in fp32 always.
    """

    def __init__(
        self,
        network: PropagationNetwork[Any],
        *,
        policy: MemoryPolicy | None = None,
        restriction: Callable[[], Restriction] | None = None,
        device: torch.device | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        self.network = network.eval()
        if device is not None:
            self.network.to(device)
        # torch's own stubs do not know that a module takes a memory format
        self.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.device = next(network.parameters()).device
        self.policy = policy or MemoryPolicy.of(network.propagation)
        self.restriction = restriction
        self.keeps_state = restriction is None  # tracks are not kept
        self.dtype = dtype or torch.float32

    @cached_property
    def identity(self) -> str:
        """The hash of the network's weights and config, of its memory's policy and restriction, and the precision."""
        settings = (self.network.config, self.policy, self.dtype)
        return identity_of("colormnet", self.network, self.restriction, settings=settings)

    @torch.no_grad()
    def start(self, references: Sequence[Reference]) -> ColorMNetState:
        """The state before a shot's first frame, with every exemplar in memory that is not that frame itself.

        Raises ``ExemplarError`` where there is no exemplar, or one whose alpha leaves nothing of it.
        """
        if not references:
            raise ExemplarError("ColorMNet has no exemplar for this shot. Color one of its frames and pass it.")
        restriction = None if self.restriction is None else self.restriction()
        state = ColorMNetState(Memory(self.policy), due={}, restriction=restriction)
        for reference in references:
            index = reference.index
            # a partly transparent exemplar cannot stand for its frame
            if index is not None and reference.alpha is None and index not in state.due:
                state.due[index] = reference
                if index == 0:
                    continue
            self._memorize(reference, state)
        state.memory.is_given()
        return state

    @torch.no_grad()
    def step(self, luma: Luma, state: ColorMNetState, *, last: bool = False) -> Answer:
        """The answer for the next frame; float32, of the luma's size, without a confidence.

        ``last`` spares writing a frame that none will follow.
        """
        reference = state.due.pop(state.index, None)
        if reference is not None and reference.chroma.shape[-2:] != luma.shape[-2:]:
            if state.index == 0:
                self._memorize(reference, state)
            reference = None
        given = None if reference is None else reference.chroma.to(self.device, torch.float32)
        padding = Padding.to_multiple((luma.shape[-2], luma.shape[-1]), self.network.multiple)
        padded = padding.pad(normalized_luma(luma.to(self.device, torch.float32)))[None]
        with self._precision():
            if given is None:
                chroma = padding.unpad(self._predict(padded, state, last=last)[0]) * CHROMA_SCALE
            else:
                chroma = given
                if not last:
                    self._take(padded, padding.pad(given / CHROMA_SCALE)[None], state)
        state.index += 1
        return Answer(chroma.float())

    def _predict(self, luma: Tensor, state: ColorMNetState, *, last: bool) -> Tensor:
        """The chroma of a frame without exemplar, a*b* / 110, at the padded size."""
        features, key = self.network.encode(luma)
        allowed = state.memory.follow(key, state.restriction)
        readout = state.memory.read(key, self.network.planes, allowed, now=state.index)
        first = state.hidden is None
        hidden = self.network.no_hidden(key) if state.hidden is None else state.hidden
        if state.source is not None:
            readout = readout + self.network.attend(key, *state.source)
        write = not last and (first or state.index - state.written >= self.policy.write_every_frames)
        chroma, hidden = self.network.decode(features, readout, hidden, update_hidden=not (last or first or write))
        if write:
            value = self.network.encode_value(luma, chroma, features)
            # as in the release: the first frame after a foreign exemplar leaves the sensory state at zero
            hidden = hidden if first else self.network.deep_update(value, hidden)
            self._write(key, value, state)
        state.hidden = hidden
        return chroma

    def _take(self, luma: Tensor, chroma: Tensor, state: ColorMNetState) -> None:
        """Writes a frame whose exemplar is given; at the shot's first frame it stays for good."""
        features, key = self.network.encode(luma)
        state.memory.follow(key, state.restriction)
        hidden = self.network.no_hidden(key) if state.hidden is None else state.hidden
        value = self.network.encode_value(luma, chroma, features)
        state.hidden = self.network.deep_update(value, hidden)
        part = _part(Reference(luma[0], chroma[0] * CHROMA_SCALE, 0), key) if state.index == 0 else None
        self._write(key, value, state, part=part)

    @staticmethod
    def _write(key: Key, value: Tensor, state: ColorMNetState, *, part: Part | None = None) -> None:
        state.memory.write(key, value, permanent=part is not None, part=part, frame=state.index)
        state.source, state.written = (key, value), state.index

    def _memorize(self, reference: Reference, state: ColorMNetState) -> None:
        """Puts an exemplar into memory for good, by its own luma and at its own size."""
        size = (reference.luma.shape[-2], reference.luma.shape[-1])
        padding = Padding.to_multiple(size, self.network.multiple)
        luma = padding.pad(normalized_luma(reference.luma.to(self.device, torch.float32)))
        chroma = padding.pad(reference.chroma.to(self.device, torch.float32))
        alpha = None
        if reference.alpha is not None:
            alpha = padding.pad(reference.alpha.to(self.device, torch.float32))
            chroma = torch.where(alpha > 0, chroma, 0)  # the value encoder would see what is hidden
        with self._precision():
            features, key = self.network.encode(luma[None])
            value = self.network.encode_value(luma[None], chroma[None] / CHROMA_SCALE, features)
        part = _part(Reference(luma, chroma, reference.index, alpha), key)
        state.memory.write(key, value, permanent=True, part=part)

    def _precision(self) -> AbstractContextManager[None]:
        return torch.autocast(self.device.type, self.dtype, enabled=self.dtype != torch.float32)


def _part(exemplar: Reference, key: Key) -> Part:
    """The colors of an exemplar, padded to whole tokens, by token, and how much of each its alpha shows."""
    tokens = pooled(exemplar, exemplar.luma.shape[-1] // key.key.shape[-1])
    coverage = None if tokens.alpha is None else tokens.alpha.flatten()
    if coverage is not None:
        require_shown(coverage >= LEAST_COVERAGE)
    return Part(tokens.chroma.flatten(1).T, coverage, exemplar.index)
