"""Records of composites that are under way, in `:m` under their node.

record = pool                   ; begins with "P|", see `pool.py`
       | graph                  ; begins with "G|", see `graph.py`
       | "C|" since             ; steps that run one after the other; milliseconds since the epoch
"""

from __future__ import annotations

from datetime import datetime

from orchestrator_celery.model.clock import from_ms
from orchestrator_celery.records.graphs.graph import is_graph, parse_graph_head
from orchestrator_celery.records.pool import is_pool, parse_pool

__all__ = ("parse_since", "write_steps")

_STEPS = "C|"


def parse_since(raw: bytes) -> datetime | None:
    """When a composite began; None for a graph that another run began.

    >>> parse_since(b"C|1000").isoformat()
    '1970-01-01T00:00:01+00:00'
    """
    if is_pool(raw):
        return parse_pool(raw).since
    if is_graph(raw):
        return parse_graph_head(raw).since
    return from_ms(raw.decode().removeprefix(_STEPS))


def write_steps(since: datetime) -> bytes:
    """Write the record of steps that run one after the other."""
    return f"{_STEPS}{round(since.timestamp() * 1000)}".encode()
