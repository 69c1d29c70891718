"""ColorMNet-small, the network: ColorMNet's key, value, memory, local attention and decoder over a light trunk.

Both chroma planes pass through value encoder and decoder together: one pass instead of two. Besides what the value
encoder says of a frame, memory keeps the chroma itself at stride 16, and what is read of that is where the decoder
begins: keys that find the right place give nearly the right color before anything else is learned.
"""

from dataclasses import dataclass, field, replace

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from colormnet_small.encoder import LiteEncoder, SmallFeatures
from colormnet_small.local_attention import PlainLocalAttention
from kinemacolor.layers.efficientnet_lite import EfficientNetLiteConfig, load_trunk
from kinemacolor.layers.resnet import ResNetConfig
from kinemacolor.models.colormnet.key import Key
from kinemacolor.models.colormnet.network import MemoryNetwork, MemoryWidths
from kinemacolor.models.colormnet.policy import Propagation
from kinemacolor.models.colormnet.pvgfe import ImageFeatures

_COLOR_CHANNELS = 3
"""a*, b* and the weight that they were read with, behind the value."""


@dataclass(frozen=True, slots=True)
class ColorMNetSmallConfig:
    """What the network is. ``feature_channels`` are the image encoder's at strides 16, 8 and 4.

    ``features``, ``propagation`` and ``locality`` (LA) are what the paper ablates (Table 3).
    """

    key_channels: int = 32
    value_channels: int = 128
    hidden_channels: int = 32
    window_radius: int = 7
    feature_channels: tuple[int, int, int] = (128, 64, 32)
    features: SmallFeatures = "merged"
    propagation: Propagation = "mfp"
    locality: bool = True
    trunk: EfficientNetLiteConfig = field(default_factory=EfficientNetLiteConfig)
    value_trunk: ResNetConfig = field(
        default_factory=lambda: ResNetConfig((1, 1, 1), (16, 32, 64), stem_channels=16, expansion=1, input_channels=5)
    )

    @classmethod
    def tiny(cls) -> "ColorMNetSmallConfig":
        """For tests: every part, about 0.1 M parameters."""
        return cls(
            key_channels=8,
            value_channels=16,
            hidden_channels=8,
            window_radius=2,
            feature_channels=(16, 8, 8),
            trunk=EfficientNetLiteConfig.tiny(),
            value_trunk=ResNetConfig((1, 1, 1), (4, 8, 8), stem_channels=4, expansion=1, input_channels=5),
        )


class ColorMNetSmall(MemoryNetwork):
    """A ColorMNet that a laptop's processor can run."""

    def __init__(self, config: ColorMNetSmallConfig) -> None:
        super().__init__(
            config.feature_channels,
            MemoryWidths(config.key_channels, config.value_channels, config.hidden_channels),
            window_radius=config.window_radius,
            value_trunk=config.value_trunk,
            planes=1,
            propagation=config.propagation,
            locality=config.locality,
        )
        self.config = config
        if config.locality:
            self.local_attention = PlainLocalAttention(
                config.key_channels, config.value_channels, config.window_radius
            )
        self.encoder = LiteEncoder(config.trunk, config.feature_channels, config.features)
        self.sharpness = nn.Parameter(torch.tensor(32.0).log())
        self.say = nn.Parameter(torch.tensor(0.1).log()) if config.locality else None
        # untrained, the decoder adds nothing to the chroma that was read
        nn.init.zeros_(self.decoder.predict.weight)
        assert self.decoder.predict.bias is not None
        nn.init.zeros_(self.decoder.predict.bias)

    @classmethod
    def with_imagenet_trunk(cls, config: ColorMNetSmallConfig | None = None) -> "ColorMNetSmall":
        """A network to begin training with: its trunk is EfficientNet-Lite0 as published, the rest random.

        Raises ``WeightsError`` where the package with the trunk's weights is not installed.
        """
        network = cls(config or ColorMNetSmallConfig())
        network.encoder.trunk.load_state_dict(load_trunk("lite0").state_dict())
        return network

    @property
    def multiple(self) -> int:
        """What both sides of a picture must be multiples of: the trunk's last stride."""
        return 32

    def features(self, luma: Float[Tensor, "b 1 h w"]) -> ImageFeatures:
        """The maps of the light encoder."""
        return self.encoder(luma)

    def encode(self, luma: Float[Tensor, "b 1 h w"]) -> tuple[ImageFeatures, Key]:
        """All that the luma alone tells; keys are compared as sharply as was learned."""
        features, key = super().encode(luma)
        return features, replace(key, shrinkage=key.shrinkage * self.sharpness.exp())

    def encode_value(
        self, luma: Float[Tensor, "b 1 h w"], chroma: Float[Tensor, "b 2 h w"], features: ImageFeatures
    ) -> Float[Tensor, "b p v h16 w16"]:
        """What memory keeps of a colored frame: the encoder's value, a*b* / 110, and a 1 to count weights by."""
        value = super().encode_value(luma, chroma, features)
        size = (value.shape[-2], value.shape[-1])
        small = F.adaptive_avg_pool2d(chroma.float(), size)[:, None]
        return torch.cat((value, small, torch.ones_like(small[:, :, :1])), dim=2)

    def deep_update(
        self, value: Float[Tensor, "b p v h16 w16"], hidden: Float[Tensor, "b p s h16 w16"]
    ) -> Float[Tensor, "b p s h16 w16"]:
        """The sensory state after a frame that is written to memory."""
        return super().deep_update(value[:, :, :-_COLOR_CHANNELS], hidden)

    def attend(self, key: Key, source: Key, value: Float[Tensor, "b p v h16 w16"]) -> Float[Tensor, "b p v h16 w16"]:
        """L of Eq. 12; of the chroma a mean over the same window, with as much say as was learned."""
        if self.say is None:
            return torch.zeros_like(value)
        assert isinstance(self.local_attention, PlainLocalAttention)
        of_value, of_color = self.local_attention.with_plain(
            key.key, source.key, value[:, :, :-_COLOR_CHANNELS], value[:, 0, -_COLOR_CHANNELS:]
        )
        return torch.cat((of_value, (of_color * self.say.exp())[:, None]), dim=2)

    def decode(
        self,
        features: ImageFeatures,
        readout: Float[Tensor, "b p v h16 w16"],
        hidden: Float[Tensor, "b p s h16 w16"],
        *,
        update_hidden: bool,
    ) -> tuple[Float[Tensor, "b 2 h w"], Float[Tensor, "b p s h16 w16"]]:
        """Eq. 13: the chroma that was read and what the decoder adds to it, and the sensory state."""
        value, color = readout[:, :, :-_COLOR_CHANNELS], readout[:, 0, -_COLOR_CHANNELS:]
        added, hidden = super().decode(features, value, hidden, update_hidden=update_hidden)
        size = (added.shape[-2], added.shape[-1])
        read = F.interpolate(color[:, :2] / color[:, 2:], size, mode="bilinear", align_corners=False)
        return (read + added).clamp(-1, 1), hidden
