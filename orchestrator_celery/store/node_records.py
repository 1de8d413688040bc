"""Reads records of nodes page by page, so that no command takes long."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from orchestrator_celery.records.pools.short_ends import parse_process, parse_short_end, process_field

__all__ = ("PAGE", "fields_of", "full_records", "live_of", "live_pages")

#: Most fields of one call.
PAGE = 1000
#: Nodes of one page. A small hash comes as a whole.
_PAGE = 2000


def fields_of(client: Any, key: str, fields: Sequence[str]) -> list[bytes | None]:
    """Return fields of a hash; None for each that is missing.

    Args:
        client: a redis-py client.
        key: of the hash.
        fields: any number of fields.
    """
    found: list[bytes | None] = []
    for start in range(0, len(fields), PAGE):
        found.extend(client.hmget(key, list(fields[start : start + PAGE])))
    return found


def full_records(client: Any, key: str, nodes: Sequence[str], raws: Sequence[bytes | None]) -> list[bytes | None]:
    """Return records of ended nodes as `records/ended.py` describes them, also where the store has short ones.

    Args:
        client: a redis-py client.
        key: of the records of the run.
        nodes: the node of each record, or a field beside one, whose value stays as it is.
        raws: the records; None for a node that has not ended.
    """
    found = list(raws)
    short = {
        place: end
        for place, (node, raw) in enumerate(zip(nodes, raws, strict=True))
        if raw is not None and ":" not in node and (end := parse_short_end(raw)) is not None
    }
    numbers = sorted({end.process for end in short.values()})
    told = fields_of(client, key, [process_field(number) for number in numbers])
    processes = {number: parse_process(raw) for number, raw in zip(numbers, told, strict=True) if raw is not None}
    for place, end in short.items():  # without its process, the run was deleted meanwhile
        found[place] = end.full(processes[end.process]) if end.process in processes else None
    return found


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
