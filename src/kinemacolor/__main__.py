"""``python -m kinemacolor``, and the command ``kinemacolor``."""

import signal
import sys

if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # while modules come in there is nothing to leave in order

from kinemacolor.cli import main as command
from kinemacolor.interruption import end_now, interrupted, said_already


def main() -> None:
    """Runs the command line and ends the process."""
    sys.unraisablehook = said_already
    try:
        command()
    finally:
        if interrupted():
            end_now()


if __name__ == "__main__":
    main()
