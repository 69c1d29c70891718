"""A film's frames through ColorMNet-lite."""

from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from kinemacolor.errors import ExemplarError
from kinemacolor.frames import Chroma, Luma
from kinemacolor.layers.flow import Preset
from kinemacolor.models.base import Confidence, ConfidentStreamingColorizer, Reference, confidence_of
from kinemacolor.models.colormnet_lite.evidence import Past, ages_there, carry, flows
from kinemacolor.models.colormnet_lite.network import ColorMNetLite, maps_of
from kinemacolor.models.matching.bank import Bank, pictured
from kinemacolor.models.matching.colorizer import half, own_chroma
from kinemacolor.models.matching.features import Features
from kinemacolor.resize import resize


@dataclass(frozen=True, slots=True)
class LiteSettings:
    """How the model behaves.

    Colours are carried from the frames ``ages`` before, or from the first where there are not so many yet. A frame
    is compared with at most ``exemplars_at_once``.
    """

    ages: tuple[int, ...] = (1, 4, 16)
    preset: Preset = "medium"
    exemplars_at_once: int = 4


@dataclass(slots=True)
class LiteState:
    """What a shot leaves behind: its exemplars as a bank, and the latest frames in colour, at stride 2."""

    references: tuple[Reference, ...]
    bank: Bank
    past: deque[Past]
    frame: int = 0
    log_error: Float[Tensor, "1 h2 w2"] | None = None


class ColorMNetLiteColorizer(ConfidentStreamingColorizer[LiteState]):
    """ColorMNet-lite as the engine knows it. The network is copied, with the trunk's batch norms folded away."""

    def __init__(
        self,
        network: ColorMNetLite,
        *,
        settings: LiteSettings | None = None,
        device: torch.device | None = None,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        self.network = deepcopy(network).eval().requires_grad_(False).to(device or torch.device("cpu"))
        self.network.trunk.fold()
        self.settings, self.device, self.dtype = settings or LiteSettings(), device or torch.device("cpu"), dtype
        self._beside = ThreadPoolExecutor(1)

    @torch.inference_mode()
    def start(self, references: Sequence[Reference]) -> LiteState:
        """The state before a shot's first frame. Raises ``ExemplarError`` where there is no exemplar."""
        if not references:
            raise ExemplarError("There is no exemplar for this shot. Colour one of its frames and pass it.")
        lumas = [reference.luma.to(self.device, torch.float32) for reference in references]
        some = [self._features(luma) for luma in pictured(lumas)]
        features = some if len(some) == len(lumas) else map(self._features, lumas)
        at_once = self.settings.exemplars_at_once
        bank = self.network.bank(references, features, self.dtype, at_once=at_once, pictured=some)
        return LiteState(tuple(references), bank, deque(maxlen=max(self.settings.ages)))

    def _features(self, luma: Luma) -> Features:
        return maps_of(self._maps(luma), 0)

    def _maps(self, luma: Luma) -> dict[int, Tensor]:
        with torch.autocast(self.device.type, self.dtype, enabled=self.dtype != torch.float32):
            return self.network.trunk(luma[None])

    @torch.inference_mode()
    def step(self, luma: Luma, state: LiteState) -> Chroma:
        """The chroma of the next frame, of the luma's size. Changes the state, and nothing else."""
        luma = luma.to(self.device, torch.float32)
        size = (luma.shape[-2], luma.shape[-1])
        small = resize(luma, half(luma))
        own = own_chroma(luma, state.references, state.frame)
        past = Past.known(small, resize(own, half(luma))) if own is not None else self._found(luma, small, state)
        state.past.append(past)
        state.frame += 1
        state.log_error = past.log_error
        return own if own is not None else resize(past.chroma, size).clamp(-110, 110)

    def confidence(self, state: LiteState) -> Confidence:
        """The confidence in the frame last coloured, from the error that the decoder foretells."""
        assert state.log_error is not None
        return confidence_of(state.log_error.exp())

    def _found(self, luma: Luma, small: Float[Tensor, "1 h2 w2"], state: LiteState) -> Past:
        """A frame that has no exemplar of its own; flow is found beside matching, which leaves a core to it."""
        before = [
            None if age is None else state.past[-age] for age in ages_there(self.settings.ages, len(state.past))
        ]
        beside = self._beside.submit(self._flows, small, before)
        match = state.bank.match(luma, self._features(luma), self.network.search)
        carried = [carry(past, *way) if past and way else None for past, way in zip(before, beside.result())]
        evidence = self.network.doubt.weigh(small, match, carried)
        with torch.autocast(self.device.type, self.dtype, enabled=self.dtype != torch.float32):
            return self.network.colored(small[None], [evidence])[0]

    def _flows(self, small: Luma, before: Sequence[Past | None]) -> list[tuple[Tensor, Tensor] | None]:
        return [None if past is None else flows(small, past.luma, self.settings.preset) for past in before]
