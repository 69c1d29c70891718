"""The color prior for the frames of a shot: each exemplar is kept as it is asked, frames come at any size."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch

from kinemacolor.frames import Luma
from kinemacolor.models.base import Reference
from kinemacolor.models.color_prior.exemplars import Exemplars
from kinemacolor.models.color_prior.mixture import Mixture
from kinemacolor.models.color_prior.network import ColorPrior
from kinemacolor.models.moved import HOST, moved
from kinemacolor.models.references import fitted
from kinemacolor.resize import fit, in_steps, resize

SHORT_SIDE_PX = 256
"""Frames are looked at with this short side, as in training: at 480 and more, what is new is colored worse."""

EXEMPLAR_SCALES = (0.5, 1.0, 1.5)
"""Exemplars are kept at each of these times that size: things come closer, or go away."""

_MULTIPLE = 16


@dataclass(frozen=True, slots=True)
class ShotPrior:
    """The prior that a shot's frames ask: the network, and the precision of its trunk and layers.

    ``exemplars_on_host``: they lie in the computer's own memory, but for those that a frame asks. ``latest`` are the
    exemplars of the shot that was begun last: the next one most often has some of them too.
    """

    network: ColorPrior
    dtype: torch.dtype
    exemplars_on_host: bool = False
    latest: list[tuple[Reference, Exemplars]] = field(default_factory=list, compare=False, repr=False)

    def remember_all(self, references: Sequence[Reference]) -> tuple[Exemplars, ...]:
        """The exemplars of a shot, each as ``remember`` has it; those of the shot before are not computed again."""
        known = list(self.latest)
        made = [
            next((kept for seen, kept in known if _is_same(seen, reference)), None) or self.remember(reference)
            for reference in references
        ]
        self.latest[:] = zip(references, made)
        return tuple(made)

    def remember(self, reference: Reference) -> Exemplars:
        """An exemplar, at several sizes; what its alpha hides is not seen."""
        device = self.network.head.weight.device
        sizes = dict.fromkeys(_size(reference.luma, scale) for scale in EXEMPLAR_SCALES)
        with self._precision(device):
            made: Exemplars = self.network.exemplars_of([fitted(reference, size, device) for size in sizes])
        return moved(made, HOST) if self.exemplars_on_host else made

    def mixture(self, luma: Luma, exemplars: Sequence[Exemplars]) -> Mixture:
        """The colors that a frame may have, at stride 8 of its working size; without exemplars, by its look alone."""
        small = resize(luma, _size(luma))
        there = [moved(each, luma.device) for each in exemplars] if self.exemplars_on_host else exemplars
        memory = Exemplars.joined(there) if there else self.network.no_exemplars()
        with self._precision(luma.device):
            answer: Mixture = self.network(self.network.encode(small[None]), memory)
        return answer

    def _precision(self, device: torch.device) -> torch.autocast:
        return torch.autocast(device.type, self.dtype, enabled=self.dtype != torch.float32)


def _is_same(one: Reference, other: Reference) -> bool:
    """Whether two references are the same picture, hidden where the other is; of whatever frames they are."""
    if (one.alpha is None) != (other.alpha is None):
        return False
    alphas = [] if one.alpha is None or other.alpha is None else [(one.alpha, other.alpha)]
    return all(torch.equal(a, b) for a, b in ((one.luma, other.luma), (one.chroma, other.chroma), *alphas))


def _size(luma: Luma, scale: float = 1.0) -> tuple[int, int]:
    return in_steps(fit((luma.shape[-2], luma.shape[-1]), SHORT_SIDE_PX), _MULTIPLE, scale=scale)
