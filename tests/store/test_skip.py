"""skip: a node that has not started is taken out; what follows goes on as if it were not there."""

from __future__ import annotations

import pytest

from orchestrator_celery.model.events import NodeSkipped
from orchestrator_celery.model.ids import Fence
from orchestrator_celery.store import Refused

from .play import Play, names
from .test_retry import CODEC, refused
from .test_take import batched, given, take
from .trees import chain, chord, group, leaf, swarm, unit

# -- chains --------------------------------------------------------------------------------------------


def test_a_queued_step(play):
    """Given a queued step, when it is skipped, then the next one gets what it would have got, and its message finds
    nothing."""
    play.start(unit(chain(leaf(), leaf(), leaf())))
    play.succeed("0.0.0")
    [effect] = play.skip("0.0.1").todo
    assert (effect.leaf.node, effect.input_ref) == ("0.0.2", "0.0.0")
    assert play.claim("0.0.1").refused is Refused.STALE
    assert (play.counts(), play.states()) == ((2, 1, 0), {"0.0.0": "S", "0.0.1": "K"})
    assert play.told("0.0.1") == ["NodeSkipped", "NodeVetoed"]
    assert play.succeed("0.0.2") == ["close"]
    assert play.status == "SUCCEEDED"


def test_a_step_long_before_its_turn(play):
    """Given steps that wait, when they are skipped, then they are passed by when their turn comes."""
    play.start(unit(chain(*[leaf()] * 5)), input=b"[[1], {}]")
    for node in ("0.0.2", "0.0.1", "0.0.4"):
        assert names(play.skip(node)) == []
    assert play.counts() == (2, 0, 0)
    play.claim("0.0.0")
    [effect] = play.finish("0.0.0").todo
    assert (effect.leaf.node, effect.input_ref) == ("0.0.3", "0.0.0")
    assert play.succeed("0.0.3", result=b"7") == ["close"]
    assert play.result(CODEC) == 7


def test_the_first_step(play):
    """Given the first step queued, when it is skipped, then the second gets what the run was given."""
    play.start(unit(chain(leaf(), leaf())), input=b"[[1], {}]")
    [effect] = play.skip("0.0.0").todo
    assert (effect.leaf.node, effect.input_ref) == ("0.0.1", "in")


def test_the_last_step(play):
    """Given the last step queued, when it is skipped, then the chain has the result of the one before."""
    play.start(unit(chain(leaf(), leaf())))
    play.succeed("0.0.0", result=b"5")
    assert names(play.skip("0.0.1")) == ["close"]
    assert (play.status, play.result(CODEC)) == ("SUCCEEDED", 5)


def test_every_step(play):
    """Given a chain of which every step is skipped, then it is skipped itself, and the step after it gets what it would
    have got."""
    play.start(unit(chain(leaf(), chain(leaf(), leaf()), leaf())))
    play.skip("0.0.1.0")
    play.skip("0.0.1.1")
    play.claim("0.0.0")
    [effect] = play.finish("0.0.0").todo
    assert (effect.leaf.node, effect.input_ref) == ("0.0.2", "0.0.0")
    assert play.states()["0.0.1"] == "K"


def test_all_there_is(play):
    """Given a run of which everything is skipped, then it has ended well, with no result."""
    play.start(unit(chain(leaf(), leaf())))
    assert names(play.skip("0.0.0")) == ["0.0.1"]
    assert names(play.skip("0.0.1")) == ["close"]
    assert (play.status, play.counts(), play.result(CODEC)) == ("SUCCEEDED", (0, 0, 0), None)


def test_whole_composites(play):
    """Given composites that wait, when they are skipped, then everything in them is, and counts no more."""
    play.start(unit(chain(leaf(), group(leaf(), chain(leaf(), leaf())), swarm(leaf(), unit(leaf())), leaf())))
    play.skip("0.0.1.1.0")
    play.skip("0.0.1")
    assert play.counts() == (4, 0, 0)
    play.skip("0.0.2")
    assert play.counts() == (2, 0, 0)
    assert play.succeed("0.0.0") == ["0.0.3"]


def test_what_is_empty(play):
    """Given a swarm without items that waits, when it is skipped, then the count stays as it is."""
    play.start(unit(chain(leaf(), swarm(), leaf())))
    assert play.skip("0.0.1").refused is None
    assert play.counts() == (2, 0, 0)
    assert play.succeed("0.0.0") == ["0.0.2"]


def test_no_callback_of_it_is_called(play):
    """Given a step with callbacks, when it is skipped, then none of them is called."""
    play.start(unit(chain(leaf(links=[leaf()], errbacks=[leaf()]), leaf())))
    assert names(play.skip("0.0.0")) == ["0.0.1"]


def test_a_chord_without_its_body(play):
    """Given a chord whose body is skipped, then its result is its header's, and a failure there is that of the member."""
    play.start(unit(chord([leaf(), leaf()], leaf(errbacks=[leaf()]))))
    play.skip("0.0.1")
    play.succeed("0.0.0.0")
    assert play.break_("0.0.0.1") == ["close"]
    assert (play.ended("0").ref, play.states()["0.0.1"]) == ("0.0.0.1", "K")


# -- pools ---------------------------------------------------------------------------------------------


def test_a_queued_member(play):
    """Given a queued member of a group, when it is skipped, then its place in the result is None."""
    play.start(unit(group(leaf(), leaf(), leaf())))
    assert names(play.skip("0.0.1")) == []
    play.succeed("0.0.0")
    assert play.succeed("0.0.2") == ["close"]
    assert (play.status, play.result(CODEC)) == ("SUCCEEDED", [1, None, 1])


def test_a_queued_item_gives_its_place_free(play):
    """Given a bounded swarm, when a queued item is skipped, then the next one starts."""
    play.start(swarm(*[leaf()] * 3, max_concurrency=1))
    assert names(play.skip("0.0")) == ["0.1"]
    play.succeed("0.1")
    assert play.succeed("0.2") == ["close"]
    assert play.counts() == (2, 2, 0)


def test_a_waiting_item_leaves_the_line(play):
    """Given items that wait in line, when some are skipped, then they are never started, and the swarm ends."""
    play.start(swarm(*[leaf()] * 5, max_concurrency=1))
    for node in ("0.3", "0.1", "0.4"):
        assert names(play.skip(node)) == []
    assert play.succeed("0.0") == ["0.2"]
    assert play.succeed("0.2") == ["close"]
    assert play.result(CODEC) == [1, None, 1, None, None]


def test_the_last_one_that_waits_ends_an_open_swarm_no_sooner(play):
    """Given an open swarm, when its last item is skipped, then it stays open; closed, it ends."""
    play.start(swarm(leaf(), open=True))
    assert names(play.skip("0.0")) == []
    assert play.add(leaf()).refused is None
    assert names(play.skip("0.1")) == []
    assert names(play.store.swarms.close_swarm("r", "0")) == ["close"]


def test_an_item_of_a_swarm_that_has_not_begun(play):
    """Given a swarm that waits for its turn, when items are skipped, then it begins without them."""
    play.start(unit(chain(leaf(), swarm(*[leaf()] * 4, max_concurrency=2), leaf())))
    play.skip("0.0.1.0")
    play.skip("0.0.1.2")
    assert play.succeed("0.0.0") == ["0.0.1.1", "0.0.1.3"]
    play.succeed("0.0.1.1")
    assert play.succeed("0.0.1.3") == ["0.0.2"]
    assert play.result(CODEC, "0.0.1") == [None, 1, None, 1]


def test_a_failure_counts_as_before(play):
    """Given a swarm that tolerates one failure, when an item is skipped, then that is none."""
    play.start(swarm(leaf(), leaf(), leaf(), max_failures=1))
    play.skip("0.0")
    play.break_("0.1")
    assert play.succeed("0.2") == ["close"]
    assert play.status == "SUCCEEDED"


def test_reserved_places(play):
    """Given a swarm that keeps places for levels, when a queued item is skipped, then its place is free."""
    play.start(swarm(*[leaf()] * 3, max_concurrency=2, slots="1,0,0"))
    assert play.queued() == ["0.0"]
    assert names(play.skip("0.0")) == ["0.1"]


def test_an_item_of_a_batched_swarm(play):
    """Given a batched swarm, when an item that waits is skipped, then no runner takes it."""
    play.start(batched(*[leaf()] * 3))
    play.skip("0.1")
    play.claim("0.b0")
    assert given(take(play)) == ["0.0", "0.2"]
    assert names(take(play, 0, ended=["0.0", "0.2"])) == ["close"]


def test_items_in_a_segment(play):
    """Given items that were added in bulk, then they are skipped like others."""
    play.start(swarm(open=True, max_concurrency=1))
    play.add(*[leaf()] * 1100)
    play.skip("0.1")
    assert play.succeed("0.0") == ["0.2"]


# -- with other verbs ----------------------------------------------------------------------------------


def test_while_suspended(play):
    """Given a suspended run, when a queued step is skipped, then the next one waits for the resumption."""
    play.start(unit(chain(leaf(), leaf())))
    play.store.suspend("r")
    assert names(play.skip("0.0.0")) == []
    assert play.queued() == ["0.0.1"]
    assert names(play.store.resume("r")) == ["0.0.1"]


def test_a_retry_respects_it(play):
    """Given skipped nodes in a run that failed and is retried, then they stay out."""
    play.start(unit(chain(group(leaf(), leaf(), leaf()), leaf(), leaf())))
    play.skip("0.0.0.1")
    play.skip("0.0.1")
    play.break_("0.0.0.0")
    play.succeed("0.0.0.2")
    assert play.status == "FAILED"
    assert names(play.retry()) == ["0.0.0.0:2"]
    assert play.succeed("0.0.0.0", 2) == ["0.0.2"]


def test_a_retry_that_waits_may_be_skipped(play):
    """Given a task that waits for its own retry, when it is skipped, then what its body still says is not heard."""
    play.start(unit(chain(leaf(), leaf())))
    play.claim("0.0.0")
    play.requeue("0.0.0", Fence(retries=1), wait=60)
    assert names(play.skip("0.0.0")) == ["0.0.1"]
    assert play.finish("0.0.0").refused is Refused.STALE


def test_it_is_told(play):
    """Given a skipped node, then an event says so, for a composite once."""
    play.start(unit(chain(leaf(), group(leaf(), leaf()))))
    play.skip("0.0.1")
    assert [event.node for event in play.events() if isinstance(event, NodeSkipped)] == ["0.0.1"]


# -- refusals ------------------------------------------------------------------------------------------


def many(play: Play) -> None:
    """Nodes in every state."""
    play.start(
        unit(
            group(
                chain(leaf(links=[leaf()]), leaf()),
                leaf(),
                leaf(),
                leaf(),
                swarm(leaf(), unit(leaf()), max_concurrency=1),
            )
        )
    )
    play.succeed("0.0.0.0")
    play.claim("0.0.1")
    play.break_("0.0.2")
    play.claim("0.0.3")
    play.requeue("0.0.3", Fence(nesting=1), why="delegate")


@pytest.mark.parametrize(
    ("node", "why"),
    [
        ("0", b"root"),
        ("0.0", b"RUNNING"),
        ("0.0.0", b"RUNNING"),
        ("0.0.0.0", b"SUCCEEDED"),
        ("0.0.0.0.l0", b"callback"),
        ("0.0.1", b"RUNNING"),
        ("0.0.2", b"FAILED"),
        ("0.0.3", b"RUNNING"),
        ("0.0.4.1.0", b"unknown"),
        ("0.0.9", b"unknown"),
        ("what", b"unknown"),
        ("", b"unknown"),
    ],
)
def test_what_has_started_is_refused(play, node, why):
    """Given a node that has started or ended, or is none of the tree, then it is refused, and its state told."""
    many(play)
    assert refused(play, Refused.NODE, lambda: play.skip(node)) == why
    assert refused(play, Refused.NODE, lambda: play.skip(node, "new")) == why


def test_what_is_held_back_is_refused(play):
    """Given a task an interruption has stopped, then it has started."""
    play.start(unit(chain(leaf(), leaf())))
    play.claim("0.0.0")
    play.store.interrupt("r")
    play.store.stopped(play.leaf("0.0.0"), Fence(), "terminated")
    assert refused(play, Refused.NODE, lambda: play.skip("0.0.0")) == b"INTERRUPTED"


def test_twice_is_refused(play):
    """Given a node that is skipped, or part of one that is, then it is refused."""
    play.start(unit(chain(leaf(), group(leaf(), leaf()))))
    play.skip("0.0.1")
    for node in ("0.0.1", "0.0.1.0"):
        assert refused(play, Refused.NODE, lambda node=node: play.skip(node)) == b"SKIPPED"


@pytest.mark.parametrize("well", [True, False])
def test_an_ended_run_is_refused(play, well):
    """Given a run that has ended, then nothing of it can be skipped."""
    play.start(unit(chain(leaf(), leaf())))
    play.run_out() if well else play.break_("0.0.0")
    assert refused(play, Refused.STATE, lambda: play.skip("0.0.1")) == play.status.encode()


def test_no_run_nothing_to_skip(play):
    """Given no such run, then nothing comes to be."""
    refused(play, Refused.GONE, lambda: play.skip("0.0"))


# -- detach --------------------------------------------------------------------------------------------


def test_what_a_detached_node_would_be_given_is_kept(play):
    """Given a queued step, when it is detached, then what it would be given is noted until its run was started."""
    play.start(unit(chain(leaf(), leaf(), leaf())))
    play.succeed("0.0.0")
    assert names(play.skip("0.0.1", "new")) == ["0.0.2"]
    assert play.reader.head_fields("r", "owed", "detach:0.0.1") == [b"1", b"new 0.0.0"]
    [check] = play.store.due_index.check(["r"])
    assert check.pending_side_effects
    play.store.settled("r", "detach:0.0.1")
    assert play.reader.head_fields("r", "owed", "detach:0.0.1") == [None, None]


def test_detached_twice_is_detached_once(play):
    """Given who asks again, because the answer was lost, then it is the same, also once the run has ended."""
    play.start(unit(chain(leaf(), leaf())))
    play.skip("0.0.0", "new")
    before = play.snapshot()
    assert play.skip("0.0.0", "new").refused is None
    assert play.snapshot() == before
    play.run_out()
    assert play.skip("0.0.0", "new").refused is None
    assert refused(play, Refused.STATE, lambda: play.skip("0.0.0", "other")) == b"SUCCEEDED"


def test_a_node_whose_input_is_not_known_is_refused(play):
    """Given a step that waits for the one before it, then it cannot be detached; an item of a swarm under way can."""
    play.start(unit(chain(swarm(leaf(), leaf(), max_concurrency=1), leaf())))
    assert refused(play, Refused.NODE, lambda: play.skip("0.0.1", "new")) == b"early"
    assert play.skip("0.0.0.1", "new").refused is None
    assert play.reader.head_field("r", "detach:0.0.0.1") == b"new "


def test_an_ended_run_that_owes_is_looked_at(play):
    """Given a run that ended before the run of its detached node was started, then sweeps go on looking at it."""
    play.start(unit(chain(leaf(), leaf())))
    play.succeed("0.0.0")
    play.skip("0.0.1", "new")
    play.tell()
    assert play.store.due_index.due_runs(None, 10) == ["r"]
    assert play.store.due_index.check(["r"])[0].pending_side_effects
    play.store.settled("r", "detach:0.0.1")
    assert play.store.due_index.check(["r"])[0].state == "over"
