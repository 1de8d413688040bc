"""registered: what became of a run that was about to be created; see also `test_register.py`."""

from __future__ import annotations

from orchestrator_celery.store import Refused

from .play import everything
from .test_save import SIGNATURE, save


def test_an_unknown_signature_is_gone_and_leaves_nothing(store, client):
    assert store._run("registered", SIGNATURE, "r").refused is Refused.GONE
    assert everything(client) == []


def test_saying_it_twice_is_saying_it_once(store, client):
    save(store)
    store.signatures.register(SIGNATURE, "a")
    store.signatures.register(SIGNATURE, "b")
    for _ in range(2):
        store.signatures.registered(SIGNATURE, "a", created=True)
        store.signatures.registered(SIGNATURE, "b", created=False)
    assert client.zrange(store.keys.registered(SIGNATURE), 0, -1) == [b"a"]
    assert not [field for field in client.hkeys("orc:{s:1}") if field.startswith(b"new:")]
