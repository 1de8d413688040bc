"""A run that is over its deadline fails, in one script, and nothing of it counts after that."""

from __future__ import annotations

import time
from collections import deque

import pytest

from orchestrator_celery.canvas.approval import Approval
from orchestrator_celery.model.effects import CloseRun, FailRest
from orchestrator_celery.model.ids import Fence
from orchestrator_celery.records.live import LiveState
from orchestrator_celery.store import Refused

from .play import Play, names
from .slices import short_slices
from .trees import chain, graph, group, leaf, swarm, unit


@pytest.fixture
def late(play):
    """Starts a run with a deadline and waits until it is over."""

    def start(tree, limit=1):
        effects = play.start(tree, limit=limit)
        time.sleep(limit / 1000 + 0.002)
        return effects

    return start


#: What makes small runs fail in slices of one node.
LIMITS = {"overdue": {"MOST = 300": "MOST = 0"}, "go_on_overdue": {"MOST = 200": "MOST = 1"}}


@pytest.fixture(autouse=True, params=["at once", "in slices"])
def sliced(request, monkeypatch, client):
    """Whether runs fail in slices, as large ones do."""
    if request.param == "at once":
        yield False
        return
    with short_slices(monkeypatch, client, LIMITS):
        yield True


#: The effect that asks for the next slice.
FAILING = (FailRest("r"),)


def overdue(play, **more):
    effects = play.store.overdue("r", b"late", **more)
    return effects._replace(todo=tuple(rest(play, effects.todo)))


def rest(play, todo=FAILING):
    """Do the slices that are left, as any process may; what follows."""
    waiting, found = deque(todo), []
    while waiting:
        effect = waiting.popleft()
        if isinstance(effect, FailRest):
            waiting.extend(play.store.go_on_overdue(effect.run))
        else:
            found.append(effect)
    return found


def test_an_unknown_run_is_gone(play):
    assert overdue(play).refused is Refused.GONE


@pytest.mark.parametrize("head", [{}, {"limit": 60_000}])
def test_before_the_deadline_nothing_happens(play, head):
    """Given no deadline, or one to come, then the run is refused and nothing has changed."""
    play.start(unit(leaf()), **head)
    before = play.snapshot()
    effects = overdue(play)
    assert (effects.refused, effects.detail) == (Refused.STATE, b"PENDING")
    assert play.snapshot() == before


def test_a_run_that_has_ended_is_left_alone(play, late):
    late(unit(leaf()))
    play.succeed("0.0")
    before = play.snapshot()
    assert overdue(play).detail == b"SUCCEEDED"
    assert play.snapshot() == before


def test_what_runs_fails_and_what_waits_is_skipped(play, late):
    """Given one item running, one queued, one waiting, then the first has failed, the others never started."""
    late(swarm(leaf(), leaf(errbacks=[leaf()]), leaf(), max_concurrency=2, errbacks=[leaf()]))
    play.claim("0.1")
    effects = overdue(play)
    assert effects.refused is None
    assert sorted(names(effects)) == ["0.1.e0", "0.e0", "close"]
    assert play.status == "FAILED"
    assert play.counts() == (3, 0, 1)
    assert play.states() == {"0": "F", "0.1": "F"}
    assert play.ended("0").payload == b"late"
    assert sorted(play.live()) == ["$", "0.1.e0", "0.e0"]


def test_it_happens_once(play, late):
    late(unit(leaf(), errbacks=[leaf()]))
    assert names(overdue(play)) == ["0.e0", "close"]
    assert overdue(play).refused is Refused.STATE


def test_what_comes_too_late_does_not_count(play, late):
    """Given a body under way and a message queued, then the end of the one and the claim of the other are stale."""
    late(group(leaf(), leaf()))
    play.claim("0.0")
    overdue(play)
    assert play.finish("0.0").refused is Refused.STALE
    assert play.fail("0.0").refused is Refused.STALE
    assert play.requeue("0.0", Fence(retries=1)).refused is Refused.STALE
    assert play.lost("0.0").refused is Refused.STALE
    assert play.claim("0.1").refused is Refused.STALE
    assert play.counts() == (2, 0, 1)


def test_everything_under_way_has_failed_up_to_the_root(play, late):
    """Given a tree deep down, then each composite that had begun has failed with the run's own error."""
    late(unit(chain(leaf(), group(chain(leaf(), leaf()), leaf()), leaf())))
    play.succeed("0.0.0")
    play.succeed("0.0.1.0.0")
    play.claim("0.0.1.1")
    overdue(play)
    states = play.states()
    assert states == {
        "0": "F", "0.0": "F", "0.0.0": "S", "0.0.1": "F", "0.0.1.0": "F", "0.0.1.0.0": "S", "0.0.1.1": "F",
    }  # fmt: skip
    assert {play.ended(node).ref for node in ("0.0", "0.0.1", "0.0.1.0", "0.0.1.1")} == {"0"}
    assert play.reader.pools("r", ["0", "0.0", "0.0.1", "0.0.1.0"]) == [None] * 4
    assert play.reader.pool_size("r", "0.0.1") == 2


def test_an_idle_open_swarm_ends(play, late):
    late(swarm(open=True))
    assert names(overdue(play)) == ["close"]
    assert play.add(leaf()).refused is Refused.CLOSED


def test_a_suspended_run_fails_as_well(play, late):
    """Given a suspended run, then its deadline goes on, and the error callbacks are not held back."""
    late(unit(leaf(), errbacks=[leaf()]))
    play.store.suspend("r")
    assert sorted(names(overdue(play))) == ["0.e0", "close"]
    assert play.status == "FAILED"


def test_callbacks_under_way_go_on(play, late):
    late(group(leaf(links=[leaf()]), leaf()))
    play.succeed("0.0")
    play.claim("0.0.l0")
    assert names(overdue(play)) == ["close"]
    assert play.finish("0.0.l0").refused is None


def test_runs_inside_follow(play, late, sliced):
    """Given a task that a canvas replaced, then the run that stands in for it may be ended although it has no deadline of its
    own: by the caller, who is told its name, or with the slice."""
    late(unit(leaf()))
    play.claim("0.0")
    play.requeue("0.0", Fence(nesting=1), why="delegate")
    inner = Play(play.store, "r:0.0:1")
    assert inner.start(unit(leaf())).refused is None
    effects = overdue(play)
    closed = [effect.leaf.run for effect in effects.todo if isinstance(effect, CloseRun)]
    if sliced:
        assert (effects.detail, sorted(closed)) == ([], ["r", "r:0.0:1"])
    else:
        assert (effects.detail, closed) == ([b"r:0.0:1"], ["r"])
        assert names(play.store.overdue("r:0.0:1", b"late", inner=True)) == ["close"]
    assert (inner.status, inner.ended("0").payload) == ("FAILED", b"late")


def test_a_look_tells_the_deadline(play):
    """Given a deadline, then looks tell it until the run has ended, and the first comes in time for it."""
    before = play.store.now() * 1000
    play.start(unit(leaf()), limit=700)
    [check] = play.store.due_index.check(["r"])
    assert before + 700 - 1 <= check.deadline <= play.store.now() * 1000 + 700
    [(_, due)] = play.redis.zrange("orc:due", 0, -1, withscores=True)
    assert due <= check.deadline
    play.succeed("0.0")
    [check] = play.store.due_index.check(["r"])
    assert check.deadline is None


def test_without_a_deadline_a_look_tells_none(play):
    play.start(unit(leaf()))
    [check] = play.store.due_index.check(["r"])
    assert check.deadline is None


def test_it_is_left_to_its_time_to_live(play, late):
    """Given that Celery was told, then every key expires."""
    late(unit(chain(leaf(), leaf())))
    play.claim("0.0.0")
    overdue(play)
    play.tell()
    assert all(play.redis.ttl(key) > 0 for key in play.keys())


# -- between two slices --------------------------------------------------------------------------------


only_in_slices = pytest.mark.parametrize("sliced", ["in slices"], indirect=True)


@pytest.fixture
def between(play, late):
    """A run of three items whose first slice is done; one ran, one is queued, one is held back."""
    late(swarm(leaf(), leaf(), leaf(links=[leaf()]), open=True, errbacks=[leaf()]))
    play.claim("0.0")
    play.claim("0.2")
    play.lost("0.2", hold=True)
    play.store.suspend("r")
    assert names(play.store.overdue("r", b"late")) == ["failrest"]
    assert FailRest("r") in play.store.go_on_overdue("r")
    return play


@only_in_slices
def test_nothing_of_it_counts_between_two_slices(between):
    """Given a run whose nodes are failing, then it has failed, no verb finds a node of it, and Celery is not told yet."""
    play = between
    assert play.status == "FAILED"
    answers = [
        play.claim("0.0"), play.claim("0.1"), play.claim("0.2"), play.finish("0.0"), play.fail("0.0"), play.fail("0.1", fence=None),
        play.requeue("0.0", Fence(retries=1)), play.lost("0.0"), play.store.stopped(play.leaf("0.0"), Fence(), "x"),
    ]  # fmt: skip
    assert {answer.refused for answer in answers} == {Refused.STALE}
    closed = [play.add(leaf()), play.store.swarms.close_swarm("r", "0")]
    assert {answer.refused for answer in closed} == {Refused.CLOSED}
    states = [
        play.store.suspend("r"),
        play.store.interrupt("r"),
        play.store.skip("r", "0.1"),
        play.store.overdue("r", b"late"),
    ]
    assert {answer.refused for answer in states} == {Refused.STATE}
    assert "$" not in play.live()


@only_in_slices
def test_any_process_does_the_rest(between):
    """Given a caller that died between two slices, then a sweep finds the rest, and it is done once."""
    play = between
    [check] = play.store.due_index.check(["r"])
    assert (check.state, check.pending_side_effects, check.deadline) == ("ok", True, None)
    assert sorted(names(rest(play))) == ["0.e0", "close"]
    assert play.store.go_on_overdue("r") == ()
    assert (play.counts(), sorted(play.live())) == ((3, 0, 2), ["$", "0.e0"])
    assert not play.store.due_index.check(["r"])[0].pending_side_effects


@only_in_slices
def test_a_retry_comes_after_the_rest(between):
    """Given a retry between two slices, then the rest fails first, and all of it starts again."""
    play = between
    effects = play.store.retry("r")
    assert (effects.refused, play.status) == (None, "RUNNING")
    assert {name.partition(":")[0] for name in names(effects)} == {"0.0", "0.1", "0.2", "0.e0", "close"}
    assert {node for node in play.live() if node.startswith("0.")} == {"0.0", "0.1", "0.2", "0.e0"}


@only_in_slices
def test_a_cancellation_between_two_slices(between):
    play = between
    assert play.store.cancel("r", "").refused is None
    assert play.store.go_on_overdue("r") == ()
    play.store.erase("r")
    assert play.keys() == []


@only_in_slices
def test_the_rest_goes_on_after_a_failover(between):
    """Given a place of another server, then the pass begins again, and no node is left out."""
    play = between
    play.redis.hset(play.store.keys.root("r"), "overdue", "0" * 40 + " composites 1048576")
    assert sorted(names(rest(play))) == ["0.e0", "close"]
    assert (play.counts(), sorted(play.live())) == ((3, 0, 2), ["$", "0.e0"])


@only_in_slices
def test_a_decision_and_an_answer_between_two_slices(play, late):
    """Given a graph that is to be decided and an approval that waits, when their run is failing, then neither counts."""
    late(graph("START>a START>b a?c,d c>END d>END b>END", {"b": Approval()}))
    play.succeed("0.0.0")
    decisions = [node for node, live in play.live().items() if live.phase is LiveState.DECIDING]
    [approval] = [node for node, live in play.live().items() if live.phase is LiveState.AWAITING]
    assert len(decisions) == 1
    play.store.overdue("r", b"late")
    assert play.decide("0.0.0", "go", "2").refused is Refused.STALE
    assert play.answer(approval).refused is Refused.STALE
    assert names(rest(play)) == ["close"]
    assert sorted(play.live()) == ["$"]
