"""A store that says "not now" is away for that time: one error of ours, with its own words, and nothing changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from redis.exceptions import ResponseError

from orchestrator_celery import OrchestratorSettings, StoreUnavailable
from orchestrator_celery.model.ids import Fence
from orchestrator_celery.store import Store
from orchestrator_celery.store.availability import refused_for_now
from orchestrator_celery.store.embedded import EmbeddedRedis
from orchestrator_celery.store.worker_registry import WorkerRegistry
from tests.kit.refusing import REFUSALS, refusing

from .play import Play
from .trees import chain, leaf, swarm, unit

#: What a worker, a reconciler and a client ask of a run, of which `0.0.0` runs and `0.0.1` waits.
CALLS: dict[str, Callable[[Play], object]] = {
    "claim": lambda play: play.claim("0.0.0", owner="other/2/b"),
    "finish": lambda play: play.finish("0.0.0"),
    "fail": lambda play: play.fail("0.0.0"),
    "postpone": lambda play: play.store.outbox.postpone(
        Play(play.store, "open").leaf("0.0"), Fence(), "proj.task", None, b"{}"
    ),
    "requeue": lambda play: play.requeue("0.0.0", Fence(retries=1)),
    "lost": lambda play: play.lost("0.0.0"),
    "checkpoint": lambda play: play.store.checkpoint(play.leaf("0.0.0"), Fence(), b"x"),
    "progress": lambda play: play.store.progress(play.leaf("0.0.0"), Fence(), "1", "2", ""),
    "suspend": lambda play: play.store.suspend(play.run),
    "interrupt": lambda play: play.store.interrupt(play.run),
    "overdue": lambda play: play.store.overdue(play.run, b"{}"),
    "skip": lambda play: play.skip("0.0.1"),
    "cancel": lambda play: play.store.cancel(play.run, "", "{}"),
    "create": lambda play: Play(play.store, "other").start(unit(leaf())),
    "add items": lambda play: play.store.swarms.add_items("open", "0", [b"L\nx"], 1),
    "close a swarm": lambda play: play.store.swarms.close_swarm("open", "0"),
    "save": lambda play: play.store.signatures.save("s:1", [("0", b"L\nx")], {"name": "", "kind": "complex"}, None),
    "mark": lambda play: play.store.signatures.mark(play.run, 10, None),
    "beat": lambda play: WorkerRegistry(play.redis, play.store.keys).beat("w/a/1/b", 30, [], []),
    "index": lambda play: play.store.due_index.index({"another": 1.0}),
}


@pytest.fixture(scope="module")
def own_server() -> Iterator[EmbeddedRedis]:
    with EmbeddedRedis() as server:
        yield server


@pytest.fixture
def waiting(own_server: EmbeddedRedis) -> Iterator[Play]:
    with own_server.client() as client:
        client.flushall()
        play = Play(Store(client, OrchestratorSettings()))
        Play(play.store, "open").start(swarm(leaf(), open=True))
        play.start(unit(chain(leaf(), leaf(), leaf())), limit=1)
        play.claim("0.0.0")
        yield play


@pytest.mark.parametrize("code", REFUSALS)
@pytest.mark.parametrize("call", CALLS)
def test_a_refusal_is_a_store_that_is_away(waiting, own_server, call, code):
    """Given a server that refuses for now, when it is asked anything, then the error is ours and has its words, nothing
    has changed, and the same call succeeds as soon as the server takes it."""
    before = waiting.snapshot()
    with refusing(own_server, code):
        try:
            CALLS[call](waiting)
        except StoreUnavailable as exc:
            assert "refused for now" in str(exc)
            # A write is refused by a replica before the replica looks for its master.
            assert code in str(exc) or (code == "MASTERDOWN" and "READONLY" in str(exc))
        else:
            # A script that has freed memory, or begins with a write that needs none, is carried out whole.
            assert code == "OOM"
            return
    assert waiting.snapshot() == before
    CALLS[call](waiting)


@pytest.mark.parametrize(
    ("words", "passes"),
    [
        ("OOM command not allowed when used memory > 'maxmemory'.", True),
        ("Error running script (call to f_1): @user_script:1: -MISCONF Redis is configured to save RDB", True),
        ("BUSY Redis is busy running a script.", True),
        ("WRONGTYPE Operation against a key holding the wrong kind of value", False),
        ("Error running script (call to f_1): @user_script:9: attempt to index a nil value (global 'BUSYNESS')", False),
    ],
)
def test_what_passes_is_told_from_what_is_wrong(words, passes):
    assert refused_for_now(ResponseError(words)) is passes
