"""The bounds of what a network's config may say, checked before a network is made of it."""

MOST_CHANNELS, MOST_LAYERS = 4096, 64
"""Several times what any network here has, and little enough to be built in a second."""


def require_within(low: int | float, high: int | float, **dimensions: int | float | tuple[int | float, ...]) -> None:
    """Raises ``ValueError`` that names the first dimension with a value outside ``low`` to ``high``, or no number."""
    for name, value in dimensions.items():
        for each in value if isinstance(value, tuple) else (value,):
            if not low <= each <= high:
                raise ValueError(f"{name} is {each}, and it is {low} to {high}")


def require_divisible(of: str, number: int, **divisors: int) -> None:
    """Raises ``ValueError`` where ``number``, called ``of``, is no multiple of each divisor."""
    for name, divisor in divisors.items():
        if number % divisor:
            raise ValueError(f"{of} is {number}, and no multiple of {name}, {divisor}")
