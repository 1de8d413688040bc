"""doom: the claim of a purge, after which a signature is gone to everybody."""

from __future__ import annotations

from orchestrator_celery.store import Refused

from .play import everything
from .test_save import SIGNATURE, save
from .trees import leaf, swarm


def doom(store, turns="0", forced=False, name=SIGNATURE):
    return store.signatures.doom(name, turns, forced, '{"a": 1}')


def test_an_unknown_one_is_gone(store, client):
    assert doom(store).refused is Refused.GONE
    assert everything(client) == []


def test_it_needs_the_mark_and_the_time(store, client):
    save(store)
    assert (doom(store).refused, doom(store).detail) == (Refused.STATE, b"unmarked")
    store.signatures.mark(SIGNATURE, 60, None)
    assert (doom(store).refused, doom(store).detail) == (Refused.STATE, b"early")
    store.signatures.mark(SIGNATURE, 0, None)
    assert doom(store).refused is None
    assert client.hget("orc:{s:1}", "audit") == b'{"a": 1}'
    assert doom(store, turns="7").refused is None, "who repeats it is told that it is claimed"


def test_a_registration_it_has_not_seen_wins(store, client):
    save(store)
    store.signatures.register(SIGNATURE, "r")
    assert doom(store, forced=True).refused is Refused.CHANGED
    assert doom(store, "1", forced=True).refused is None


def test_a_live_run_is_not_claimed_and_one_that_is_over_is_kept_for_an_hour(store, play, client):
    """Given the signature of a run, then it cannot be claimed before the run is over; then its keys outlive a crash."""
    play.start(swarm(leaf()))
    assert doom(store, forced=True, name="r").detail == b"PENDING"
    play.succeed("0.0")
    assert doom(store, forced=True, name="r").detail == b"SUCCEEDED"
    play.tell()
    assert client.ttl("orc:{r}") <= 100
    assert doom(store, forced=True, name="r").refused is None
    assert {client.ttl(key) > 3000 for key in everything(client) if "{r}" in key} == {True}
