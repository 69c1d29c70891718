"""The architecture of ColorMNet-lite: what a checkpoint keeps beside the weights."""

from dataclasses import dataclass, field

from kinemacolor.layers.dimensions import MOST_CHANNELS, MOST_LAYERS, require_within
from kinemacolor.layers.efficientnet_lite import EfficientNetLiteConfig


@dataclass(frozen=True, slots=True)
class ColorMNetLiteConfig:
    """The network's dimensions.

    Places are compared in ``key_channels``, the principal components of the exemplars' features. ``prior_channels``
    and ``head_channels`` are the widths of the two parts that learn, the color prior and the confidence head.
    Colors are carried from ``carried`` earlier frames.
    """

    key_channels: int = 192
    prior_channels: int = 192
    head_channels: int = 16
    carried: int = 3
    trunk: EfficientNetLiteConfig = field(default_factory=EfficientNetLiteConfig)

    def __post_init__(self) -> None:
        """Raises ``ValueError`` for dimensions that no such network has."""
        require_within(
            1,
            MOST_CHANNELS,
            key_channels=self.key_channels,
            prior_channels=self.prior_channels,
            head_channels=self.head_channels,
        )
        require_within(1, MOST_LAYERS, carried=self.carried)

    @classmethod
    def tiny(cls) -> "ColorMNetLiteConfig":
        """For tests: every part, about 0.1 M parameters."""
        return cls(key_channels=16, prior_channels=16, head_channels=8, trunk=EfficientNetLiteConfig.tiny())

    @property
    def has_published_trunk(self) -> bool:
        """Whether the trunk is EfficientNet-Lite0, which never learns here and has a package of its own."""
        return self.trunk == EfficientNetLiteConfig()
