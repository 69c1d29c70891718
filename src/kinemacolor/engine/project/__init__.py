"""A film's folder: settings, shots and stills in files that a person edits; track, film and report beside."""

from kinemacolor.engine.project.bind import BoundStill
from kinemacolor.engine.project.files import ENDING, Project, open_project
from kinemacolor.engine.project.new import new_project
from kinemacolor.engine.project.run import Status, run_project, status_of
from kinemacolor.engine.project.shots import Prepared, color_shots, identity_of_job, plan_project, project_job

__all__ = [
    "ENDING",
    "BoundStill",
    "Prepared",
    "Project",
    "Status",
    "color_shots",
    "identity_of_job",
    "new_project",
    "open_project",
    "plan_project",
    "project_job",
    "run_project",
    "status_of",
]
