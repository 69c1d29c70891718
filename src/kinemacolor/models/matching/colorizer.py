"""Training-free colorization: colors carried by optical flow and colors matched to the exemplars, fused."""

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, field
from functools import cached_property

import torch
from jaxtyping import Float
from torch import Tensor

from kinemacolor.errors import ExemplarError
from kinemacolor.frames import Luma
from kinemacolor.layers.flow import Preset, consistent, optical_flow
from kinemacolor.layers.place_features import PlaceEncoder, PlaceFeatures, PlaceProjection
from kinemacolor.layers.warp import warp
from kinemacolor.models.base import Answer, Confidence, Reference, StreamingColorizer, confidence_of
from kinemacolor.models.identity import identity_of
from kinemacolor.models.kept import NOT_KEPT, kept_as
from kinemacolor.models.matching.bank import Bank, Search, entry_of, pictured
from kinemacolor.models.matching.fusion import Noise, carried_variance, fuse
from kinemacolor.models.matching.host_bank import bank_of
from kinemacolor.models.references import own_chroma
from kinemacolor.resize import resize

_STRIDE = 2
_UNIT_VARIANCE = 12.0

SmallLuma = Float[Tensor, "1 h2 w2"]
"""CIE L* at stride 2."""

SmallChroma = Float[Tensor, "2 h2 w2"]
"""CIE a*, b* at stride 2."""

Variance = Float[Tensor, "1 h2 w2"]


@dataclass(frozen=True, slots=True)
class MatchingSettings:
    """How matching behaves.

    ``features`` off leaves optical flow alone. Keys are compared in ``key_channels`` principal components, with at
    most ``exemplars_at_once`` exemplars a frame. A match whose similarity is ``strange`` or less gets no color, one
    of ``familiar`` or more all of it.
    """

    features: bool = True
    key_channels: int = 128
    exemplars_at_once: int = 4
    search: Search = field(default_factory=Search)
    noise: Noise = field(default_factory=Noise)
    strange: float = 0.35
    familiar: float = 0.6
    preset: Preset = "fast"


@kept_as("matching")
@dataclass(slots=True)
class MatchingState:
    """The state of a shot: its exemplars, and the previous frame in color, at stride 2, with its variance."""

    references: tuple[Reference, ...] = field(metadata=NOT_KEPT)
    bank: Bank | None = field(metadata=NOT_KEPT)
    frame: int = 0
    luma: SmallLuma | None = None
    chroma: SmallChroma | None = None
    variance: Variance | None = None


def half(luma: Luma) -> tuple[int, int]:
    """The size of a luma's planes at stride 2."""
    return -(-luma.shape[-2] // _STRIDE), -(-luma.shape[-1] // _STRIDE)


class MatchingColorizer(StreamingColorizer[MatchingState]):
    """Flow and matching, fused for each pixel. Without an encoder, flow alone."""

    exemplars_on_host = False
    keeps_state = True

    def with_exemplars_on_host(self) -> "MatchingColorizer":
        """The same model, whose exemplars lie in the computer's own memory but for those that a frame asks."""
        other = copy(self)
        other.exemplars_on_host = True
        return other

    def __init__(
        self, encoder: PlaceEncoder | None, settings: MatchingSettings, device: torch.device, dtype: torch.dtype
    ) -> None:
        self.encoder, self.settings, self.device, self.dtype = encoder, settings, device, dtype

    @cached_property
    def identity(self) -> str:
        """The hash of the trunk's weights and the settings."""
        return identity_of("matching", self.encoder, settings=(self.settings, self.dtype))

    @torch.inference_mode()
    def start(self, references: Sequence[Reference]) -> MatchingState:
        """The state before a shot's first frame. Raises ``ExemplarError`` where there is no exemplar."""
        if not references:
            raise ExemplarError("There is no exemplar for this shot. Color one of its frames and pass it.")
        return MatchingState(tuple(references), self._bank(references) if self.encoder is not None else None)

    def _bank(self, references: Sequence[Reference]) -> Bank:
        lumas = [reference.luma.to(self.device, torch.float32) for reference in references]
        some = [self._features(luma) for luma in pictured(lumas)]
        projection = PlaceProjection.of(
            torch.cat([each.key.flatten(1) for each in some], dim=1), self.settings.key_channels
        )
        features = some if len(some) == len(lumas) else map(self._features, lumas)
        entries = (entry_of(r, f, projection, self.dtype) for r, f in zip(references, features))
        at_once = self.settings.exemplars_at_once
        return bank_of(entries, projection, at_once=at_once, on_host=self.exemplars_on_host)

    def _features(self, luma: Luma) -> PlaceFeatures:
        assert self.encoder is not None
        with torch.autocast(self.device.type, self.dtype, enabled=self.dtype != torch.float32):
            return self.encoder(luma)

    @torch.inference_mode()
    def step(self, luma: Luma, state: MatchingState) -> Answer:
        """The answer for the next frame, of the luma's size. Changes the state, and nothing else."""
        luma = luma.to(self.device, torch.float32)
        small = resize(luma, half(luma))
        own = own_chroma(state.references, state.frame, (luma.shape[-2], luma.shape[-1]), self.device)
        if own is not None:
            chroma, variance = resize(own, half(luma)), torch.zeros_like(small)
        else:
            chroma, variance = self._found(luma, small, state)
        state.luma, state.chroma, state.variance = small, chroma, variance
        state.frame += 1
        shown = own if own is not None else resize(chroma, (luma.shape[-2], luma.shape[-1]))
        return Answer(shown, _confidence(variance))

    def _found(self, luma: Luma, small: SmallLuma, state: MatchingState) -> tuple[SmallChroma, Variance]:
        """The chroma at stride 2 of a frame that has no exemplar of its own, and its variance."""
        carried = self._carried(small, state)
        if state.bank is None:
            return carried if carried is not None else (self._copied(small, state), torch.zeros_like(small))
        match = state.bank.match(luma, self._features(luma), self.settings.search)
        similarity = resize(match.similarity, (small.shape[-2], small.shape[-1]))
        matched = resize(match.chroma, (small.shape[-2], small.shape[-1])) * self._trust(similarity)
        if carried is None:
            return matched, torch.full_like(small, self.settings.noise.match)
        return fuse(*carried, matched, similarity, self.settings.noise)

    def _trust(self, similarity: Tensor) -> Tensor:
        span = self.settings.familiar - self.settings.strange
        return ((similarity - self.settings.strange) / span).clamp(0, 1)

    def _carried(self, small: SmallLuma, state: MatchingState) -> tuple[SmallChroma, Variance] | None:
        """The previous frame's colors where this frame's pixels were, and their variance."""
        if state.luma is None or state.chroma is None or state.variance is None:
            return None
        back = optical_flow(small, state.luma, preset=self.settings.preset)
        chroma = warp(state.chroma, back)
        if state.bank is None:
            return chroma, state.variance
        forth = optical_flow(state.luma, small, preset=self.settings.preset)
        variance = carried_variance(
            warp(state.variance, back),
            warp(state.luma, back) - small,
            consistent(back, forth),
            self.settings.noise,
        )
        return chroma, variance

    def _copied(self, small: SmallLuma, state: MatchingState) -> SmallChroma:
        """The first exemplar's chroma, place for place."""
        size = (small.shape[-2], small.shape[-1])
        return resize(state.references[0].chroma.to(self.device, torch.float32), size)


def _confidence(variance: Variance) -> Confidence:
    """The confidence in a frame's colors, from their variance; flow alone knows nothing of its errors."""
    # a match at similarity 1 has variance 1, and is off by about the square root of 12 in a*b*
    return confidence_of((_UNIT_VARIANCE * variance).sqrt())
