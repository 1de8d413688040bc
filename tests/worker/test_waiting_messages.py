"""Which overdue messages are lost, and which wait: by what the workers report and by what the broker holds."""

import threading

import pytest

from orchestrator_celery.model.ids import CLOSE, LeafId
from orchestrator_celery.records.live import parse_live
from orchestrator_celery.records.queue_report import Lane, LaneMark, QueueReport
from orchestrator_celery.store.scripting.scripts import Script
from orchestrator_celery.worker.queues.waiting_messages import WaitingMessages
from tests.kit.waiting import wait_for
from tests.worker.support import client_of

#: These tests are about messages.
pytestmark = pytest.mark.message_each

#: A message is overdue soon; the margin is as short.
AFTER = 0.05
MARGIN = AFTER * 1000
QUEUE = "celery"


@pytest.fixture
def stand(make_stand):
    return make_stand(orchestrator_republish_after=AFTER, orchestrator_heartbeat=0.5)


class Judged:
    """A run of one task whose message is overdue, and the workers' reports."""

    def __init__(self, stand, **options):
        self.stand, self.container = stand, stand.orchestrator.container
        self.run = stand.run(stand.tasks("nap", 1).set(**options))
        self.judge = WaitingMessages(self.container)
        index = self.container.store.due_index
        self.check = wait_for(
            lambda: (found := index.check([self.run.id])[0]).overdue and found, what="an overdue message"
        )
        self.sent = parse_live(self.check.overdue["0.0"].record).sent
        self.id = str(LeafId(self.run.id, "0.0", 1))

    def beat(self, member="w/a", free=0, held=(), marks=(), queues=(QUEUE,)):
        """A heartbeat. `marks` are times after the message, by lane."""
        now = self.container.store.due_index.now_ms()
        marks = {lane: LaneMark(self.sent + later, now) for lane, later in dict(marks).items()}
        report = QueueReport(frozenset(queues), free, len(held), frozenset(held), marks)
        return self.container.registry.beat(member, 60, [], queues=report)

    def lost(self):
        """Whether a sweep finds the message lost."""
        self.judge.begin(self.container.registry.beat("sweeper/z", 60, [], queues=report_of_nothing()))
        verdict = self.judge.judge(self.check)
        assert (verdict.again is None) == bool(verdict.lost)
        return verdict.lost == ["0.0"]

    def empty(self):
        with client_of(self.stand.broker) as broker:
            broker.flushdb()


def report_of_nothing():
    return QueueReport(frozenset(), 1, 0, frozenset(), {})


LANE = Lane(QUEUE)


def test_a_worker_of_an_earlier_release_reports_nothing(stand):
    """Given a live worker without a report, then the time alone decides."""
    judged = Judged(stand)
    judged.beat(held=["x"], marks={LANE: -1})
    assert not judged.lost()
    judged.container.registry.beat("old/b", 60, [])
    assert judged.lost()


def test_a_queue_that_nobody_consumes(stand):
    """Given no worker that consumes the queue, then the time alone decides."""
    judged = Judged(stand)
    judged.beat(queues=["other"])
    assert judged.lost()


def test_overtaken_or_not(stand):
    """Given a queue with messages, then one is lost if another one was received that was sent later by a margin."""
    judged = Judged(stand)
    judged.beat(held=["x"], marks={LANE: MARGIN - 1})
    assert not judged.lost()
    judged.beat("w/b", held=["y"], marks={LANE: MARGIN})
    assert judged.lost()


def test_a_received_message_may_be_overtaken_for_longer(stand):
    """Given a message that a busy worker has received, then later ones overtake it without being a sign of a loss."""
    judged = Judged(stand)
    judged.beat(held=[judged.id], marks={LANE: 3 * MARGIN})
    assert not judged.lost()
    judged.beat(held=[judged.id], marks={LANE: 8 * MARGIN})
    assert judged.lost()


def test_a_queue_of_which_no_worker_reports_a_message(stand):
    """Given a queue with messages, none of which a worker has received, then the time alone decides."""
    judged = Judged(stand)
    judged.beat(held=["x"], marks={Lane("another"): -1}, queues=[QUEUE, "another"])
    assert judged.lost()


def test_an_empty_queue_and_idle_workers(stand):
    """Given an emptied queue and workers without messages, then the message is lost at once."""
    judged = Judged(stand)
    judged.empty()
    judged.beat(free=2)
    assert judged.lost()


def test_an_empty_queue_and_busy_workers(stand):
    """Given a queue that a worker may have emptied since its heartbeat, then the next heartbeat tells."""
    judged = Judged(stand)
    judged.beat(held=["x"], marks={LANE: -1})
    judged.empty()
    assert not judged.lost()
    wait_for(lambda: judged.beat(held=["x"], marks={LANE: -1}) and judged.lost(), what="the heartbeat after that")


def test_a_message_that_a_worker_holds(stand):
    """Given an empty queue and a busy worker that holds the message, then it waits, unless another worker is free."""
    judged = Judged(stand)
    judged.empty()
    judged.lost()  # sees that the queue is empty
    for _ in range(3):
        judged.beat(held=[judged.id], marks={LANE: 0})
        assert not judged.lost()
    judged.beat("w/b", free=1)
    assert judged.lost()


def test_after_the_longest_pause_it_is_sent_again(make_stand):
    """Given a message that has waited as long as the longest pause, then it is sent again whatever is reported."""
    judged = Judged(make_stand(orchestrator_republish_after=AFTER, orchestrator_republish_longest=1))
    judged.beat(held=["x"], marks={LANE: -1})
    wait_for(judged.lost, what="the longest pause")


@pytest.mark.parametrize(("rank", "lost"), [(0, False), (3, True), (9, True)])
def test_a_more_urgent_message_does_not_overtake(stand, rank, lost):
    """Given a message with a priority, then only those that are delivered after it can overtake it."""
    judged = Judged(stand, priority=3)
    with client_of(stand.broker) as broker:
        broker.lpush(QUEUE, "x")
    judged.beat(held=["x"], marks={Lane(QUEUE, rank): MARGIN, LANE: 99 * MARGIN})
    assert judged.lost() is lost


def test_a_message_in_a_queue_of_its_own(stand, scripts_run):
    """Given two queues, then only messages of the same queue overtake, and the definition is read once."""
    judged = Judged(stand, queue="second")
    marks = {LANE: 99 * MARGIN, Lane("second"): -1}
    judged.beat(held=["x"], marks=marks, queues=[QUEUE, "second"])
    assert not judged.lost()
    before = scripts_run()
    assert not judged.lost()
    assert scripts_run() - before == 1, "the heartbeat"


def test_a_backlog_reads_nothing_of_what_waits(stand, scripts_run):
    """Given messages that nothing has overtaken, then no definition is read."""
    judged = Judged(stand)
    judged.beat(held=["x"], marks={LANE: -1})
    before = scripts_run()
    assert not judged.lost()
    assert scripts_run() - before == 1, "the heartbeat"


def test_the_closing_message_waits_like_others(stand):
    """Given a run that has ended, then its closing message waits in the queue of its task."""
    judged = Judged(stand)
    store, leaf = judged.container.store, LeafId(judged.run.id, "0.0", 1)
    store.claim(leaf, parse_live(judged.check.overdue["0.0"].record).fence, "w/1/a")
    store.finish(leaf, parse_live(judged.check.overdue["0.0"].record).fence, b"1")
    judged.check = wait_for(
        lambda: (found := store.due_index.check([judged.run.id])[0]).overdue and found, what="an overdue message"
    )
    sent = parse_live(judged.check.overdue[CLOSE].record).sent
    judged.beat(held=["x"], marks={LANE: sent - judged.sent + MARGIN - 1})
    judged.judge.begin(judged.beat(held=["x"], marks={LANE: sent - judged.sent + MARGIN - 1}))
    assert judged.judge.judge(judged.check).lost == []
    judged.judge.begin(judged.beat(held=["x"], marks={LANE: sent - judged.sent + MARGIN}))
    assert judged.judge.judge(judged.check).lost == [CLOSE]


@pytest.fixture
def scripts_run(monkeypatch):
    """How many scripts this thread has run; other threads of the client tell of the run's start meanwhile."""
    mine, calls, call = threading.get_ident(), [], Script._call

    def counted(self, client, key, args):
        if threading.get_ident() == mine:
            calls.append(self)
        return call(self, client, key, args)

    monkeypatch.setattr(Script, "_call", counted)
    return lambda: len(calls)
