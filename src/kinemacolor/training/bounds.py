"""The least that numbers of a run may be; what is no number is below all of them."""

from kinemacolor.errors import SettingError


def require_at_least(least: int | float, **numbers: int | float | None) -> None:
    """Raises ``SettingError`` for the first number below ``least``, or that is NaN; None is none that was given."""
    for name, number in numbers.items():
        if number is not None and not number >= least:
            raise SettingError(f"{name} is {number}, and must be a number of at least {least:g}.")
