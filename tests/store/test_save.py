"""save: a signature is kept under a key of its own, whole or not at all."""

from __future__ import annotations

import pytest

from orchestrator_celery.model.ids import CLOSE, LeafId
from orchestrator_celery.store import Refused

from .play import everything

SIGNATURE = "s:1"
HEAD = {"name": "n", "kind": "swarm", "total": 0}


def save(store, ttl=None, signature=SIGNATURE):
    store.signatures.save(signature, [("0", b"P n=0 k=swarm\n{}")], HEAD, ttl)


@pytest.mark.parametrize("ttl", [None, 60.0])
def test_it_is_kept_and_listed_and_never_expires(store, client, ttl):
    save(store, ttl)
    assert client.hget("orc:{s:1}", "name") == b"n"
    assert client.hget("orc:{s:1}:d", "0") == b"P n=0 k=swarm\n{}"
    assert [client.ttl(key) for key in everything(client) if "{" in key] == [-1, -1]
    assert client.zscore(store.keys.signatures, SIGNATURE)
    marked = client.hget("orc:{s:1}", "delete_at")
    if ttl is None:
        assert marked is None
        assert client.zscore(store.keys.deletions, SIGNATURE) is None
    else:
        assert float(marked) == float(client.hget("orc:{s:1}", "saved")) + 60_000
        assert client.zscore(store.keys.deletions, SIGNATURE) == float(marked)


def test_an_upload_that_is_gone_saves_nothing(store, client):
    assert store._run("save", SIGNATURE, "token", "", "name", "n").refused is Refused.EXPIRED
    assert everything(client) == []


def test_to_the_verbs_of_runs_it_is_no_run(store, client):
    save(store)
    before = everything(client)
    assert store.suspend(SIGNATURE).refused is Refused.GONE
    assert store.cancel(SIGNATURE, "{}").refused is Refused.GONE
    assert store.ended(LeafId(SIGNATURE, CLOSE, 1)).refused is Refused.GONE
    assert everything(client) == before
