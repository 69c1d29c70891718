"""A film's frames through ColorMNet-lite: as through ColorMNet, with the trunk's batch norms folded away."""

from copy import deepcopy

import torch

from kinemacolor.models.colormnet.colorizer import ColorMNetColorizer
from kinemacolor.models.colormnet.memory import MemoryPolicy
from kinemacolor.models.colormnet_lite.network import ColorMNetLite


def folded(network: ColorMNetLite) -> ColorMNetLite:
    """A copy for inference: the same numbers, less work. The network itself can go on training."""
    copied = deepcopy(network).eval()
    copied.encoder.trunk.fold()
    return copied


class ColorMNetLiteColorizer(ColorMNetColorizer):
    """ColorMNet-lite as the engine knows it. Arguments as for ``ColorMNetColorizer``; the network is copied."""

    def __init__(
        self,
        network: ColorMNetLite,
        *,
        policy: MemoryPolicy | None = None,
        device: torch.device | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__(folded(network), policy=policy, device=device, dtype=dtype)
