"""What ColorMNet-lite is made of."""

from dataclasses import dataclass, field

from kinemacolor.layers.efficientnet_lite import EfficientNetLiteConfig


@dataclass(frozen=True, slots=True)
class ColorMNetLiteConfig:
    """What the network is.

    Places are compared in ``key_channels``. ``decoder_channels`` are the decoder's at strides 4, 8 and 16. Colours
    are carried from ``carried`` earlier frames.
    """

    key_channels: int = 128
    decoder_channels: tuple[int, int, int] = (24, 48, 64)
    carried: int = 3
    trunk: EfficientNetLiteConfig = field(default_factory=EfficientNetLiteConfig)

    @classmethod
    def tiny(cls) -> "ColorMNetLiteConfig":
        """For tests: every part, about 0.1 M parameters."""
        return cls(key_channels=16, decoder_channels=(8, 8, 16), trunk=EfficientNetLiteConfig.tiny())
