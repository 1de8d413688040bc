"""The oldest Redis that is supported: every verb, once, on a 6.2."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from orchestrator_celery import OrchestratorSettings
from orchestrator_celery.model.ids import Fence
from orchestrator_celery.store import Store
from orchestrator_celery.store.scripting import scripts
from orchestrator_celery.store.worker_registry import WorkerRegistry
from tests.kit.servers import redis_6_2

from .play import Play, names
from .trees import chain, chord, leaf, swarm, unit


@pytest.fixture(scope="module")
def old() -> Iterator[Store]:
    """A store on Redis 6.2."""
    with redis_6_2() as server, server.client() as client:
        assert client.info("server")["redis_version"].startswith("6.2.")
        yield Store(client, OrchestratorSettings(retention=100))


def test_every_verb_works(old):
    """Given a run that needs every verb, then each does what it does on a newer server."""
    play = Play(old)
    tree = swarm(unit(chord([leaf(), leaf()], leaf()), links=[leaf()]), max_concurrency=1, open=True)
    assert names(play.start(tree, input=b"[[1], {}]")) == ["0.0.0.0.0", "0.0.0.0.1"]
    assert play.succeed("0.0.0.0.0") == []
    play.claim("0.0.0.0.1")
    play.store.checkpoint(play.leaf("0.0.0.0.1"), Fence(), b"x")
    play.requeue("0.0.0.0.1", Fence(retries=1))
    assert play.claim("0.0.0.0.1", fence=Fence(retries=1)).detail == b"x"
    assert names(play.lost("0.0.0.0.1", fence=Fence(retries=1))) == ["0.0.0.0.1:2"]
    assert play.succeed("0.0.0.0.1", 2) == ["0.0.0.1"]
    old.suspend("r")
    assert names(old.resume("r")) == ["0.0.0.1"]
    assert names(play.add(*[chain(leaf(), leaf())] * 1001)) == []
    assert play.succeed("0.0.0.1") == ["0.0.l0", "0.1.0"]
    assert play.break_("0.1.0") == ["0.2.0"]
    assert old.swarms.close_swarm("r", "0").refused is None
    assert [check.state for check in old.due_index.check(["r", "gone"])] == ["ok", "gone"]
    assert WorkerRegistry(old.client, old.keys).beat("w/a", 30, []).leads
    play.run_out()
    assert play.tell().refused is None
    assert names(old.retry("r")) == ["0.1.0:2"]
    assert old.discard("r").refused is None
    assert play.keys() == []


@pytest.mark.parametrize("name", scripts.names())
def test_every_script_compiles(old, name):
    """Given a verb, then the old server takes its text."""
    assert old.client.script_load(scripts.load(name).text)
