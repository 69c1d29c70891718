"""Memory over the frames of a shot, as SVG. Needs matplotlib, which comes with the ``eval`` extra."""

import io

from kinemacolor.errors import SettingError
from kinemacolor.explain.usage import MemoryCurve


def plot_of(curve: MemoryCurve, *, first_frame: int) -> bytes:
    """The parts, stacked. Raises ``SettingError`` where matplotlib is not installed."""
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise SettingError(
            "The curve of memory cannot be drawn: matplotlib is missing. pip install 'kinemacolor[eval]'."
        ) from error
    canvas = Figure(figsize=(7, 3), layout="constrained")
    axes = canvas.add_subplot()
    frames = list(range(first_frame, first_frame + len(curve)))
    parts = list(curve[0])
    axes.stackplot(frames, [[use[part] / 2**20 for use in curve] for part in parts], labels=parts)
    axes.set_xlabel("frame")
    axes.set_ylabel("MiB")
    axes.set_xlim(frames[0], max(frames[-1], frames[0] + 1))
    axes.legend(loc="upper left", frameon=False, fontsize=8)
    drawn = io.BytesIO()
    canvas.savefig(drawn, format="svg")
    return drawn.getvalue()
