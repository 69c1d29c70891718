"""The decoder: the chroma of a frame from what memory says of it (ColorMNet, Eq. 13)."""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from kinemacolor.layers.winograd import Conv3x3
from kinemacolor.models.colormnet.fuser import Fuser, GroupResBlock
from kinemacolor.models.colormnet.pvgfe import ImageFeatures
from kinemacolor.models.colormnet.sensory import SensoryUpdate


class UpsampleBlock(nn.Module):
    """Twice the size: the map, upsampled, plus a 3x3 convolution of the frame's features there."""

    def __init__(self, skip_channels: int, inputs: int, outputs: int) -> None:
        super().__init__()
        self.skip = Conv3x3(skip_channels, inputs)
        self.block = GroupResBlock(inputs, outputs)

    def forward(
        self, skip: Float[Tensor, "b c0 h2 w2"], planes: Float[Tensor, "b p c h w"]
    ) -> Float[Tensor, "b p c2 h2 w2"]:
        """Each plane's map at the size of ``skip``."""
        upsampled = F.interpolate(planes.flatten(0, 1), scale_factor=2, mode="bilinear", align_corners=False)
        joined = torch.unflatten(upsampled, 0, planes.shape[:2]) + self.skip(skip)[:, None]
        return torch.unflatten(self.block(joined.flatten(0, 1)), 0, planes.shape[:2])


class DecoderSensoryUpdate(nn.Module):
    """The sensory state after a frame, from the decoder's maps at three strides."""

    def __init__(self, channels: tuple[int, int, int], mid_channels: int, hidden_channels: int) -> None:
        super().__init__()
        self.from16 = nn.Conv2d(channels[0], mid_channels, 1)
        self.from8 = nn.Conv2d(channels[1], mid_channels, 1)
        self.from4 = nn.Conv2d(channels[2], mid_channels, 1)
        self.update = SensoryUpdate(mid_channels, hidden_channels)

    def forward(
        self,
        stride16: Float[Tensor, "b p c16 h16 w16"],
        stride8: Float[Tensor, "b p c8 h8 w8"],
        stride4: Float[Tensor, "b p c4 h4 w4"],
        logits: Float[Tensor, "b*p c h4 w4"],
        hidden: Float[Tensor, "b p s h16 w16"],
    ) -> Float[Tensor, "b p s h16 w16"]:
        """The new state."""
        # the logits are joined to the map where both are small
        last = torch.cat([F.avg_pool2d(x, 4) for x in (stride4.flatten(0, 1), logits)], dim=1)
        summed = (
            self.from16(stride16.flatten(0, 1))
            + self.from8(F.avg_pool2d(stride8.flatten(0, 1), 2))
            + self.from4(last)
        )
        return self.update(torch.unflatten(summed, 0, hidden.shape[:2]), hidden)


class Decoder(nn.Module):
    """Residual blocks from stride 16 to stride 4, for each chroma plane with the same weights or for both at once."""

    def __init__(
        self, feature_channels: tuple[int, int, int], value_channels: int, hidden_channels: int, planes: int = 2
    ) -> None:
        super().__init__()
        outputs = 2 // planes
        channels16, channels8, channels4 = feature_channels
        self.fuser = Fuser(channels16, value_channels + hidden_channels, value_channels)
        self.up8 = UpsampleBlock(channels8, value_channels, channels4)
        self.up4 = UpsampleBlock(channels4, channels4, channels4)
        self.predict = nn.Conv2d(channels4, outputs, 3, padding=1)
        self.sensory = DecoderSensoryUpdate(
            (value_channels, channels4, channels4 + outputs), channels4, hidden_channels
        )

    def forward(
        self,
        features: ImageFeatures,
        readout: Float[Tensor, "b p v h16 w16"],
        hidden: Float[Tensor, "b p s h16 w16"],
        *,
        update_hidden: bool,
    ) -> tuple[Float[Tensor, "b 2 h w"], Float[Tensor, "b p s h16 w16"]]:
        """The chroma (a*b* / 110, in -1..1) at full size, and the sensory state after this frame or as it was."""
        stride16 = self.fuser(features.stride16, torch.cat((readout, hidden), dim=2))
        stride8 = self.up8(features.stride8, stride16)
        stride4 = self.up4(features.stride4, stride8)
        logits = self.predict(F.relu(stride4.flatten(0, 1)))
        full = F.interpolate(logits.float(), scale_factor=4, mode="bilinear", align_corners=False)
        chroma = full.tanh().view(len(readout), 2, *full.shape[-2:])
        if update_hidden:
            hidden = self.sensory(stride16, stride8, stride4, logits, hidden)
        return chroma, hidden
