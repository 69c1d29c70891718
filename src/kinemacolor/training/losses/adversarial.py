"""The adversarial loss: a relativistic average least-squares GAN (Deep Exemplar, Eq. 12).

A discriminator scores pairs of consecutive frames; it learns how much more real the real ones look.
"""

from jaxtyping import Float
from torch import Tensor


def generator_loss(fake: Float[Tensor, "*n"], real: Float[Tensor, "*m"]) -> Float[Tensor, ""]:
    """Eq. 12: ``E[(D(fake) - E D(real) - 1)^2] + E[(D(real) - E D(fake) + 1)^2]`` of the scores."""
    return (fake - real.mean() - 1).square().mean() + (real - fake.mean() + 1).square().mean()


def discriminator_loss(fake: Float[Tensor, "*n"], real: Float[Tensor, "*m"]) -> Float[Tensor, ""]:
    """Eq. 12 with real and fake exchanged, which the paper leaves to the reader. Give scores of detached fakes."""
    return generator_loss(real, fake)
