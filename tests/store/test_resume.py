"""resume: what waits in the outbox of a suspended run is sent again, what was held back starts again."""

from __future__ import annotations

import pytest

from orchestrator_celery.model.effects import FailRest
from orchestrator_celery.model.ids import Fence
from orchestrator_celery.store import Refused

from .crowds import crowd
from .play import Play, names
from .trees import chain, leaf, swarm, unit


def refused(play: Play, word: Refused, call):
    """The call is refused, and every byte is as before (invariant 4)."""
    before = play.snapshot()
    effects = call()
    assert (effects.refused, effects.todo) == (word, ())
    assert play.snapshot() == before
    return effects.detail


@pytest.mark.parametrize("running", [False, True])
def test_a_run_goes_on_as_it_was(play, running):
    """Given a suspended run, when it is resumed, then it has the status it had, and its outbox is sent."""
    play.start(swarm(leaf(), leaf()))
    if running:
        play.claim("0.0")
    play.store.suspend("r")
    effects = play.store.resume("r")
    assert names(effects) == (["0.1"] if running else ["0.0", "0.1"])
    assert play.status == ("RUNNING" if running else "PENDING")
    assert play.events()[-1].status == play.status


def test_each_remaining_leaf_runs_once(play):
    """Given messages from before and after the suspension, then one of each leaf's is let through."""
    play.start(unit(chain(leaf(), leaf())))
    play.claim("0.0.0")
    play.store.suspend("r")
    play.finish("0.0.0")
    assert names(play.store.resume("r")) == ["0.0.1"]
    assert play.claim("0.0.1").refused is None
    assert play.claim("0.0.1").refused is Refused.DUPLICATE
    assert names(play.finish("0.0.1")) == ["close"]


def test_a_dispatch_is_complete(play):
    """Given a step that became ready while suspended, when it is resumed, then its dispatch has all it needs."""
    play.start(unit(chain(leaf(), leaf(b"what"))))
    play.claim("0.0.0")
    play.store.suspend("r")
    play.finish("0.0.0")
    [effect] = play.store.resume("r").todo
    assert (effect.input_ref, effect.spec, effect.fence, effect.wait) == ("0.0.0", b"L\nwhat", Fence(), 0.0)


def test_a_retry_is_sent_as_that_retry(play):
    """Given a retry that waits, when the run is resumed, then the message has its fence, and what is left to wait."""
    play.start(unit(leaf()))
    play.claim("0.0")
    play.requeue("0.0", Fence(retries=1), wait=60)
    play.store.suspend("r")
    [effect] = play.store.resume("r").todo
    assert effect.fence == Fence(retries=1)
    assert 50 < effect.wait <= 60


def test_it_is_looked_at_soon(play):
    """Given a run that is resumed, then the next sweep looks at it: its messages may get lost."""
    play.start(unit(leaf()))
    play.store.suspend("r")
    play.store.resume("r")
    assert play.store.due_index.due_runs(0, 10) == ["r"]


def test_what_a_rule_held_back_starts_again(play):
    """Given a leaf a rule holds back in a running run, when that is resumed, then it starts under a new attempt."""
    play.start(unit(leaf()))
    play.claim("0.0")
    play.lost("0.0", hold=True)
    assert names(play.store.resume("r")) == ["0.0:2"]
    assert play.status == "RUNNING"
    assert play.succeed("0.0", 2) == ["close"]


def test_what_runs_is_left_alone(play):
    """Given a running leaf, when the run is resumed, then its body goes on, and no second one starts."""
    play.start(unit(leaf()))
    play.claim("0.0")
    play.store.suspend("r")
    assert names(play.store.resume("r")) == []
    assert names(play.finish("0.0")) == ["close"]


def test_runs_that_stand_in_for_its_tasks_are_told(play):
    """Given a task that replaced itself by canvas, then the run that stands in for it is named."""
    play.start(unit(leaf()))
    play.claim("0.0")
    play.requeue("0.0", Fence(nesting=1), why="delegate")
    play.store.suspend("r")
    assert play.store.resume("r").detail == [b"r:0.0:1"]


@pytest.mark.parametrize("status", ["PENDING", "RUNNING", "SUCCEEDED", "FAILED"])
def test_what_does_not_wait_is_refused(play, status):
    """Given a run that is under way or has ended, then it is refused, and its status told."""
    play.start(unit(leaf()))
    if status != "PENDING":
        play.claim("0.0")
    if status == "SUCCEEDED":
        play.finish("0.0")
    if status == "FAILED":
        play.fail("0.0")
    assert play.store.resume("r").detail == status.encode()
    refused(play, Refused.STATE, lambda: play.store.resume("r"))


def test_a_run_that_ended_while_suspended_is_not_resumed(play):
    """Given a run whose last leaf ended while suspended, then it stays ended."""
    play.start(unit(leaf()))
    play.claim("0.0")
    play.store.suspend("r")
    play.finish("0.0")
    assert play.store.resume("r").refused is Refused.STATE
    assert play.status == "SUCCEEDED"


def test_no_run_nothing_to_resume(play):
    """Given no such run, then nothing comes to be."""
    refused(play, Refused.GONE, lambda: play.store.resume("r"))


# -- a run with many live nodes ------------------------------------------------------------------------

MANY = 900


def release(play: Play) -> list[str]:
    """Do the slices of a release that are left, as any process may; what follows."""
    found: list[str] = []
    while True:
        effects = play.store.go_on_release("r")
        found += [name for name in names(effects) if name != "release"]
        if "release" not in names(effects):
            return found


def nodes(first: int, step: int, attempt: str = "") -> list[str]:
    return sorted(f"0.{index}{attempt}" for index in range(first, MANY, step))


def stopped_crowd(play: Play, states: str = "QRH", verb: str = "suspend") -> list[str]:
    """A large run that was suspended, or interrupted, and is resumed: what the first slice sends."""
    crowd(play, MANY, states)
    assert getattr(play.store, verb)("r").refused is None
    effects = play.store.resume("r")
    assert (effects.refused, names(effects)[-1]) == (None, "release")
    assert play.status in ("PENDING", "RUNNING")
    return names(effects)[:-1]


@pytest.mark.parametrize("verb", ["suspend", "interrupt"])
def test_a_large_run_is_released_in_slices(play, verb):
    """Given many live nodes, when their run is resumed, then each slice sends its part, and each node is sent once."""
    first = stopped_crowd(play, verb=verb)
    assert 0 < len(first) < MANY / 2
    assert play.store.due_index.check(["r"])[0].pending_side_effects
    assert sorted(first + release(play)) == sorted(nodes(0, 3) + nodes(2, 3, ":2"))
    assert play.store.go_on_release("r").refused is Refused.STALE
    assert not play.store.due_index.check(["r"])[0].pending_side_effects


def test_what_is_claimed_between_two_slices_is_left_alone(play):
    """Given a release between two slices, when old messages are claimed, then their bodies go on, and are not sent again."""
    first = stopped_crowd(play, "Q")
    claimed = [node for node in nodes(0, 1) if node not in first][:20]
    for node in claimed:
        assert play.claim(node).refused is None
    for node in claimed[:10]:
        assert play.finish(node).refused is None
    assert sorted(first + release(play)) == sorted(set(nodes(0, 1)).difference(claimed))


def test_a_body_that_is_stopped_between_two_slices_starts_again(play):
    """Given an interrupted run that is resumed, when a late signal hits a body before its slice, then it starts again."""
    stopped_crowd(play, "R", "interrupt")
    assert names(play.store.stopped(play.leaf("0.7"), Fence(), "terminated")) == ["0.7:2"]
    assert release(play) == []
    assert play.claim("0.8").refused is Refused.DUPLICATE
    assert play.claim("0.7", 2).refused is None


@pytest.mark.parametrize("verb", ["suspend", "interrupt"])
def test_a_run_that_is_held_between_two_slices(play, verb):
    """Given a release between two slices, when the run is held again, then nothing starts, and the next release sends all."""
    first = stopped_crowd(play)
    assert getattr(play.store, verb)("r").refused is None
    assert play.store.go_on_release("r").refused is Refused.HELD
    assert play.claim(first[0].partition(":")[0], 2 if ":" in first[0] else 1).refused is Refused.HELD
    effects = play.store.resume("r")
    assert sorted([name for name in names(effects) if name != "release"] + release(play)) == sorted(
        nodes(0, 3) + nodes(2, 3, ":2")
    )


def test_a_second_resume_between_two_slices(play):
    """Given a release between two slices, when the run is resumed again, then queued nodes are sent by that release too."""
    first = stopped_crowd(play)
    effects = play.store.resume("r")
    assert effects.refused is None
    again = [name for name in names(effects) if name != "release"] + release(play)
    assert sorted({*first, *again}) == sorted(nodes(0, 3) + nodes(2, 3, ":2"))


@pytest.mark.parametrize("verb", ["overdue", "cancel"])
def test_a_run_that_ends_between_two_slices(play, verb):
    """Given a release between two slices, when the run fails or is cancelled, then no more of it is sent."""
    stopped_crowd(play)
    if verb == "cancel":
        assert play.store.cancel("r", "").refused is None
        assert play.store.go_on_release("r").refused is Refused.GONE
        return
    assert play.store.overdue("r", b"late", inner=True).refused is None
    assert release(play) == []  # also before its nodes have failed
    while FailRest("r") in play.store.go_on_overdue("r"):
        pass
    assert play.tell().refused is None
    assert play.store.due_index.check(["r"])[0].state == "over"


def test_a_release_goes_on_after_a_failover(play):
    """Given places of another server, then the release begins again, and no node is left out."""
    first = stopped_crowd(play)
    key, pending = play.store.keys.root("r"), play.reader.head_field("r", "release")
    _, *rest = pending.decode().split("|")
    play.redis.hset(key, "release", "|".join([str(2**20), *rest[:-1], "0" * 40]))
    assert sorted({*first, *release(play)}) == sorted(nodes(0, 3) + nodes(2, 3, ":2"))


def test_callbacks_of_a_run_that_ends_while_held(play):
    """Given a suspended run with many callbacks in its outbox, when its last task ends, then they are sent in slices."""
    play.start(swarm(*[leaf(links=[leaf()])] * MANY, max_concurrency=MANY))
    while "more" in play.reader.head("r"):
        play.store.start_more("r")
    for node in nodes(0, 1):
        play.claim(node)
    play.store.suspend("r")
    for node in nodes(0, 1)[1:]:
        play.finish(node)
    effects = play.finish(nodes(0, 1)[0])
    assert (play.status, "close" in names(effects), "release" in names(effects)) == ("SUCCEEDED", True, True)
    sent = [name for name in names(effects) if name not in ("close", "release")] + release(play)
    assert sorted(sent) == sorted(f"{node}.l0" for node in nodes(0, 1))
    play.tell()
    assert play.redis.ttl(play.store.keys.root("r")) == -1
    for node in sent:
        play.succeed(node)
    assert play.redis.ttl(play.store.keys.root("r")) > 0


def test_an_ended_run_does_not_expire_between_two_slices(play):
    """Given an ended run with many callbacks held back, when those that have started are held again, then it waits for the rest."""
    crowd(play, MANY, "H")
    live, root = play.store.keys.live("r"), play.store.keys.root("r")
    for node in nodes(0, 1):
        play.redis.hset(live, f"{node}.l0", play.redis.hget(live, node))
        play.redis.hdel(live, node)
        play.redis.hset(play.store.keys.definitions("r"), f"{node}.l0", b"L\nx")
    play.redis.hset(root, mapping={"status": "SUCCEEDED", "closed": 1, "keep": 100})
    play.redis.expire(root, 100)
    sent = [name for name in names(play.store.resume("r")) if name != "release"]
    for name in sent:
        node, _, attempt = name.partition(":")
        play.claim(node, int(attempt))
        play.lost(node, int(attempt), hold=True)
    assert play.redis.ttl(root) == -1
    for name in release(play):
        node, _, attempt = name.partition(":")
        play.succeed(node, int(attempt))
    assert play.redis.ttl(root) > 0


def test_the_timeout_of_an_approval_is_extended_once(play):
    """Given approvals in a large run, when it is released, then each gets the time of the pause, also if looked at twice."""
    crowd(play, MANY, "W")
    until = int(play.store.now() * 1000) + 60_000
    live, root = play.store.keys.live("r"), play.store.keys.root("r")
    before = until - 120_000  # they wait for a minute
    for node in nodes(0, 1):
        play.redis.hset(live, node, f"W|1|0|0|{before}|{until}|0|,||")
    play.store.suspend("r")
    play.redis.hset(root, "paused", int(play.store.now() * 1000) - 10_000)
    play.store.resume("r")
    pending = play.reader.head_field("r", "release").decode().split("|")
    release(play)
    play.redis.hset(root, mapping={"release": "|".join(["0", *pending[1:]]), "owed": 1})  # a failover begins it again
    release(play)
    assert all(10_000 <= found.sent - until < 20_000 for found in play.live().values())


def test_a_task_that_is_held_back_is_found_among_many(play):
    """Given a running run with one task held back among many, then it is resumed; without one, it is refused."""
    crowd(play, 3000)
    assert play.store.resume("r").detail == b"PENDING"
    play.claim("0.2999")
    play.lost("0.2999", hold=True)
    effects = play.store.resume("r")
    assert effects.refused is None
    assert [name for name in names(effects) if name != "release"] + release(play) == ["0.2999:2"]


def test_runs_that_stand_in_are_found_among_many(play):
    """Given many live nodes, one of which is stood in for by a run, then that run is named by each verb."""
    crowd(play, 1500, "R")
    play.requeue("0.7", Fence(nesting=1), why="delegate")
    assert play.store.suspend("r").detail == [b"r:0.7:1"]
    assert play.store.resume("r").detail == [b"r:0.7:1"]
    inner, running, _ = play.store.interrupt("r").detail
    assert (inner, len(set(running[::2]))) == ([b"r:0.7:1"], 1499)
    assert play.store.due_index.check(["r"])[0].pending_side_effects
