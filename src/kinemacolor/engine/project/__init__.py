"""A film's folder: settings, shots and stills in files that a person edits; track, film and report beside."""

from kinemacolor.engine.project.bind import BoundStill
from kinemacolor.engine.project.files import ENDING, Project, open_project
from kinemacolor.engine.project.new import new_project
from kinemacolor.engine.project.run import Status, run_project, status_of

__all__ = ["ENDING", "BoundStill", "Project", "Status", "new_project", "open_project", "run_project", "status_of"]
