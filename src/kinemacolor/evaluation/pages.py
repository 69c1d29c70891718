"""HTML pages from the templates beside this file. Needs jinja2, which comes with the ``eval`` extra."""

from typing import TYPE_CHECKING

from kinemacolor.errors import SettingError

if TYPE_CHECKING:
    from jinja2 import Template


def template(name: str) -> "Template":
    """The template with this name. Raises ``SettingError`` where jinja2 is not installed."""
    try:
        from jinja2 import Environment, PackageLoader, select_autoescape
    except ImportError as error:
        raise missing(error) from error
    loader = PackageLoader("kinemacolor.evaluation")
    return Environment(loader=loader, autoescape=select_autoescape(["html", "j2"]), trim_blocks=True).get_template(
        name
    )


def missing(error: ImportError) -> SettingError:
    """The error for a package that pages need and that is not there."""
    return SettingError(f"No HTML page can be written: {error.name} is missing. pip install 'kinemacolor[eval]'.")
