"""A film's frames through Deep Exemplar, one by one, with the release's steps around the network by name.

The release runs the network at half of a canvas of 432 x 768 to which it crops every picture. Here the canvas has as
many pixels and the film's own aspect, so that nothing of the picture is lost.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from kinemacolor.errors import ExemplarError, SettingError
from kinemacolor.frames import Chroma, Luma
from kinemacolor.models.base import Answer, Reference, StreamingColorizer
from kinemacolor.models.deep_exemplar.network import MULTIPLE, SMALLEST_PX, ExemplarNetwork, Learned
from kinemacolor.models.deep_exemplar.smoothing import Smoothing, smoothed
from kinemacolor.models.identity import identity_of
from kinemacolor.models.kept import NOT_KEPT, kept_as
from kinemacolor.models.references import fitted, own_chroma, pooled, require_shown
from kinemacolor.resize import resize

RELEASE_CANVAS = (432, 768)
_STEEPEST = 4.0


@dataclass(frozen=True, slots=True)
class DeepExemplarSettings:
    """The steps around the network; the defaults are the release's but for ``canvas`` and ``keep_exemplars``.

    - ``canvas``: the (height, width), multiples of 16 and 32, to which pictures are brought; the network sees half of
      it. None takes the film's own aspect with the pixels of 432 x 768.
    - ``temperature``: tau of Eq. 4. 0 takes the most alike place alone, as the release's 1e-10 does; the paper: 0.01.
    - ``begin_with_exemplar``: the frame before the first is the first exemplar (the release's ``frame_propagate``),
      else a frame of L* = 50 without color.
    - ``saturation``: multiplies a*b* of what is shown, not of what the next frame sees; the paper has none.
    - ``smoothing``: the weighted least squares filter on what is shown; None leaves it out, as the paper does.
    - ``keep_exemplars``: a frame whose exemplar is there takes that one's chroma; the release colors it anew.
    """

    canvas: tuple[int, int] | None = None
    temperature: float = 0.0
    begin_with_exemplar: bool = False
    saturation: float = 1.25
    smoothing: Smoothing | None = field(default_factory=Smoothing)
    keep_exemplars: bool = True

    def __post_init__(self) -> None:
        if self.temperature < 0 or self.saturation < 0:
            raise SettingError(
                f"Deep Exemplar has temperature {self.temperature} and saturation {self.saturation}. Give 0 or more."
            )
        if self.canvas is not None:
            steps = [2 * multiple for multiple in MULTIPLE]
            if any(side % step or side < 2 * SMALLEST_PX for side, step in zip(self.canvas, steps)):
                height, width = self.canvas
                raise SettingError(
                    f"Deep Exemplar's canvas is {height}x{width}. Give a height and a width that are multiples of "
                    f"{steps[0]} and {steps[1]}, {2 * SMALLEST_PX} or more."
                )

    @classmethod
    def release(cls) -> "DeepExemplarSettings":
        """The defaults of the authors' script, but for cropping."""
        return cls(canvas=RELEASE_CANVAS, keep_exemplars=False)

    @classmethod
    def paper(cls) -> "DeepExemplarSettings":
        """The settings that the paper describes: no filter, no gain."""
        return cls(canvas=RELEASE_CANVAS, temperature=0.01, saturation=1.0, smoothing=None, keep_exemplars=False)


def canvas_of(size: tuple[int, int]) -> tuple[int, int]:
    """The canvas of a picture: its aspect, as many pixels as 432 x 768, sides that suit the network.

    An aspect beyond 4:1 is squeezed to that.
    """
    aspect = min(max(size[1] / size[0], 1 / _STEEPEST), _STEEPEST)
    height = (RELEASE_CANVAS[0] * RELEASE_CANVAS[1] / aspect) ** 0.5
    rows, columns = (2 * m * max(1, round(side / (2 * m))) for side, m in zip((height, height * aspect), MULTIPLE))
    return max(2 * SMALLEST_PX, rows), max(2 * SMALLEST_PX, columns)


def halved(planes: Float[Tensor, "c h w"]) -> Float[Tensor, "c h2 w2"]:
    """Planes at half the size: the mean of each 2 x 2."""
    return F.avg_pool2d(planes, 2)


@kept_as("deep-exemplar")
@dataclass
class DeepExemplarState:
    """The state of a shot: its last frame in color, at the network's size."""

    exemplars: Learned = field(metadata=NOT_KEPT)
    references: tuple[Reference, ...] = field(metadata=NOT_KEPT)
    before: Float[Tensor, "3 h w"] | None = None
    index: int = 0


class DeepExemplarColorizer(StreamingColorizer[DeepExemplarState]):
    """Deep Exemplar as the engine knows it.

    Args:
        network: with its weights; it is moved to ``device`` and set to eval mode.
        settings: the steps around it.
        device: None leaves the network where it is.
        dtype: bf16 or fp16 run the convolutions in that precision by autocast. Matching is in fp32 always.
    """

    keeps_state = True

    def __init__(
        self,
        network: ExemplarNetwork,
        *,
        settings: DeepExemplarSettings | None = None,
        device: torch.device | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        self.network = network.eval()
        if device is not None:
            self.network.to(device)
        self.device = next(network.parameters()).device
        self.settings = settings or DeepExemplarSettings()
        self.dtype = dtype or torch.float32

    @cached_property
    def identity(self) -> str:
        """The hash of the network's weights and config, and of the settings."""
        settings = (self.network.config, self.settings, self.dtype)
        return identity_of("deep-exemplar", self.network, settings=settings)

    @torch.no_grad()
    def start(self, references: Sequence[Reference]) -> DeepExemplarState:
        """The state before a shot's first frame: every exemplar learnt once.

        Raises ``ExemplarError`` where there is no exemplar, or one whose alpha leaves nothing of it.
        """
        if not references:
            raise ExemplarError("Deep Exemplar has no exemplar for this shot. Color one of its frames and pass it.")
        learned = [self._learned(reference) for reference in references]
        return DeepExemplarState(Learned.joined(learned), tuple(references))

    def _learned(self, reference: Reference) -> Learned:
        seen = self._seen(reference)
        with self._precision():
            learned = self.network.learn(torch.cat((seen.luma, seen.chroma)), seen.alpha)
        require_shown(learned.counted)
        return learned

    def _seen(self, reference: Reference) -> Reference:
        """The exemplar at the network's size."""
        canvas = self.settings.canvas or canvas_of((reference.luma.shape[-2], reference.luma.shape[-1]))
        return pooled(fitted(reference, canvas, self.device), 2)

    def _on_canvas(self, planes: Float[Tensor, "c h w"]) -> Float[Tensor, "c h2 w2"]:
        return resize(planes, self.settings.canvas or canvas_of((planes.shape[-2], planes.shape[-1])))

    def _small(self, planes: Float[Tensor, "c h w"]) -> Float[Tensor, "c h2 w2"]:
        return halved(self._on_canvas(planes))

    @torch.no_grad()
    def step(self, luma: Luma, state: DeepExemplarState) -> Answer:
        """The answer for the next frame; float32, of the luma's size, without a confidence."""
        size = (luma.shape[-2], luma.shape[-1])
        canvas = self._on_canvas(luma.to(self.device, torch.float32))
        small = halved(canvas)
        kept = state.references if self.settings.keep_exemplars else ()
        own = own_chroma(kept, state.index, size, self.device)
        if own is None:
            chroma = self._predicted(small, state)
            shown = resize(self._finished(chroma, canvas), size)
        else:
            chroma, shown = self._small(own), own
        state.before = torch.cat((small, chroma))
        state.index += 1
        return Answer(shown)

    def _predicted(self, luma: Luma, state: DeepExemplarState) -> Chroma:
        """The network's a*b*, at its own size."""
        before = state.before
        if before is None and self.settings.begin_with_exemplar:
            first = self._seen(state.references[0])
            before = resize(torch.cat((first.luma, first.chroma)), (luma.shape[-2], luma.shape[-1]))
        with self._precision():
            embedding = self.network.embed(luma[None])[0]
        # outside autocast, which would match in the lower precision
        aligned = self.network.align(embedding, state.exemplars, temperature=self.settings.temperature)
        with self._precision():
            chroma = self.network(luma[None], [aligned], None if before is None else before[None])[0]
        return chroma.float()

    def _finished(self, chroma: Float[Tensor, "2 h2 w2"], canvas: Luma) -> Chroma:
        """The a*b* to be shown of the network's, at the canvas' size."""
        shown = self.settings.saturation * resize(chroma, (canvas.shape[-2], canvas.shape[-1]))
        if self.settings.smoothing is None:
            return shown
        # whole levels, cut off, as the release's uint8 guide has them
        return smoothed(shown, (canvas * 255 / 100).floor(), self.settings.smoothing)

    def _precision(self) -> AbstractContextManager[Any]:
        return torch.autocast(self.device.type, self.dtype, enabled=self.dtype != torch.float32)
