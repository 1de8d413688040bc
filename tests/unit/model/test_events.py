"""Events: an entry of the stream becomes a typed record."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from orchestrator_celery.model import events
from orchestrator_celery.model.states import Priority, RunStatus
from orchestrator_celery.records.streams.events import KINDS, parse_event


@pytest.mark.parametrize(
    ("fields", "expected", "data"),
    [
        ({"t": "status", "n": "$", "s": "RUNNING"}, events.StatusChanged, {"status": RunStatus.RUNNING}),
        ({"t": "closed", "n": "$"}, events.RunClosed, {}),
        ({"t": "started", "n": "0.1", "a": "2", "w": "me"}, events.NodeStarted, {"attempt": 2, "worker": "me"}),
        ({"t": "succeeded", "n": "0.1", "a": "1"}, events.NodeSucceeded, {}),
        ({"t": "succeeded", "n": "0.1"}, events.CompositeSucceeded, {}),
        ({"t": "failed", "n": "0.1"}, events.CompositeFailed, {}),
        ({"t": "failed", "n": "0", "a": "0"}, events.CompositeFailed, {}),
        ({"t": "failed", "n": "0.1", "a": "1"}, events.NodeFailed, {}),
        ({"t": "skipped", "n": "0.1"}, events.NodeSkipped, {}),
        ({"t": "retried", "n": "0.1", "a": "1", "r": "retry"}, events.NodeRetried, {"attempt": 1, "reason": "retry"}),
        ({"t": "lost", "n": "0.1", "a": "1", "w": "me"}, events.NodeLost, {"attempt": 1, "worker": "me"}),
        ({"t": "held", "n": "0.1", "a": "1", "w": "me"}, events.NodeHeld, {"attempt": 1, "worker": "me"}),
        (
            {"t": "interrupted", "n": "0.1", "a": "1", "w": "me", "r": "lost"},
            events.NodeInterrupted,
            {"attempt": 1, "worker": "me", "reason": "lost"},
        ),
        ({"t": "resumed", "n": "0.1", "a": "2", "k": "1"}, events.NodeResumed, {"attempt": 2, "checkpoint": True}),
        ({"t": "republished", "n": "0.1", "a": "1", "c": "3"}, events.NodeRepublished, {"attempt": 1, "count": 3}),
        (
            {"t": "progress", "n": "0.1", "a": "1", "d": "2.5", "o": "", "m": "half"},
            events.NodeProgressed,
            {"attempt": 1, "done": 2.5, "total": None, "message": "half"},
        ),
        ({"t": "checkpoint", "n": "0.1", "a": "1"}, events.NodeCheckpointed, {"attempt": 1}),
        ({"t": "vetoed", "n": "0.1", "a": "1", "r": "stale"}, events.NodeVetoed, {"attempt": 1, "reason": "stale"}),
        ({"t": "skipped", "n": "0.2"}, events.NodeSkipped, {}),
        ({"t": "ignored", "n": "0.2"}, events.ArrivalIgnored, {}),
        ({"t": "awaiting", "n": "0.2.0"}, events.ApprovalAwaited, {}),
        ({"t": "added", "n": "0", "c": "3"}, events.ItemsAdded, {"count": 3}),
        ({"t": "swarm-closed", "n": "0"}, events.SwarmWasClosed, {}),
        (
            {"t": "priority", "n": "0", "c": "2", "l": "3"},
            events.PriorityChanged,
            {"count": 2, "priority": Priority.HIGH},
        ),
    ],
)
def test_an_entry_is_read(fields, expected, data):
    """Given an entry, when it is read, then it has its type, place, time and data."""
    raw = {key.encode(): value.encode() for key, value in fields.items()}
    event = parse_event("r1", b"1000-7", raw)
    assert type(event) is expected
    assert (event.run, event.node, event.id, event.time.isoformat()) == (
        "r1", fields["n"], "1000-7", "1970-01-01T00:00:01+00:00",
    )  # fmt: skip
    assert {name: getattr(event, name) for name in data} == data


def test_no_type_is_untested():
    """Given the types, then the cases above have them all."""
    [mark] = [mark for mark in test_an_entry_is_read.pytestmark if mark.name == "parametrize"]
    assert {fields["t"] for fields, _, _ in mark.args[1]} == set(KINDS)


def test_every_type_is_public():
    """Given the module, then each event type can be imported by users."""
    assert {cls.__name__ for cls in KINDS.values()} <= set(events.__all__)


def test_an_event_cannot_be_changed():
    """Given an event, when somebody assigns to it, then it refuses."""
    event = parse_event("r1", b"1-0", {b"t": b"closed", b"n": b"$"})
    with pytest.raises(ValidationError):
        event.run = "other"


def test_an_unknown_kind_is_passed_on():
    """Given an event of a later release, then it is one all the same, with the raw fields, and ends nothing."""
    event = parse_event("r1", b"1000-0", {b"t": b"teleported", b"n": b"0.1", b"zz": b"9"})
    assert isinstance(event, events.UnknownEvent)
    assert (event.kind, event.node, event.fields) == ("teleported", "0.1", {"t": "teleported", "n": "0.1", "zz": "9"})
    assert not event.ends


def test_a_later_release_may_add_fields_and_values():
    """Given a known kind with a field more, then it is what it was; with a value that is none here, it is passed on."""
    known = parse_event("r1", b"1-0", {b"t": b"status", b"n": b"$", b"s": b"RUNNING", b"zz": b"1"})
    assert isinstance(known, events.StatusChanged)
    later = parse_event("r1", b"1-0", {b"t": b"status", b"n": b"$", b"s": b"HIBERNATING"})
    assert isinstance(later, events.UnknownEvent)
    assert later.fields["s"] == "HIBERNATING"
