"""The dimensions of the color prior."""

from dataclasses import dataclass, field

from kinemacolor.layers.dimensions import MOST_CHANNELS, MOST_LAYERS, require_divisible, require_within
from kinemacolor.layers.efficientnet_lite import EfficientNetLiteConfig


@dataclass(frozen=True, slots=True)
class ColorPriorConfig:
    """The dimensions of the network; stored in its weights file.

    ``channels`` is the width of the tokens at stride 16, which go through ``layers`` layers of self- and
    cross-attention with ``heads`` heads. ``fine_channels`` is the width at stride 8, where the exemplars are asked
    once more with ``fine_heads`` heads of ``fine_key_channels`` channels each. ``components`` Gaussians make up the
    answer for each place.
    """

    channels: int = 128
    layers: int = 3
    heads: int = 4
    fine_channels: int = 96
    fine_heads: int = 2
    fine_key_channels: int = 32
    components: int = 4
    trunk: EfficientNetLiteConfig = field(default_factory=EfficientNetLiteConfig)

    def __post_init__(self) -> None:
        """Raises ``ValueError`` for dimensions that no such network has."""
        require_within(
            1,
            MOST_CHANNELS,
            channels=self.channels,
            fine_channels=self.fine_channels,
            fine_key_channels=self.fine_key_channels,
        )
        require_within(
            1,
            MOST_LAYERS,
            layers=self.layers,
            heads=self.heads,
            fine_heads=self.fine_heads,
            components=self.components,
        )
        require_divisible("channels", self.channels, heads=self.heads)
        require_divisible("fine_channels", self.fine_channels, fine_heads=self.fine_heads)

    @classmethod
    def tiny(cls) -> "ColorPriorConfig":
        """For tests: every part, about 0.1 M parameters."""
        return cls(
            channels=16,
            layers=2,
            heads=2,
            fine_channels=16,
            fine_heads=2,
            fine_key_channels=8,
            trunk=EfficientNetLiteConfig.tiny(),
        )
