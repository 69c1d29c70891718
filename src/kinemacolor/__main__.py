"""``python -m kinemacolor``, and the command ``kinemacolor``."""

import signal

if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # while modules come in there is nothing to leave in order

from kinemacolor.cli import main

if __name__ == "__main__":
    main()
