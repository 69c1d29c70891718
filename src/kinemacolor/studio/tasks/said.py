"""How a task says how it comes along."""

from collections.abc import Callable

from kinemacolor.studio.calls import Context

_EVERY_FRAMES = 25


def counted(context: Context, what: str) -> Callable[[int, int | None], None]:
    """Tells how a pass over a film comes along, now and then."""

    def told(seen: int, total: int | None) -> None:
        if seen % _EVERY_FRAMES == 0:
            context.tell(what=what, done=seen, total=total)

    return told
