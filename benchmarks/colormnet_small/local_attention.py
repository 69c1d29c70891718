"""ColorMNet's local attention, which also reads planes that no layer follows."""

import torch
from jaxtyping import Float
from torch import Tensor

from kinemacolor.models.colormnet.local_attention import LocalAttention, attend_window


class PlainLocalAttention(LocalAttention):
    """The same layers; ``with_plain`` reads chroma by the attention that reads the value."""

    def with_plain(
        self,
        query: Float[Tensor, "b k h w"],
        key: Float[Tensor, "b k h w"],
        value: Float[Tensor, "b p v h w"],
        plain: Float[Tensor, "b c h w"],
    ) -> tuple[Float[Tensor, "b p v h w"], Float[Tensor, "b c h w"]]:
        """``forward``, and what the same attention reads of planes that no layer follows."""
        with torch.autocast(query.device.type, enabled=False):
            relative = self.relative(query)
            joined = torch.cat((value.flatten(1, 2), plain), dim=1)
            attended = attend_window(query, key, joined, relative, self.radius)
        read, of_plain = torch.split(attended, [joined.shape[1] - plain.shape[1], plain.shape[1]], dim=1)
        projected = self.project(self.smooth(read).movedim(1, -1)).movedim(-1, 1)
        return torch.unflatten(projected, 1, value.shape[1:3]), of_plain
