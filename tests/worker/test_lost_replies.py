"""Answers of the store that are lost: the client sends the call again, and nobody notices."""

from __future__ import annotations

from collections import Counter

import pytest
from celery import chain, chord, group

from orchestrator_celery import (
    END,
    START,
    Approval,
    ConditionalGraph,
    Priority,
    RunCancelled,
    RunStatus,
    SignatureGone,
)
from tests.kit.answers import is_answers
from tests.kit.resending import resending
from tests.kit.waiting import wait_for
from tests.kit.workers import Worker


@pytest.fixture
def losing(stand):
    """A stand whose client loses every first answer of the store."""
    with resending(stand.orchestrator.container.store.client):
        yield stand


def primitive(stand, kind):
    """A run of a primitive that has something that waits."""
    t = stand.tasks
    if kind == "swarm":
        return stand.swarm([t("add", 1, 1), t("add", 2, 2)], open=True, max_concurrency=1)
    if kind == "graph":
        graph = ConditionalGraph("g", app=stand.app)
        graph.add_node("a", t("add", 1, 1)).add_node("b", t("identity"))
        return graph.add_edge(START, "a").add_edge("a", "b").add_edge("b", END)
    return stand.complex(chain(t("add", 1, 1), t("identity")))


KINDS = pytest.mark.parametrize("kind", ["swarm", "graph", "complex"])


def told(stand, run):
    """The audit entries of a run: verbs, and how many of each."""
    return Counter(entry.verb for entry in stand.orchestrator.audit(run=run.id))


@KINDS
def test_a_cancellation_ends_the_wait(losing, kind):
    """Given a cancellation whose answers are lost, then the wait for the run ends, and no key stays for good."""
    run = primitive(losing, kind).apply_async()
    assert run.cancel(confirm=True) is None
    with pytest.raises(RunCancelled):
        run.get(timeout=30)
    assert told(losing, run) == {"cancel": 1}
    store = losing.orchestrator.container.store
    left = [key.decode() for key in store.client.scan_iter(f"orc:*{run.id}*")]
    assert left == [f"orc:{{{run.id}}}:k"]
    assert is_answers(store.client, left[0])
    assert store.client.zscore(store.keys.due, run.id) is None
    assert store.client.zscore(store.keys.runs, run.id) is None


@KINDS
def test_every_verb_answers_as_without_the_loss(losing, kind):
    """Given verbs whose answers are lost, then none is refused as its own repetition, and each is told once."""
    run = primitive(losing, kind).apply_async()
    run.suspend()
    assert run.status is RunStatus.SUSPENDED
    run.resume()
    run.interrupt(grace=0)
    assert run.status is RunStatus.INTERRUPTED
    run.resume()
    run.skip({"swarm": "0.1", "graph": "0.1", "complex": "0.0.1"}[kind])
    assert run.status is RunStatus.PENDING
    with losing.worker():
        if kind == "swarm":
            run.swarm.close()
        assert run.get(timeout=120) == ([2, None] if kind == "swarm" else 2)
    assert told(losing, run) == {"suspend": 1, "resume": 2, "interrupt": 1, "skip": 1}
    again = run.rerun()
    assert again.id != run.id
    again.cancel(confirm=True)


def test_items_are_added_once(losing):
    """Given additions whose answers are lost, then each item is there once, with the priority it was given."""
    t = losing.tasks
    run = losing.swarm([], open=True, max_concurrency=1).apply_async()
    run.swarm.add_task(t("add", 0, 0))
    assert run.swarm.add_tasks_bulk(t("add", i, 0) for i in range(1, 1501)).added == 1500
    assert run.set_priority([1499, 1500], Priority.HIGH) == 2
    assert run.progress().total == 1501
    run.swarm.close()
    with losing.worker():
        assert run.get(timeout=180) == list(range(1501))


def test_a_failed_run_is_retried_once(losing, ledger):
    """Given a retry whose answers are lost, then the failed task runs once more, and the next end is told."""
    t = losing.tasks
    with losing.worker():
        run = losing.run(chain(t("fail"), t("identity")))
        for times in (1, 2):
            with pytest.raises(ValueError, match="no good"):
                run.get(timeout=60)
            wait_for(lambda: "closed" in losing.orchestrator.container.reader.head(run.id), what="the end in Celery")
            assert len(ledger.entries("fail")) == times
            if times == 1:
                run.retry()
    assert told(losing, run) == {"retry": 1}


def test_an_approval_is_answered_once(losing):
    """Given an answer whose reply is lost, then the graph goes on, and the trail has one entry."""
    t = losing.tasks
    graph = ConditionalGraph("g", app=losing.app).add_node("a", Approval()).add_node("b", t("add", 1, 1))
    run = graph.add_edge(START, "a").add_edge("a", "b").add_edge("b", END).apply_async()
    run.approve("a", by="ann")
    assert told(losing, run) == {"approve": 1}
    run.cancel(confirm=True)


def test_a_stored_signature_lives_and_goes(losing):
    """Given a saved signature, when every answer about it is lost, then it runs, is marked, restored and purged."""
    kept = losing.orchestrator.save(chain(losing.tasks("add", 1, 1), losing.tasks("identity")))
    run = kept.run()
    with losing.worker():
        assert run.get(timeout=60) == 2
        wait_for(lambda: "closed" in losing.orchestrator.container.reader.head(run.id), what="the end in Celery")
    kept.delete(after=60)
    kept.restore()
    kept.purge(confirm=True)
    with pytest.raises(SignatureGone):
        kept.run()
    assert told_of_signature(losing, kept) == {"save": 1, "delete": 1, "restore": 1, "purge": 1}
    assert [key for key in losing.keys() if run.id in key or kept.id in key] == []


def told_of_signature(stand, kept):
    return Counter(entry.verb for entry in stand.orchestrator.audit(signature=kept.id))


@pytest.mark.parametrize("pool", ["prefork", "threads"])
def test_workers_lose_answers(stand, ledger, pool):
    """Given workers that lose every first answer, then each task runs once and each workflow has its result."""
    t = stand.tasks
    workflows = [
        (stand.complex(chain(t("add", 1, 1), t("identity"), t("identity"))), 2),
        (stand.complex(chord([t("add", i, 0) for i in range(5)], t("xsum"))), 10),
        (stand.swarm([t("add", i, 0) for i in range(20)], max_concurrency=4), list(range(20))),
        (stand.swarm([t("add", i, 0) for i in range(20)], batch=5), list(range(20))),
        (primitive(stand, "graph"), 2),
        (stand.complex(chain(t("retries_and_is_replaced", chain(t("add", 1, 2), t("identity"))), t("identity"))), 3),
        (
            stand.complex(group(t("replaced_by_canvas", chain(t("add", i, 2), t("identity"))) for i in range(3))),
            [2, 3, 4],
        ),
    ]
    with Worker(stand.broker, stand.backend, app="tests.worker.losing", pool=pool, **stand.settings):
        runs = [workflow.apply_async() for workflow, _ in workflows]
        assert [run.get(timeout=120) for run in runs] == [result for _, result in workflows]
    for run in runs:
        total, done = (int(stand.orchestrator.container.reader.head(run.id)[field]) for field in ("total", "done"))
        assert total == done
