"""The report on a run: a page, JSON, and a note in the film itself."""

from kinemacolor.engine.report.facts import Facts, note_of
from kinemacolor.engine.report.page import write_report

__all__ = ["Facts", "note_of", "write_report"]
