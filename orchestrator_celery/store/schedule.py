"""Times in the derived indexes, by the store's clock (invariant 10)."""

from __future__ import annotations

from typing import Any

from redis.cluster import RedisCluster

from orchestrator_celery.store.scripting import scripts

__all__ = ("schedule", "schedule_new")


def schedule(
    client: Any,
    index: str,
    member: str,
    *,
    after: float = 0,
    at: float | None = None,
    only: str = "",
    earlier: bool = False,
) -> bool:
    """Put a member into an index, such as `orc:due`.

    Args:
        client: a redis-py client.
        index: the key of the index.
        member: a run or a signature.
        after: milliseconds from now, or after `at`.
        at: milliseconds since the epoch; a time in the past counts as now.
        only: `NX` for a new member only, `XX` for a known member only.
        earlier: leave a known member that has an earlier time.

    Returns:
        Whether the member is new in the index.
    """
    base = ("in", 0) if at is None else ("at", int(at))
    _, added = scripts.load("schedule").run(client, index, (member, *base, int(after), only, "LT" if earlier else ""))
    return bool(added)


def schedule_new(client: Any, pipe: Any, index: str, member: str, after: float) -> None:
    """Put a member that is not in an index into it, with the next round trip of a pipeline.

    Args:
        client: the client of the pipeline.
        pipe: the pipeline.
        index: the key of the index.
        member: a run or a signature.
        after: milliseconds from now.
    """
    if isinstance(client, RedisCluster):  # its pipelines take no scripts
        schedule(client, index, member, after=after, only="NX")
    else:
        pipe.eval(scripts.load("schedule").text, 1, index, member, "in", 0, int(after), "NX", "")
