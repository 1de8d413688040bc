"""An entry in the stream of a run, `:e`.

    entry = "t" kind "n" node *( field value )     ; a Redis stream entry; its id begins with its time in milliseconds
    kind  = a key of `KINDS`
    field = a value of `EventField`

A `succeeded` or `failed` without an attempt, or with attempt 0, is the end of a composite.

A process of a later version may write kinds and fields that this one does not know: such an entry becomes an
`UnknownEvent` with the raw fields.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from enum import Enum
from typing import Any

from pydantic import ValidationError

from orchestrator_celery.model import events
from orchestrator_celery.model.clock import from_ms
from orchestrator_celery.model.events import Event, UnknownEvent

__all__ = ("COMPOSITES", "KINDS", "EventField", "parse_event")

#: Kinds of events, and the classes users get.
KINDS: dict[str, type[Event]] = {
    "status": events.StatusChanged,
    "closed": events.RunClosed,
    "started": events.NodeStarted,
    "succeeded": events.NodeSucceeded,
    "failed": events.NodeFailed,
    "retried": events.NodeRetried,
    "lost": events.NodeLost,
    "held": events.NodeHeld,
    "interrupted": events.NodeInterrupted,
    "resumed": events.NodeResumed,
    "republished": events.NodeRepublished,
    "checkpoint": events.NodeCheckpointed,
    "progress": events.NodeProgressed,
    "vetoed": events.NodeVetoed,
    "skipped": events.NodeSkipped,
    "ignored": events.ArrivalIgnored,
    "awaiting": events.ApprovalAwaited,
    "added": events.ItemsAdded,
    "swarm-closed": events.SwarmWasClosed,
    "priority": events.PriorityChanged,
}


#: Classes of the ends of composites.
COMPOSITES: dict[type[Event], type[Event]] = {
    events.NodeSucceeded: events.CompositeSucceeded,
    events.NodeFailed: events.CompositeFailed,
}


class EventField(str, Enum):
    """Fields of an entry; each name is that of a field of the event's class."""

    KIND = "t"
    NODE = "n"
    ATTEMPT = "a"
    WORKER = "w"
    REASON = "r"
    STATUS = "s"
    COUNT = "c"
    PRIORITY = "l"
    CHECKPOINT = "k"
    DONE = "d"
    TOTAL = "o"
    MESSAGE = "m"


def parse_event(run: str, entry_id: bytes, fields: Mapping[bytes, bytes]) -> Event:
    """Read one entry of a run's stream.

    Args:
        run: the run.
        entry_id: the entry's id.
        fields: the entry's fields.
    """
    raw = {key.decode(errors="replace"): value.decode(errors="replace") for key, value in fields.items()}
    place = entry_id.decode()
    kind, node = raw.get(EventField.KIND.value, ""), raw.get(EventField.NODE.value, "")
    own: dict[str, Any] = {"id": place, "time": from_ms(place.partition("-")[0]), "run": run, "node": node}
    cls = KINDS.get(kind)
    if raw.get(EventField.ATTEMPT.value, "0") == "0":
        cls = COMPOSITES.get(cls or Event, cls)
    if cls is not None:
        with suppress(ValidationError):  # of fields that a later release has changed
            event: Event = cls(**own, **_named(raw))
            return event
    return UnknownEvent(**own, kind=kind, fields=raw)


def _named(raw: Mapping[str, str]) -> dict[str, Any]:
    known = {member.value: member.name.lower() for member in EventField}
    data: dict[str, Any] = {known[key]: value for key, value in raw.items() if key in known and key not in "tn"}
    if data.get("total") == "":
        data["total"] = None
    return data
