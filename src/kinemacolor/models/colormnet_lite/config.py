"""What ColorMNet-lite is made of."""

from dataclasses import dataclass, field

from kinemacolor.layers.efficientnet_lite import EfficientNetLiteConfig


@dataclass(frozen=True, slots=True)
class ColorMNetLiteConfig:
    """What the network is.

    Places are compared in ``key_channels``, the principal components of the exemplars' features. ``guess_channels``
    and ``judge_channels`` are the widths of the two parts that learn. Colors are carried from ``carried`` earlier
    frames.
    """

    key_channels: int = 192
    guess_channels: int = 192
    judge_channels: int = 16
    carried: int = 3
    trunk: EfficientNetLiteConfig = field(default_factory=EfficientNetLiteConfig)

    @classmethod
    def tiny(cls) -> "ColorMNetLiteConfig":
        """For tests: every part, about 0.1 M parameters."""
        return cls(key_channels=16, guess_channels=16, judge_channels=8, trunk=EfficientNetLiteConfig.tiny())

    @property
    def has_published_trunk(self) -> bool:
        """Whether the trunk is EfficientNet-Lite0, which never learns here and has a package of its own."""
        return self.trunk == EfficientNetLiteConfig()
