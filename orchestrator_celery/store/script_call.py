"""Calls a script and reads its answer: effects, or a refusal."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from enum import Enum
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from orchestrator_celery.model.effects import Await, CloseRun, Decide, Dispatch, Effect, Foresight, Reason
from orchestrator_celery.model.ids import Fence, LeafId
from orchestrator_celery.records.head import check_format
from orchestrator_celery.store import scripts
from orchestrator_celery.store.keys import Keys

if TYPE_CHECKING:
    from orchestrator_celery.settings import OrchestratorSettings

__all__ = ("NEWER", "Effects", "Refused", "Verbs", "effect", "foresight", "in_chunks")


#: Answered by every script for a run of a later release; raised as `FormatTooNew`.
NEWER = b"newer"


class Refused(str, Enum):
    """Words with which a script refuses; `RETURNS` in each script says when."""

    GONE = "gone"  #: no such run
    HELD = "held"  #: the run does not start anything now
    STALE = "stale"  #: superseded by a later message, or ended already
    DUPLICATE = "duplicate"  #: another delivery of the same message is running
    EXISTS = "exists"  #: the id is that of a known run
    EXPIRED = "expired"  #: the upload took longer than an hour
    CLOSED = "closed"  #: the swarm takes no more items
    FULL = "full"  #: more items than `max_items`
    STATE = "state"  #: the run's status does not allow it
    CHANGED = "changed"  #: the run is no longer what the confirmed plan says
    POISONED = "poisoned"  #: too many lost processes
    NODE = "node"  #: the node's state does not allow it


class Effects(NamedTuple):
    """What a transition answers: refused (and a detail, or more), or what has to be done next."""

    refused: Refused | None
    todo: tuple[Effect, ...] = ()
    detail: Any = None
    more: tuple[Any, ...] = ()


class Verbs:
    """Calls the scripts; the verbs themselves stand in its subclasses, by what they are about.

    Args:
        client: a redis-py client.
        settings: limits, and the prefix of the keys.
    """

    def __init__(self, client: Any, settings: OrchestratorSettings) -> None:
        self.client = client
        self.keys = Keys(settings.key_prefix)
        self._settings = settings

    def _run(self, verb: str, run: str, *args: Any) -> Effects:
        word, effects, *rest = scripts.load(verb).run(self.client, self.keys.root(run), args)
        if word == NEWER:
            check_format(rest[0], run)
        refused = None if word == b"ok" else Refused(word.decode())
        return Effects(
            refused, tuple(effect(run, item) for item in effects), rest[0] if rest else None, tuple(rest[1:])
        )


def foresight(more: tuple[Any, ...]) -> Foresight | None:
    """Read what a claim tells of the edges of a graph's node."""
    if not more:
        return None
    spec, *rest = more
    if not rest:
        return Foresight(spec)
    given, last, visits, found = rest
    records = {found[i].decode(): found[i + 1] for i in range(0, len(found), 2)}
    return Foresight(spec, True, given.decode(), json.loads(last), int(visits), records)


def in_chunks(items: Iterable[Any], size: int) -> Iterator[list[Any]]:
    """Cut any iterable into lists of at most `size`, without holding more than one."""
    iterator = iter(items)
    while chunk := list(islice(iterator, size)):
        yield chunk


def effect(run: str, item: list[Any]) -> Effect:
    """Read one effect of an answer."""
    kind, node, attempt, *rest = item
    if kind == b"await":
        return Await(run, float(rest[0]) if rest[0] else None)
    if kind == b"decide":
        why, ref, spec, given, last, visits, tries, found, born = rest
        return Decide(
            run,
            node.decode(),
            Reason(why.decode()),
            ref.decode(),
            spec,
            given.decode(),
            json.loads(last),
            int(visits),
            int(tries),
            {found[i].decode(): found[i + 1] for i in range(0, len(found), 2)},
            born.decode(),
        )
    leaf = LeafId(run, node.decode(), int(attempt))
    if kind == b"close":
        return CloseRun(leaf)
    retries, nesting, given, spec, wait, level, born = rest
    fence = Fence(nesting=int(nesting), retries=int(retries))
    own_level = int(level) if level else None
    return Dispatch(leaf, fence, given.decode(), spec, int(wait) / 1000, own_level, born.decode())
