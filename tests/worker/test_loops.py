"""One bad thing never stops a loop: not a broken record, not an error in a callback, not a wrong setting."""

import threading

import pytest

from orchestrator_celery import ResumeAction
from orchestrator_celery.store.due_index import DueIndex
from orchestrator_celery.worker.recovery.heartbeat import Heartbeat
from tests.kit.waiting import wait_for
from tests.kit.workers import Worker
from tests.worker import tasks as project
from tests.worker.support import client_of

FAST = {"orchestrator_heartbeat": 0.2, "orchestrator_lease": 5, "orchestrator_republish_after": 1}


def break_head(stand, run, field):
    stand.orchestrator.container.store.client.hdel(stand.orchestrator.container.store.keys.root(run.id), field)


@pytest.mark.parametrize("field", ["created", "status", "events"])
def test_a_run_with_a_broken_head_keeps_no_other_from_recovery(make_stand, field):
    """Given a run whose head lacks a field, when messages of other runs are lost, then those runs end all the same."""
    stand = make_stand(**FAST)
    broken = stand.run(stand.tasks("nap", 0))
    healthy = [stand.run(stand.tasks("nap", index)) for index in range(3)]
    break_head(stand, broken, field)
    with client_of(stand.broker) as broker:
        broker.flushdb()
    with stand.worker():
        assert [run.get(timeout=120) for run in healthy] == [0, 1, 2]


def test_a_run_that_cannot_be_read_is_put_aside_and_reported(make_stand):
    """Given a run without the time of its creation, then one report names it, and it is looked at again only later."""
    stand = make_stand(**FAST)
    broken = stand.run(stand.tasks("nap", 0))
    break_head(stand, broken, "created")
    with client_of(stand.broker) as broker:
        broker.flushdb()
    with stand.worker():

        def reported():
            nodes = [node for report in stand.orchestrator.resume_reports() for node in report.nodes]
            return [node for node in nodes if node.action is ResumeAction.UNREADABLE]

        [node] = wait_for(reported, 20, "a report")
        assert node.run == broken.id
        assert node.reason
        stand.run(stand.tasks("nap", 1)).get(timeout=120)
        assert len(reported()) == 1


def test_a_look_reads_one_run_at_a_time(stand):
    """Given broken runs among others, one of which a script cannot read, when all are looked at, then the others are read."""
    runs = [stand.run(stand.tasks("nap", index)) for index in range(4)]
    break_head(stand, runs[1], "created")
    store = stand.orchestrator.container.store
    store.client.delete(store.keys.live(runs[2].id))
    store.client.set(store.keys.live(runs[2].id), "no hash")
    index: DueIndex = store.due_index
    checks = index.check([run.id for run in runs])
    assert [check.state for check in checks] == ["ok", "unreadable", "unreadable", "ok"]
    assert checks[1].problem
    assert "WRONGTYPE" in checks[2].problem


def test_a_heartbeat_survives_an_error_in_what_it_calls(stand):
    """Given a callback that raises, then the heartbeat goes on, and says that a sign of life was missed."""
    beats, missed, twice = [], [], threading.Event()

    def on_beat(beat):
        beats.append(beat)
        if len(beats) == 1:
            raise RuntimeError("a callback of the heartbeat fails")
        twice.set()

    stand.app.conf.update(orchestrator_heartbeat=0.05)
    stand.orchestrator.container.__dict__.pop("settings", None)
    heartbeat = Heartbeat(stand.orchestrator.container, on_beat, lambda: missed.append(1), lambda request: None)
    heartbeat.start("w/place/1/a", forks=False, obey=lambda order: None)
    try:
        assert twice.wait(20)
        assert missed == [1]
    finally:
        heartbeat.stop()


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"orchestrator_auto_resume_validators": ["no.such.module.rule"]}, "no.such.module.rule"),
        ({"orchestrator_auto_resume_validators": ["os.path.sep"]}, "not a callable"),
        ({"orchestrator_leese": 3}, "orchestrator_leese"),
        ({"orchestrator_lease": "long"}, "orchestrator_lease"),
    ],
)
def test_a_worker_with_a_wrong_setting_does_not_start(new_redis, ledger, settings, words):
    """Given a setting that is wrong, then the worker ends at once and says which."""
    server = new_redis()
    worker = Worker(server.url(0), server.url(1), app=project.__name__, ready=False, **settings)
    try:
        assert wait_for(lambda: worker.process.poll() is not None, 60, "the worker to end")
        assert worker.process.returncode
        assert words in worker.log
        assert "ready." not in worker.log
    finally:
        worker.stop()
