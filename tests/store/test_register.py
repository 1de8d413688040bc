"""register, registered: a run is known to its signature before it is created, and what became of it."""

from __future__ import annotations

from orchestrator_celery.store import Refused
from orchestrator_celery.store.transitions.signatures import Member

from .play import everything
from .test_save import SIGNATURE, save
from .trees import swarm


def test_unknown_and_claimed_signatures_take_none(store, client):
    assert store.signatures.register(SIGNATURE, "r").refused is Refused.GONE
    assert everything(client) == []
    save(store)
    store.signatures.doom(SIGNATURE, "0", True, "{}")
    before = everything(client)
    assert store.signatures.register(SIGNATURE, "r").refused is Refused.GONE
    assert everything(client) == before


def test_a_registered_run_counts_as_live_until_it_was_not_created(store, client):
    """Given a registration, then the run is live although nobody has created it; for an hour, or until it is taken back."""
    save(store)
    store.signatures.register(SIGNATURE, "r")
    assert store.signatures.members(SIGNATURE) == [Member("r", live=True, gone=False)]
    client.hset("orc:{s:1}", "new:r", int(store.due_index.now_ms()) - 3_700_000)
    assert store.signatures.members(SIGNATURE) == [Member("r", live=False, gone=True)]
    store.signatures.register(SIGNATURE, "r2")
    store.signatures.registered(SIGNATURE, "r2", created=False)
    assert "r2" not in [member.run for member in store.signatures.members(SIGNATURE)]


def test_a_created_run_is_live_as_long_as_it_lives(store, play):
    save(store)
    store.signatures.register(SIGNATURE, "r")
    play.start(swarm(), signature=SIGNATURE)
    store.signatures.registered(SIGNATURE, "r", created=True)
    assert store.signatures.members(SIGNATURE) == [Member("r", live=True, gone=False)]
    play.tell()
    assert store.signatures.members(SIGNATURE) == [Member("r", live=False, gone=False)]


def test_runs_that_are_no_more_are_forgotten_by_and_by(store, client):
    """Given many runs whose retention is over, when others are registered, then the old ones go."""
    save(store)
    for i in range(200):
        store.signatures.register(SIGNATURE, f"r{i}")
        store.signatures.registered(SIGNATURE, f"r{i}", created=True)
    assert client.zcard(store.keys.registered(SIGNATURE)) < 10
    assert not [field for field in client.hkeys("orc:{s:1}") if field.startswith(b"new:")]


def test_a_runs_own_registrations_live_as_long_as_it(store, play, client):
    """Given a run that is over, when a rerun is registered, then no key is left when the run expires."""
    play.start(swarm())
    play.tell()
    store.signatures.register("r", "again")
    assert {key: client.ttl(key) >= 0 for key in everything(client) if "{r}" in key} == {
        key: True for key in everything(client) if "{r}" in key
    }
    store.signatures.registered("gone", "x", created=True)
    assert not client.exists("orc:{gone}")
