"""The navigation of the site is the list of pages in `docs/README.md`: a heading is a section, a list item a page.

A page that the list lacks is put at the end of the section that holds most pages of its folder, so that every page can
be reached.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

HEADING = re.compile(r"^(##|###) (.+)$")
ITEM = re.compile(r"^- \[([^]]+)\]\(([^)#]+\.md)\)")
HOME = "README.md"


def sections(text: str) -> dict[tuple[str, ...], dict[str, str]]:
    """Return the pages of each section, as path and title, by the headings above them.

    >>> sections("## Start\\n- [Learn](a.md): by doing\\n### More\\n- [Look](b.md)\\n")
    {('Start',): {'a.md': 'Learn'}, ('Start', 'More'): {'b.md': 'Look'}}
    """
    found: dict[tuple[str, ...], dict[str, str]] = {}
    place: tuple[str, ...] = ()
    for line in text.splitlines():
        if heading := HEADING.match(line):
            place = (heading[2],) if heading[1] == "##" else (*place[:1], heading[2])
        elif (item := ITEM.match(line)) and not item[2].startswith("../"):
            found.setdefault(place, {})[item[2]] = item[1]
    return found


def unlisted(found: dict[tuple[str, ...], dict[str, str]], docs: Path) -> list[str]:
    """Return the pages of the folder that the list lacks."""
    listed = {page for pages in found.values() for page in pages}
    pages = (str(path.relative_to(docs)) for path in docs.rglob("*.md"))
    return sorted(page for page in pages if page != HOME and page not in listed)


def section_of(found: dict[tuple[str, ...], dict[str, str]], page: str) -> tuple[str, ...]:
    """Return the section that holds most pages of a page's folder."""
    folder = str(Path(page).parent)
    sizes = Counter({place: sum(str(Path(p).parent) == folder for p in pages) for place, pages in found.items()})
    return sizes.most_common(1)[0][0]


def _nested(found: dict[tuple[str, ...], dict[str, str]]) -> list[dict[str, object]]:
    top: dict[str, list[object]] = {}
    for place, pages in found.items():
        entries: list[object] = [{title: page} for page, title in pages.items()]
        top.setdefault(place[0], []).extend([{place[1]: entries}] if place[1:] else entries)
    return [{title: entries} for title, entries in top.items()]


def on_config(config):
    """Give MkDocs the navigation."""
    docs = Path(config.docs_dir)
    found = sections((docs / HOME).read_text(encoding="utf-8"))
    for page in unlisted(found, docs):
        heading = (docs / page).read_text(encoding="utf-8").split("\n", 1)[0].removeprefix("# ")
        found[section_of(found, page)][page] = heading
    config.nav = [{"Home": HOME}, *_nested(found)]
    return config
