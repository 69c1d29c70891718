"""A film's frames through ColorMNet-lite."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future
from copy import copy, deepcopy
from dataclasses import dataclass, field, replace
from functools import cached_property

import torch
from jaxtyping import Float
from torch import Tensor

from kinemacolor.errors import ExemplarError, SettingError
from kinemacolor.frames import Chroma, Luma
from kinemacolor.layers.place_features import PlaceFeatures
from kinemacolor.models.base import (
    Answer,
    Confidence,
    Guess,
    Reference,
    StreamingColorizer,
    confidence_of,
)
from kinemacolor.models.color_prior import ColorPrior, Exemplars, ShotPrior
from kinemacolor.models.colormnet_lite.evidence import Evidence, Past, ages_there, carry, flows, fused
from kinemacolor.models.colormnet_lite.look import Found, Look, Priors, Way, lost_share
from kinemacolor.models.colormnet_lite.network import ColorMNetLite, maps_of
from kinemacolor.models.colormnet_lite.settings import LiteSettings, require_in_range
from kinemacolor.models.cores import sharing_cores
from kinemacolor.models.identity import identity_of
from kinemacolor.models.kept import NOT_KEPT, kept_as
from kinemacolor.models.matching.bank import Bank, pictured
from kinemacolor.models.references import own_chroma
from kinemacolor.resize import resize

_FRAMES_AHEAD = 4
_LOOKED_AT = 2


@dataclass(frozen=True, slots=True)
class _Noted:
    """A frame, its luma at the stride of candidates, those of frames to carry from, and its chroma if it is known.

    ``is_due`` says that it is looked at whatever the flow to the frame before, ``is_prior_due`` that the color prior
    is asked then.
    """

    luma: Luma
    small: Float[Tensor, "1 h2 w2"]
    before: Sequence[Float[Tensor, "1 h2 w2"] | None]
    own: Chroma | None
    is_due: bool
    is_prior_due: bool
    bank: Bank
    prior_memory: tuple[Exemplars, ...]


@kept_as("colormnet-lite")
@dataclass(slots=True)
class LiteState:
    """The state of a shot: its exemplars as a bank, and the latest frames, at the stride of candidates.

    ``prior_memory`` are the exemplars as the color prior holds them, in the bank's order; empty without one.
    ``seen`` are lumas, ``past`` frames in color, both since the last exemplar's own frame, whose colors are known
    better than any before; ``seen``, ``noted`` and ``noted_since`` (that frame) may be ahead. ``look`` and
    ``evidence`` are those of the frame last colored, None where it is an exemplar's own; no later frame asks for its
    evidence. ``familiarity`` (-1..1) is the greatest mean similarity to the exemplars that a frame has had so far; 1
    from the start where an exemplar is of the shot itself.
    """

    references: tuple[Reference, ...] = field(metadata=NOT_KEPT)
    bank: Bank = field(metadata=NOT_KEPT)
    prior_memory: tuple[Exemplars, ...] = field(metadata=NOT_KEPT)
    seen: deque[Luma]
    past: deque[Past]
    noted: int = 0
    noted_since: int = 0
    look: Look | None = None
    familiarity: float = -1.0
    evidence: Evidence | None = field(default=None, metadata=NOT_KEPT)


class ColorMNetLiteColorizer(StreamingColorizer[LiteState]):
    """ColorMNet-lite as the engine knows it. The network is copied, with the trunk's batch norms folded away.

    While a frame gets its colors the next two are looked at: all but the colors themselves can be known before. Two
    more are ready, so that no core waits for the next.
    """

    frames_ahead = _FRAMES_AHEAD
    keeps_state = True
    exemplars_on_host = False

    def with_exemplars_on_host(self) -> "ColorMNetLiteColorizer":
        """The same model, whose exemplars lie in the computer's own memory but for those that a frame asks."""
        other = copy(self)
        other.exemplars_on_host = True
        other.network = copy(self.network)
        other.network.exemplars_on_host = True
        if self.color_prior is not None:
            other.color_prior = replace(self.color_prior, exemplars_on_host=True, latest=[])
        return other

    def __init__(
        self,
        network: ColorMNetLite,
        *,
        color_prior: ColorPrior | None = None,
        settings: LiteSettings | None = None,
        device: torch.device | None = None,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        """``color_prior`` None leaves ``settings.prior`` with the network's own, which goes by a frame's look.

        Raises ``SettingError`` for a setting outside its range, or ages that are not as many as the network carries
        from.
        """
        self.settings, self.device, self.dtype = settings or LiteSettings(), device or torch.device("cpu"), dtype
        self.network = deepcopy(network).eval().requires_grad_(False).to(self.device)
        self.network.trunk.fold()
        self.color_prior: ShotPrior | None = None
        if color_prior is not None and self.settings.prior == "exemplars":
            network_of_prior = deepcopy(color_prior).eval().requires_grad_(False).to(self.device)
            self.color_prior = ShotPrior(network_of_prior, dtype)
        require_in_range(self.settings)
        if len(self.settings.ages) != network.config.carried:
            raise SettingError(
                f"ages has {len(self.settings.ages)} entries, but this network carries colors from "
                f"{network.config.carried} frames. Give as many."
            )

    @cached_property
    def identity(self) -> str:
        """The hash of the network's weights and config, and of the settings."""
        prior = None if self.color_prior is None else self.color_prior.network
        settings = (self.network.config, self.settings, self.dtype)
        return identity_of("colormnet-lite", self.network, prior, settings=settings)

    @torch.inference_mode()
    def start(self, references: Sequence[Reference]) -> LiteState:
        """The state before a shot's first frame. Raises ``ExemplarError`` where there is no exemplar."""
        if not references:
            raise ExemplarError("There is no exemplar for this shot. Color one of its frames and pass it.")
        lumas = [reference.luma.to(self.device, torch.float32) for reference in references]
        some = [self._features(luma) for luma in pictured(lumas)]
        features = some if len(some) == len(lumas) else map(self._features, lumas)
        at_once = self.settings.exemplars_at_once
        bank = self.network.bank(references, features, self.dtype, at_once=at_once, some=some)
        prior_memory = () if self.color_prior is None else self.color_prior.remember_all(references)
        kept = max(self.settings.ages)
        familiarity = -1.0 if all(reference.index is None for reference in references) else 1.0
        seen, past = deque[Luma](maxlen=kept), deque[Past](maxlen=kept)
        return LiteState(tuple(references), bank, prior_memory, seen, past, familiarity=familiarity)

    @torch.inference_mode()
    def guess(self, luma: Luma) -> Guess:
        """The muted prior of a frame, as where neither exemplars nor earlier frames know; on the CPU."""
        luma = luma.to(self.device, torch.float32)
        features = self._features(luma)
        with self._fast():
            prior_colors = self.network.prior_colors(luma, features)
        chroma = resize(prior_colors.chroma[0].float(), (luma.shape[-2], luma.shape[-1])).cpu()
        return Guess(chroma, PlaceFeatures(features.key.cpu(), features.detail.cpu(), features.summary.cpu()))

    def _size(self, luma: Luma) -> tuple[int, int]:
        return -(-luma.shape[-2] // self.settings.stride), -(-luma.shape[-1] // self.settings.stride)

    def _features(self, luma: Luma) -> PlaceFeatures:
        with self._fast():
            maps = self.network.trunk(luma[None])
        return maps_of(maps, 0)

    def _fast(self) -> torch.autocast:
        return torch.autocast(self.device.type, self.dtype, enabled=self.dtype != torch.float32)

    def step(self, luma: Luma, state: LiteState) -> Answer:
        """The answer for the next frame, of the luma's size. Changes the state, and nothing else."""
        with sharing_cores(2, _LOOKED_AT) as pool:
            noted = self._noted(luma, state)
            return self._color(noted, pool.submit(self._look, noted, pool).result(), state)

    def go_on(self, lumas: Iterable[Luma], state: LiteState) -> Iterator[Answer]:
        """The answer for each of a shot's next lumas; four more are read before it is given."""
        waiting: deque[tuple[_Noted, Future[Found | Chroma]]] = deque()
        # the pools are this shot's, no part of the model; ``ahead`` is closed first, since it asks ``beside``
        with sharing_cores(_LOOKED_AT) as beside, sharing_cores(_LOOKED_AT) as ahead:
            for luma in lumas:
                noted = self._noted(luma, state)
                waiting.append((noted, ahead.submit(self._look, noted, beside)))
                if len(waiting) > _FRAMES_AHEAD:
                    before, found = waiting.popleft()
                    yield self._color(before, found.result(), state)
            for before, found in waiting:
                yield self._color(before, found.result(), state)

    @torch.inference_mode()
    def _noted(self, luma: Luma, state: LiteState) -> _Noted:
        """The next frame, and what there is to look at beside it."""
        luma = luma.to(self.device, torch.float32)
        small = resize(luma, self._size(luma))
        ages = ages_there(self.settings.ages, len(state.seen))
        before = [None if age is None else state.seen[-age] for age in ages]
        own = own_chroma(state.references, state.noted, (luma.shape[-2], luma.shape[-1]), self.device)
        must, every = self.settings.ages[0] != 1 or before[0] is None, self.settings.look_every
        is_due = must or state.noted_since % every == 0
        is_prior_due = must or state.noted_since % (every * self.settings.prior_every) == 0
        state.noted_since += 1
        if own is not None:
            state.seen.clear()
            state.noted_since = 0
        state.seen.append(small)
        state.noted += 1
        return _Noted(luma, small, before, own, is_due, is_prior_due, state.bank, state.prior_memory)

    @torch.inference_mode()
    def _look(self, noted: _Noted, beside: Executor) -> Found | Chroma:
        """The evidence for a frame, or its chroma if an exemplar is this very frame.

        Flow is found ``beside`` matching, which leaves a core to it.
        """
        if noted.own is not None:
            return noted.own
        ways = beside.submit(self._ways, noted.small, noted.before)
        if not noted.is_due and self._holds(ways.result()[0], self.settings.look_if_lost):
            return Found(None, None, ways.result())
        features = self._features(noted.luma)
        match = self.network.match(noted.bank, noted.luma, features, self.settings.search)
        if not noted.is_prior_due and self._holds(ways.result()[0], self.settings.prior_if_lost):
            return Found(match, None, ways.result())
        return Found(match, self._priors(noted, features), ways.result())

    @staticmethod
    def _holds(way: Way | None, most_lost: float) -> bool:
        """Whether so much of a frame is found in the one before it that what was found there still holds."""
        assert way is not None, "a frame without one before it is always looked at"
        return lost_share(way) <= most_lost

    def _priors(self, noted: _Noted, features: PlaceFeatures) -> Priors:
        """The likely colors of a frame where no exemplar is matched and no earlier frame answers."""
        with self._fast():
            look = self.network.prior_colors(noted.luma, features)
        if self.color_prior is None:
            return Priors(look, None)
        seen = [noted.prior_memory[number] for number in noted.bank.most_alike(features.summary)]
        return Priors(look, self.color_prior.mixture(noted.luma, seen))

    def _ways(self, small: Luma, before: Sequence[Luma | None]) -> list[Way | None]:
        preset = self.settings.preset
        return [None if past is None else flows(small, past, preset, nearest=i == 0) for i, past in enumerate(before)]

    @torch.inference_mode()
    def _color(self, noted: _Noted, found: Found | Chroma, state: LiteState) -> Answer:
        luma, small = noted.luma, noted.small
        if not isinstance(found, Found):
            state.look = state.evidence = None
            state.past.clear()
            state.past.append(Past.known(small, resize(found, self._size(luma))))
            return Answer(found, self._confidence(state))
        before = [
            None if age is None else state.past[-age] for age in ages_there(self.settings.ages, len(state.past))
        ]
        carried = [carry(past, *way) if past and way else None for past, way in zip(before, found.ways)]
        if found.match is not None:
            state.familiarity = max(state.familiarity, float(found.match.similarity.mean()))
        state.look = look = self._seen(found, state)
        state.evidence = self.network.variances.weigh(small, look.prior_colors, look.match, carried)
        state.past.append(fused(small, state.evidence))
        chroma = resize(state.past[-1].chroma, (luma.shape[-2], luma.shape[-1])).clamp(-110, 110)
        return Answer(chroma, self._confidence(state))

    def _seen(self, found: Found, state: LiteState) -> Look:
        """The look of a frame: its own, or that of the frame before it along the flow where it was not looked at."""
        asked = None
        if found.priors is not None:
            asked = found.priors.together(self.settings.vividness, state.familiarity)
        if found.match is not None and asked is not None:
            return Look(found.match, asked)
        way = found.ways[0]
        assert state.look is not None, "a frame without one before it is always looked at"
        assert way is not None, "a frame without one before it is always looked at"
        along = state.look.along(way[0])
        return Look(found.match or along.match, asked or along.prior_colors)

    def _confidence(self, state: LiteState) -> Confidence:
        """The confidence in the frame last colored, from the error that the confidence head predicts."""
        last = state.past[-1]
        if state.evidence is None:
            return confidence_of(last.log_error.exp())
        with self._fast():
            return confidence_of(self.network.confidence_head(state.evidence, last).exp())
