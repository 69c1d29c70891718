"""The hard example mining loss: L1 where it is worst, and at some places drawn at random (BiSTNet, Eq. 5).

BiSTNet cites CDVD-TSP (Pan et al., 2020), whose published settings are half of the pixels and a random tenth.
"""

import torch
from jaxtyping import Bool, Float
from torch import Generator, Tensor


def hard_pixels(
    error: Float[Tensor, "b h w"], *, hardest: float = 0.5, random: float = 0.1, generator: Generator | None = None
) -> Bool[Tensor, "b h w"]:
    """The ``hardest`` part of each picture's pixels, and a ``random`` part of all its pixels."""
    flat = error.detach().flatten(1)
    count = flat.shape[1]
    hard = torch.zeros_like(flat, dtype=torch.bool)
    hard.scatter_(1, flat.topk(round(hardest * count), dim=1).indices, True)
    drawn = torch.rand(flat.shape, generator=generator, device="cpu").to(flat.device)
    hard.scatter_(1, drawn.topk(round(random * count), dim=1).indices, True)
    return hard.view_as(error)


def hard_example_loss(
    predicted: Float[Tensor, "b c h w"],
    truth: Float[Tensor, "b c h w"],
    *,
    hardest: float = 0.5,
    random: float = 0.1,
    generator: Generator | None = None,
) -> Float[Tensor, ""]:
    """The mean absolute difference over all pixels, of which only the hard ones count."""
    error = (predicted - truth).abs()
    hard = hard_pixels(error.sum(1), hardest=hardest, random=random, generator=generator)
    return (error * hard[:, None]).mean()
