"""R1, R2, R6, R10: workers and their children are killed, and come back."""

import os
import random
import signal
import time

import pytest
from celery import chain

from orchestrator_celery import ComplexSignature, ResumeAction, RunStatus, Swarm, SwarmFailed
from tests.faults.conftest import PROFILES
from tests.kit import project as p
from tests.kit.cases import seeded
from tests.kit.waiting import limit, wait_for, wait_for_beats

SEEDS, MORE = [1, 2, 3], range(4, 21)


def extra_bodies(ledger, expected):
    """How many bodies ran more than once."""
    return len(ledger.entries("start")) - expected


@pytest.mark.parametrize(("profile", "seed"), seeded([*PROFILES], SEEDS, MORE), indirect=["profile"])
def test_r1_a_worker_is_killed_at_a_random_point_of_a_swarm(site, ledger, seed):
    worker = site.worker()
    run = Swarm([p.nap.s(i) for i in range(200)]).apply_async()
    point = random.Random(seed).randint(5, 195)
    wait_for(lambda: run.progress().done >= point, what="the point")
    worker.kill()
    time.sleep(1)
    site.worker()
    ready = time.monotonic()
    assert run.get(timeout=240) == list(range(200))
    assert time.monotonic() - ready < limit(30)
    assert run.status is RunStatus.SUCCEEDED
    assert run.progress().done == 200
    assert extra_bodies(ledger, 200) <= 2
    # Where nothing ran at that moment, or a second delivery was quicker than the sweep, there is nothing to report.
    resumed = [node for report in p.orchestrator.resume_reports() for node in report.of(ResumeAction.RESUMED)]
    assert len(resumed) <= 2


@pytest.mark.parametrize(("profile", "seed"), seeded([*PROFILES], SEEDS, MORE, first=1), indirect=["profile"])
def test_r2_a_busy_child_is_killed(site, ledger, seed):
    worker = site.worker()
    failing = p.nap.s(99, 0.2)
    failing.link_error(p.on_old_error.s())
    run = Swarm([*(p.nap.s(i, 0.2) for i in range(10)), failing], name="R2").apply_async()
    wait_for(lambda: run.progress().running == 2, what="both children")
    time.sleep(random.Random(seed).random() / 5)
    os.kill(random.Random(seed).choice(worker.children()), signal.SIGKILL)
    assert run.get(timeout=240) == [*range(10), 99]
    assert extra_bodies(ledger, 11) <= 1
    assert ledger.entries("old-errback") == []


@pytest.mark.parametrize("task", ["suicide", "suicide_late"])
def test_r2_a_poison_task_is_stopped(site, ledger, task):
    site.worker()
    poison = getattr(p, task).s(7)
    poison.link_error(p.on_old_error.s())
    run = Swarm([poison, p.add.s(1, 1)], max_failures=1).apply_async()
    assert run.get(timeout=240) == [None, 2]
    assert len(ledger.entries("suicide")) == 3
    [failed] = run.items(state="FAILED")
    assert failed.error.type == "PoisonedTask"
    wait_for(lambda: ledger.entries("old-errback"), what="the errback")
    wait_for_beats(p.orchestrator)
    assert len(ledger.entries("old-errback")) == 1


def test_a_poison_task_fails_an_intolerant_swarm(default_site, ledger):
    default_site.worker()
    with pytest.raises(SwarmFailed, match="PoisonedTask"):
        Swarm([p.suicide.s(1), p.add.s(1, 1)]).apply_async().get(timeout=240)


def test_a_task_that_must_not_be_resumed_fails_as_it_does_natively(default_site, ledger):
    default_site.worker()
    run = ComplexSignature(p.never_resumed.s(1)).apply_async()
    with pytest.raises(Exception, match=r"signal 9|prematurely"):
        run.get(timeout=240)
    assert len(ledger.entries("never")) == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGQUIT])
def test_r6_a_worker_is_stopped_in_a_chain(site, ledger, number):
    worker = site.worker()
    run = ComplexSignature(chain([p.nap_add.s(0, 1, 0.1)] + [p.nap_add.s(1, 0.1)] * 19)).apply_async()
    wait_for(lambda: run.progress().done >= 5, what="five steps")
    worker.stop(number)
    site.worker()
    assert run.get(timeout=240) == 20
    assert extra_bodies(ledger, 20) <= (0 if number == signal.SIGTERM else 2)


def test_r10_workers_that_start_at_once_resume_each_node_once(default_site, ledger):
    worker = default_site.worker()
    runs = [ComplexSignature(chain(p.nap.s(i, 0.05), p.add.s(1))).apply_async() for i in range(50)]
    wait_for(lambda: runs[0].progress().done == 2, what="the first run")
    worker.kill()
    herd = [default_site.worker(concurrency=1, ready=False) for _ in range(5)]
    for one in herd:
        one.wait_ready()
    assert [run.get(timeout=240) for run in runs] == [i + 1 for i in range(50)]
    assert extra_bodies(ledger, 50) <= 2
    for run in runs:
        lost = [event.node for event in run.watch() if type(event).__name__ == "NodeLost"]
        assert len(lost) == len(set(lost))


def test_a_resumed_task_goes_on_from_its_checkpoint(site, ledger):
    site.worker()
    run = ComplexSignature(p.checkpointed.s(6, die_at=3)).apply_async()
    assert run.get(timeout=240) == [3, 6]
    steps = [(step, attempt) for _, step, attempt in ledger.entries("step")]
    assert steps == [(0, 1), (1, 1), (2, 1), (3, 1), (3, 2), (4, 2), (5, 2)]


def test_current_node_outside_a_run_does_nothing(default_site):
    default_site.worker()
    assert p.node_facts.delay().get(timeout=120) == [False, 1, None, False]
    assert ComplexSignature(p.node_facts.s()).apply_async().get(timeout=120) == [True, 1, None, True]
