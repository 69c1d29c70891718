"""ColorMNet-small, the network: ColorMNet's key, value, memory, local attention and decoder over a light trunk.

Both chroma planes pass through value encoder and decoder together: one pass instead of two.
"""

from dataclasses import dataclass, field

from jaxtyping import Float
from torch import Tensor

from kinemacolor.layers.efficientnet_lite import EfficientNetLiteConfig, load_trunk
from kinemacolor.layers.resnet import ResNetConfig
from kinemacolor.models.colormnet.network import MemoryNetwork
from kinemacolor.models.colormnet.pvgfe import ImageFeatures
from kinemacolor.models.colormnet_small.encoder import LiteEncoder


@dataclass(frozen=True, slots=True)
class ColorMNetSmallConfig:
    """What the network is. ``feature_channels`` are the image encoder's at strides 16, 8 and 4."""

    key_channels: int = 32
    value_channels: int = 128
    hidden_channels: int = 32
    window_radius: int = 7
    feature_channels: tuple[int, int, int] = (128, 64, 32)
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
            key_channels=config.key_channels,
            value_channels=config.value_channels,
            hidden_channels=config.hidden_channels,
            window_radius=config.window_radius,
            value_trunk=config.value_trunk,
            planes=1,
        )
        self.config = config
        self.encoder = LiteEncoder(config.trunk, config.feature_channels)

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
