"""Every verb on every kind of workflow in every status, from the table the documentation prints."""

from __future__ import annotations

import threading

import pytest

from orchestrator_celery import OrchestratorSettings
from orchestrator_celery.model.ids import Fence
from orchestrator_celery.model.lifecycle import VERBS
from orchestrator_celery.model.states import RunStatus
from orchestrator_celery.store import Refused, Store

from .play import Play
from .trees import chain, chord, group, leaf, swarm, unit

KINDS = {
    "task": lambda: unit(leaf()),
    "chain": lambda: unit(chain(leaf(), leaf())),
    "group": lambda: unit(group(leaf(), leaf())),
    "chord": lambda: unit(chord([leaf(), leaf()], leaf())),
    "swarm": lambda: swarm(leaf(), leaf(), leaf(), max_concurrency=2),
    "nested": lambda: swarm(unit(chain(group(leaf(), leaf()), leaf())), leaf()),
}
STATUSES = [status for status in RunStatus if status is not RunStatus.CANCELLED]


def begin(play: Play) -> None:
    """Something runs."""
    play.claim(play.queued()[0])


def fail(play: Play) -> None:
    """Everything fails."""
    while waiting := [node for node in play.queued() if node != "$"]:
        for node in waiting:
            play.break_(node)


REACH = {
    "PENDING": lambda play: None,
    "RUNNING": begin,
    "SUSPENDED": lambda play: (begin(play), play.store.suspend("r")),
    "INTERRUPTED": lambda play: (begin(play), play.store.interrupt("r"), stop(play)),
    "SUCCEEDED": lambda play: play.run_out(),
    "FAILED": fail,
}


def stop(play: Play) -> None:
    """The bodies that run are gone."""
    for node, live in play.live().items():
        play.store.stopped(play.leaf(node, live.attempt), Fence(), "terminated")


def say(store: Store, verb: str):
    """Call a verb of the store."""
    return store.cancel("r", "") if verb == "cancel" else getattr(store, verb)("r")


#: The status after a verb, where it is not that before the suspension.
AFTER = {
    "suspend": "SUSPENDED",
    "interrupt": "INTERRUPTED",
    "resume": "RUNNING",
    "retry": "RUNNING",
    "cancel": "CANCELLED",
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("verb", [verb for verb in VERBS if verb != "rerun"])  # which makes another run
def test_a_verb_in_a_status(play, kind, status, verb):
    """Given a workflow in a status, then a verb the table has does what it says, and any other changes nothing."""
    play.start(KINDS[kind]())
    REACH[status](play)
    assert play.status == status
    allowed = status in VERBS[verb].does
    before = play.snapshot()
    effects = say(play.store, verb)
    if allowed:
        assert (effects.refused, play.status) == (None, AFTER[verb])
    else:
        assert (effects.refused, effects.detail) == (Refused.STATE, status.encode())
        assert {k: v for k, v in play.snapshot().items() if k != "orc:due"} == {
            k: v for k, v in before.items() if k != "orc:due"
        }


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("verb", ["suspend", "interrupt"])
def test_what_was_stopped_ends_as_if_nothing_had_been(play, kind, verb):
    """Given any workflow stopped at each of its moments, when it is resumed, then each node ends once, and well."""
    play.start(KINDS[kind]())
    for _ in range(20):
        waiting = [node for node in play.queued() if node != "$"]
        if not waiting:
            break
        node = waiting[0]
        play.claim(node, play.live()[node].attempt)
        getattr(play.store, verb)("r")
        if verb == "interrupt":
            stop(play)
        else:
            play.finish(node, play.live()[node].attempt)
        if play.status == "SUCCEEDED":
            break
        assert play.store.resume("r").refused is None
        if verb == "interrupt":
            play.succeed(node, play.live()[node].attempt)
    assert play.status == "SUCCEEDED"
    told = [event.node for event in play.events() if type(event).__name__ in ("NodeSucceeded", "CompositeSucceeded")]
    assert len(told) == len(set(told))


@pytest.mark.parametrize("verb", ["suspend", "resume", "interrupt", "retry", "cancel"])
def test_of_many_callers_one_wins(play, server, verb):
    """Given a run, when many callers say the same at once, then one has done it, and the others are told so."""
    for _ in range(20):
        play.start(unit(leaf()))
        if verb == "resume":
            play.store.suspend("r")
        if verb == "retry":
            play.break_("0.0")
        lost = Refused.GONE if verb == "cancel" else Refused.STATE
        assert sorted(map(str, race(server, verb))) == sorted([str(None), *[str(lost)] * 7])
        play.redis.flushall()


def race(server, verb):
    """Eight callers at once; what each is answered."""
    barrier, answers = threading.Barrier(8), []

    def call():
        with server.client() as client:
            store = Store(client, OrchestratorSettings())
            barrier.wait()
            answers.append(say(store, verb).refused)

    callers = [threading.Thread(target=call) for _ in range(8)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    return answers
