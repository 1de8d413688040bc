"""A saved view of the list of runs, a field of `orc:views:<app>`; the field is its name.

view    = version " " saved newline owner newline facts
saved   = milliseconds by the store's clock
owner   = the actor who saved it first, as a JSON text
facts   = JSON object: filter, columns, and whatever a later release adds
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from orchestrator_celery.model.clock import from_ms
from orchestrator_celery.model.observe.saved_views import SavedView

__all__ = ("parse_view", "write_facts", "write_owner")


def write_owner(owner: str) -> str:
    r"""Return the line with the owner.

    >>> write_owner("a\nb")
    '"a\\nb"'
    """
    return json.dumps(owner)


def write_facts(filter: str, columns: Iterable[str]) -> str:
    """Return the last line of a view. Equal views have equal lines.

    >>> write_facts("tag:eu", ("name", "tags"))
    '{"filter": "tag:eu", "columns": ["name", "tags"]}'
    """
    return json.dumps({"filter": filter, "columns": list(columns)})


def parse_view(name: str, raw: bytes, *, shared: bool) -> SavedView:
    r"""Read a view.

    >>> parse_view("n", b'2 5000\n"ada"\n{"filter": "tag:eu", "columns": [], "new": 1}', shared=True).owner
    'ada'
    """
    head, owner, text = raw.decode().split("\n", 2)
    version, saved = head.split(" ")
    facts = json.loads(text)
    return SavedView(
        name=name,
        filter=facts["filter"],
        columns=tuple(facts["columns"]),
        owner=json.loads(owner),
        shared=shared,
        version=int(version),
        saved=from_ms(saved),
    )
