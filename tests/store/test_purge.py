"""purge: every key of what is over, or claimed, at once."""

from __future__ import annotations

from orchestrator_celery.store import Refused

from .play import everything
from .test_save import SIGNATURE, save
from .trees import leaf, swarm


def test_a_live_run_stays(store, play):
    play.start(swarm(leaf()))
    before = play.snapshot()
    assert store.signatures.purge("r").refused is Refused.STATE
    play.succeed("0.0")
    assert store.signatures.purge("r").refused is Refused.STATE, "Celery has not been told"
    assert before.keys() <= play.snapshot().keys() | {"orc:{r}:l", "orc:{r}:m"}


def test_a_run_that_is_over_goes_with_every_key_and_index(store, play, client):
    play.start(swarm(open=True))
    store.swarms.add_items("r", "0", [b"L\nx"] * 1200, 1200)
    store.swarms.close_swarm("r", "0")
    play.run_out()
    play.tell()
    store.signatures.register("r", "again")
    assert store.signatures.purge("r").refused is None
    assert everything(client) == []
    assert store.signatures.purge("r").refused is Refused.GONE


def test_a_signature_goes_only_after_the_claim(store, client):
    save(store, ttl=0.0)
    assert store.signatures.purge(SIGNATURE, signature=True).refused is Refused.STATE
    assert store.signatures.doom(SIGNATURE, "0", False, "{}").refused is None
    assert store.signatures.purge(SIGNATURE, signature=True).refused is None
    assert everything(client) == []
