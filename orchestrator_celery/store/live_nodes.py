"""Reads the live nodes of a run page by page, so that no command takes long."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

__all__ = ("live_pages",)

#: Nodes of one page. A small hash comes as a whole.
_PAGE = 2000


def live_pages(client: Any, key: str, place: int = 0) -> Iterator[dict[bytes, bytes]]:
    """Yield the live records of a run by node.

    A node that is live all the time is in one of the pages, or in several. A node that comes or goes meanwhile may be
    missing.

    Args:
        client: a redis-py client.
        key: of the live nodes.
        place: where to begin, as `HSCAN` returned it.
    """
    first = True
    while first or place:
        first = False
        place, page = client.hscan(key, place, count=_PAGE)
        yield page
