"""Reads the live nodes of a run page by page, so that no command takes long."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

__all__ = ("live_of", "live_pages")

#: Nodes of one page. A small hash comes as a whole.
_PAGE = 2000


def live_of(client: Any, keys: Sequence[str]) -> list[dict[bytes, bytes]]:
    """Return the live records of several runs, in one round trip but for runs with more than a page of them.

    Args:
        client: a redis-py client.
        keys: of the live nodes of each run.
    """
    with client.pipeline(transaction=False) as pipe:
        for key in keys:
            pipe.hscan(key, 0, count=_PAGE)
        begun = pipe.execute()
    return [
        {**page, **{node: raw for more in live_pages(client, key, place) for node, raw in more.items()}}
        if place
        else page
        for key, (place, page) in zip(keys, begun, strict=True)
    ]


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
