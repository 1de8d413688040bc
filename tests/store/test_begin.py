"""begin: a run with a delay waits on record, and starts once its time has come by the store's clock."""

from __future__ import annotations

import pytest

from orchestrator_celery.model.effects import CloseRun
from orchestrator_celery.store import Refused

from .play import names
from .trees import chain, chord, graph, leaf, swarm, unit

TREES = {
    "leaf": (unit(leaf()), ["0.0"]),
    "chain": (unit(chain(leaf(), leaf())), ["0.0.0"]),
    "chord": (unit(chord([leaf(), leaf()], leaf())), ["0.0.0.0", "0.0.0.1"]),
    "swarm": (swarm(leaf(), leaf(), leaf(), max_concurrency=2), ["0.0", "0.1"]),
    "open swarm": (swarm(leaf(), open=True), ["0.0"]),
    "empty swarm": (swarm(), ["close"]),
    "graph": (graph("START>a a>END"), ["0.0.0"]),
}
ERROR = b"expired"


def later(play, seconds=60.0):
    return int((play.store.now() + seconds) * 1000)


def due(play):
    return play.redis.zscore(play.store.keys.due, "r")


def its_time_comes(play):
    """The run was to start, and to expire, a minute ago rather than in a minute: a busy machine takes its time for a call."""
    head = play.reader.head("r")
    times = {name: int(head[name]) - 120_000 for name in ("eta", "expires") if name in head}
    play.redis.hset(play.store.keys.root("r"), mapping=times)


@pytest.mark.parametrize("name", TREES)
def test_a_delayed_run_waits_on_record(play, name):
    """Given a time in the future, when a run is created, then it is PENDING, due at that time, and sends nothing."""
    eta = later(play)
    effects = play.start(TREES[name][0], eta=eta)
    assert (effects.refused, effects.todo) == (None, ())
    assert (play.status, play.queued(), due(play)) == ("PENDING", [], eta)
    [check] = play.store.due_index.check(["r"])
    assert (check.state, check.overdue, check.starts) == ("ok", {}, eta)


@pytest.mark.parametrize("name", TREES)
def test_it_starts_once_its_time_has_come(play, name):
    """Given its time, then what comes first is to be sent, once; who comes second is told."""
    tree, first = TREES[name]
    play.start(tree, eta=later(play))
    its_time_comes(play)
    assert names(play.store.begin("r", ERROR)) == first
    assert play.store.begin("r", ERROR).refused is Refused.STALE
    [check] = play.store.due_index.check(["r"])
    assert check.starts is None


@pytest.mark.parametrize("name", TREES)
def test_before_its_time_nothing_starts(play, name):
    """Given a look that comes too early, then it changes nothing."""
    play.start(TREES[name][0], eta=later(play))
    before = play.snapshot()
    assert play.store.begin("r", ERROR).refused is Refused.EARLY
    assert play.snapshot() == before


@pytest.mark.parametrize("verb", ["suspend", "interrupt"])
@pytest.mark.parametrize("name", TREES)
def test_a_held_run_does_not_start(play, name, verb):
    """Given a run held before its start, when its time comes, then it waits for its resumption, and starts then."""
    tree, first = TREES[name]
    play.start(tree, eta=later(play))
    assert getattr(play.store, verb)("r").refused is None
    its_time_comes(play)
    before = play.snapshot()
    assert play.store.begin("r", ERROR).refused is Refused.HELD
    assert play.snapshot() == before
    [check] = play.store.due_index.check(["r"])
    assert check.starts is None
    assert play.store.resume("r").todo == ()
    assert play.status == "PENDING"
    [check] = play.store.due_index.check(["r"])
    assert check.starts is not None
    assert names(play.store.begin("r", ERROR)) == first


@pytest.mark.parametrize("name", TREES)
def test_a_run_cancelled_before_its_start_never_starts(play, name):
    """Given a run cancelled before its start, then nothing of it is left to start."""
    play.start(TREES[name][0], eta=later(play))
    play.store.cancel("r", "")
    assert play.store.begin("r", ERROR).refused is Refused.GONE
    play.store.erase("r")
    assert [key for key in play.keys() if "{r}" in key] == []


@pytest.mark.parametrize("name", TREES)
def test_a_run_that_expired_before_its_start_fails(play, name):
    """Given an expiry before the start, when the time comes, then the run fails with that error, and nothing starts."""
    eta = later(play)
    play.start(TREES[name][0], eta=eta, expires=eta - 10)
    its_time_comes(play)
    [effect] = play.store.begin("r", ERROR).todo
    assert isinstance(effect, CloseRun)
    assert (play.status, play.ended("0").payload, play.queued()) == ("FAILED", ERROR, ["$"])


def test_the_deadline_counts_from_the_start(play):
    """Given a deadline, then it is set when the run starts and not when it is created."""
    play.start(unit(leaf()), eta=later(play), limit=1000)
    assert "deadline" not in play.reader.head("r")
    its_time_comes(play)
    play.store.begin("r", ERROR)
    head = play.reader.head("r")
    assert float(head["deadline"]) >= float(head["eta"]) + 1000


def test_a_time_that_is_over_starts_at_once(play):
    """Given a time in the past, then the run starts as one without a delay."""
    assert names(play.start(unit(leaf()), eta=later(play, -60))) == ["0.0"]
    assert play.store.begin("r", ERROR).refused is Refused.STALE


def test_an_open_swarm_takes_items_before_it_starts(play):
    """Given an open swarm with a delay, when items are added and it is closed, then it starts with all of them, not
    before its time."""
    play.start(swarm(leaf(), open=True), eta=later(play))
    added = play.store.swarms.add_items("r", "0", [b"L\none", b"L\ntwo"], 2)
    assert (added.refused, added.todo, added.detail) == (None, (), 1)
    assert play.store.swarms.close_swarm("r", "0").todo == ()
    its_time_comes(play)
    assert names(play.store.begin("r", ERROR)) == ["0.0", "0.1", "0.2"]


def test_an_open_swarm_closed_empty_ends_when_it_starts(play):
    """Given an open swarm without items, when it is closed before its start, then it ends with its start."""
    play.start(swarm(open=True), eta=later(play))
    assert play.store.swarms.close_swarm("r", "0").todo == ()
    assert play.status == "PENDING"
    its_time_comes(play)
    assert names(play.store.begin("r", ERROR)) == ["close"]


@pytest.mark.parametrize("eta", [None, 60.0])
def test_a_run_made_under_an_id_that_is_being_taken_out_stays_due(play, eta):
    """Given a look that found no run, when one is created under that id before the look draws its consequences, then
    the new run is looked at all the same."""
    delay = {} if eta is None else {"eta": later(play, eta)}
    [gone] = play.store.due_index.check(["r"])
    assert gone.state == "gone"
    play.start(unit(leaf()), **delay)
    play.store.due_index.not_due(["r"])
    assert play.store.due_index.due_runs(None, 10) == ["r"]


def test_starts_are_taken_by_their_time_and_stay_due(play):
    """Given a delayed run, then the index of starts has it until its time; once taken, a sweep still finds it."""
    index = play.store.due_index
    assert index.first_start() is None
    eta = later(play)
    play.start(unit(leaf()), eta=eta)
    assert (index.first_start(), index.take_starts(eta - 1, 10)) == (eta, [])
    assert (index.take_starts(eta, 10), index.first_start()) == (["r"], None)
    assert index.due_runs(eta, 10) == ["r"]


@pytest.mark.parametrize("end", ["cancel", "discard"])
def test_a_run_that_is_gone_has_no_start(play, end):
    """Given a delayed run, when it is cancelled or taken back, then the index of starts does not name it."""
    play.start(unit(leaf()), eta=later(play))
    if end == "cancel":
        play.store.cancel("r", "", "")
        play.store.erase("r")
    else:
        play.store.discard("r")
    assert play.store.due_index.first_start() is None


def test_a_run_without_a_delay_is_not_indexed_by_start(play):
    """Given no delay, or a time that is over, then the index of starts stays empty."""
    play.start(unit(leaf()), eta=later(play, -60))
    assert play.store.due_index.first_start() is None


@pytest.mark.parametrize("moment", ["ended", "gone", "cancelled"])
def test_the_outbox_of_a_run_that_is_over_is_empty(play, moment):
    """Given a run that ends while its id is applied again, then there is no message to send once more."""
    play.start(unit(leaf()))
    if moment == "ended":
        play.succeed("0.0")
        play.tell()
    elif moment == "cancelled":
        play.store.cancel(play.run, "{}")
    else:
        play.redis.flushall()
    assert play.store.due_index.unclaimed(play.run) == ()


def test_the_outbox_of_a_run_is_sent_again(play):
    """Given a run whose first message may not have been sent, when its id is applied again, then the message is sent."""
    play.start(unit(leaf()))
    assert names(play.store.due_index.unclaimed(play.run)) == ["0.0"]
    play.claim("0.0")
    assert play.store.due_index.unclaimed(play.run) == ()
