"""BiSTNet, the network: what is matched, what is fused, and what the colors are made of."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor, nn

from kinemacolor.layers.dimensions import MOST_CHANNELS, require_within
from kinemacolor.layers.vgg import VGG19
from kinemacolor.models.base import Reference
from kinemacolor.models.bistnet.btfb import GatedFusion, by_similarity
from kinemacolor.models.bistnet.meb import Priors
from kinemacolor.models.bistnet.msrb import MSRB, Scales
from kinemacolor.models.deep_exemplar.correspondence import CorrespondenceSubnet
from kinemacolor.models.deep_exemplar.matching import matched
from kinemacolor.models.deep_exemplar.network import Learned


@dataclass(frozen=True, slots=True)
class BiSTNetConfig:
    """The dimensions of the network; the defaults are the paper's (arXiv v1).

    ``gated`` adds the release's gates, and all it gives its U-nets beside: 10 planes of colors more. ``own_finest``
    is the third U-net. ``temperature`` divides cosines before the softmax, 0 takes the most similar place alone.
    ``backward_is_fused`` and ``raw_edges`` copy oversights of the release that its weights are used to: the fusion by
    similarity overwrites the backward exemplar's colors, and HED sees L* - 50 unscaled. ``width`` is the first
    channels of VGG19 and of the U-nets.
    """

    classes: int = 19
    gated: bool = False
    own_finest: bool = True
    temperature: float = 0.01
    backward_is_fused: bool = False
    raw_edges: bool = False
    width: int = 64

    def __post_init__(self) -> None:
        """Raises ``ValueError`` for dimensions that no such network has."""
        require_within(1, MOST_CHANNELS, classes=self.classes, width=self.width)
        require_within(0, 1e3, temperature=self.temperature)

    @classmethod
    def paper(cls) -> "BiSTNetConfig":
        """The paper's network."""
        return cls()

    @classmethod
    def release(cls) -> "BiSTNetConfig":
        """The network of the authors' weights (NTIRE 2023)."""
        return cls(gated=True, own_finest=False, temperature=0.0, backward_is_fused=True, raw_edges=True)

    @classmethod
    def tiny(cls, *, gated: bool = False) -> "BiSTNetConfig":
        """A network for tests: the paper's, or one with the release's gates."""
        return cls(classes=3, gated=gated, own_finest=not gated, temperature=0.0 if gated else 0.01, width=4)

    @property
    def input_planes(self) -> int:
        """Planes that the U-nets are given: luma, colors, classes, edges."""
        return 1 + (12 if self.gated else 2) + self.classes + 1


@dataclass(frozen=True, slots=True)
class Colors:
    """The a*b* that a frame gets from both exemplars: as warped, the more similar one's, and fused by time.

    ``propagated`` came along the flow and ``direct`` through a gate; None where there are no gates.
    """

    forward: Float[Tensor, "2 h w"]
    backward: Float[Tensor, "2 h w"]
    fused: Float[Tensor, "2 h w"]
    linear: Float[Tensor, "2 h w"]
    propagated: Float[Tensor, "2 h w"] | None = None
    direct: Float[Tensor, "2 h w"] | None = None


class Matches(NamedTuple):
    """The a*b* that a frame gets from the forward exemplar, the backward one, and from the more similar of both.

    Similarities (-1..1) are those of the places that colors come from.
    """

    forward: Float[Tensor, "2 h4 w4"]
    backward: Float[Tensor, "2 h4 w4"]
    fused: Float[Tensor, "2 h4 w4"]
    forward_similarity: Float[Tensor, "1 h4 w4"]
    backward_similarity: Float[Tensor, "1 h4 w4"]


class BiSTNet(nn.Module):
    """Bidirectional temporal fusion under the guidance of a semantic image prior."""

    def __init__(self, config: BiSTNetConfig) -> None:
        super().__init__()
        self.config = config
        self.features = VGG19(width=config.width)
        self.correspondence = CorrespondenceSubnet(width=config.width)
        self.gates = GatedFusion() if config.gated else None
        self.msrb = MSRB(config.input_planes, own_finest=config.own_finest, width=config.width)

    def embed(self, luma: Float[Tensor, "b 1 h w"]) -> Float[Tensor, "b c h4 w4"]:
        """Unit vectors that say what lies at each position of lumas (L* 0..100), frames and exemplars alike.

        Sides are multiples of 16. Deep Exemplar sees exemplars in color; here they are seen as frames are.
        """
        return self.correspondence.embed(self.features(luma.expand(-1, 3, -1, -1) / 100))

    def learn(
        self,
        luma: Float[Tensor, "1 1 h w"],
        chroma: Float[Tensor, "1 2 h w"],
        alpha: Float[Tensor, "1 h w"] | None = None,
    ) -> Learned:
        """The places to keep of an exemplar. ``alpha`` (0..1) says which part of it counts."""
        return Learned.of(self.embed(luma)[0].float(), Reference(luma[0], chroma[0], alpha=alpha))

    def match(self, embedding: Float[Tensor, "c h4 w4"], forward: Learned, backward: Learned) -> Matches:
        """W of both exemplars at a frame, and how similar the places are that they come from."""
        ab, similarity = self._matched(embedding, forward)
        other, other_similarity = (ab, similarity) if backward is forward else self._matched(embedding, backward)
        fused = by_similarity(ab, other, similarity, other_similarity)
        return Matches(ab, fused if self.config.backward_is_fused else other, fused, similarity, other_similarity)

    def _matched(self, embedding: Tensor, exemplar: Learned) -> tuple[Tensor, Tensor]:
        found, similarity = matched(
            embedding.flatten(1),
            exemplar.embedding,
            exemplar.chroma,
            temperature=self.config.temperature,
            counted=exemplar.counted,
        )
        height, width = embedding.shape[-2:]
        return found.view(2, height, width), similarity.view(1, height, width)

    def forward(self, luma: Float[Tensor, "b 1 h w"], colors: Sequence[Colors], priors: Priors) -> Scales:
        """The a*b* of frames at three scales. Sides are multiples of 32 and 64 or more."""
        scales: Scales = self.msrb(self.input_planes(luma, colors, priors))
        return scales

    def input_planes(
        self, luma: Float[Tensor, "b 1 h w"], colors: Sequence[Colors], priors: Priors
    ) -> Float[Tensor, "b c h w"]:
        """I_t of Section 3.3: luma, colors, segmentation and edges; the release's order where there are gates."""
        before, after = zip(*(self._color_planes(each) for each in colors))
        return torch.cat(
            (
                luma - 50,
                torch.stack(before),
                priors.segmentation,
                priors.edges,
                *([torch.stack(after)] if self.gates else []),
            ),
            1,
        )

    def _color_planes(self, colors: Colors) -> tuple[Tensor, Tensor]:
        """The parts before the image prior and those after it."""
        if colors.propagated is None or colors.direct is None:
            return colors.linear, colors.fused
        first = (colors.forward, colors.backward, colors.propagated, colors.linear, colors.direct)
        return torch.cat(first), colors.fused
