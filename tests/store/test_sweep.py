"""sweep: one look at a run finds what waits too long, and what runs."""

from __future__ import annotations

import pytest
from redis import Redis

from orchestrator_celery import OrchestratorSettings
from orchestrator_celery.model.effects import CloseRun
from orchestrator_celery.model.events import NodeRepublished
from orchestrator_celery.model.ids import CLOSE, Fence, LeafId
from orchestrator_celery.records.live import parse_live
from orchestrator_celery.store import Refused, Store, due_index
from tests.kit.waiting import wait_for

from .crowds import crowd
from .play import Play, names
from .trees import leaf, swarm, unit


@pytest.fixture
def soon(client: Redis) -> Play:
    """A run in a store where a message counts as lost after 50 ms."""
    return Play(Store(client, OrchestratorSettings(republish_after=0.05, republish_longest=0.4, window=100)))


def check(play: Play):
    [found] = play.store.due_index.check([play.run])
    return found


def overdue(play: Play):
    """Wait for a look that finds overdue messages."""
    return wait_for(lambda: (found := check(play)).overdue and found, what="an overdue message")


def republished(play: Play):
    """Wait for overdue messages, and return the effects that send them again."""
    return play.store.due_index.republish(play.run, list(overdue(play).overdue))


def test_what_is_fresh_is_left_alone(play):
    """Given messages sent just now, then nothing is sent again, and it is told when they will be overdue."""
    play.start(swarm(leaf(), leaf()))
    before = play.snapshot()
    found = check(play)
    assert (found.state, found.overdue, found.running) == ("ok", {}, {})
    assert 4000 < found.due - play.store.now() * 1000 <= 5000
    assert play.snapshot() == before


def test_what_waits_too_long_is_sent_again_under_the_same_id(soon):
    """Given a message nobody claims, then the very same dispatch is to be done again, and it is told."""
    first = soon.start(unit(leaf(b"what")), input=b"[[1], {}]").todo
    assert republished(soon) == first
    last = soon.events()[-1]
    assert isinstance(last, NodeRepublished)
    assert (last.node, last.attempt, last.count) == ("0.0", 1, 1)
    assert soon.claim("0.0").refused is None
    assert soon.claim("0.0").refused is Refused.DUPLICATE


def test_pauses_grow_up_to_a_limit(soon):
    """Given a message that is never claimed, then each pause is twice the one before, up to the longest."""
    soon.start(unit(leaf()))
    pauses = []
    for _ in range(4):
        found = overdue(soon)
        pauses.append(found.due - soon.store.now() * 1000)
        soon.store.due_index.republish("r", list(found.overdue))
    for pause, expected in zip(pauses, (100, 200, 400, 400), strict=True):
        assert expected - 60 < pause <= expected


def test_what_runs_is_listed_and_not_sent(soon):
    """Given a running leaf, then it is listed with its record, and not sent again."""
    soon.start(swarm(leaf(), leaf()))
    soon.claim("0.0", owner="host/1/a")
    found = overdue(soon)
    assert list(found.overdue) == ["0.1"]
    assert {node: parse_live(raw).owner for node, raw in found.running.items()} == {"0.0": "host/1/a"}


def test_a_retry_is_sent_again_with_its_fence(soon):
    """Given a retry whose message was lost, then it is sent again as that retry."""
    soon.start(unit(leaf()))
    soon.claim("0.0")
    soon.requeue("0.0", Fence(retries=2))
    [effect] = republished(soon)
    assert (effect.leaf, effect.fence) == (LeafId("r", "0.0", 1), Fence(retries=2))


def test_a_closing_message_is_sent_again(soon):
    """Given an ended run Celery was not told of, then the closing message is sent again."""
    soon.start(unit(leaf()))
    soon.succeed("0.0")
    assert republished(soon) == (CloseRun(LeafId("r", CLOSE, 1)),)


def test_a_delayed_start_is_no_sign_of_a_lost_message(soon):
    """Given a countdown, then the message is not overdue before it was to start."""
    soon.start(swarm(leaf(wait=60_000), leaf()))
    assert list(overdue(soon).overdue) == ["0.1"]


@pytest.mark.parametrize("status", ["SUSPENDED", "INTERRUPTED", "CANCELLED"])
def test_a_held_run_is_left_alone(soon, status):
    """Given a run that is held, then nothing of it is sent, however long it waits."""
    soon.start(unit(leaf()))
    soon.redis.hset(soon.store.keys.root("r"), "status", status)
    wait_for(lambda: soon.store.now() * 1000 > soon.live()["0.0"].since.timestamp() * 1000 + 100)
    assert (check(soon).overdue, check(soon).due) == ({}, None)


def test_all_lost_messages_are_sent_again_at_once(soon, monkeypatch):
    """Given more lost messages than one call takes, then all of them are sent again, each once."""
    monkeypatch.setattr(due_index, "_REPUBLISHED", 25)
    soon.start(swarm(*[leaf()] * 100))
    wait_for(lambda: len(check(soon).overdue) == len(soon.live()) > 50, what="overdue messages")
    found = check(soon)
    assert sorted(names(soon.store.due_index.republish("r", list(found.overdue)))) == sorted(soon.live())
    assert soon.store.due_index.republish("r", list(found.overdue)) == (), "another leader has sent them"


def test_what_was_claimed_meanwhile_is_not_sent(soon):
    """Given a message that a worker claims between the look and the decision, then it is not sent again."""
    soon.start(unit(leaf()))
    found = overdue(soon)
    soon.claim("0.0")
    assert soon.store.due_index.republish("r", [*found.overdue, "0.7"]) == ()


def test_runs_are_looked_at_together(store):
    """Given several runs, some gone, when they are looked at, then each gets its answer, in order."""
    Play(store, "a").start(unit(leaf()))
    ended = Play(store, "b")
    ended.start(unit(leaf()))
    ended.succeed("0.0")
    ended.tell()
    assert [(found.run, found.state) for found in store.due_index.check(["gone", "a", "b"])] == [
        ("gone", "gone"), ("a", "ok"), ("b", "over"),
    ]  # fmt: skip


def test_an_idle_open_swarm_is_not_over(play):
    """Given an open swarm of which nothing lives, then it goes on being looked at."""
    play.start(swarm(open=True))
    assert check(play).state == "ok"


def test_a_server_that_forgot_its_scripts_is_no_problem(play):
    """Given SCRIPT FLUSH (a restart, a failover), then looks and verbs work as before."""
    play.start(unit(leaf()))
    play.redis.script_flush()
    assert check(play).state == "ok"
    play.redis.script_flush()
    assert play.succeed("0.0") == ["close"]


def test_a_large_run_is_looked_at_in_slices(soon):
    """Given more live nodes than one slice, then the check finds each of them once."""
    crowd(soon, 1200, "QRH")
    wait_for(lambda: soon.store.due_index.now_ms() > soon.live()["0.0"].sent + 50, what="overdue messages")
    found = check(soon)
    assert (found.state, found.awake) == ("ok", True)
    assert sorted(found.overdue) == sorted(f"0.{index}" for index in range(0, 1200, 3))
    assert sorted(found.running) == sorted(f"0.{index}" for index in range(1, 1200, 3))
    assert all(message.level is None and not message.unsent for message in found.overdue.values())


@pytest.mark.parametrize("change", ["cancelled", "gone"])
def test_a_large_run_that_goes_between_two_slices(soon, monkeypatch, change):
    """Given a run that is cancelled, or deleted, between two slices, then the check says that, and nothing of the run."""
    crowd(soon, 1200)
    index = soon.store.due_index
    real = index._look_alone

    def look(*args):
        soon.store.cancel(soon.run, "")
        if change == "gone":
            soon.store.erase(soon.run)
        return real(*args)

    monkeypatch.setattr(index, "_look_alone", look)
    found = check(soon)
    assert (found.state, found.overdue, found.running) == (change, {}, {})


@pytest.mark.parametrize(("states", "state"), [("H", "over"), ("HHHHHHHHHHHQ", "ok")])
def test_a_large_run_of_which_nothing_goes_on(soon, states, state):
    """Given an ended run with many nodes that are held back, then it is over, unless one of them is not held back."""
    crowd(soon, 1200, states)
    soon.redis.hset(soon.store.keys.root(soon.run), mapping={"status": "FAILED", "closed": 1, "keep": 100})
    assert check(soon).state == state
