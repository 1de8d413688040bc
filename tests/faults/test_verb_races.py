"""Races for one run between processes: one verb wins, whoever comes too late is told, and the run is none the worse."""

from collections import Counter

import pytest

from orchestrator_celery import InvalidTransition, RunNotFound, RunStatus
from orchestrator_celery.model.events import StatusChanged
from orchestrator_celery.model.ids import CLOSE, Fence, LeafId
from orchestrator_celery.store.embedded import EmbeddedRedis
from tests.faults.races import race
from tests.worker.support import Stand, events

ROUNDS = 100


@pytest.fixture
def stand(ledger):
    with EmbeddedRedis() as server, Stand(server.url(0), server.url(1)) as found:
        yield found


def starts(stand):
    return [stand.run(stand.tasks("nap", number, 0), tags=["race"]).id for number in range(ROUNDS)]


def saying(verb):
    """A contender; what it is told."""

    def contender(stand, run):
        handle = stand.orchestrator.result(run)
        try:
            handle.cancel(confirm=True) if verb == "cancel" else getattr(handle, verb)()
        except InvalidTransition:
            return "refused"
        except RunNotFound:
            return "gone"
        return verb

    return contender


def written(stand, run):
    """Verbs that the audit trail calls done, and how many it calls refused."""
    entries = stand.orchestrator.audit(run=run, limit=100)
    done = [entry.verb for entry in entries if entry.outcome == "done"]
    return sorted(done), len(entries) - len(done)


def break_all(stand, runs):
    """Every run has failed, and Celery was told."""
    store = stand.orchestrator.container.store
    error = stand.orchestrator.container.codec.dump_error(ValueError("broken"))
    for run in runs:
        closing = LeafId(run, CLOSE, 1)
        store.fail(LeafId(run, "0.0", 1), None, error)
        store.claim(closing, Fence(), "w/1/a")
        store.ended(closing)


@pytest.mark.parametrize("verb", ["suspend", "interrupt", "resume", "retry", "cancel"])
def test_of_processes_that_say_the_same_one_wins(stand, verb):
    """Given runs, when four processes say the same of each at once, then one has done it, and three are refused."""
    runs = starts(stand)
    if verb == "resume":
        stand.orchestrator.runs(tag="race").suspend()
    if verb == "retry":
        break_all(stand, runs)
    for run, *answers in race(stand, runs, *[saying(verb)] * 4):
        told = Counter(answers)
        assert told[verb] == 1, answers
        assert told["refused"] + told["gone"] == 3
        done, refused = written(stand, run)
        assert done.count(verb) == 1
        assert refused == 3


def test_contradicting_verbs_leave_a_run_that_goes_on(stand, ledger):
    """Given runs, when processes suspend, interrupt and resume each at once, then its statuses follow one another
    as the table allows, each told as done is one of them, and every task runs once when all is resumed."""
    runs = starts(stand)
    for run, *answers in race(stand, runs, *map(saying, ["suspend", "suspend", "interrupt", "resume", "resume"])):
        handle = stand.orchestrator.result(run)
        _, *statuses = [event.status for event in events(handle, StatusChanged)]
        done, _ = written(stand, run)
        assert sorted(answer for answer in answers if answer != "refused") == done
        assert len(statuses) == len(done)
        before = RunStatus.PENDING
        for status in statuses:
            assert (before, status) in FOLLOWING, statuses
            before = status
        assert handle.status is before
        if before is not RunStatus.PENDING:
            handle.resume()
    with stand.worker():
        for number, run in enumerate(runs):
            assert stand.orchestrator.run(run).get(timeout=240) == number
    assert sorted(value for _, value in ledger.entries("start")) == list(range(ROUNDS))


FOLLOWING = {
    (RunStatus.PENDING, RunStatus.SUSPENDED),
    (RunStatus.PENDING, RunStatus.INTERRUPTED),
    (RunStatus.SUSPENDED, RunStatus.INTERRUPTED),
    (RunStatus.SUSPENDED, RunStatus.PENDING),
    (RunStatus.INTERRUPTED, RunStatus.PENDING),
}


def test_a_retry_among_other_verbs_leaves_a_run_that_ends(stand, ledger):
    """Given failed runs, when each is retried by two processes, while others suspend and resume it, then it is retried
    once, and runs to its end."""
    runs = starts(stand)
    break_all(stand, runs)
    for run, *answers in race(stand, runs, *map(saying, ["retry", "retry", "suspend", "resume"])):
        assert sorted(answers[:2]) == ["refused", "retry"], answers
        handle = stand.orchestrator.result(run)
        if handle.status is RunStatus.SUSPENDED:
            handle.resume()
    with stand.worker():
        for number, run in enumerate(runs):
            assert stand.orchestrator.run(run).get(timeout=240) == number
    assert sorted(value for _, value in ledger.entries("start")) == list(range(ROUNDS))


def test_a_retry_or_a_cancellation(stand):
    """Given failed runs, when each is retried while it is cancelled, then it is cancelled, and no key of it is left."""
    runs = starts(stand)
    break_all(stand, runs)
    for run, *answers in race(stand, runs, *map(saying, ["cancel", "retry"])):
        assert answers[0] == "cancel", answers
        assert answers[1] in ("retry", "gone")
        assert [key for key in stand.keys() if run in key] == []


def test_a_cancellation_among_other_verbs_leaves_nothing(stand):
    """Given runs, when each is cancelled while others steer it, then it is cancelled, once, and no key of it is left."""
    runs = starts(stand)
    for run, *answers in race(stand, runs, *map(saying, ["cancel", "suspend", "resume", "interrupt"])):
        assert answers[0] == "cancel", answers
        assert set(answers[1:]) <= {"suspend", "resume", "interrupt", "refused", "gone"}
        assert written(stand, run)[0].count("cancel") == 1
        left = [key for key in stand.keys() if run in key]
        assert left == []
    assert stand.orchestrator.runs(tag="race") == []
