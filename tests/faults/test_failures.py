"""R9: a node fails in any way, at any place of a workflow: it ends in time, its error callback is called once."""

import random
import time
from datetime import datetime, timezone
from itertools import product

import pytest
from celery import chain, chord, group

from orchestrator_celery import RunStatus, Swarm
from orchestrator_celery.model.events import NodeFailed, NodeStarted, StatusChanged
from orchestrator_celery.store.embedded import EmbeddedRedis
from tests.faults.conftest import PROFILES
from tests.kit.waiting import limit, wait_for
from tests.worker.support import Stand, events, leaf

SEEDS = [1, 2, 3]
#: Seconds from the fault to the run's final state.
LIMIT = limit(5)


@pytest.fixture(scope="module", params=PROFILES)
def _place(request, ledger_server):
    settings = PROFILES[request.param]
    with (
        EmbeddedRedis() as server,
        Stand(server.url(0), server.url(1), **settings) as stand,
        stand.worker(concurrency=4),
    ):
        yield stand


@pytest.fixture
def place(_place, ledger):
    """A stand with a worker, once per profile; the faults hit tasks and children of its pool, never the worker."""
    return _place


# -- where: the seed says which step, item or branch


def in_chain(t, dice, bad, after):
    steps = [t("add", 1, i).set(immutable=True) for i in range(4)]
    return chain(*_with(dice, steps, bad), after)


def in_swarm(t, dice, bad, after):
    items = [t("add", 1, i).set(immutable=True) for i in range(7)]
    return chain(_swarm(t, _with(dice, items, bad)), after)


def nested(t, dice, bad, after):
    fine = [t("add", 1, i).set(immutable=True) for i in range(6)]
    inner = chain(*_with(dice, fine[:2], bad))
    shapes = [
        lambda: group(_with(dice, fine[2:4], chain(group(_with(dice, fine[4:], inner)), t("xsum")))),
        lambda: chord(_with(dice, fine[2:4], chain(_swarm(t, _with(dice, fine[4:], bad)), t("xsum"))), t("collect")),
        lambda: _swarm(t, _with(dice, fine[2:4], bad.clone().set(link=t("identity")))),
    ]
    return chain(dice.choice(fine), shapes[dice.randrange(3)](), after)


def _with(dice, tasks, bad):
    tasks = list(tasks)
    tasks.insert(dice.randrange(len(tasks) + 1), bad)
    return tasks


def _swarm(t, items):
    return Swarm(items, app=t.app)


PLACES = {"chain": in_chain, "swarm": in_swarm, "nested": nested}


# -- how


class Fault:
    """A way to fail: the task that does it, the error that comes of it, and what somebody does from outside."""

    def __init__(self, error, task, *args, takes=0.0, act=None, **kwargs):
        self.error, self.takes, self.act = error, takes, act
        self._task, self._args = task, args
        self._options = kwargs.pop("options", {})
        self._kwargs = kwargs

    def signature(self, t):
        return t(self._task, *self._args, **self._kwargs).set(immutable=True, **self._options)


def _revoke_running(stand, run):
    """A body that sleeps: once it has begun."""
    [node] = wait_for(lambda: [e.node for e in _begun(run) if _leaf(run, e.node).name.endswith("nap")], 60, "the body")
    stand.app.control.revoke(leaf(run, node), terminate=True)


def _revoke_waiting(stand, run):
    """A message whose countdown the worker sits out."""
    [node] = wait_for(lambda: [n.id for n in _leaves(run.tree()) if n.name.endswith("nap") and n.state == "QUEUED"], 60,
                      "the message")  # fmt: skip
    stand.app.control.revoke(leaf(run, node))


FAULTS = {
    "exception": Fault("ValueError", "fail"),
    "soft limit": Fault("SoftTimeLimitExceeded", "politely_too_long", takes=1),
    "hard limit": Fault("TimeLimitExceeded", "too_long", takes=1),
    "lost, may not be resumed": Fault("WorkerLostError", "never_resumed", 1),
    "lost again and again": Fault("PoisonedTask", "suicide", 1),
    "rejected": Fault("LeafIgnored", "rejecting"),
    "revoked while it runs": Fault("TaskRevokedError", "nap", 1, seconds=60, act=_revoke_running),
    "revoked before it starts": Fault(
        "TaskRevokedError", "nap", 1, options={"countdown": 2}, takes=2, act=_revoke_waiting
    ),
    "expired": Fault(
        "TaskRevokedError", "nap", 1, options={"expires": datetime(2020, 1, 1, tzinfo=timezone.utc)}
    ),
}  # fmt: skip


#: Celery itself reports a dead child up to ten seconds later; the two kinds wait for that together.
TOGETHER = [[how] for how in FAULTS if "lost" not in how] + [[how for how in FAULTS if "lost" in how]]


@pytest.mark.parametrize("hows", TOGETHER, ids=" and ".join)
def test_r9_a_node_fails(place, ledger, hows):
    """Given the fault at nine places, all at once, then each workflow fails within seconds, with the fault's error,
    its error callbacks have been called once, and nothing that had to wait for it has run."""
    t = place.tasks
    runs = {}
    for how, (where, shape), seed in product(hows, PLACES.items(), SEEDS):
        fault, mark = FAULTS[how], f"{how}, {where}, {seed}"
        workflow = shape(t, random.Random(mark), fault.signature(t), t("tail", mark).set(immutable=True))
        whole = place.complex(workflow, on_error=t("on_handler", mark=mark))
        run = whole.apply_async(link_error=t("on_old_error"))
        runs[mark] = fault, run
        if fault.act is not None:
            fault.act(place, run)
    for _, run in runs.values():
        assert run.get(timeout=240, propagate=False) is not None
    ids = {run.id for _, run in runs.values()}
    wait_for(lambda: {entry[0] for entry in ledger.entries()} >= set(runs), 30, "the error callbacks")
    wait_for(lambda: {entry[1] for entry in ledger.entries("old-errback")} == ids, 30, "the errbacks")
    _wait_for_second_reports(place, [run for _, run in runs.values()] if "lost" in hows[0] else [])
    assert t("add", 1, 1).apply_async().get(timeout=120) == 2
    assert {mark: len(ledger.entries(mark)) for mark in runs} == dict.fromkeys(runs, 1)
    assert sorted(entry[1] for entry in ledger.entries("old-errback")) == sorted(ids), "once each"
    assert ledger.entries("tail") == [], "nothing follows"
    wrong, late = {}, {}
    for mark, (fault, run) in runs.items():
        failed = [event.node for event in events(run, NodeFailed)]
        assert run.status is RunStatus.FAILED
        assert len(failed) == len(set(failed)), f"{mark}: a node has one end"
        if (error := _leaf(run, failed[0]).error.type) != fault.error:
            wrong[mark] = error
        if (took := _seconds(run)) > LIMIT + fault.takes:
            late[mark] = took
    assert wrong == {}, "another error"
    assert late == {}, f"more than {LIMIT} s from the fault to the final state"


def _wait_for_second_reports(stand, lost):
    """Whatever comes twice has come after a second; of a dead child, eleven after the last body began."""
    time.sleep(1)
    if lost:
        last = max(event.time.timestamp() for run in lost for event in _begun(run))
        wait_for(lambda: stand.orchestrator.container.store.now() > last + 11, 20, "Celery's own reports")


def _begun(run):
    return [event for event in events(run, NodeStarted) if event.node != "$"]


def _leaves(view):
    if not view.children:
        yield view
    for child in view.children:
        yield from _leaves(child)


def _leaf(run, node):
    return next(view for view in _leaves(run.tree()) if view.id == node)


def _seconds(run):
    """From the fault to the final state, by the store's clock: from when the body that fails began last, or, of a
    message that never became one, from when it failed."""
    [ended] = [event.time for event in events(run, StatusChanged) if event.status is RunStatus.FAILED]
    first = events(run, NodeFailed)[0]
    begun = [event.time for event in _begun(run) if event.node == first.node]
    return (ended - (begun[-1] if begun else first.time)).total_seconds()
