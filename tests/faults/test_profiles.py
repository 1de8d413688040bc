"""R2 to R8 as far as the other modules leave them out: both profiles, several seeds, time limits, what is downstream.

The seeds of a test run side by side, each on a Redis and a worker of its own: most of their time is waiting.
"""

import os
import random
import signal
import time
from contextlib import ExitStack, contextmanager, suppress
from itertools import product

import pytest
from celery import chain

from orchestrator_celery import ComplexSignature, NodeSucceeded, RunClosed, RunStatus
from orchestrator_celery.model.events import NodeStarted
from orchestrator_celery.store.embedded import EmbeddedRedis
from tests.faults import test_crash_points as crashes
from tests.faults.conftest import PROFILES, _site
from tests.kit.waiting import limit, wait_for, wait_for_beats
from tests.kit.workers import Worker
from tests.worker import tasks as project
from tests.worker.support import Stand, events

#: Seeds of a test, and which of them run side by side on which profile. The last groups are for `make test-full`.
SEEDS = [1, 2, 3]
GROUPS = [("default", (1, 3)), ("recommended", (2,))]
MORE = [("default", (2,)), ("recommended", (1, 3))]
MORE += product(PROFILES, [(first, first + 1, first + 2) for first in range(4, 20, 3)])
ON_BOTH = pytest.mark.parametrize(
    ("profile", "seeds"),
    [*GROUPS, *(pytest.param(*group, marks=pytest.mark.full) for group in MORE)], indirect=["profile"],
)  # fmt: skip
#: Bodies of a trial: the items of its swarm, the steps of its chain.
ITEMS, STEPS = 200, 40


class Trial:
    """One seed: servers and workers of its own, and a fan-out and a chain whose bodies are its own in the ledger."""

    def __init__(self, seed, server, stand, settings, ledger):
        self.seed, self.server, self.stand, self.settings, self.ledger = seed, server, stand, settings, ledger
        self.dice = random.Random(seed)
        self.workers = []
        self.since = None
        self.fan = self.steps = None

    @property
    def worker(self):
        return self.workers[-1]

    def start_worker(self):
        """Begin to start one; `wait_ready` ends that."""
        urls = self.server.url(0), self.server.url(1)
        self.workers.append(Worker(*urls, app=project.__name__, ready=False, **self.settings))

    def end(self):
        """In no good order: nothing is asked of that here."""
        for worker in self.workers:
            worker.end()

    def start_fan(self, seconds=0.02):
        """200 items, a join, and a task behind it."""
        t, first = self.stand.tasks, self.seed * 1000
        swarm = self.stand.swarm([t("nap", first + i, seconds=seconds) for i in range(ITEMS)])
        self.fan = self.stand.run(chain(swarm, t("tail")))

    def start_steps(self, count=STEPS, seconds=0.02):
        """A chain that counts."""
        t, first = self.stand.tasks, self.seed * 1000 + 500
        rest = [t("nap_add", 1, seconds=seconds) for _ in range(count - 1)]
        self.steps = self.stand.run(chain(t("nap_add", first, 1, seconds=seconds), *rest))

    def bodies(self):
        """How many bodies of this seed have begun."""
        return len([value for _, value in self.ledger.entries("start") if value // 1000 == self.seed])

    def check_fan(self, timeout=120):
        first = self.seed * 1000
        assert self.fan.get(timeout=timeout) == list(range(first, first + ITEMS))
        assert len([value for _, value in self.ledger.entries("tail") if value[0] == first]) == 1, "nothing downstream"
        self.check_ends(self.fan)

    def check_steps(self, count=STEPS, timeout=120):
        assert self.steps.get(timeout=timeout) == self.seed * 1000 + 500 + count
        self.check_ends(self.steps)

    def check_ends(self, run):
        assert run.status is RunStatus.SUCCEEDED
        wait_for(lambda: events(run, RunClosed), 30, "the end to be recorded")
        assert len(events(run, RunClosed)) == 1
        ended = [event.node for event in events(run, NodeSucceeded)]
        assert len(ended) == len(set(ended)), "a node has one end; a join is one too"


@contextmanager
def side_by_side(settings, ledger, seeds, aof=lambda seed: None, workers=1):
    """A trial for each seed, their workers ready."""
    with ExitStack() as stack:
        trials = []
        for seed in seeds:
            server = stack.enter_context(EmbeddedRedis(aof=aof(seed)))
            stand = stack.enter_context(Stand(server.url(0), server.url(1), **settings))
            trials.append(Trial(seed, server, stand, settings, ledger))
        stack.callback(lambda: [trial.end() for trial in trials])
        for trial in trials * workers:
            trial.start_worker()
        for trial in trials:
            for worker in trial.workers:
                worker.wait_ready()
        yield trials


@pytest.fixture
def trials(profile, ledger, seeds):
    with side_by_side(profile, ledger, seeds) as found:
        yield found


# -- R2


@ON_BOTH
def test_r2_a_busy_child_is_replaced_in_time(trials):
    """Given a child that is killed in the middle of a body, then the body begins again within 5 s, and no other."""
    for trial in trials:
        t, first = trial.stand.tasks, trial.seed * 1000
        trial.fan = trial.stand.swarm([t("nap", first + i, seconds=1) for i in range(4)]).apply_async()
    for trial in trials:
        wait_for(lambda trial=trial: trial.bodies() == 2, 30, "both children")
        time.sleep(trial.dice.random() / 4)
        trial.since = trial.stand.orchestrator.container.store.now()
        os.kill(trial.dice.choice(trial.worker.children()), signal.SIGKILL)
    for trial in trials:
        assert trial.fan.get(timeout=240) == [trial.seed * 1000 + i for i in range(4)]
        again = [event for event in events(trial.fan, NodeStarted) if event.attempt > 1 and event.node != "$"]
        assert len(again) <= 1
        assert all(event.time.timestamp() - trial.since <= limit(5) for event in again)
        assert trial.bodies() == 4 + len(again)
        trial.check_ends(trial.fan)


# -- R3


@pytest.fixture
def recommended_site(pointed, ledger):
    yield from _site(PROFILES["recommended"], pointed, None)


@pytest.mark.parametrize("seed", SEEDS)
def test_r3_on_recommended_settings(recommended_site, ledger, tmp_path, seed):
    """Late acknowledgement brings messages back by itself: a sample of the sweep, which is done on default settings."""
    point, scope = random.Random(seed).choice(crashes.CASES)
    print(f"crash at {point}{scope}")
    crashes.test_r3_a_run_survives_a_crash_at(recommended_site, ledger, tmp_path, point, scope)


# -- R4


@ON_BOTH
def test_r4_the_broker_is_emptied_and_everything_ends_in_time(trials):
    """Given a broker emptied at a random point, then the rest is done within 30 s, with at most two bodies twice."""
    for trial in trials:
        trial.point = trial.dice.randint(5, 190)
        trial.start_fan()
        trial.start_steps()

    def emptied():
        for trial in trials:
            if trial.since is None and trial.fan.progress().done >= trial.point:
                trial.server.client(0).flushdb()
                trial.since = time.monotonic()
        return all(trial.since for trial in trials)

    wait_for(emptied, 60, "the points")
    for trial in trials:
        trial.check_fan()
        trial.check_steps()
        assert time.monotonic() - trial.since <= limit(30)
        assert trial.bodies() <= ITEMS + STEPS + 2


# -- R5


@ON_BOTH
def test_r5_redis_is_killed_and_everything_ends_in_time(profile, ledger, seeds):
    """Given a Redis that is killed at a random point and back after 2 s, then the rest is done within 30 s, if a
    supervisor starts a worker again that ended; with everything on disk, at most two bodies run twice."""
    with side_by_side(profile, ledger, seeds, aof=lambda seed: "always" if seed % 2 else "everysec") as trials:
        for trial in trials:
            trial.point = trial.dice.randint(5, 190)
            trial.start_fan()
            trial.start_steps()
        _kill_and_restart_redis(trials)

        def ended(trial):
            if trial.worker.process.poll() is not None:
                trial.start_worker()
            with suppress(Exception):
                return trial.fan.status.ended and trial.steps.status.ended
            return False

        for trial in trials:
            wait_for(lambda trial=trial: ended(trial), 30, f"seed {trial.seed}")
            assert time.monotonic() - trial.since <= limit(30)
        for trial in trials:
            trial.check_fan()
            trial.check_steps()
            if trial.seed % 2:
                assert trial.bodies() <= ITEMS + STEPS + 2


def _kill_and_restart_redis(trials):
    """Each at its own point; all stay away for two seconds."""
    killed = {}

    def back():
        now = time.monotonic()
        for trial in trials:
            if trial.seed not in killed:
                if trial.fan.progress().done >= trial.point:
                    trial.server.kill()
                    killed[trial.seed] = now
            elif trial.since is None and now - killed[trial.seed] >= 2:
                trial.server.restart()
                trial.since = time.monotonic()
        return all(trial.since for trial in trials)

    wait_for(back, 60, "the points")


# -- R6


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGQUIT])
@ON_BOTH
def test_r6_a_worker_is_stopped_while_its_run_is_suspended_and_again_later(trials, number):
    """Given a chain suspended in the middle of a body, and its worker stopped: nothing starts with the next worker;
    resumed, and stopped again at a random point, it ends: after SIGTERM with each body run once."""
    for trial in trials:
        trial.start_steps(20, seconds=0.1)
    for trial in trials:
        _wait_for_more(trial, trial.dice.randint(2, 6))
        time.sleep(trial.dice.random() / 10)
        trial.steps.suspend()
        trial.worker.process.send_signal(number)
    _next_workers(trials)
    before = [trial.bodies() for trial in trials]
    for trial in trials:
        wait_for_beats(trial.stand.orchestrator)
    assert [trial.bodies() for trial in trials] == before
    for trial in trials:
        assert trial.steps.status is RunStatus.SUSPENDED
        trial.steps.resume()
    for trial in trials:
        _wait_for_more(trial, trial.dice.randint(1, 4))
        trial.worker.process.send_signal(number)
    _next_workers(trials)
    for trial in trials:
        trial.check_steps(20)
        assert trial.bodies() <= 20 + (0 if number == signal.SIGTERM else 2)
    for trial in trials:
        client = trial.server.client(1)
        states = [client.get(key) for key in client.scan_iter("celery-task-meta-*")]
        assert [state for state in states if b'"RETRY"' in state] == []


def test_r6_a_cold_shutdown_respects_the_rules_of_auto_resume(default_site, ledger):
    """Given a task that by a rule may not be started again, then the next worker does not start it either."""
    hasty = {"orchestrator_heartbeat": 0.5, "orchestrator_lease": 2, "orchestrator_republish_after": 1}
    rule = {"orchestrator_auto_resume_exclude": ["*.nap"]}
    worker = default_site.worker(**hasty, **rule)
    run = ComplexSignature(default_site.project.nap.s(7, 2)).apply_async()
    wait_for(lambda: ledger.entries("start", 7), 30, "the body")
    worker.stop(signal.SIGQUIT)
    default_site.worker(**hasty, **rule)
    wait_for_beats(default_site.project.orchestrator, 3)
    assert ledger.entries("start", 7) == [["start", 7]], "it ran again"
    assert run.status is RunStatus.FAILED or "held back by a rule" in run.status_message


def _wait_for_more(trial, count):
    point = trial.bodies() + count
    wait_for(lambda: trial.bodies() >= point, 30, "the point")


def _next_workers(trials):
    for trial in trials:
        trial.worker.process.wait(timeout=120)
        trial.start_worker()
    for trial in trials:
        trial.worker.wait_ready()


# -- R7


def test_r7_default_acknowledgement_and_a_short_visibility_timeout(ledger):
    """Given messages that are acknowledged early, and countdowns longer than the broker keeps what is delivered."""
    options = {"visibility_timeout": 3, "unacked_restore_interval": 1, "unacked_restore_throttle": 1}
    with side_by_side({"broker_transport_options": options}, ledger, SEEDS, workers=2) as trials:
        runs = []
        for trial in trials:
            t, first = trial.stand.tasks, trial.seed * 1000
            long = [t("nap", first + 1, seconds=12), t("nap", first + 2, seconds=trial.dice.random())]
            late = [t("nap", first + 3).set(countdown=12), t("nap", first + 4).set(countdown=trial.dice.uniform(4, 11))]
            runs += [trial.stand.run(chain(trial.stand.swarm(items), t("tail"))) for items in (long, late)]
        for number, run in enumerate(runs):
            first = SEEDS[number // 2] * 1000 + (1 if number % 2 == 0 else 3)
            assert run.get(timeout=240) == [first, first + 1]
            trials[number // 2].check_ends(run)
        assert [trial.bodies() for trial in trials] == [4, 4, 4], "each body once"
        assert len(ledger.entries("tail")) == len(runs)


# -- R8


@ON_BOTH
def test_r8_suspended_at_a_random_point_and_killed_at_once(trials):
    """Given a suspension and a kill right after it, then no body starts more than a second later, nothing follows,
    and the resumption does the rest."""
    for trial in trials:
        trial.start_fan()
        point = trial.dice.randint(5, 150)
        wait_for(lambda trial=trial, point=point: trial.fan.progress().done >= point, 30, "the point")
        trial.fan.suspend()
        trial.since = trial.stand.orchestrator.container.store.now()
        trial.worker.kill()
        trial.start_worker()
    for trial in trials:
        trial.worker.wait_ready()
    for trial in trials:
        wait_for_beats(trial.stand.orchestrator)
        assert trial.fan.status is RunStatus.SUSPENDED
        assert max(event.time.timestamp() for event in events(trial.fan, NodeStarted)) <= trial.since + 1
        assert trial.bodies() < ITEMS
        assert [value for _, value in trial.ledger.entries("tail") if value[0] == trial.seed * 1000] == []
        trial.fan.resume()
    for trial in trials:
        trial.check_fan()
        assert trial.bodies() <= ITEMS + 2
