"""Training-free colorization: optical flow where it is consistent, feature matching to the exemplars elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from kinemacolor.frames import Chroma, Luma
from kinemacolor.layers.flow import Preset, consistent, optical_flow
from kinemacolor.layers.warp import warp
from kinemacolor.models.base import Reference, StreamingColorizer
from kinemacolor.models.matching.features import KeyEncoder
from kinemacolor.models.matching.matching import Bank, read
from kinemacolor.resize import resize

_SAME_ASPECT = 0.02


@dataclass(frozen=True, slots=True)
class MatchingSettings:
    """How matching behaves.

    ``features`` off leaves optical flow alone, ``flow`` off leaves matching alone. ``strides`` are the feature
    levels compared, ``top_k`` and ``temperature`` those of the softmax over matches.
    """

    features: bool = True
    flow: bool = True
    strides: tuple[int, ...] = (8, 16, 32)
    top_k: int = 8
    temperature: float = 0.03
    preset: Preset = "ultrafast"


@dataclass(slots=True)
class MatchingState:
    """What a shot leaves behind: the exemplars, their keys, and the previous frame in colour."""

    references: tuple[Reference, ...]
    frame: int = 0
    bank: Bank | None = None
    luma: Luma | None = field(default=None, repr=False)
    chroma: Chroma | None = field(default=None, repr=False)


def _size(planes: Tensor) -> tuple[int, int]:
    return planes.shape[-2], planes.shape[-1]


class MatchingColorizer(StreamingColorizer[MatchingState]):
    """Flow and matching, blended per pixel."""

    def __init__(
        self, encoder: KeyEncoder | None, settings: MatchingSettings, device: torch.device, dtype: torch.dtype
    ) -> None:
        self.encoder, self.settings, self.device, self.dtype = encoder, settings, device, dtype

    def start(self, references: Sequence[Reference]) -> MatchingState:
        """The state before a shot's first frame."""
        return MatchingState(tuple(references))

    @torch.inference_mode()
    def step(self, luma: Luma, state: MatchingState) -> Chroma:
        """The chroma of the next frame, of the luma's size. Changes the state, and nothing else."""
        luma = luma.to(self.device, torch.float32)
        chroma = self._own(luma, state)
        if chroma is None:
            chroma = self._found(luma, state)
        state.luma, state.chroma, state.frame = luma, chroma, state.frame + 1
        return chroma

    def _own(self, luma: Tensor, state: MatchingState) -> Chroma | None:
        """The chroma of the exemplar that is this very frame, None where there is none."""
        height, width = luma.shape[-2:]
        for reference in state.references:
            rows, columns = reference.luma.shape[-2:]
            same_aspect = abs(columns * height / (rows * width) - 1) < _SAME_ASPECT
            if reference.index == state.frame and same_aspect and reference.alpha is None:
                return resize(reference.chroma.to(self.device, torch.float32), (height, width))
        return None

    def _found(self, luma: Luma, state: MatchingState) -> Chroma:
        matched = self._matched(luma, state) if self.encoder is not None else None
        if state.luma is None or state.chroma is None or not self.settings.flow:
            return matched if matched is not None else self._copied(luma, state)
        back = optical_flow(luma, state.luma, preset=self.settings.preset)
        carried = warp(state.chroma, back)
        if matched is None:
            return carried
        forth = optical_flow(state.luma, luma, preset=self.settings.preset)
        trust = torch.nn.functional.avg_pool2d(
            consistent(back, forth).float()[None], 5, 1, 2, count_include_pad=False
        )[0]
        return trust * carried + (1 - trust) * matched

    def _copied(self, luma: Luma, state: MatchingState) -> Chroma:
        """The first exemplar's chroma, place for place."""
        return resize(state.references[0].chroma.to(self.device, torch.float32), _size(luma))

    def _keys(self, luma: Luma) -> Tensor:
        assert self.encoder is not None
        with torch.autocast(self.device.type, self.dtype, enabled=self.dtype != torch.float32):
            return self.encoder(luma).to(self.dtype)

    def _matched(self, luma: Luma, state: MatchingState) -> Chroma:
        if state.bank is None:
            state.bank = self._bank(state.references, _size(luma))
        chroma, _ = read(
            state.bank, self._keys(luma), top_k=self.settings.top_k, temperature=self.settings.temperature
        )
        return resize(chroma, _size(luma))

    def _bank(self, references: Sequence[Reference], size: tuple[int, int]) -> Bank:
        keys, colors = [], []
        for reference in references:
            key = self._keys(resize(reference.luma.to(self.device, torch.float32), size))
            color = resize(reference.chroma.to(self.device, torch.float32), _size(key))
            keys.append(key.flatten(1).T)
            colors.append(color.flatten(1).T)
        return Bank(torch.cat(keys), torch.cat(colors))
