"""What is compared: ImageNet features of a luma at strides 8, 16 and 32, as one unit key a position."""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from kinemacolor.frames import Luma
from kinemacolor.layers.efficientnet_lite import EfficientNetLite, load_trunk

KEY_STRIDE = 8


class KeyEncoder(nn.Module):
    """Keys on a grid of stride 8; levels of other strides are brought to it bilinearly."""

    def __init__(self, strides: tuple[int, ...], trunk: EfficientNetLite | None = None) -> None:
        super().__init__()
        self.strides = strides
        self.trunk = (trunk or load_trunk(last_stride=max(strides))).fold()

    def forward(self, luma: Luma) -> Float[Tensor, "key_channels h8 w8"]:
        """Unit keys: their dot product is the mean cosine over the levels, -1..1."""
        features = self.trunk(luma[None])
        size = features[KEY_STRIDE].shape[-2:]
        levels = []
        for stride in self.strides:
            level = features[stride].float()
            # the mean says "this is a picture", the differences from it say which place
            level = F.normalize(level - level.mean((-2, -1), keepdim=True), dim=1)
            level = F.interpolate(level, size, mode="bilinear", align_corners=False)
            levels.append(F.normalize(level, dim=1))
        return torch.cat(levels, 1)[0] / len(levels) ** 0.5
