"""mark: a signature is to be deleted, or is not after all."""

from __future__ import annotations

import pytest

from orchestrator_celery.store import Refused

from .play import everything
from .test_save import SIGNATURE, save
from .trees import swarm


def test_unknown_and_claimed_ones_are_gone(store, client):
    assert store.signatures.mark(SIGNATURE, 1, None).refused is Refused.GONE
    assert store.signatures.restore(SIGNATURE).refused is Refused.GONE
    assert everything(client) == []
    save(store)
    store.signatures.doom(SIGNATURE, "0", True, "{}")
    assert store.signatures.mark(SIGNATURE, 1, None).refused is Refused.GONE
    assert store.signatures.restore(SIGNATURE).refused is Refused.GONE


@pytest.mark.parametrize("kind", ["saved", "run"])
def test_the_stores_clock_decides_and_the_last_mark_counts(store, client, play, kind):
    name = SIGNATURE if kind == "saved" else "r"
    save(store) if kind == "saved" else play.start(swarm(open=True))
    begun = store.due_index.now_ms()
    first = float(store.signatures.mark(name, 60, None).detail)
    assert 60_000 <= first - begun + 1 <= 70_000
    assert float(store.signatures.mark(name, None, 2_000_000_000.5).detail) == 2_000_000_000_500
    assert client.zscore(store.keys.deletions, name) == 2_000_000_000_500
    assert store.signatures.restore(name).refused is None
    assert client.zscore(store.keys.deletions, name) is None
    assert store.signatures.restore(name).refused is Refused.STATE
    assert not client.hexists(f"orc:{{{name}}}", "delete_at")


def test_the_index_is_put_right_where_it_was_too_quick(store, client):
    """Given a mark that was set while somebody took the signature out of the index, then it is in it."""
    save(store)
    store.signatures.mark(SIGNATURE, 60, None)
    moment = client.zscore(store.keys.deletions, SIGNATURE)
    store.signatures.not_deleted(SIGNATURE)
    assert client.zscore(store.keys.deletions, SIGNATURE) == moment
    assert store.signatures.due_deletions(store.due_index.now_ms(), 10) == []
    store.signatures.mark(SIGNATURE, 0, None)
    assert store.signatures.due_deletions(store.due_index.now_ms(), 10) == [SIGNATURE]
    store.signatures.look_again(SIGNATURE, 60)
    assert store.signatures.due_deletions(store.due_index.now_ms(), 10) == []
