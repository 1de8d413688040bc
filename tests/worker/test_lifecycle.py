"""Every verb on every kind of workflow in every status, on a real worker, from the table the documentation prints."""

import itertools
from contextlib import ExitStack

import pytest
from celery import chain, chord, group

from orchestrator_celery import (
    END,
    START,
    ConditionalGraph,
    InterruptOutcome,
    InvalidTransition,
    RunCancelled,
    RunNotFound,
    RunStatus,
    otherwise,
    result,
    when,
)
from orchestrator_celery.model.events import NodeStarted, StatusChanged
from orchestrator_celery.model.lifecycle import VERBS
from orchestrator_celery.records.head.fields import HeadField
from orchestrator_celery.records.names import RunKey
from orchestrator_celery.store.embedded import EmbeddedRedis
from tests.kit.answers import is_answers
from tests.kit.cases import pairwise
from tests.kit.waiting import wait_for
from tests.store.play import contents
from tests.worker.support import Stand, events

HELD = (RunStatus.SUSPENDED, RunStatus.INTERRUPTED)
#: Fields of the head that a process removes once it has done what they say, soon after the end was told.
PENDING_SIDE_EFFECTS = (HeadField.OWED, HeadField.INSIDE, HeadField.WITHDRAW, HeadField.RETRY, HeadField.RESET)
#: A number for each case: its bodies, its gate and its queue are its own.
_cases = itertools.count(1)


class Case:
    """One workflow whose bodies wait for a gate; `ways` says what it is made of."""

    def __init__(self, stand, ledger, kind, fails=False):
        self.stand, self.ledger, self.fails = stand, ledger, fails
        self.number = next(_cases)
        self.gate = f"gate:{self.number}"
        self.made, self.at_once, self.expected = KINDS[kind](self)
        self.values = [self.value(i) for i in range(1, 1 + {1: 1, 2: 2, 3: 3}[self._count])]
        self.run = None

    def value(self, index):
        return self.number * 10 + index

    _count = 0

    def body(self, index, **options):
        self._count = max(self._count, index)
        return self.stand.tasks("gated", self.value(index), self.gate, self.fails).set(immutable=True, **options)

    def total(self):
        return self.stand.tasks("xsum")

    def open(self):
        self.ledger.redis.set(self.gate, 1)

    def started(self, word="start"):
        return sorted(value for _, value in self.ledger.entries(word) if value in self.values)

    def reach(self, status):
        """Bring it into a status, and everything in it to rest."""
        if status is RunStatus.PENDING:
            self.run = self.made.apply_async(queue=self.gate)
        else:
            if status in (RunStatus.SUCCEEDED, RunStatus.FAILED):
                self.open()
            self.run = self.made.apply_async()
            if status in (RunStatus.SUCCEEDED, RunStatus.FAILED):
                self.run.get(timeout=120, propagate=False)
                wait_for(lambda: self.is_closed(), what="the end to be told")
            else:
                wait_for(lambda: len(self.started()) == self.at_once, what="the first bodies")
            if status is RunStatus.SUSPENDED:
                self.run.suspend()
            elif status is RunStatus.INTERRUPTED:
                assert len(self.run.interrupt(grace=10).tasks) == self.at_once
            elif status is RunStatus.CANCELLED:
                self.run.cancel(confirm=True)
        assert self.run.status is status

    def is_closed(self):
        reader = self.stand.orchestrator.container.reader
        head = reader.head(self.run.id)
        at_rest = not any(field.value in head for field in PENDING_SIDE_EFFECTS)
        return "closed" in head and at_rest and not reader.live(self.run.id)  # the last runner may report late

    def keys(self):
        """All the store has of it, beside the last answers to callers, and log lines: a process writes its last ones late."""
        client = self.stand.orchestrator.container.store.client
        names = [key for key in client.scan_iter(f"*{self.run.id}*") if not key.endswith(RunKey.LOGS.value.encode())]
        return {name: contents(client, name) for name in names if not is_answers(client, name)}

    def finish(self):
        """Nothing stands in its way any more; it ends rightly, and nothing has started that was not to."""
        self.open()
        if self.run.status in HELD:
            wait_for(lambda: self.run.progress().running == 0, what="what runs to end")
        if self.run.status in HELD:  # else what ran was the last of it
            self.run.resume()
        if not self.started():  # it has been waiting in a queue of its own
            self.stand.app.control.add_consumer(self.gate, reply=True)
        assert self.run.get(timeout=240) == self.expected
        assert self.started("end") == self.values
        held = False
        for event in events(self.run, StatusChanged, NodeStarted):
            if isinstance(event, StatusChanged):
                held = event.status in HELD
            assert not (held and isinstance(event, NodeStarted)), event


#: What is run, how many bodies of it at once, and its result.
KINDS = {
    "task": lambda c: (c.stand.complex(c.body(1)), 1, c.value(1)),
    "chain": lambda c: (c.stand.complex(chain(c.body(1), c.body(2))), 1, c.value(2)),
    "group": lambda c: (c.stand.complex(group(c.body(1), c.body(2))), 2, [c.value(1), c.value(2)]),
    "chord": lambda c: (c.stand.complex(chord([c.body(1), c.body(2)], c.total())), 2, c.value(1) + c.value(2)),
    "swarm": lambda c: (
        c.stand.swarm([c.body(i) for i in (1, 2, 3)], max_concurrency=2),
        2,
        [c.value(i) for i in (1, 2, 3)],
    ),
    "batched": lambda c: (
        c.stand.swarm([c.body(i) for i in (1, 2, 3)], max_concurrency=2, batch=2),
        2,
        [c.value(i) for i in (1, 2, 3)],
    ),
    "complex": lambda c: (
        c.stand.complex(c.stand.complex(chain(c.body(1), c.body(2)))),
        1,
        c.value(2),
    ),
    "nested": lambda c: (
        c.stand.swarm([c.stand.complex(chain(group(c.body(1), c.body(2)), c.total()))]),
        2,
        [c.value(1) + c.value(2)],
    ),
    "graph": lambda c: (forked(c), 2, c.value(1) + c.value(2)),
}


def forked(case):
    """Two branches, one of them a graph of its own with a condition, into a join."""
    app = case.stand.app
    inner = (
        ConditionalGraph("inner", app=app).add_node("b", case.body(2)).add_node("c", case.stand.tasks("identity"))
        .add_edge(START, "b").add_conditional_edges("b", [when(result > 0, "c"), otherwise(END)]).add_edge("c", END)
    )  # fmt: skip
    return (
        ConditionalGraph("outer", app=app).add_node("a", case.body(1)).add_node("in", inner)
        .add_node("sum", case.total(), join="all").add_edge(START, "a").add_edge(START, "in")
        .add_edge("a", "sum").add_edge("in", "sum").add_edge("sum", END)
    )  # fmt: skip


def suspended(case):
    case.run.suspend()
    assert case.run.status is RunStatus.SUSPENDED
    assert len(case.started()) in (0, case.at_once)
    case.finish()
    assert case.started() == case.values, "each body once"


def interrupted(case):
    running = len(case.started())
    report = case.run.interrupt(grace=10)
    assert case.run.status is RunStatus.INTERRUPTED
    assert [task.outcome for task in report.tasks] == [InterruptOutcome.TERMINATED] * running
    case.finish()
    assert len(case.started()) == len(case.values) + running, "what was stopped, twice"


def resumed(case):
    running = len(case.started()) if case.run.status is RunStatus.INTERRUPTED else 0
    case.run.resume()
    assert case.run.status is RunStatus.RUNNING
    case.finish()
    assert len(case.started()) == len(case.values) + running


def cancelled(case):
    ended = case.started("end")
    case.run.cancel(confirm=True)
    assert case.run.status is RunStatus.CANCELLED
    with pytest.raises(RunCancelled):
        case.run.get(timeout=120)
    told = f"celery-task-meta-{case.run.id}".encode()  # what tells whoever waits; it has a time to live
    wait_for(lambda: case.keys().keys() <= {told}, what="the last key to go")
    assert case.stand.orchestrator.container.store.client.ttl(told) > 0
    case.open()
    assert case.started("end") == ended
    assert case.stand.app.AsyncResult(case.run.id).status != "SUCCESS"


def retried(case):
    before = case.started()
    case.ledger.redis.set(f"{case.gate}:repaired", 1)
    case.run.retry()
    assert case.run.status in (RunStatus.RUNNING, RunStatus.SUCCEEDED)
    case.finish()
    assert case.started() == sorted(before + case.values), "what failed, twice; what had not begun, once"
    assert case.stand.orchestrator.run(case.run.id).get(timeout=120) == case.expected


def run_again(case):
    before = case.run.status
    case.ledger.redis.set(f"{case.gate}:repaired", 1)
    again = case.run.rerun()
    assert case.run.status is before
    case.open()
    case.stand.app.control.add_consumer(case.gate, reply=True)  # where the tasks of a pending one go, and so do these
    assert again.view.rerun_of == case.run.id
    assert again.get(timeout=240) == case.expected
    if before in (RunStatus.PENDING, RunStatus.RUNNING):
        assert case.run.get(timeout=240) == case.expected


#: What each verb does where the table allows it.
DOES = {
    "suspend": suspended,
    "interrupt": interrupted,
    "resume": resumed,
    "retry": retried,
    "rerun": run_again,
    "cancel": cancelled,
}


@pytest.fixture(scope="module")
def place(ledger_server):
    with ExitStack() as stack:
        server = stack.enter_context(EmbeddedRedis())
        stand = stack.enter_context(Stand(server.url(0), server.url(1)))
        stack.enter_context(stand.worker(concurrency=4))
        yield stand


def say(run, verb):
    return run.cancel(confirm=True) if verb == "cancel" else getattr(run, verb)()


#: What a verb does and what it refuses is chosen apart, so that each verb does it on each kind.
CASES = list(itertools.product(KINDS, VERBS, RunStatus))
ALLOWED = pairwise(case for case in CASES if case[2] in VERBS[case[1]].does)
REFUSED = pairwise(case for case in CASES if case[2] not in VERBS[case[1]].does)


@pytest.mark.parametrize(("kind", "verb", "status"), ALLOWED + REFUSED)
def test_a_verb_in_a_status(place, ledger, kind, verb, status):
    """Given a workflow in a status, then a verb the table has does what it says, and any other changes nothing."""
    case = Case(place, ledger, kind, fails=status is RunStatus.FAILED)
    case.reach(status)
    if status in VERBS[verb].does:
        DOES[verb](case)
        return
    before = case.keys()
    with pytest.raises(RunNotFound if status is RunStatus.CANCELLED else InvalidTransition) as refused:
        say(case.run, verb)
    assert case.run.id in str(refused.value)
    assert status is RunStatus.CANCELLED or str(status) in str(refused.value)
    assert case.keys() == before
    if status not in (RunStatus.SUCCEEDED, RunStatus.FAILED, RunStatus.CANCELLED):
        case.finish()
        assert case.started() == case.values or status is RunStatus.INTERRUPTED
