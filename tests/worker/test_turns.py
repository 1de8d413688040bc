"""A task without a message is treated as Celery treats one with a message: its request, its signals, its limits.

Workers have one process each, which has run a task of each kind before, so that it may go on with it.
"""

import os
import signal
import threading
from collections import defaultdict
from contextlib import contextmanager

import pytest
from celery import chain

from orchestrator_celery.model.events import NodeLost, NodeStarted
from tests.kit.waiting import wait_for
from tests.worker.support import error_of, events, full_name, leaf, wait_until_running
from tests.worker.test_continue import ON, done, line, naps, node, received, warm

AUTO = {**ON, "orchestrator_continue": "auto"}
#: What differs between any two messages, or only a message has.
OF_A_MESSAGE = ("id", "correlation_id", "root_id", "parent_id", "origin", "properties", "reply_to")


def messages_of(stand, worker, name="add"):
    """How many messages a chain of three short tasks takes."""
    run = stand.run(chain(*[stand.tasks(name, 1).set(immutable=True) for _ in range(3)]))
    assert run.get(timeout=60) is not None
    wait_for(lambda: done(worker, run) == 3, what="log lines")
    return received(worker, run)


@pytest.fixture
def auto(make_stand):
    """A stand with a worker whose only process goes on with short tasks."""
    stand = make_stand(**AUTO)
    with stand.worker(concurrency=1) as worker:
        warm(stand, "add")
        yield stand, worker


def test_the_request_is_that_of_a_message(make_stand):
    """Given a task with a message and one without, then their requests say the same, but for what is theirs alone."""
    requests = []
    for choice in (False, True):
        stand = make_stand(**{**ON, "orchestrator_continue": choice})
        with stand.worker(concurrency=1, name="same@test") as worker:
            warm(stand, "identity", "whole_request")
            t = stand.tasks
            run = stand.run(
                chain(t("identity", 7), t("whole_request"), t("whole_request", 1, a=["b"]).set(immutable=True))
            )
            request = run.get(timeout=60)
            wait_for(lambda: done(worker, run) == 3, what="log lines")  # noqa: B023
            assert (received(worker, run) < 3) is choice
            requests.append({name: value for name, value in request.items() if name not in OF_A_MESSAGE})
    assert requests[1] == requests[0]


def test_signals_and_handlers_come_in_celerys_order(make_stand, ledger):
    """Given tasks in a turn, one of which fails, then each has its own signals, all before the next body begins."""
    stand = make_stand(**ON)
    with stand.worker(concurrency=1) as worker:
        warm(stand, "signalling")
        ledger.redis.delete("ledger")
        t = stand.tasks
        run = stand.run(chain(*[t("signalling", i).set(immutable=True) for i in range(2)], t("signalling", fails=True)))
        assert isinstance(error_of(run, timeout=60), ValueError)
        wait_for(lambda: len(ledger.entries("task_postrun")) == 3, what="the last signal")
        well = ["task_prerun", "body", "on_success", "task_success", "after_return", "task_postrun"]
        ill = ["task_prerun", "body", "on_failure", "task_failure", "after_return", "task_postrun"]
        wanted = [(word, leaf(run, f"0.0.{step}")) for step, words in enumerate((well, well, ill)) for word in words]
        assert [tuple(entry[:2]) for entry in ledger.entries()] == wanted
        assert received(worker, run) < 3


def test_lines_progress_and_checkpoints_are_those_of_the_node(make_stand):
    """Given tasks in a turn, then each has its own attempt and checkpoint, and its lines name its node."""
    stand = make_stand(**ON)
    with stand.worker(concurrency=1) as worker:
        warm(stand, "logs", "identity")
        t = stand.tasks
        stand.run(t("node_facts")).get(timeout=60)
        signatures = [t("logs", 1), t("node_facts"), t("logs", 2), t("node_facts")]
        run = stand.run(chain(*[signature.set(immutable=True) for signature in signatures]))
        assert run.get(timeout=60) == [True, 1, None, True]
        found = {(line.node, line.message) for line in run.logs() if line.message.startswith("plain")}
        assert found == {("0.0.0", "plain 1"), ("0.0.2", "plain 2")}
        assert received(worker, run) < 4


@pytest.mark.parametrize("shape", ["chain", "swarm"])
def test_a_lost_process_whose_message_the_broker_keeps(make_stand, ledger, shape):
    """Given late acknowledgement, when a process is killed in a turn, then its body runs again, and no other one does."""
    stand = make_stand(**ON)
    with stand.worker(concurrency=1):
        warm(stand, "late_nap")
        ledger.redis.delete("ledger")
        run = line(
            stand, shape, [stand.tasks("late_nap", index, pause) for index, pause in enumerate((0.001, 1, 0.001))]
        )
        child = wait_until_running(run, node(shape, 1))
        wait_for(lambda: len(ledger.entries("start")) == 2, what="the second body")
        os.kill(child, signal.SIGKILL)
        assert run.get(timeout=60) in (2, [0, 1, 2])
        wait_for(lambda: stand.queued() == 0 and stand.unacked() == 0, what="the message that came back")
    assert [value for _, value in ledger.entries("start")] == [0, 1, 1, 2]


def test_revoking_the_first_task_costs_no_other_one(make_stand, ledger):
    """Given a turn, when Celery revokes its first task, which has ended, then the body that it stops runs again."""
    stand = make_stand(**ON)
    with stand.worker(concurrency=1):
        warm(stand)
        ledger.redis.delete("ledger")
        run = line(stand, "chain", naps(stand, 0.001, 1, 0.001))
        wait_for(lambda: len(ledger.entries("start")) == 2, what="the second body")
        stand.app.control.revoke(leaf(run, "0.0.0"), terminate=True)
        assert run.get(timeout=60) == 2
    assert [value for _, value in ledger.entries("start")] == [0, 1, 1, 2]
    assert [event.node for event in events(run, NodeLost)] == ["0.0.1"]


def test_a_message_that_is_rejected_at_last(make_stand):
    """Given a task that rejects its message after its end, then the process goes on all the same."""
    stand = make_stand(**ON)
    with stand.worker(concurrency=1) as worker:
        warm(stand, "add")
        run = stand.run(chain(stand.tasks("rejects_afterwards", 1), stand.tasks("add", 1), stand.tasks("add", 1)))
        assert run.get(timeout=60) == 3
        assert [event.node for event in events(run, NodeStarted)] == ["0.0.0", "0.0.1", "0.0.2", "$"]
        assert received(worker, run) < 3


def test_a_process_that_has_grown_too_large(make_stand):
    """Given a process above its limit of memory, then Celery gets to replace it: it does not go on."""
    stand = make_stand(**ON, worker_max_memory_per_child=1)
    with stand.worker(concurrency=1) as worker:
        run = stand.run(chain(stand.tasks("add", 1, 1), stand.tasks("add", 1)))
        wait_for(lambda: done(worker, run) == 2, what="log lines")
        assert received(worker, run) == 2


@contextmanager
def monitored(stand):
    """A worker that a monitor watches; also gives the events of tasks, by id and type."""
    found, heard = defaultdict(dict), threading.Event()

    def take(event):
        found[event.get("uuid")][event["type"]] = event

    with stand.app.connection_for_read() as connection, stand.worker(concurrency=1, name="same@test") as worker:
        receiver = stand.app.events.Receiver(
            connection, handlers={"*": take, "worker-heartbeat": lambda _: heard.set()}
        )
        listener = threading.Thread(target=receiver.capture, kwargs={"limit": None, "timeout": None, "wakeup": False})
        listener.start()
        try:
            assert heard.wait(60)
            yield worker, found
        finally:
            receiver.should_stop = True
            listener.join(60)


#: What two tasks have not in common, though they do the same.
OF_A_TASK = ("uuid", "root_id", "parent_id", "timestamp", "local_received", "clock", "pid", "runtime", "traceback")


def test_a_monitor_sees_each_task(make_stand):
    """Given a worker that sends events of tasks, then a task without a message has the same events as one with it."""
    seen = []
    for choice in (False, True):
        stand = make_stand(**{**ON, "orchestrator_continue": choice}, worker_send_task_events=True)
        with monitored(stand) as (worker, found):
            warm(stand, "add", "signalling")
            t = stand.tasks
            run = stand.run(chain(t("add", 1), t("add", 2), t("signalling", fails=True)))
            assert isinstance(error_of(run, timeout=60), ValueError)
            ids = [leaf(run, f"0.0.{step}") for step in range(3)]
            wait_for(lambda: all(len(found[id]) == 3 for id in ids), what="three events each")  # noqa: B023
            assert (received(worker, run) < 3) is choice
            for id in ids:
                times = [found[id][f"task-{kind}"]["timestamp"] for kind in ("received", "started")]
                assert times == sorted(times)
                assert [event["root_id"] for event in found[id].values() if "root_id" in event] == [run.id]
        seen.append(
            [
                {
                    kind: {name: value for name, value in event.items() if name not in OF_A_TASK}
                    for kind, event in each.items()
                }
                for each in (found[id] for id in ids)
            ]
        )
    assert seen[1] == seen[0]
    assert [sorted(each) for each in seen[1]] == [
        ["task-received", "task-started", "task-succeeded"],
        ["task-received", "task-started", "task-succeeded"],
        ["task-failed", "task-received", "task-started"],
    ]


def test_a_monitor_that_comes_later(make_stand):
    """Given a worker without events of tasks, when a monitor turns them on, then each task has them."""
    stand = make_stand(**AUTO)
    with monitored(stand) as (worker, found):
        warm(stand, "add")
        stand.app.control.enable_events(reply=True)

        def complete():
            run = stand.run(chain(*[stand.tasks("add", 1).set(immutable=True) for _ in range(3)]))
            run.get(timeout=60)
            wait_for(lambda: "task-succeeded" in found[leaf(run, "0.0.0")], what="the events of the message")
            return received(worker, run) < 3 and "task-succeeded" in found[leaf(run, "0.0.2")]

        wait_for(complete, what="the events of tasks without messages")


@pytest.mark.parametrize("command", ["rate_limit", "time_limit"])
def test_limits_of_an_operator(auto, command):
    """Given a remote control command that limits a task, then each task has a message, until the limit is taken back."""
    stand, worker = auto
    control, task = stand.app.control, full_name("add")
    limits = {"rate_limit": [("1000/s",), (0,)], "time_limit": [(60, 120), (None, None)]}[command]
    getattr(control, command)(task, *limits[0], reply=True)
    wait_for(lambda: messages_of(stand, worker) == 3, what="a message each")
    getattr(control, command)(task, *limits[1], reply=True)
    wait_for(lambda: messages_of(stand, worker) == 1, what="turns again")


@pytest.mark.parametrize(("choice", "pause"), [(True, 0.1), ("auto", 0.02)], ids=["True", "auto"])
def test_another_run_gets_the_process(make_stand, ledger, choice, pause):
    """Given a long line of tasks, when another run comes, then it waits for no more bodies than fit in a turn."""
    stand = make_stand(**{**ON, "orchestrator_continue": choice})
    with stand.worker(concurrency=1):
        warm(stand)
        ledger.redis.delete("ledger")
        run = line(stand, "chain", naps(stand, *[pause] * 200))
        wait_for(lambda: ledger.entries("start"), what="the line to begin")
        other = stand.run(stand.tasks("nap", "other", 0.001))
        before = len(ledger.entries("start"))
        other.get(timeout=60)
        begun = [value for _, value in ledger.entries("start")].index("other")
        assert begun <= before + 12, "a turn has room for ten bodies"
        run.cancel(confirm=True)
