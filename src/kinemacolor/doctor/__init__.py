"""What this installation is and whether it works: versions, machine, codecs, folders, weights, a self-test.

Nothing but the self-test loads torch, so that the rest takes a moment.
"""

from collections.abc import Iterator

from kinemacolor.doctor.finding import Finding
from kinemacolor.errors import reason_of

__all__ = ["Finding", "examine"]


def examine(*, self_test: bool = True) -> Iterator[Finding]:
    """What was found, one by one, the self-test last (some seconds: it loads torch and colors a few frames)."""
    from kinemacolor.doctor import codecs, folders, installed, machine, models

    yield from installed.findings()
    yield from machine.findings()
    yield from codecs.findings()
    yield from folders.findings()
    yield from models.findings()
    if self_test:
        try:
            from kinemacolor.doctor import trial
        except (ImportError, OSError) as error:  # OSError: a library that a package brings does not load
            advice = "Install that package again; a version that is too old or for another system is said above."
            yield Finding("self-test", "coloring", f"cannot begin: {reason_of(error)}", "wrong", advice)
        else:
            yield from trial.findings()
