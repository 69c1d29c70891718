"""HTML pages from the templates beside this file."""

from jinja2 import Environment, PackageLoader, Template, select_autoescape


def template(name: str) -> Template:
    """The template with this name; what it is given is escaped."""
    loader = PackageLoader("kinemacolor.evaluation")
    pages = Environment(loader=loader, autoescape=select_autoescape(["html", "j2"]), trim_blocks=True)
    return pages.get_template(name)
