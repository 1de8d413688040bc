"""What tasks log and print is kept with their run: complete at their end, bounded, without secrets, gone with the run."""

import asyncio
import threading
import time
from datetime import datetime, timedelta, timezone

import pytest
from celery import chain, group

from orchestrator_celery import OrchestratorError, RunNotFound, RunStatus
from orchestrator_celery.store.embedded import EmbeddedRedis
from tests.kit.waiting import wait_for
from tests.worker.support import Stand


@pytest.fixture(scope="module")
def shop(ledger_server):
    with (
        EmbeddedRedis() as server,
        Stand(server.url(0), server.url(1), orchestrator_heartbeat=0.3) as stand,
        stand.worker(concurrency=2),
    ):
        yield stand


def messages(run, **wanted):
    return [line.message for line in run.logs(**wanted)]


def test_all_ways_of_logging_are_kept(shop):
    """Given loggers of all kinds and `print`, then each line is there when the end is known, with where it is from."""
    run = shop.run(chain(shop.tasks("logs", 1, lines=2), shop.tasks("logs", lines=1)))
    assert run.get(timeout=60) == 1
    first = [line for line in run.logs() if line.node == "0.0.0"]
    assert [line.message for line in first] == [
        "plain 1", "task logger 1", "printed 1", "failing 1 with password=**", "line 0", "line 1",
    ]  # fmt: skip
    assert [line.level for line in first] == ["INFO", "WARNING", "WARNING", "ERROR", "INFO", "INFO"]
    assert first[0].logger == "shop"
    assert first[2].logger == "celery.redirected"
    assert first[3].exception.startswith("Traceback")
    assert first[3].exception.endswith("KeyError: 'inner'")
    assert {(line.run, line.attempt, line.task) for line in first} == {(run.id, 1, "tests.worker.tasks.logs")}
    assert first[0].worker.startswith("prefork-")
    assert abs(first[0].time - datetime.now(timezone.utc)) < timedelta(minutes=5)
    assert len([line for line in run.logs() if line.node == "0.0.1"]) == 5


def test_lines_are_chosen(shop):
    """Given a filter, then the lines are those of the level, of the node and below it, with the text, since the time."""
    run = shop.run(group(shop.tasks("logs", i, lines=1) for i in range(3)))
    run.get(timeout=60)
    assert {line.level for line in run.logs(level="warning")} == {"WARNING", "ERROR"}
    assert messages(run, level="warn") == messages(run, level=30)
    assert len(messages(run, level=40)) == 3
    assert len(messages(run, node="0.0.1")) == 5
    assert len(messages(run, node="0.0")) == len(messages(run)) == 15
    assert messages(run, search="PLAIN 2") == ["plain 2"]
    assert len(messages(run, search="keyerror: 'inner'")) == 3
    assert messages(run, since=datetime.now(timezone.utc) + timedelta(hours=1)) == []
    assert len(messages(run, since="1h")) == 15
    assert str(next(run.logs(search="plain 0"))).endswith("INFO     0.0.0 tests.worker.tasks.logs: plain 0")
    for wrong, said in ({"level": "WARNNG"}, "did you mean 'WARNING'"), ({"since": "soon"}, "is not a time"):
        with pytest.raises(OrchestratorError, match=said):
            run.logs(**wrong)
    with pytest.raises(RunNotFound):
        list(shop.orchestrator.result("no such run").logs())


def test_items_of_a_batch_have_their_lines(shop):
    """Given items that share a message, then each line belongs to its item."""
    run = shop.swarm([shop.tasks("logs", i, lines=1) for i in range(6)], batch=3).apply_async()
    run.get(timeout=60)
    assert sorted(line.message for line in run.logs(node="0.4")) == sorted(
        ["plain 4", "task logger 4", "printed 4", "failing 4 with password=**", "line 0"]
    )


def test_a_running_task_is_followed(shop, ledger):
    """Given a follower in another thread, then it gets the lines while the task runs, and ends with the run."""
    run = shop.run(shop.tasks("logs", 7, wait=True))
    found = []
    follower = threading.Thread(target=lambda: found.extend(run.logs(follow=True)), daemon=True)
    follower.start()
    wait_for(lambda: ledger.entries("logged"), what="the body")
    wait_for(lambda: "line 2" in messages(run), what="the lines of a running task")
    assert follower.is_alive()
    ledger.redis.set("go", 1)
    assert run.get(timeout=60) == 7
    follower.join(timeout=60)
    assert not follower.is_alive()
    assert [line.message for line in found][:2] == ["plain 7", "task logger 7"]

    async def later():
        return [line.message async for line in run.aio.logs(level="WARNING")]

    assert asyncio.run(later()) == messages(run, level="WARNING")


def test_a_killed_process_leaves_its_lines(shop):
    """Given a process that is killed after its lines were due, then they are there, beside those of the next attempt."""
    run = shop.run(shop.tasks("logs", 3, lines=400, die_at=399))
    assert run.get(timeout=60) == 3
    assert {line.attempt for line in run.logs()} == {1, 2}
    assert len([line for line in run.logs() if line.attempt == 2]) == 404


@pytest.mark.parametrize("side", ["before", "after"])
def test_a_crash_at_the_store_call_loses_nothing_else(make_stand, tmp_path, side):
    """Given a process that dies as it writes lines, then the run ends all the same, and each line is there."""
    stand, mark = make_stand(orchestrator_heartbeat=0.5, orchestrator_lease=3), tmp_path / "crashed"
    crash = {"ORCHESTRATOR_CRASH": f"store.log.{side}", "ORCHESTRATOR_CRASH_ONCE": str(mark)}
    with stand.worker(env=crash):
        run = stand.run(chain(stand.tasks("logs", 1), stand.tasks("add", 1)))
        assert run.get(timeout=120) == 2
    assert mark.exists()
    assert {"plain 1", "line 2"} <= set(messages(run))


def test_nonsense_is_safe(shop):
    """Given control characters, half characters, ten million characters and wrong formats, then lines stay lines."""
    run = shop.run(shop.tasks("logs_nonsense"))
    assert run.get(timeout=60) == "told"
    # Celery's own handler cannot write some of them, and logs that.
    forged, half, long, wrong, secret = [line for line in run.logs() if line.logger == "shop"]
    assert "\n" not in str(forged)
    assert "\x1b" not in str(forged)
    assert forged.message == "a\x1b[2Jb\nforged line"
    assert half.message == "half ? pair and \x00"
    assert len(long.message) < 4100
    assert long.message.endswith("… (cut, 10,000,000 characters)")
    assert "wrong" in wrong.message
    assert secret.message == "authorization: ** and redis://:**@host/0"


def test_lines_are_bounded(make_stand):
    """Given a task that logs without end, then the run keeps the newest lines, and Redis does not fill."""
    stand = make_stand(orchestrator_log_lines=200)
    with stand.worker():
        run = stand.run(stand.tasks("logs", 1, lines=30_000))
        run.get(timeout=120)
    kept = messages(run)
    assert 200 <= len(kept) <= 400  # Redis trims whole nodes of a stream
    assert "line 29999" in kept or any("lines were dropped" in line for line in kept)


@pytest.mark.parametrize(
    "settings", [{"orchestrator_capture_logs": False}, {"orchestrator_log_level": "CRITICAL"}], ids=["off", "level"]
)
def test_a_project_keeps_less(make_stand, settings):
    """Given capture that is off, or a higher level, then nothing is written."""
    stand = make_stand(**settings)
    with stand.worker():
        run = stand.run(stand.tasks("logs", 1))
        run.get(timeout=60)
    assert messages(run) == []
    assert not [key for key in stand.keys() if key.endswith(":o")]


def test_a_task_keeps_its_lines_to_itself(shop):
    """Given a policy without capture, then its lines are not kept, and tasks outside of runs are not touched."""
    run = shop.run(chain(shop.tasks("logs_in_secret", 1), shop.tasks("logs")))
    run.get(timeout=60)
    assert not [line for line in messages(run) if "secret" in line and "password" not in line]
    shop.tasks("logs", 1).apply_async().get(timeout=60)
    assert len([key for key in shop.keys() if key.endswith(":o") and run.id in key]) == 1


def test_a_projects_own_redaction(make_stand):
    """Given a function of the project, then it sees each line, and a wrong one keeps the worker from starting."""
    stand = make_stand(orchestrator_redact="tests.worker.hiding.shout")
    with stand.worker():
        run = stand.run(stand.tasks("logs", 1, lines=1))
        run.get(timeout=60)
    assert "PLAIN 1" in messages(run)
    wrong = make_stand(orchestrator_redact="tests.worker.hiding.nothing")
    with pytest.raises(AssertionError, match="orchestrator_redact"), wrong.worker():
        pass


def test_lines_go_with_their_run(make_stand):
    """Given a run that is cancelled, or whose retention is over, then its lines are gone, and late ones too."""
    stand = make_stand(orchestrator_retention=1)
    logs = stand.orchestrator.container.store.logs
    with stand.worker():
        run = stand.run(stand.tasks("logs", 1))
        run.get(timeout=60)
        assert logs.append(run.id, [b'[1,"INFO","x","late","","0.0",1,"t","w"]']).refused is None
        wait_for(lambda: not [key for key in stand.keys() if run.id in key], 30, "the retention")
        cancelled = stand.run(chain(stand.tasks("logs", 1), stand.tasks("nap", 60)))
        wait_for(lambda: cancelled.status is RunStatus.RUNNING and messages(cancelled), what="its lines")
        cancelled.cancel(confirm=True)
        assert logs.append(cancelled.id, [b"[]"]).refused is not None
        wait_for(lambda: not [key for key in stand.keys() if cancelled.id in key], 30, "the end of the cancellation")


def test_a_store_that_is_away_does_not_hold_up_a_task(make_stand, new_redis, ledger):
    """Given a store that goes away while a task logs, then the task goes on, and its lines arrive when it is back."""
    server = new_redis()
    stand = make_stand(server.url(0), server.url(1), orchestrator_store_patience=60)
    with stand.worker():
        run = stand.run(stand.tasks("logs", 5, lines=2, wait=True))
        wait_for(lambda: ledger.entries("logged"), what="the body")
        server.client().execute_command("CLIENT", "PAUSE", "1500", "WRITE")
        began = time.monotonic()
        ledger.redis.set("go", 1)
        wait_for(lambda: ledger.entries("went"), what="the body to go on")
        assert time.monotonic() - began < 60
        assert run.get(timeout=60) == 5
    assert {"plain 5", "line 1"} <= set(messages(run))
