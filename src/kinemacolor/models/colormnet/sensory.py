"""The sensory state: what the network keeps of the very last frames (XMem's, in the release; "GRU" in the paper)."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from kinemacolor.layers.winograd import Conv3x3


class SensoryUpdate(nn.Module):
    """A gated recurrent unit whose candidate does not see a reset state."""

    def __init__(self, inputs: int, hidden_channels: int) -> None:
        super().__init__()
        self.transform = Conv3x3(inputs + hidden_channels, 3 * hidden_channels)

    def forward(
        self, x: Float[Tensor, "b p c h w"], hidden: Float[Tensor, "b p s h w"]
    ) -> Float[Tensor, "b p s h w"]:
        """The new state, in fp32."""
        joined = torch.cat((x, hidden.to(x.dtype)), dim=2).flatten(0, 1)
        forget, update, new = self.transform(joined).float().chunk(3, dim=1)
        forget, update, new = forget.sigmoid(), update.sigmoid(), new.tanh()
        old = hidden.flatten(0, 1)
        return torch.unflatten(forget * old * (1 - update) + update * new, 0, hidden.shape[:2])
