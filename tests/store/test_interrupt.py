"""interrupt: nothing more of a run starts, and what runs is to be stopped; an end that comes first still counts."""

from __future__ import annotations

import pytest

from orchestrator_celery.model.ids import CLOSE, Fence
from orchestrator_celery.records.live import parse_live
from orchestrator_celery.store import Refused

from .play import Play, names
from .trees import chain, leaf, swarm, unit


def refused(play: Play, word: Refused, call):
    """The call is refused, and every byte is as before (invariant 4)."""
    before = play.snapshot()
    effects = call()
    assert (effects.refused, effects.todo) == (word, ())
    assert play.snapshot() == before
    return effects.detail


def interrupt(play: Play):
    """Interrupt the run; nodes of what runs."""
    effects = play.store.interrupt("r")
    assert (effects.refused, effects.todo) == (None, ())
    return [node.decode() for node in effects.detail[1][::2]]


@pytest.mark.parametrize("before", ["PENDING", "RUNNING", "SUSPENDED"])
def test_a_run_is_interrupted(play, before):
    """Given a run that has not ended, then it is interrupted; resumed, it is what it was before it was held."""
    play.start(unit(leaf()))
    if before == "RUNNING":
        play.claim("0.0")
    if before == "SUSPENDED":
        play.store.suspend("r")
    assert interrupt(play) == (["0.0"] if before == "RUNNING" else [])
    assert (play.status, play.events()[-1].status) == ("INTERRUPTED", "INTERRUPTED")
    play.store.resume("r")
    assert play.status == ("RUNNING" if before == "RUNNING" else "PENDING")


def test_what_runs_is_told_with_its_record(play):
    """Given running and queued leaves, then the running are told, with attempt and owner."""
    play.start(swarm(leaf(), leaf()))
    play.claim("0.1", owner="host/7/a")
    [node, raw] = play.store.interrupt("r").detail[1]
    live = parse_live(raw)
    assert (node, live.attempt, live.owner) == (b"0.1", 1, "host/7/a")


def test_how_it_is_to_be_stopped_is_kept(play):
    """Given an interruption, then signal and grace are kept for the sweep that has to tell the workers again."""
    play.start(unit(leaf()))
    play.claim("0.0")
    play.store.interrupt("r", "SIGINT", 2.5)
    since, signal, grace = play.reader.head_field("r", "stop").split()
    assert (signal, grace) == (b"SIGINT", b"2500")
    assert float(since) <= play.store.now() * 1000


def test_nothing_more_starts(play):
    """Given an interrupted run, when a message is delivered, then it may not run, and stays in the outbox."""
    play.start(unit(leaf()))
    interrupt(play)
    assert play.claim("0.0").refused is Refused.HELD
    assert play.queued() == ["0.0"]


def test_an_end_that_comes_first_counts(play):
    """Given a leaf that is to be stopped, when it ends well all the same, then that counts, and what follows waits."""
    play.start(unit(chain(leaf(), leaf())))
    play.claim("0.0.0")
    interrupt(play)
    assert names(play.finish("0.0.0")) == []
    assert play.queued() == ["0.0.1"]
    assert names(play.store.resume("r")) == ["0.0.1"]


def test_its_own_error_counts(play):
    """Given a leaf that is to be stopped, when it fails by itself, then it has failed, and the end is told."""
    play.start(unit(leaf()))
    play.claim("0.0")
    interrupt(play)
    assert names(play.fail("0.0")) == ["close"]
    assert play.status == "FAILED"


def test_it_may_keep_how_far_it_is(play):
    """Given a leaf that is to be stopped, then its last checkpoint is kept, and its next attempt gets it."""
    play.start(unit(leaf()))
    play.claim("0.0")
    interrupt(play)
    assert play.store.checkpoint(play.leaf("0.0"), Fence(), b"far").refused is None
    play.store.stopped(play.leaf("0.0"), Fence(), "terminated")
    play.store.resume("r")
    assert play.events()[-1].checkpoint is True
    assert play.claim("0.0", 2).detail == b"far"


def test_its_retry_waits(play):
    """Given a leaf that is to be stopped, when it hands itself on, then the later message waits for the resumption."""
    play.start(unit(leaf()))
    play.claim("0.0")
    interrupt(play)
    assert play.requeue("0.0", Fence(retries=1)).refused is None
    assert play.claim("0.0", fence=Fence(retries=1)).refused is Refused.HELD
    [effect] = play.store.resume("r").todo
    assert effect.fence == Fence(retries=1)


def test_a_lost_process_holds_it(play):
    """Given a leaf that is to be stopped, when its process is lost, then it is held, and does not count as lost."""
    play.start(unit(leaf()))
    play.claim("0.0")
    interrupt(play)
    effects = play.lost("0.0", limit=0)
    assert (effects.refused, names(effects), effects.detail) == (None, [], -1)
    assert names(play.store.resume("r")) == ["0.0:2"]
    play.claim("0.0", 2)
    assert names(play.lost("0.0", 2, limit=1)) == ["0.0:3"]
    play.claim("0.0", 3)
    assert play.lost("0.0", 3, limit=1).refused is Refused.POISONED


def test_what_nobody_could_stop_goes_on(play):
    """Given a leaf that runs on, when the run is resumed, then no second body starts, and its end counts."""
    play.start(unit(leaf()))
    play.claim("0.0")
    interrupt(play)
    assert names(play.store.resume("r")) == []
    assert play.claim("0.0").refused is Refused.DUPLICATE
    assert names(play.finish("0.0")) == ["close"]


def test_a_run_that_ends_meanwhile_leaves_nothing_held(play):
    """Given one of two failing fast while the other is held, then the held one is withdrawn, and the run ends."""
    play.start(swarm(leaf(), leaf(), stop_after=1, max_concurrency=2))
    play.claim("0.0")
    play.claim("0.1")
    interrupt(play)
    play.store.stopped(play.leaf("0.0"), Fence(), "terminated")
    play.fail("0.1")
    assert names(play.withdraw()) == ["close"]
    assert (play.status, play.live().keys()) == ("FAILED", {"$"})


def test_a_second_call_finds_what_still_runs(play):
    """Given a caller that died, then the call may be repeated as long as something runs, and is refused after that."""
    play.start(unit(leaf()))
    play.claim("0.0")
    assert interrupt(play) == interrupt(play) == ["0.0"]
    play.store.stopped(play.leaf("0.0"), Fence(), "terminated")
    assert refused(play, Refused.STATE, lambda: play.store.interrupt("r")) == b"INTERRUPTED"


def test_runs_that_stand_in_for_its_tasks_are_told(play):
    """Given a task that replaced itself by canvas, then the run that stands in for it is named."""
    play.start(unit(leaf()))
    play.claim("0.0")
    play.requeue("0.0", Fence(nesting=1), why="delegate")
    assert play.store.interrupt("r").detail[:2] == [[b"r:0.0:1"], []]


def test_a_canvas_that_comes_too_late_is_told(play):
    """Given a leaf that replaces itself by canvas while its run is held, then the caller is told to hold that too."""
    play.start(unit(leaf()))
    play.claim("0.0")
    interrupt(play)
    assert play.requeue("0.0", Fence(nesting=1), why="delegate").detail == 1


def test_a_sweep_sees_what_is_to_be_stopped(play):
    """Given a leaf that is to be stopped, then a sweep lists it: its worker may be gone."""
    play.start(unit(leaf()))
    play.claim("0.0")
    interrupt(play)
    [check] = play.store.due_index.check(["r"])
    assert list(check.running) == ["0.0"]


def test_a_body_learns_that_it_is_to_be_stopped(play):
    """Given a running body, then it is to be stopped while its run is interrupted, and no more once that is resumed."""
    play.start(unit(leaf()))
    play.claim("0.0")
    found = [play.reader.to_be_stopped("r", "0.0", 1)]
    for verb in (play.store.suspend, play.store.interrupt, play.store.resume):
        verb("r")
        found.append(play.reader.to_be_stopped("r", "0.0", 1))
    assert found == [False, False, True, False]
    assert play.reader.to_be_stopped("r", "0.0", 2)


@pytest.mark.parametrize("status", ["SUCCEEDED", "FAILED"])
def test_what_has_ended_is_refused(play, status):
    """Given a run that has ended, then it is refused, also while Celery is being told."""
    play.start(unit(leaf()))
    (play.succeed if status == "SUCCEEDED" else play.break_)("0.0")
    play.claim(CLOSE)
    assert refused(play, Refused.STATE, lambda: play.store.interrupt("r")) == status.encode()


def test_no_run_nothing_to_interrupt(play):
    """Given no such run, then nothing comes to be."""
    refused(play, Refused.GONE, lambda: play.store.interrupt("r"))
