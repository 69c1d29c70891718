"""The default model's fusion, replayed from what it found for a shot, with levers that it does not have.

The model colors the shot once; matches, flows and the color prior's answers are kept. A replay weighs them again,
with more candidates or other priors beside them.
"""

import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import torch
from jaxtyping import Float
from torch import Tensor

from kinemacolor.frames import Chroma, Luma
from kinemacolor.layers.place_features import PlaceFeatures
from kinemacolor.models.base import Answer, Reference
from kinemacolor.models.color_prior import Mixture, ShotPrior
from kinemacolor.models.color_prior.shot import SHORT_SIDE_PX
from kinemacolor.models.colormnet_lite import ColorMNetLiteColorizer, LiteState
from kinemacolor.models.colormnet_lite.colorizer import _Noted
from kinemacolor.models.colormnet_lite.evidence import Evidence, Past, ages_there, carry, fused
from kinemacolor.models.colormnet_lite.look import Found, Look
from kinemacolor.models.matching.bank import Bank, entry_of
from kinemacolor.models.references import fitted
from kinemacolor.resize import fit, in_steps, resize
from lever_priors import Palette, adapted, blended

MEMORY_AGES, MEMORY_MATCH, MEMORY_SLOPE = (8, 24), 6.0, 12.0
BACK_VARIANCE, BACK_AGES = 10.0, (1, 4)

Kept = list[tuple[_Noted, Found | None]]
"""Frames with the evidence for each; None for the exemplar's own."""


@dataclass(frozen=True, slots=True)
class Levers:
    """Which levers are pulled."""

    memory: bool = False
    adapted: bool = False
    back: bool = False
    palette: bool = False


class Recorder(ColorMNetLiteColorizer):
    """The model, which keeps each frame with what it found for it."""

    def follow(self, lumas: Sequence[Luma], state: LiteState) -> tuple[list[Chroma], Kept]:
        """The colors of a shot's frames, and what was found for each."""
        self._kept: Kept = []
        return [answer.chroma for answer in self.go_on(lumas, state)], self._kept

    def _color(self, noted: _Noted, found: Found | Chroma, state: LiteState) -> Answer:
        self._kept.append((noted, found if isinstance(found, Found) else None))
        return super()._color(noted, found, state)

    def features(self, luma: Luma) -> PlaceFeatures:
        """The looks of a frame's places."""
        return self._features(luma)

    def seen(self, found: Found, state: LiteState) -> Look:
        """The look of a frame: its own, or ``state.look`` along the flow where it was not looked at."""
        return self._seen(found, state)


@dataclass
class Shot:
    """A shot that the model colored, and what it found on the way; ``fresh`` is the state before its first frame."""

    model: Recorder
    reference: Reference
    fresh: LiteState
    answers: list[Chroma]
    kept: Kept
    seconds: float

    @classmethod
    def colored(cls, model: Recorder, labs: Sequence[Float[Tensor, "3 h w"]]) -> "Shot":
        """The shot of these frames in CIELAB, the first being the exemplar."""
        began = time.process_time()
        reference = Reference(labs[0][:1], labs[0][1:], index=0)
        state = model.start([reference])
        fresh = replace(state, seen=deque(), past=deque())
        answers, kept = model.follow([lab[:1] for lab in labs], state)
        return cls(model, reference, fresh, answers, kept, time.process_time() - began)

    @property
    def prior(self) -> ShotPrior:
        """The color prior."""
        assert self.model.color_prior is not None
        return self.model.color_prior

    def difference(self, chromas: Sequence[Chroma]) -> float:
        """The greatest difference in a*b* from the model's colors."""
        return max(float((one - other).abs().max()) for one, other in zip(chromas, self.answers, strict=True))


@torch.inference_mode()
def mixture_of(prior: ShotPrior, noted: _Noted) -> Mixture:
    """The color prior's mixture for a frame that has one exemplar."""
    return prior.mixture(noted.luma, noted.prior_memory)


def with_candidate(evidence: Evidence, past: Past) -> Evidence:
    """The evidence with one more candidate."""
    return replace(
        evidence,
        candidates=torch.cat((evidence.candidates, past.chroma[None])),
        origins=torch.cat((evidence.origins, past.origin)),
        log_variances=torch.cat((evidence.log_variances, 2 * past.log_error)),
    )


@dataclass
class Memory:
    """Frames as they were colored, to be matched; ``trusts`` have origin and error in the place of a* and b*."""

    model: Recorder
    colors: list[Bank | None] = field(default_factory=list)
    trusts: list[Bank | None] = field(default_factory=list)

    def add(self, past: Past, features: PlaceFeatures | None, bank: Bank) -> None:
        """Takes in the next frame; no features where it is the exemplar's own, which is in the ``bank``."""
        if features is None:
            self.colors.append(None)
            self.trusts.append(None)
            return
        for banks, planes in ((self.colors, past.chroma), (self.trusts, torch.cat((past.origin, past.log_error)))):
            entry = entry_of(Reference(past.luma, planes), features, bank.projection, self.model.dtype)
            banks.append(Bank([entry], bank.projection, at_once=1))

    def candidates(self, luma: Luma, small: Luma, features: PlaceFeatures) -> Iterator[Past]:
        """The matches of the next frame in the frames 8 and 24 before it, each as a candidate."""
        network, search = self.model.network, self.model.settings.search
        for age in MEMORY_AGES:
            if age > len(self.colors) or not (colors := self.colors[-age]) or not (trusts := self.trusts[-age]):
                continue
            match, trust = (network.match(bank, luma, features, search) for bank in (colors, trusts))
            planes = torch.cat((match.chroma, match.luma, match.similarity, trust.chroma))
            planes = resize(planes, (small.shape[-2], small.shape[-1]))
            there, similarity, origin, log_error = torch.split(planes[2:], 1)
            known, strange = (2 * log_error).exp(), MEMORY_MATCH * (MEMORY_SLOPE * (1 - similarity)).exp()
            model = network.variances
            unlike = model.unlike * (origin - small).square() + model.unlike_match * (there - small).square()
            yield Past(small, planes[:2], origin, (model.kin * (known + strange + unlike)).log() / 2)


@dataclass
class Replay:
    """The fusion of a shot once more, with the levers that are pulled."""

    shot: Shot
    levers: Levers

    def __post_init__(self) -> None:
        still = self.shot.reference
        size = in_steps(fit((still.luma.shape[-2], still.luma.shape[-1]), SHORT_SIDE_PX), 16)
        exemplar = fitted(still, size, self.shot.model.device)
        self._other = adapted(self.shot.prior, exemplar) if self.levers.adapted else None
        colors = resize(exemplar.chroma, (size[0] // 8, size[1] // 8)).flatten(1).T
        self._palette = Palette.of(colors) if self.levers.palette else None

    def chromas(self) -> list[Chroma]:
        """a*b* of each frame, at its own size."""
        first = self.shot.answers[0]
        size = (first.shape[-2], first.shape[-1])
        return [first, *(resize(past.chroma, size).clamp(-110, 110) for past in self.pasts()[1:])]

    @torch.inference_mode()
    def pasts(self) -> list[Past]:
        """Each frame in color, at the stride of candidates."""
        model, variances = self.shot.model, self.shot.model.network.variances
        memory, state = Memory(model), replace(self.shot.fresh)
        pasts: list[Past] = []
        evidences: list[Evidence | None] = []
        for number, (noted, found) in enumerate(self.shot.kept):
            if found is None:
                known = resize(self.shot.answers[number], (noted.small.shape[-2], noted.small.shape[-1]))
                pasts.append(Past.known(noted.small, known))
                evidences.append(None)
                memory.add(pasts[-1], None, noted.bank)
                continue
            ages = ages_there(model.settings.ages, number)
            before = [None if age is None else pasts[-age] for age in ages]
            carried = [carry(past, *way) if past and way else None for past, way in zip(before, found.ways)]
            state.look = look = model.seen(self._weighed(noted, found), state)
            evidence = variances.weigh(noted.small, look.prior_colors, look.match, carried)
            features = model.features(noted.luma) if self.levers.memory else None
            if features is not None:
                for past in memory.candidates(noted.luma, noted.small, features):
                    evidence = with_candidate(evidence, past)
            pasts.append(fused(noted.small, evidence))
            evidences.append(evidence)
            memory.add(pasts[-1], features, noted.bank)
        return self._back(pasts, evidences) if self.levers.back else pasts

    def _weighed(self, noted: _Noted, found: Found) -> Found:
        """The evidence for a frame; where the color prior was asked, with its answer as the levers change it."""
        if found.priors is None or (mixture := found.priors.mixture) is None or not (self._other or self._palette):
            return found
        mixture = mixture if self._other is None else blended(mixture, mixture_of(self._other, noted))
        mixture = mixture if self._palette is None else self._palette.within(mixture)
        return replace(found, priors=replace(found.priors, mixture=mixture))

    def _back(self, pasts: list[Past], evidences: Sequence[Evidence | None]) -> list[Past]:
        """The frames from the last to the first, each with candidates from those after it as they are by then."""
        pasts, variances = list(pasts), self.shot.model.network.variances
        for number in range(len(pasts) - 2, -1, -1):
            evidence, luma = evidences[number], pasts[number].luma
            if evidence is None:
                continue
            for which, age in enumerate(self.shot.model.settings.ages):
                after = self.shot.kept[number + age][1] if number + age < len(pasts) else None
                if age not in BACK_AGES or after is None or (way := after.ways[which]) is None:
                    continue
                carried = carry(pasts[number + age], way[1], way[0])
                variance = variances.of_carried(carried, luma).exp() + BACK_VARIANCE
                seen = carried.past
                evidence = with_candidate(evidence, Past(luma, seen.chroma, seen.origin, variance.log() / 2))
            pasts[number] = fused(luma, evidence)
        return pasts
