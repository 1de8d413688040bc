"""The trail: appended, read newest first, kept for its own time."""

from __future__ import annotations

import pytest

from orchestrator_celery.store.audit_stream import AuditTrail


@pytest.fixture
def trail(store):
    return AuditTrail(store.client, store.keys, 3600)


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
