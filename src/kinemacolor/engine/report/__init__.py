"""What was made, from what, and where it is weak: as a page, as JSON and as a line in the film itself."""

from kinemacolor.engine.report.facts import Facts, note_of
from kinemacolor.engine.report.page import write_report

__all__ = ["Facts", "note_of", "write_report"]
