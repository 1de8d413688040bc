"""A version of a saved graph, a field of `orc:graphs:{orc:<app>}:<name>`.

name     = text of 1 to 200 printable characters
fields   = "format" version-of-this-format | "last" number | "newest" number
         | number record | signature number
number   = "1" | "2" | ...                ; `last` is the highest that was ever used, `newest` the highest that is there
record   = milliseconds " " facts         ; the store's clock says when it was saved
facts    = JSON object: signature, author, note, nodes, edges, and whatever a later release adds
signature = "s:" uuid                     ; the version of each signature, so that a repeated call is known

The document and the layout of a version lie beside its signature, `orc:{<signature>}:g`, and are deleted with it.
A process that meets a later format than its own touches nothing of the graph, and leaves it out of lists.
"""

from __future__ import annotations

import json
from typing import NamedTuple

__all__ = ("FORMAT", "Facts", "StoredVersion", "parse_version", "write_facts")

#: The format that this release reads and writes.
FORMAT = 1


class Facts(NamedTuple):
    """What the caller tells of a version.

    Args:
        signature: the id of its stored signature.
        author: who saves it.
        note: what the author writes about it.
        nodes: the number of its nodes.
        edges: the number of its declarations of edges.
    """

    signature: str
    author: str
    note: str
    nodes: int
    edges: int


class StoredVersion(NamedTuple):
    """A version as it is stored: its number, when it was saved in milliseconds, and its facts."""

    number: int
    saved: float
    facts: Facts


def write_facts(facts: Facts) -> str:
    """Return the text of the facts.

    >>> write_facts(Facts("s:1", "ann", "", 2, 3))
    '{"signature": "s:1", "author": "ann", "note": "", "nodes": 2, "edges": 3}'
    """
    return json.dumps(facts._asdict())


def parse_version(number: bytes | int, raw: bytes) -> StoredVersion:
    """Read a version.

    >>> parse_version(b"7", b'5 {"signature": "s:1", "author": "a", "note": "", "nodes": 2, "edges": 3, "new": 1}')
    StoredVersion(number=7, saved=5.0, facts=Facts(signature='s:1', author='a', note='', nodes=2, edges=3))
    """
    saved, _, text = raw.partition(b" ")
    facts = json.loads(text)
    return StoredVersion(int(number), float(saved), Facts(**{name: facts[name] for name in Facts._fields}))
