"""A retry of a large run: slices that any process does, and every verb between two of them."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from orchestrator_celery import OrchestratorSettings
from orchestrator_celery.model.ids import Fence
from orchestrator_celery.store import Effects, Refused, Store
from orchestrator_celery.store.transitions.swarms import Ended, taken_items

from .batches import work
from .costs import scripts_of
from .play import Play, names
from .test_retry import CODEC
from .test_take import batched
from .trees import chain, chord, graph, group, leaf, swarm, unit

ITEMS = 800
FAILED = ITEMS // 2
LIMIT_MS = 60_000


@pytest.fixture
def play(client) -> Play:
    """A run to be started, whose pools have a wide window."""
    return Play(Store(client, OrchestratorSettings(window=2000, retention=100)))


def half_failed(play: Play, told: bool = True, **bounds: object) -> None:
    """A swarm of which every other item has failed."""
    play.start(batched(*[leaf()] * ITEMS, b=1000, **bounds), window=2000, limit=LIMIT_MS)
    assert play.claim("0.b0").refused is None
    ended: list[Ended] = []
    while taken := taken_items(play.store.swarms.take(play.leaf("0.b0"), Fence(), "w/1/a", 400, ended=ended)):
        ended = [
            Ended(play.leaf(item.node, item.attempt), Fence(), int(item.node[2:]) % 2 == 0, b"2") for item in taken
        ]
    assert (play.status, play.counts()) == ("FAILED", (ITEMS, FAILED, FAILED))
    if told:
        play.tell()


def first_slice(play: Play) -> Effects:
    """Accept the retry; the caller dies right after it."""
    effects = play.store._run("retry", "r", "")
    assert (effects.refused, effects.detail) == (None, 1)
    return effects


def succeeds(play: Play) -> None:
    """What is left of the retry is done, and everything runs well."""
    play.store.finish_retry("r")
    work(play)
    assert play.status == "SUCCEEDED"
    assert play.redis.hget(play.store.keys.root("r"), "owed") in (None, b"1"), "at most Celery is to be told"


# -- slices --------------------------------------------------------------------------------------------


def test_a_large_retry_takes_several_scripts(play):
    """Given 400 failures among 800 items, then a retry takes several scripts, and the failed items alone start again."""
    half_failed(play)
    with scripts_of(play) as found:
        effects = play.retry()
    assert found.calls >= 4
    assert effects.detail is None
    assert play.counts() == (ITEMS, FAILED, 0)
    worked = work(play)
    assert set(worked.bodies.values()) == {1}
    assert {int(node[2:]) % 2 for node in worked.bodies} == {1}
    assert (play.status, play.counts()) == ("SUCCEEDED", (ITEMS, ITEMS, 0))
    assert play.ended("0.1").attempt == 2
    assert len(play.result(CODEC)) == ITEMS


def test_a_small_retry_takes_one(play):
    """Given few nodes, then one script retries them, and nothing is pending."""
    play.start(swarm(*[leaf()] * 4))
    for index in range(4):
        play.break_(f"0.{index}")
    effects = play.store._run("retry", "r", "")
    assert (effects.detail, names(effects)) == (0, ["0.0:2", "0.1:2", "0.2:2", "0.3:2"])
    assert "retry" not in play.reader.head("r")


def test_one_node_of_many(play):
    """Given a node that is retried alone, then the other failures stay, and count when the swarm ends again."""
    half_failed(play)
    play.retry("0.3")
    assert play.counts() == (ITEMS, FAILED, FAILED - 1)
    assert work(play).bodies == {"0.3": 1}
    assert (play.status, play.counts()) == ("FAILED", (ITEMS, FAILED + 1, FAILED - 1))


def test_priorities_survive_slices(play):
    """Given items with priorities that never started, then they go by priority after a retry in slices."""
    play.start(swarm(*[leaf()] * ITEMS, max_concurrency=1, stop_after=1))
    play.store.swarms.set_priority("r", "0", 3, [(ITEMS - 2, ITEMS - 1)])
    play.store.swarms.set_priority("r", "0", 1, [(1, 5)])
    play.break_("0.0")
    assert names(play.retry()) == [f"0.{ITEMS - 2}"]
    play.succeed(f"0.{ITEMS - 2}")
    assert play.succeed(f"0.{ITEMS - 1}") == ["0.0:2"]
    assert play.succeed("0.0", 2) == ["0.6"]


@pytest.mark.parametrize(
    "tree",
    [
        lambda: unit(chain(leaf(), group(*[group(*[leaf()] * 30) for _ in range(20)]), leaf())),
        lambda: unit(chord([leaf()] * 500, leaf())),
        lambda: graph("START>a START>b a>END b>END", {"a": group(*[leaf()] * 300), "b": chain(leaf(), leaf())}),
        lambda: swarm(*[unit(chain(leaf(), leaf())) for _ in range(300)], max_failures=2),
    ],
    ids=["nested", "chord", "graph", "chains"],
)
def test_any_shape(play, tree):
    """Given a large run of any shape in which every third task fails, when it is retried, then it ends well."""
    play.start(tree())
    bodies = 0
    while play.status != "FAILED":
        for node in [node for node in play.queued() if node != "$"]:
            if node not in play.live():
                continue
            bodies += 1
            play.claim(node)
            (play.fail if bodies % 3 == 0 else play.finish)(node)
            play.withdraw()
    failed = play.counts()[2]
    assert failed
    play.retry()
    while waiting := [node for node in play.queued() if node != "$"]:
        for node in waiting:
            live = play.live().get(node)
            if live is not None:
                play.succeed(node, live.attempt)
    assert play.status == "SUCCEEDED"
    total, done, failed = play.counts()
    assert (done, failed) == (total, 0)
    assert not [key for key in play.keys() if ":q:" in key], "no line is left"


def test_two_processes_share_the_slices(play):
    """Given a caller and a sweep that do the slices at the same time, then each slice is done once."""
    half_failed(play)
    first_slice(play)
    other = Store(play.redis, OrchestratorSettings(window=2000, retention=100))
    turn, done = 0, []
    while True:
        effects = (play.store if turn % 2 else other)._run("go_on_retry", "r")
        turn += 1
        if effects.refused is Refused.STALE:
            break
        done.append(names(effects))
    assert done.count([]) == len(done) - 1, "one slice starts the run again"
    assert play.counts() == (ITEMS, FAILED, 0)
    work(play)
    assert play.counts() == (ITEMS, ITEMS, 0)


# -- between two slices --------------------------------------------------------------------------------


def follows(call: Callable[[Play], object]) -> Callable[[Play], None]:
    """The verb is carried out; the retry is finished by the verb or after it."""

    def verb(play: Play) -> None:
        effects = call(play)
        assert getattr(effects, "refused", None) is None, effects

    return verb


def refuses(word: Refused, call: Callable[[Play], Effects]) -> Callable[[Play], None]:
    def verb(play: Play) -> None:
        before = play.redis.hget(play.store.keys.root("r"), "retry")
        assert call(play).refused is word
        assert play.redis.hget(play.store.keys.root("r"), "retry") == before

    return verb


def interrupted(play: Play) -> None:
    play.store.interrupt("r")
    assert play.store.finish_retry("r").todo == ()
    assert play.status == "INTERRUPTED"
    assert play.store.resume("r").refused is None


def suspended(play: Play) -> None:
    play.store.suspend("r")
    assert play.store.finish_retry("r").todo == (), "nothing is sent while the run is suspended"
    assert play.status == "SUSPENDED"
    assert play.store.resume("r").todo != ()


def resumed_at_once(play: Play) -> None:
    play.store.suspend("r")
    assert play.store.resume("r").todo == ()
    assert play.status == "RUNNING"


def sent_in_full(play: Play) -> None:
    """The reconciler finds the run: it is not over, and a side effect is pending."""
    [check] = play.store.due_index.check(["r"])
    assert (check.state, check.pending_side_effects) == ("ok", True)


BETWEEN: dict[str, Callable[[Play], None]] = {
    "nothing": lambda play: None,
    "sweep": sent_in_full,
    "retry": refuses(Refused.STATE, lambda play: play.store._run("retry", "r", "")),
    "resume": refuses(Refused.STATE, lambda play: play.store.resume("r")),
    "suspend": suspended,
    "suspend and resume": resumed_at_once,
    "interrupt": interrupted,
    "skip": follows(lambda play: play.skip("0.799")),
    "set_priority": follows(lambda play: play.store.swarms.set_priority("r", "0", 3, [(701, 799)])),
    "old message": refuses(Refused.STALE, lambda play: play.claim("0.1")),
    "old report": refuses(Refused.STALE, lambda play: play.finish("0.1")),
    "old runner": refuses(Refused.STALE, lambda play: play.store.swarms.take(play.leaf("0.b0"), Fence(), "w/1/a", 5)),
    "old close": refuses(Refused.STALE, lambda play: play.claim("$")),
    "purge": refuses(Refused.STATE, lambda play: play.store.signatures.purge("r")),
}


@pytest.mark.parametrize("slices", [1, 2, 3])
@pytest.mark.parametrize("verb", BETWEEN)
def test_a_verb_between_two_slices(play, verb, slices):
    """Given a retry whose caller died between two slices, when a verb is called, then it follows or is refused, and the
    run ends well once somebody has finished the retry."""
    half_failed(play, told=verb != "old close")
    first_slice(play)
    for _ in range(slices - 1):
        assert play.store._run("go_on_retry", "r").detail == 1
    assert play.status == "RUNNING"
    total, done, failed = play.counts()
    assert (total, done) == (ITEMS, FAILED)
    assert 0 < failed < FAILED, "the counts say how far it has come"
    BETWEEN[verb](play)
    succeeds(play)
    skipped_items = 1 if verb == "skip" else 0
    assert play.counts() == (ITEMS - skipped_items, ITEMS - skipped_items, 0)


def test_a_cancelled_run_has_nothing_left(play):
    """Given a retry under way, when the run is cancelled and erased, then no key is left, and a late slice finds nothing."""
    half_failed(play)
    first_slice(play)
    assert play.store.cancel("r", "").refused is None
    assert play.store.finish_retry("r").refused is Refused.GONE
    play.store.erase("r")
    assert play.keys() == []


def test_a_cancelled_run_whose_pool_waits_to_begin_again(play):
    """Given a pool that is counted and has not begun again, when the run is cancelled, then its line is deleted too."""
    play.start(unit(chain(leaf(), group(*[leaf()] * 5), leaf())))
    play.skip("0.0.1.3")
    assert [key for key in play.keys() if ":q:" in key]
    play.store.cancel("r", "")
    play.store.erase("r")
    assert play.keys() == []


def test_a_deadline_between_two_slices(play):
    """Given a deadline that comes during the slices, then the run fails as a whole, and may be retried again."""
    half_failed(play)
    first_slice(play)
    play.redis.hset(play.store.keys.root("r"), "deadline", 1)
    assert play.store.overdue("r", b"late").refused is None
    assert play.status == "FAILED"
    assert "retry" not in play.reader.head("r")
    play.retry()
    work(play)
    assert (play.status, play.counts()) == ("SUCCEEDED", (ITEMS, ITEMS, 0))


def test_an_open_swarm_takes_items_between_two_slices(play):
    """Given an open swarm under retry, when items are added and it is closed, then both happen after the retry."""
    play.start(batched(*[leaf()] * ITEMS, b=1000, open=1, stop_after=FAILED), window=2000)
    play.claim("0.b0")
    ended: list[Ended] = []
    while (answer := play.store.swarms.take(play.leaf("0.b0"), Fence(), "w/1/a", 400, ended=ended)).refused is None:
        taken = taken_items(answer)
        if not taken:
            break
        ended = [
            Ended(play.leaf(item.node, item.attempt), Fence(), int(item.node[2:]) % 2 == 0, b"2") for item in taken
        ]
    assert play.status == "FAILED"
    first_slice(play)
    assert play.reader.pool_size("r", "0") == ITEMS, "views know its size"
    assert play.add(leaf()).detail == ITEMS
    assert play.store.swarms.close_swarm("r", "0").refused is None
    work(play)
    assert (play.status, play.counts()) == ("SUCCEEDED", (ITEMS + 1, ITEMS + 1, 0))


def test_a_slice_whose_answer_is_lost(play):
    """Given the last slice whose answer is lost, when the same call is sent again, then it returns the same messages."""
    half_failed(play)
    first_slice(play)
    while True:
        record = json.loads(play.redis.hget(play.store.keys.root("r"), "retry"))
        assert record, "something is left"
        effects = play.store._run("go_on_retry", "r")
        if not effects.detail:
            break
    assert effects.todo
    assert play.store.finish_retry("r").refused is Refused.STALE
