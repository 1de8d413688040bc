"""Turns sections between `<!-- tabs -->` and `<!-- end of tabs -->` into tabs: a heading of level 4 names a tab.

GitHub shows the same text as sections one after the other.
"""

from __future__ import annotations

import re
from textwrap import indent

TABS = re.compile(r"^<!-- tabs -->\n(.*?)^<!-- end of tabs -->$", re.DOTALL | re.MULTILINE)
HEADING = re.compile(r"^#### (.+)\n", re.MULTILINE)


def tabbed(text: str) -> str:
    """Return a page with its tabs.

    >>> print(tabbed("<!-- tabs -->\\n#### Django\\n\\nOne.\\n\\n#### Flask\\n\\nTwo.\\n<!-- end of tabs -->"))
    === "Django"
    <BLANKLINE>
        One.
    <BLANKLINE>
    === "Flask"
    <BLANKLINE>
        Two.
    <BLANKLINE>
    """
    return TABS.sub(lambda match: _tabs(match[1]), text)


def _tabs(text: str) -> str:
    _, *parts = HEADING.split(text)
    pairs = zip(parts[::2], parts[1::2], strict=True)
    return "\n\n".join(f'=== "{name}"\n\n{indent(body.strip(), " " * 4)}' for name, body in pairs) + "\n"


def on_page_markdown(markdown, **_):
    """Replace the tabs of a page."""
    return tabbed(markdown)
