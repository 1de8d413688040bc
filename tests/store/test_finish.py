"""finish: a result is stored once, and what follows is told."""

from __future__ import annotations

import pytest

from orchestrator_celery.model.ids import Fence
from orchestrator_celery.model.states import NodeState
from orchestrator_celery.store import Refused

from .play import Play, names
from .trees import chain, chord, leaf, swarm, unit


def given_by(effects) -> dict[str, str]:
    """Where each leaf that is to be sent gets its first argument."""
    return {effect.leaf.node: effect.input_ref for effect in effects.todo if hasattr(effect, "input_ref")}


@pytest.fixture
def one(play: Play) -> Play:
    """A run of one task, running."""
    play.start(unit(leaf()))
    play.claim("0.0", owner="host/1/a")
    return play


def test_a_result_is_stored_with_its_circumstances(one):
    """Given a running leaf, when it finishes, then its record has result, attempt, times and owner."""
    one.finish("0.0", result=b"[1, 2]\n|x")
    record = one.ended("0.0")
    assert (record.state, record.attempt, record.owner, record.payload, record.ref) == (
        NodeState.SUCCEEDED, 1, "host/1/a", b"[1, 2]\n|x", None,
    )  # fmt: skip
    assert record.started <= record.finished
    assert one.counts() == (1, 1, 0)
    assert one.told("0.0") == ["NodeStarted", "NodeSucceeded"]


def test_the_last_leaf_ends_the_run(one):
    """Given the last leaf, when it finishes, then the run has succeeded, and Celery is to be told once."""
    assert names(one.finish("0.0")) == ["close"]
    assert (one.status, one.queued()) == ("SUCCEEDED", ["$"])
    assert float(one.reader.head("r")["finished"]) > 0


def test_a_chains_next_step_gets_the_result(play):
    """Given a chain, when a step finishes, then the next is to be sent with its result, and nothing else."""
    play.start(unit(chain(leaf(), leaf(), leaf())))
    play.claim("0.0.0")
    assert given_by(play.finish("0.0.0")) == {"0.0.1": "0.0.0"}
    assert play.succeed("0.0.1") == ["0.0.2"]
    assert play.succeed("0.0.2") == ["close"]


def test_a_group_is_joined_once(play):
    """Given a chord, when its header has ended, in any order, then the body gets the list, once."""
    play.start(unit(chord([leaf(), leaf(), leaf()], leaf())))
    assert play.succeed("0.0.0.2") == []
    assert play.succeed("0.0.0.0") == []
    play.claim("0.0.0.1")
    assert given_by(play.finish("0.0.0.1")) == {"0.0.1": "0.0.0"}
    assert play.ended("0.0.0").ref == "*3"


def test_a_free_slot_goes_to_the_next_item(play):
    """Given a bounded swarm, when an item ends, then the next in order is sent, until there is none."""
    play.start(swarm(*[leaf()] * 4, max_concurrency=2))
    assert play.succeed("0.1") == ["0.2"]
    assert play.succeed("0.2") == ["0.3"]
    assert play.succeed("0.0") == []
    assert play.succeed("0.3") == ["close"]


def test_an_unbounded_swarm_is_refilled_in_bulk(play):
    """Given a window of 8, when a quarter of it is free, then it is filled again in one go."""
    play.start(swarm(*[leaf()] * 20))
    assert play.succeed("0.0") == []
    assert play.succeed("0.1") == ["0.8", "0.9"]


def test_items_that_are_composites_are_unpacked_when_they_start(play):
    """Given a chain as an item, when its turn comes, then its first step is sent, and its definitions are there."""
    play.start(swarm(leaf(), chain(leaf(b"a"), leaf(b"b")), max_concurrency=1))
    assert play.reader.definitions("r", ["0.1.0"]) == [None]
    assert play.succeed("0.0") == ["0.1.0"]
    assert play.reader.definitions("r", ["0.1", "0.1.0", "0.1.1"]) == [b"C n=2 k=chain\n{}", b"L\na", b"L\nb"]
    assert play.succeed("0.1.0") == ["0.1.1"]
    assert play.succeed("0.1.1") == ["close"]


def test_the_runs_input_goes_to_every_first_leaf(play):
    """Given a run with input, when later items start, then they get the input as well, later steps do not."""
    play.start(swarm(leaf(), chain(leaf(), leaf()), max_concurrency=1), input=b"[[1], {}]")
    play.claim("0.0")
    assert given_by(play.finish("0.0")) == {"0.1.0": "in"}
    play.claim("0.1.0")
    assert given_by(play.finish("0.1.0")) == {"0.1.1": "0.1.0"}


def test_a_swarm_as_a_step_gives_its_input_to_every_item(play):
    """Given a swarm behind a task, when that finishes, then every item gets its result, also those sent later."""
    play.start(unit(chain(leaf(), swarm(leaf(), leaf(), max_concurrency=1), leaf())))
    play.claim("0.0.0")
    assert given_by(play.finish("0.0.0")) == {"0.0.1.0": "0.0.0"}
    play.claim("0.0.1.0")
    assert given_by(play.finish("0.0.1.0")) == {"0.0.1.1": "0.0.0"}
    play.claim("0.0.1.1")
    assert given_by(play.finish("0.0.1.1")) == {"0.0.2": "0.0.1"}


def test_callbacks_get_the_result(play):
    """Given callbacks on a leaf and on a unit, when they succeed, then their callbacks are sent, errbacks are not."""
    play.start(unit(leaf(links=[leaf(), leaf()], errbacks=[leaf()]), links=[leaf()], errbacks=[leaf()]))
    play.claim("0.0")
    assert given_by(play.finish("0.0")) == {"0.0.l0": "0.0", "0.0.l1": "0.0", "0.l0": "0.0"}


def test_a_callback_of_a_pool_gets_the_list(play):
    """Given a callback on a swarm inside a unit, then it reads the list through the swarm's own node."""
    play.start(unit(swarm(leaf(), links=[leaf()])))
    play.claim("0.0.0")
    assert given_by(play.finish("0.0.0")) == {"0.0.l0": "0.0"}
    assert play.ended("0.0").ref == "*1"


def test_callbacks_do_not_count_and_end_for_themselves(play):
    """Given a callback of a callback, when they end, well or not, then the run's outcome and counts stay."""
    play.start(unit(leaf(links=[chain(leaf(), leaf(), errbacks=[leaf()])])))
    assert sorted(play.succeed("0.0")) == ["0.0.l0.0", "close"]
    assert play.succeed("0.0.l0.0") == ["0.0.l0.1"]
    assert play.break_("0.0.l0.1") == ["0.0.l0.e0"]
    assert play.succeed("0.0.l0.e0") == []
    assert (play.status, play.counts()) == ("SUCCEEDED", (1, 1, 0))


def test_a_queued_leaf_cannot_finish(play):
    """Given a message nobody has claimed, when somebody reports its end, then that is refused."""
    play.start(unit(leaf()))
    refused(play, lambda: play.finish("0.0"))


def test_a_second_finish_is_stale(one):
    """Given an ended leaf, when its end is reported again, then nothing happens a second time."""
    one.finish("0.0")
    refused(one, lambda: one.finish("0.0"))


def test_a_finish_after_a_failure_is_stale(one):
    """Given a failed leaf, when a body reports success, then the failure stays."""
    one.fail("0.0")
    refused(one, lambda: one.finish("0.0"))


def test_a_superseded_body_cannot_finish(one):
    """Given a retry that was claimed first, when the older body reports its end, then that is refused."""
    one.claim("0.0", fence=Fence(retries=1))
    refused(one, lambda: one.finish("0.0"))
    assert names(one.finish("0.0", fence=Fence(retries=1))) == ["close"]


def test_a_body_of_an_older_attempt_cannot_finish(one):
    """Given a second attempt, when the first turns out to be alive and reports its end, then that is refused."""
    one.lost("0.0")
    refused(one, lambda: one.finish("0.0"))
    one.claim("0.0", 2)
    refused(one, lambda: one.finish("0.0"))
    assert names(one.finish("0.0", 2)) == ["close"]


def test_no_run_no_finish(play):
    """Given a run that is no more, when a body reports its end, then nothing comes to be."""
    assert play.finish("0.0").refused is Refused.GONE
    assert play.snapshot() == {}


def refused(play: Play, call) -> None:
    """The call is stale, and every byte is as before (invariant 4)."""
    before = play.snapshot()
    effects = call()
    assert (effects.refused, effects.todo) == (Refused.STALE, ())
    assert play.snapshot() == before
