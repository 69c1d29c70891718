"""Whether the built documentation holds together.

    python scripts/check_site.py build/site

Each link within it leads to a page and a place that are there, and no page loads anything from another host (links
that a reader clicks may lead anywhere).
"""

import re
import sys
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

_LOADED = {
    "script": ("src",),
    "img": ("src", "srcset"),
    "link": ("href",),
    "video": ("src", "poster"),
    "audio": ("src",),
    "source": ("src", "srcset"),
    "iframe": ("src",),
    "object": ("data",),
    "embed": ("src",),
    "input": ("src",),
    "use": ("href", "xlink:href"),
}
_NOT_LOADED = {"canonical", "next", "prev", "alternate", "author", "license"}
_IN_STYLES = re.compile(r"url\(\s*['\"]?([^'\")]+)|@import\s+['\"]([^'\"]+)")


class Page(HTMLParser):
    """A page's links, what it loads, and the places in it that links may lead to."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.places: set[str] = set()
        self._is_style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keeps what an element names."""
        given = {name: value or "" for name, value in attrs}
        self.places |= {given[name] for name in ("id", "name") if given.get(name)}
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        if not (tag == "link" and _NOT_LOADED & set(given.get("rel", "").split())):
            self.loaded += [given[name].split()[0] for name in _LOADED.get(tag, ()) if given.get(name)]
        self.loaded += in_styles(given.get("style", ""))
        self._is_style = tag == "style"

    def handle_data(self, data: str) -> None:
        """Keeps what a style names."""
        if self._is_style:
            self.loaded += in_styles(data)


def in_styles(text: str) -> list[str]:
    """What a style loads."""
    return [first or second for first, second in _IN_STYLES.findall(text)]


@cache
def page_of(path: Path) -> Page:
    """A page, read once."""
    page = Page()
    page.feed(path.read_text(encoding="utf-8"))
    return page


def faults_in(site: Path) -> list[str]:
    """A line for each link that leads nowhere, and for each thing that is loaded from elsewhere."""
    found = []
    for path in sorted(site.rglob("*.html")):
        name, page = path.relative_to(site), page_of(path)
        found += [f"{name}: {fault}" for link in page.links if (fault := fault_of_link(link, path, site))]
        for target in page.loaded:
            if urlsplit(target).netloc:
                found.append(f"{name}: loads {target} from another host")
            elif not target.startswith("data:") and (fault := fault_of_link(target, path, site)):
                found.append(f"{name}: {fault}")
    for path in sorted(site.rglob("*.css")):
        far = [each for each in in_styles(path.read_text(encoding="utf-8")) if urlsplit(each).netloc]
        found += [f"{path.relative_to(site)}: loads {each} from another host" for each in far]
    return found


def fault_of_link(link: str, path: Path, site: Path) -> str:
    """What is wrong with a link of a page; "" where nothing is."""
    parts = urlsplit(link)
    if parts.scheme or parts.netloc:
        return ""
    # the page of what is not found is shown under any address, so its links begin at the root
    base = site if parts.path.startswith("/") or path.name == "404.html" else path.parent
    target = (base / unquote(parts.path).lstrip("/")).resolve() if parts.path else path
    if target.is_dir():
        target = target / "index.html"
    if not target.is_relative_to(site.resolve()) and path.name != "404.html":
        return f"{link} leads out of the site"
    if not target.exists():
        return f"{link} leads nowhere"
    place = unquote(parts.fragment)
    if place and target.suffix == ".html" and place not in page_of(target).places:
        return f"{link} leads to no place in {target.name}"
    return ""


def main() -> None:
    """The command."""
    site = Path(sys.argv[1]).resolve()
    pages = len(list(site.rglob("*.html")))
    found = faults_in(site)
    for line in found:
        print(line)
    size = sum(path.stat().st_size for path in site.rglob("*") if path.is_file())
    print(f"{pages} pages, {size / 1e6:.1f} MB, {len(found)} faults")
    sys.exit(bool(found) or not pages)


if __name__ == "__main__":
    main()
