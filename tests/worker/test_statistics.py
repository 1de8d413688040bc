"""Statistics of what workers ran: every body is counted once, whichever pool, message or batch it ran in."""

import asyncio
import json
from contextlib import suppress

import pytest
from celery import chain

from orchestrator_celery import RunStatus
from orchestrator_celery.store.embedded import EmbeddedRedis
from tests.kit.commands import call
from tests.kit.waiting import wait_for
from tests.worker.support import Stand


def name(task):
    return f"tests.kit.project.{task}"


def counted(stand, task, **wanted):
    found = stand.orchestrator.stats(task=name(task), **wanted)
    return found.started, found.succeeded, found.failed, found.retried, found.lost


@pytest.mark.parametrize("pool", ["prefork", "threads", "solo"])
def test_each_body_is_counted_once(make_stand, pool):
    """Given tasks that return, fail and retry, then a worker that ends in good order has written them all."""
    stand = make_stand()
    t = stand.tasks
    with stand.worker(pool=pool) as worker:
        good = stand.complex(chain(t("add", 1, 1), t("nap", seconds=0.3), t("add", 1)), category="eu").apply_async()
        items = stand.swarm([t("add", i, 0) for i in range(20)], batch=5).apply_async()
        again = stand.run(t("flaky", 2, 7))
        bad = stand.run(chain(t("add", 1, 1), t("fail")))
        assert good.get(timeout=60) == 3
        assert again.get(timeout=60) == 7
        assert len(items.get(timeout=60)) == 20
        with suppress(ValueError):
            bad.get(timeout=60)
        worker.stop()
    assert counted(stand, "add") == (23, 23, 0, 0, 0)
    assert counted(stand, "add", category="eu") == (2, 2, 0, 0, 0)
    assert counted(stand, "add", category="") == (21, 21, 0, 0, 0)
    assert counted(stand, "nap") == (1, 1, 0, 0, 0)
    assert counted(stand, "flaky") == (3, 1, 0, 2, 0)
    assert counted(stand, "fail") == (1, 0, 1, 0, 0)
    nap = stand.orchestrator.stats(task="*.nap")
    assert nap.duration.p50 >= 0.29
    assert nap.wait.count == 1
    assert {entry.name for entry in stand.orchestrator.stats().tasks} == {
        name(x) for x in ("add", "nap", "flaky", "fail")
    }


def test_steps_without_messages_are_counted(make_stand):
    stand = make_stand(orchestrator_continue=True)
    with stand.worker(pool="solo") as worker:
        assert stand.run(chain(stand.tasks("add", 1, 1), *[stand.tasks("add", 1)] * 9)).get(timeout=60) == 11
        worker.stop()
    assert counted(stand, "add") == (10, 10, 0, 0, 0)


@pytest.fixture(scope="module")
def shop(ledger_server):
    with EmbeddedRedis() as server, Stand(server.url(0), server.url(1)) as stand, stand.worker(concurrency=2):
        yield stand


def test_a_worker_writes_every_few_seconds(shop):
    """Given a worker that goes on, then its counts come by themselves, and a lost process is one of them."""
    dead = shop.complex(shop.tasks("suicide_once", 5), category="lossy").apply_async()
    assert dead.get(timeout=120) == 5
    assert dead.status is RunStatus.SUCCEEDED
    wait_for(lambda: counted(shop, "suicide_once")[4] == 1, what="the lost process")
    wait_for(lambda: counted(shop, "suicide_once")[1] == 1, what="the second try")
    assert shop.orchestrator.stats(category="lossy").lost == 1
    assert asyncio.run(shop.orchestrator.aio.stats(category="lossy")).succeeded == 1


def test_the_command(shop):
    shop.run(shop.tasks("add", 1, 1)).get(timeout=60)
    wait_for(lambda: counted(shop, "add")[1] >= 1, what="the statistics")
    done = call(shop, "stats", "--task", "*.add", "--json")
    document = json.loads(done.stdout)
    assert (done.returncode, document["succeeded"] >= 1, len(document["series"]) >= 1) == (0, True, True)
    table = call(shop, "stats", "--by", "category").stdout.splitlines()
    assert table[0].split() == "CATEGORY STARTED OK FAILED RETRIED LOST SUCCESS P50 P95 P99 WAIT P95 PER S".split()
    assert table[1].startswith("-  ")
    nothing = call(shop, "stats", "--category", "no such", "--by", "hour")
    assert (nothing.returncode, nothing.stdout, nothing.stderr) == (0, "", "No task was counted in this time.\n")


def test_without_retention_nothing_is_counted(make_stand):
    stand = make_stand(orchestrator_stats_retention=0)
    with stand.worker(pool="solo") as worker:
        assert stand.run(stand.tasks("add", 1, 1)).get(timeout=60) == 2
        worker.stop()
    assert [key for key in stand.keys() if "stats" in key] == []
