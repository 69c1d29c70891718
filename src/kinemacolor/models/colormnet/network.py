"""ColorMNet, the network: parts and how a frame passes through them. What a film leaves behind is not here."""

import math
from abc import abstractmethod
from dataclasses import dataclass, field
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor, nn

from kinemacolor.layers.dimensions import MOST_CHANNELS, MOST_LAYERS, require_within
from kinemacolor.layers.dinov2 import DINOv2Config
from kinemacolor.layers.resnet import ResNetConfig
from kinemacolor.models.colormnet.decoder import Decoder
from kinemacolor.models.colormnet.feature_ablation import ENCODERS, FeatureKind
from kinemacolor.models.colormnet.key import Key, KeyProjection
from kinemacolor.models.colormnet.local_attention import LocalAttention
from kinemacolor.models.colormnet.policy import Propagation
from kinemacolor.models.colormnet.propagation import PropagationNetwork
from kinemacolor.models.colormnet.pvgfe import ImageFeatures
from kinemacolor.models.colormnet.value import ValueEncoder


@dataclass(frozen=True, slots=True)
class ColorMNetConfig:
    """The dimensions of the network; the defaults are the release's.

    ``features``, ``propagation`` and ``locality`` (LA) are the paper's ablations (Table 3). In use,
    ``MemoryPolicy.of`` the propagation is how memory behaves.
    """

    key_channels: int = 64
    value_channels: int = 512
    hidden_channels: int = 64
    window_radius: int = 7
    features: FeatureKind = "pvgfe"
    propagation: Propagation = "mfp"
    locality: bool = True
    dino: DINOv2Config = field(default_factory=DINOv2Config)
    image_trunk: ResNetConfig = field(default_factory=ResNetConfig.resnet50)
    value_trunk: ResNetConfig = field(default_factory=lambda: ResNetConfig.resnet18(input_channels=5))

    def __post_init__(self) -> None:
        """Raises ``ValueError`` for dimensions that no such network has."""
        require_within(
            1,
            MOST_CHANNELS,
            key_channels=self.key_channels,
            value_channels=self.value_channels,
            hidden_channels=self.hidden_channels,
        )
        require_within(0, MOST_LAYERS, window_radius=self.window_radius)

    @classmethod
    def tiny(cls) -> "ColorMNetConfig":
        """For tests: every part, about 0.2 M parameters."""
        return cls(
            key_channels=8,
            value_channels=16,
            hidden_channels=8,
            window_radius=2,
            dino=DINOv2Config(patch_px=16, width=16, depth=4, heads=2, position_grid=3),
            image_trunk=ResNetConfig(depths=(1, 1, 1), widths=(4, 8, 8), stem_channels=8, expansion=2),
            value_trunk=ResNetConfig((1, 1, 1), (8, 8, 16), stem_channels=8, expansion=1, input_channels=5),
        )


class MemoryWidths(NamedTuple):
    """The channels of keys, of values, and of the sensory state."""

    key: int
    value: int
    hidden: int


class MemoryNetwork(PropagationNetwork[ImageFeatures]):
    """All that follows the image encoder, whichever that is."""

    def __init__(
        self,
        feature_channels: tuple[int, int, int],
        widths: MemoryWidths,
        *,
        window_radius: int,
        value_trunk: ResNetConfig,
        planes: int,
        propagation: Propagation = "mfp",
        locality: bool = True,
    ) -> None:
        """``feature_channels`` are those of the image encoder at strides 16, 8 and 4."""
        super().__init__()
        key_channels, value_channels, hidden_channels = widths
        self.planes, self.hidden_channels, self.propagation = planes, hidden_channels, propagation
        image_channels = feature_channels[0]
        self.key = KeyProjection(image_channels, key_channels)
        self.value = ValueEncoder(value_trunk, image_channels, value_channels, hidden_channels, planes)
        self.local_attention = (
            LocalAttention(key_channels, planes * value_channels, window_radius) if locality else None
        )
        self.decoder = Decoder(feature_channels, value_channels, hidden_channels, planes)

    @abstractmethod
    def features(self, luma: Float[Tensor, "b 1 h w"]) -> ImageFeatures:
        """The image encoder's maps."""

    def encode(self, luma: Float[Tensor, "b 1 h w"]) -> tuple[ImageFeatures, Key]:
        """All that the luma alone tells."""
        features = self.features(luma)
        return features, self.key(features.stride16)

    def no_hidden(self, key: Key) -> Float[Tensor, "b p s h16 w16"]:
        """The sensory state before the first frame: zeros."""
        batch, _, height, width = key.key.shape
        return key.key.new_zeros(batch, self.planes, self.hidden_channels, height, width)

    def encode_value(
        self, luma: Float[Tensor, "b 1 h w"], chroma: Float[Tensor, "b 2 h w"], features: ImageFeatures
    ) -> Float[Tensor, "b p v h16 w16"]:
        """The value that memory keeps of a colored frame, in fp32."""
        return self.value(luma, chroma, features.stride16).float()

    def deep_update(
        self, value: Float[Tensor, "b p v h16 w16"], hidden: Float[Tensor, "b p s h16 w16"]
    ) -> Float[Tensor, "b p s h16 w16"]:
        """The sensory state after a frame that is written to memory."""
        return self.value.deep_update(value, hidden)

    def attend(self, key: Key, source: Key, value: Float[Tensor, "b p v h16 w16"]) -> Float[Tensor, "b p v h16 w16"]:
        """L of Eq. 12: what the neighborhood in the source frame says; nothing without LA."""
        return (
            torch.zeros_like(value)
            if self.local_attention is None
            else self.local_attention(key.key, source.key, value)
        )

    def decode(
        self,
        features: ImageFeatures,
        readout: Float[Tensor, "b p v h16 w16"],
        hidden: Float[Tensor, "b p s h16 w16"],
        *,
        update_hidden: bool,
    ) -> tuple[Float[Tensor, "b 2 h w"], Float[Tensor, "b p s h16 w16"]]:
        """Eq. 13: the chroma, and the sensory state after this frame (or as it was)."""
        return self.decoder(features, readout, hidden, update_hidden=update_hidden)


class ColorMNet(MemoryNetwork):
    """Memory-based deep spatial-temporal feature propagation network (Yang et al., 2024)."""

    def __init__(self, config: ColorMNetConfig) -> None:
        channels4, channels8, channels16 = config.image_trunk.channels
        super().__init__(
            (channels16, channels8, channels4),
            MemoryWidths(config.key_channels, config.value_channels, config.hidden_channels),
            window_radius=config.window_radius,
            value_trunk=config.value_trunk,
            planes=2,
            propagation=config.propagation,
            locality=config.locality,
        )
        self.config = config
        self.pvgfe: nn.Module = ENCODERS[config.features](config.dino, config.image_trunk)

    @property
    def multiple(self) -> int:
        """The number that both sides of a picture must be multiples of."""
        return math.lcm(16, self.config.dino.patch_px)

    def features(self, luma: Float[Tensor, "b 1 h w"]) -> ImageFeatures:
        """The maps of PVGFE, or of what stands in its place."""
        maps: ImageFeatures = self.pvgfe(luma)
        return maps
