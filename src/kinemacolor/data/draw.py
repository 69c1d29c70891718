"""Numbers drawn from a generator, so that a sample depends on its seed and on nothing else."""

import hashlib
from collections.abc import Mapping
from typing import TypeVar

import torch
from torch import Generator

NameT = TypeVar("NameT", bound=str)


def seed_of(*parts: int | str) -> int:
    """A 63-bit seed from numbers and words; other parts give an unrelated one."""
    digest = hashlib.sha256("/".join(map(str, parts)).encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def generator_of(*parts: int | str) -> Generator:
    """A generator on the CPU, seeded by ``seed_of``."""
    return Generator().manual_seed(seed_of(*parts))


def uniform(generator: Generator, low: float, high: float) -> float:
    """A number between ``low`` and ``high``."""
    return low + (high - low) * float(torch.rand((), generator=generator))


def normal(generator: Generator) -> float:
    """A number of the standard normal distribution."""
    return float(torch.randn((), generator=generator))


def chance(generator: Generator, probability: float) -> bool:
    """True with this probability."""
    return float(torch.rand((), generator=generator)) < probability


def whole(generator: Generator, count: int) -> int:
    """A whole number from 0 to ``count - 1``."""
    return int(torch.randint(count, (), generator=generator))


def one_of(generator: Generator, weights: Mapping[NameT, float]) -> NameT:
    """One of the names, each as often as its weight says. Weights need not sum to 1."""
    drawn = torch.multinomial(torch.tensor(list(weights.values())), 1, generator=generator)
    return list(weights)[int(drawn)]
