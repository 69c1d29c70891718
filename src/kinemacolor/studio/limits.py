"""The limits of what may come in, said before it comes."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kinemacolor.errors import InputError

if TYPE_CHECKING:
    from kinemacolor.io.info import FilmInfo

_GIB = 2**30


@dataclass(frozen=True, slots=True)
class Limits:
    """The largest film and still that are taken in, and how many uploads at once."""

    film_bytes: int = 64 * _GIB
    still_bytes: int = 256 * 2**20
    seconds: float = 6 * 3600.0
    pixels: int = 8192 * 4320
    uploads: int = 4
    probe_seconds: float = 60.0

    def check(self, info: "FilmInfo") -> None:
        """Raises ``InputError`` for a film that is larger or longer."""
        if info.width * info.height > self.pixels:
            raise InputError(
                f"The film is {info.width}x{info.height}, and {self.pixels // 10**6} million pixels a frame are the "
                "limit here. Make a smaller copy of it, or color it with `kinemacolor colorize`."
            )
        if info.duration_seconds is not None and info.duration_seconds > self.seconds:
            hours = self.seconds / 3600
            raise InputError(
                f"The film is {float(info.duration_seconds) / 3600:.1f} hours long, and {hours:g} are the limit. "
                "Cut it into parts, or color it with `kinemacolor colorize`."
            )
