"""The protocols: which frames, at which size, with which exemplars, by which figures."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from kinemacolor.errors import SettingError


@dataclass(frozen=True, slots=True)
class Protocol:
    """How a table is made.

    ``size`` (height, width) is that to which every picture is brought first, None leaves them. At most ``frames`` are
    taken of a clip; ``scored`` are those that count (exemplar frames never do, but for figures of change in time).
    """

    name: str
    summary: str
    figures: tuple[str, ...]
    exemplars: str = "first"
    size: tuple[int, int] | None = None
    frames: int | None = None
    scored: range | None = None

    def counts(self, index: int) -> bool:
        """Whether this frame is among those that count."""
        return self.scored is None or index in self.scored

    def only(self, figures: Sequence[str] | None) -> "Protocol":
        """The same with some of its figures; None leaves all. Raises ``SettingError`` for one it does not have."""
        if figures is None:
            return self
        unknown = [name for name in figures if name not in self.figures]
        if unknown:
            raise SettingError(
                f"Protocol '{self.name}' has no figure '{unknown[0]}'. It has {', '.join(self.figures)}."
            )
        return replace(self, figures=tuple(name for name in self.figures if name in figures))


PROTOCOLS: dict[str, Protocol] = {
    "standard": Protocol(
        "standard",
        "True PSNR of 8-bit pictures in float64, mean over frames, then over clips; exemplar frames left out.",
        (
            "psnr", "psnr_ab", "ssim_uniform7", "ssim_gaussian11", "ciede2000", "ciede2000_p90", "cdc", "warp_error",
            "colorfulness",
        ),
    ),
}  # fmt: skip
"""Every protocol by the name that ``--protocol`` takes."""


def protocol_of(name: str) -> Protocol:
    """The protocol with this name. Raises ``SettingError`` naming those there are."""
    try:
        return PROTOCOLS[name]
    except KeyError:
        raise SettingError(f"There is no protocol '{name}'. Protocols: {', '.join(PROTOCOLS)}.") from None
