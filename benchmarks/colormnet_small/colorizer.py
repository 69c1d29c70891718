"""A film's frames through ColorMNet-small: as through ColorMNet, with the trunk's batch norms folded away."""

from collections.abc import Callable
from copy import deepcopy

import torch

from colormnet_small.network import ColorMNetSmall
from kinemacolor.models.colormnet.colorizer import ColorMNetColorizer
from kinemacolor.models.colormnet.policy import MemoryPolicy
from kinemacolor.models.colormnet.restriction import Restriction


def folded(network: ColorMNetSmall) -> ColorMNetSmall:
    """A copy for inference: the same numbers, less work. The network itself can go on training."""
    copied = deepcopy(network).eval()
    copied.encoder.trunk.fold()
    return copied


class ColorMNetSmallColorizer(ColorMNetColorizer):
    """ColorMNet-small as the engine knows it. Arguments as for ``ColorMNetColorizer``; the network is copied."""

    def __init__(
        self,
        network: ColorMNetSmall,
        *,
        policy: MemoryPolicy | None = None,
        restriction: Callable[[], Restriction] | None = None,
        device: torch.device | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__(folded(network), policy=policy, restriction=restriction, device=device, dtype=dtype)
