"""What was made, from what, and where it is weak: as a page, as JSON and as a line in the film itself."""

from kinemacolor.engine.report.facts import Facts, note_of
from kinemacolor.engine.report.gallery import Gallery
from kinemacolor.engine.report.page import require_place, write_report

__all__ = ["Facts", "Gallery", "note_of", "require_place", "write_report"]
