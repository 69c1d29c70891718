"""Deep Exemplar, the network: VGG19, N that finds the exemplar's colors, C that makes a frame's of them."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor, nn

from kinemacolor import color
from kinemacolor.layers.dimensions import MOST_CHANNELS, require_within
from kinemacolor.layers.vgg import VGG19, VGGMaps
from kinemacolor.models.base import Reference
from kinemacolor.models.deep_exemplar import colorization, correspondence
from kinemacolor.models.deep_exemplar.colorization import ColorizationSubnet, planes_of
from kinemacolor.models.deep_exemplar.correspondence import STRIDE, CorrespondenceSubnet
from kinemacolor.models.deep_exemplar.matching import matched
from kinemacolor.models.references import counted, pooled

MULTIPLE = correspondence.MULTIPLE
"""The number that height and width of a picture must be multiples of."""

SMALLEST_PX = max(correspondence.SMALLEST_PX, 2 * colorization.MULTIPLE)
"""The least height and width."""


@dataclass(frozen=True, slots=True)
class DeepExemplarConfig:
    """The network's dimensions. ``width`` and ``features_width`` are channels of C, and of VGG19 and N."""

    width: int = 64
    features_width: int = 64

    def __post_init__(self) -> None:
        """Raises ``ValueError`` for dimensions that no such network has."""
        require_within(1, MOST_CHANNELS, width=self.width, features_width=self.features_width)

    @classmethod
    def tiny(cls) -> "DeepExemplarConfig":
        """A network for tests."""
        return cls(width=8, features_width=4)


@dataclass(frozen=True, slots=True)
class Learned:
    """The places of exemplars to match with: unit vectors and mean a*b* of each 4 x 4, and which of these count."""

    embedding: Float[Tensor, "c m"]
    chroma: Float[Tensor, "2 m"]
    counted: Bool[Tensor, " m"] | None = None

    @classmethod
    def of(cls, embedding: Float[Tensor, "c h4 w4"], exemplar: Reference) -> "Learned":
        """The positions of an exemplar at the network's size; one counts that alpha shows by half or more."""
        cells = pooled(exemplar, STRIDE)
        return cls(embedding.flatten(1), cells.chroma.flatten(1), counted(cells.alpha))

    @classmethod
    def joined(cls, each: "list[Learned]") -> "Learned":
        """Several exemplars as one, in which a frame's positions find the most alike of all."""
        counted = None
        if any(one.counted is not None for one in each):
            all_of = [torch.ones_like(one.chroma[0], dtype=torch.bool) for one in each]
            counted = torch.cat([a if one.counted is None else one.counted for one, a in zip(each, all_of)])
        embedding, chroma = torch.cat([one.embedding for one in each], 1), torch.cat([one.chroma for one in each], 1)
        return cls(embedding, chroma, counted)


@dataclass(frozen=True, slots=True)
class Aligned:
    """The output of N for a frame (Eq. 6): W, the exemplar's a*b* brought here, and S, their likeness; stride 4."""

    chroma: Float[Tensor, "2 h4 w4"]
    similarity: Float[Tensor, "1 h4 w4"]


class ExemplarNetwork(nn.Module, ABC):
    """The interface of a network of this family, with what all of them do alike.

    ``config`` is a dataclass of what the network is.
    """

    config: Any
    colorization: nn.Module

    @abstractmethod
    def embed(self, luma: Float[Tensor, "b 1 h w"]) -> Float[Tensor, "b c h4 w4"]:
        """Unit vectors that say what lies at each position of frames (L* 0..100)."""

    @abstractmethod
    def learn(self, lab: Float[Tensor, "3 h w"], alpha: Float[Tensor, "1 h w"] | None = None) -> Learned:
        """The places to keep of an exemplar. ``alpha`` (0..1) says which part of it counts."""

    def align(self, embedding: Float[Tensor, "c h4 w4"], exemplars: Learned, *, temperature: float) -> Aligned:
        """Eq. 3 to 6 for one frame; ``temperature`` is tau, 0 the most alike place alone."""
        chroma, similarity = matched(
            embedding.float().flatten(1),
            exemplars.embedding,
            exemplars.chroma,
            temperature=temperature,
            counted=exemplars.counted,
        )
        height, width = embedding.shape[-2:]
        return Aligned(chroma.view(2, height, width), similarity.view(1, height, width))

    def forward(
        self, luma: Float[Tensor, "b 1 h w"], aligned: list[Aligned], before: Float[Tensor, "b 3 h w"] | None
    ) -> Float[Tensor, "b 2 h w"]:
        """Eq. 7: the a*b* of frames, from their luma, W and S, and the frames before in color (L*a*b*)."""
        warped, similarity = (
            F.interpolate(planes, scale_factor=STRIDE, mode="nearest")
            for planes in (
                torch.stack([each.chroma for each in aligned]),
                torch.stack([each.similarity for each in aligned]),
            )
        )
        chroma: Tensor = self.colorization(planes_of(luma, warped, similarity, before))
        return chroma


class DeepExemplar(ExemplarNetwork):
    """The network as the paper has it: a step is ``embed``, ``align``, ``forward``.

    Pictures have sides that are multiples of 8 and 16, and 32 or more.
    """

    def __init__(self, config: DeepExemplarConfig) -> None:
        super().__init__()
        self.config = config
        self.features = VGG19(width=config.features_width)
        self.correspondence = CorrespondenceSubnet(width=config.features_width)
        self.colorization: nn.Module = ColorizationSubnet(width=config.width)

    def seen_gray(self, luma: Float[Tensor, "b 1 h w"]) -> VGGMaps:
        """VGG19's maps of a frame: its L* / 100 as a gray picture."""
        maps: VGGMaps = self.features(luma.expand(-1, 3, -1, -1) / 100)
        return maps

    def seen_color(self, lab: Float[Tensor, "b 3 h w"]) -> VGGMaps:
        """VGG19's maps of a picture in color, exemplars and what losses compare."""
        maps: VGGMaps = self.features(color.rgb_of(lab))
        return maps

    def embed(self, luma: Float[Tensor, "b 1 h w"]) -> Float[Tensor, "b c h4 w4"]:
        """Unit vectors that say what lies at each position of frames (L* 0..100)."""
        return self.correspondence.embed(self.seen_gray(luma))

    def learn(
        self, lab: Float[Tensor, "3 h w"], alpha: Float[Tensor, "1 h w"] | None = None, *, maps: VGGMaps | None = None
    ) -> Learned:
        """The places to keep of an exemplar, which is seen in color. ``alpha`` (0..1) says which part of it counts.

        ``maps`` are what VGG19 sees of it, where they are known, or changed.
        """
        maps = maps or self.seen_color(lab[None])
        embedding = self.correspondence.embed(maps, exemplar=True)[0].float()
        return Learned.of(embedding, Reference(lab[:1], lab[1:], alpha=alpha))
