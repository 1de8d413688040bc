"""Logs and monitors show the name of a run, not that of the internal task that closes it."""

from tests.kit.waiting import wait_for


def test_messages_of_a_run_have_its_name(make_stand):
    """Given named runs, when their messages are handled, then the worker names the run and the swarm; others keep theirs."""
    stand = make_stand()
    with stand.worker() as worker:
        named = stand.complex(stand.tasks("add", 1, 1), name="two\nlines").apply_async()
        batched = stand.swarm([stand.tasks("add", i, 1) for i in range(4)], batch=4, name="numbers").apply_async()
        own = stand.complex(stand.tasks("add", 1, 1), name="other").apply_async(shadow="mine")
        unnamed = stand.swarm([stand.tasks("add", 1, 1)], batch=4).apply_async()
        assert [named.get(timeout=60), batched.get(timeout=60), unnamed.get(timeout=60)] == [2, [1, 2, 3, 4], [2]]
        assert own.get(timeout=60) == 2
        wait_for(lambda: worker.log.count("succeeded") >= 8, what="the log lines")
        log = worker.log
    assert f"Task two\\nlines[{named.id}]" in log
    assert f"Task numbers[{batched.id}]" in log
    assert f"Task numbers[{batched.id}:0.b" in log
    assert f"Task mine[{own.id}]" in log
    assert f"Task orchestrator.close[{unnamed.id}]" in log
    assert f"Task orchestrator.batch[{unnamed.id}:0.b" in log
    assert batched.status == "SUCCEEDED"
