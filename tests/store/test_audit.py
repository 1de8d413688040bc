"""The trail: appended, read newest first, kept for its own time."""

from __future__ import annotations

import pytest

from orchestrator_celery.store.audit_stream import AuditTrail


@pytest.fixture
def trail(store):
    return AuditTrail(store.client, store.keys, 3600, 5000)


def test_an_empty_trail(trail):
    assert list(trail.entries(None, None)) == []


def test_newest_first_over_many_pages(trail):
    for number in range(1203):
        trail.append(str(number))
    assert [int(entry) for _, entry in trail.entries(None, None)] == list(range(1202, -1, -1))


def test_bounds_in_time(store, trail):
    for moment in (1_000, 2_000, 3_000):
        store.client.xadd(store.keys.audit, {"entry": str(moment)}, id=f"{moment}-5")
    assert [entry for _, entry in trail.entries(2_000, None)] == [b"3000", b"2000"]
    assert [entry for _, entry in trail.entries(None, 2_000)] == [b"2000", b"1000"]
    assert [entry for _, entry in trail.entries(1_500, 2_500)] == [b"2000"]


def test_what_is_over_its_retention_goes(store, trail):
    now = store.now() * 1000
    store.client.xadd(store.keys.audit, {"entry": "old"}, id=f"{int(now) - 3_700_000}-0")
    store.client.xadd(store.keys.audit, {"entry": "kept"}, id=f"{int(now) - 3_500_000}-0")
    trail.append("new")
    assert [entry for _, entry in trail.entries(None, None)] == [b"new", b"kept"]


@pytest.mark.parametrize("most", [1, 10, 250])
def test_it_has_a_maximum_length(store, most):
    """Given more entries than are kept, refusals as well as deeds, then the newest are there, and no more."""
    trail = AuditTrail(store.client, store.keys, 3600, most)
    for number in range(most + 150):
        trail.append(str(number))
    kept = [int(entry) for _, entry in trail.entries(None, None)]
    assert kept == list(range(most + 149, 149, -1))


def test_an_entry_is_one_call(store, trail):
    """Given an entry, then it costs one round trip, and the store's clock decides what is too old."""
    trail.append("first")
    before = store.client.info("stats")["total_commands_processed"]
    trail.append("second")
    commands = store.client.info("stats")["total_commands_processed"] - before
    assert commands <= 8, "the call, what its script does, and the two looks at the counter"
