"""``python -m kinemacolor``."""

from kinemacolor.cli import main

main()
