"""retry: a failed run goes on from what failed; what ended well is kept."""

from __future__ import annotations

import pytest

from orchestrator_celery.model.events import RunClosed
from orchestrator_celery.model.ids import CLOSE, Fence
from orchestrator_celery.records.payload import Codec
from orchestrator_celery.store import Refused
from orchestrator_celery.store.transitions.swarms import taken_items

from .batches import work
from .play import Play, names
from .test_after_items import after
from .test_machine import Plain
from .test_take import batched, take
from .trees import chain, chord, group, leaf, swarm, unit

CODEC: Codec = Plain()  # type: ignore[assignment]


def refused(play: Play, word: Refused, call):
    """The call is refused, and every byte is as before (invariant 4)."""
    before = play.snapshot()
    effects = call()
    assert (effects.refused, effects.todo) == (word, ())
    assert play.snapshot() == before
    return effects.detail


# -- which nodes go on ---------------------------------------------------------------------------------


def test_a_task_starts_as_a_new_attempt(play):
    """Given a failed task, when the run is retried, then its next attempt is sent, and it counts as failed no more."""
    play.start(unit(leaf()), input=b"[[5], {}]")
    play.break_("0.0")
    [effect] = play.retry().todo
    assert (str(effect.leaf), effect.input_ref, effect.fence) == ("r:0.0:2", "in", Fence())
    assert (play.status, play.counts(), play.states()) == ("RUNNING", (1, 0, 0), {})
    assert play.events()[-1].status == "RUNNING"
    assert play.succeed("0.0", 2) == ["close:2"]
    assert (play.status, play.counts(), play.ended("0.0").attempt) == ("SUCCEEDED", (1, 1, 0), 2)


def test_a_chain_goes_on_with_the_step_that_failed(play):
    """Given a chain whose second step failed, then that one goes on with the result of the first, and the third after it."""
    play.start(unit(chain(leaf(), leaf(), leaf())))
    play.succeed("0.0.0")
    play.break_("0.0.1")
    [effect] = play.retry().todo
    assert (str(effect.leaf), effect.input_ref) == ("r:0.0.1:2", "0.0.0")
    assert play.succeed("0.0.1", 2) == ["0.0.2"]
    assert play.succeed("0.0.2") == ["close:2"]
    assert play.counts() == (3, 3, 0)


def test_finished_members_of_a_group_are_kept(play):
    """Given a group of which two failed, then those two go on, and the result has all in their places."""
    play.start(unit(group(leaf(), leaf(), leaf(), leaf())))
    play.break_("0.0.0")
    play.succeed("0.0.1", result=b"11")
    play.break_("0.0.2")
    play.succeed("0.0.3", result=b"33")
    assert names(play.retry()) == ["0.0.0:2", "0.0.2:2"]
    assert play.counts() == (4, 2, 0)
    play.succeed("0.0.2", 2, result=b"22")
    assert play.succeed("0.0.0", 2, result=b"0") == ["close:2"]
    assert play.result(CODEC) == [0, 11, 22, 33]


def test_the_header_of_a_chord_goes_on_and_then_its_body(play):
    """Given a chord whose header failed, and so its body, then the body has a record no more, and follows the header."""
    play.start(unit(chord([leaf(), leaf()], leaf(errbacks=[leaf()]))))
    play.succeed("0.0.0.0")
    assert play.break_("0.0.0.1") == ["0.0.1.e0", "close"]
    assert names(play.retry()) == ["0.0.0.1:2"]
    assert play.counts() == (3, 1, 0)
    assert "0.0.1" not in play.states()
    assert play.succeed("0.0.0.1", 2) == ["0.0.1"]
    assert play.succeed("0.0.1") == ["close:2"]


def test_a_chord_whose_body_is_a_composite(play):
    """Given a chord with a chain as its body, when its header failed, then the chain starts after the retry."""
    play.start(unit(chord([leaf()], chain(leaf(), leaf()))))
    play.break_("0.0.0.0")
    assert names(play.retry()) == ["0.0.0.0:2"]
    assert play.succeed("0.0.0.0", 2) == ["0.0.1.0"]


def test_a_swarm_keeps_to_its_bound(play):
    """Given a swarm with many failures, then they start again as far as it has places, each under a new attempt."""
    play.start(swarm(*[leaf()] * 6, max_concurrency=2))
    for index in range(6):
        play.break_(f"0.{index}") if index != 3 else play.succeed("0.3")
    assert names(play.retry()) == ["0.0:2", "0.1:2"]
    assert play.counts() == (6, 1, 0)
    assert play.succeed("0.1", 2) == ["0.2:2"]
    assert play.succeed("0.0", 2) == ["0.4:2"]
    assert play.succeed("0.2", 2) == ["0.5:2"]
    play.succeed("0.4", 2)
    assert play.succeed("0.5", 2) == ["close:2"]
    assert play.counts() == (6, 6, 0)


def test_what_never_started_is_lined_up_as_well(play):
    """Given a swarm that stopped at a failure, then the failed item and those that never started go on."""
    play.start(swarm(*[leaf()] * 5, max_concurrency=1, stop_after=1))
    play.succeed("0.0")
    play.break_("0.1")
    assert names(play.retry()) == ["0.1:2"]
    assert play.succeed("0.1", 2) == ["0.2"]
    assert play.break_("0.2") == ["close:2"], "its bound on failures counts anew"
    assert names(play.retry()) == ["0.2:2"]
    assert play.succeed("0.2", 2) == ["0.3"]


def test_priorities_are_kept(play):
    """Given a swarm with priorities that stopped, then what goes on has the level it had, started before or not."""
    play.start(swarm(*[leaf()] * 6, max_concurrency=1, stop_after=1), input=b"[[], {}]")
    play.store.swarms.set_priority("r", "0", 3, [(2, 2), (4, 4)])
    play.store.swarms.set_priority("r", "0", 1, [(1, 1)])
    play.succeed("0.0")
    play.break_("0.2")
    assert names(play.retry()) == ["0.2:2"]
    order = ["0.2"]
    while waiting := [node for node in play.queued() if node != CLOSE]:
        [node] = waiting
        order.append(node)
        play.succeed(node, play.live()[node].attempt)
    assert order[1:] == ["0.2", "0.4", "0.3", "0.5", "0.1"]
    assert play.status == "SUCCEEDED"


def test_reserved_places_are_kept(play):
    """Given a swarm that keeps a place for the high level, then it does so after a retry."""
    play.start(swarm(*[leaf()] * 4, max_concurrency=2, slots="1,0,0", stop_after=1))
    play.break_("0.0")
    assert names(play.retry()) == ["0.0:2"], "the other place is for an urgent one"


def test_a_nested_failure(play):
    """Given a failure deep inside, then every composite above it is under way again, and nothing else starts."""
    play.start(swarm(unit(chain(group(leaf(), leaf()), leaf())), leaf()))
    play.succeed("0.1")
    play.succeed("0.0.0.0.0")
    play.break_("0.0.0.0.1")
    assert names(play.retry()) == ["0.0.0.0.1:2"]
    assert sorted(play.states()) == ["0.0.0.0.0", "0.1"]
    assert play.succeed("0.0.0.0.1", 2) == ["0.0.0.1"]
    assert play.succeed("0.0.0.1") == ["close:2"]


def test_tolerated_failures_stay(play):
    """Given a swarm that tolerated a failure, and a later step that failed, then only that step goes on."""
    play.start(unit(chain(swarm(leaf(), leaf(), max_failures=1), leaf())))
    play.break_("0.0.0.0")
    play.succeed("0.0.0.1")
    play.break_("0.0.1")
    assert names(play.retry()) == ["0.0.1:2"]
    assert play.counts() == (3, 1, 1)


def test_more_failures_than_tolerated_all_go_on(play):
    """Given a swarm with more failures than it tolerates, then all go on, and it counts anew."""
    play.start(swarm(*[leaf()] * 3, max_failures=1))
    play.break_("0.0")
    play.break_("0.1")
    play.succeed("0.2")
    assert names(play.retry()) == ["0.0:2", "0.1:2"]
    play.succeed("0.0", 2)
    play.break_("0.1", 2)
    assert (play.status, play.counts()) == ("SUCCEEDED", (3, 2, 1))


@pytest.mark.parametrize("how", ["open", "draining", "closed"])
@pytest.mark.parametrize("batch", [None, 2])
def test_a_retried_swarm_is_as_open_as_before(play, how, batch):
    """Given an open swarm that failed, when it is retried, then it takes items if it did so when it failed."""
    make = batched if batch else swarm
    play.start(make(leaf(), open=True, stop_after=1, **({"b": 2} if batch else {})))
    play.add(leaf(), leaf())
    if how != "open":
        play.store.swarms.close_swarm("r", "0", drained=how == "draining")
    work(play, breaks={"0.0"})
    play.withdraw()
    assert play.status == "FAILED"
    play.retry()
    added = play.add(leaf())
    assert added.refused is (Refused.CLOSED if how == "closed" else None)
    work(play)
    if how == "open":
        assert play.status == "RUNNING"
        play.store.swarms.close_swarm("r", "0")
    assert (play.status, play.counts()) == ("SUCCEEDED", (3, 3, 0) if how == "closed" else (4, 4, 0))


def test_items_added_in_bulk(play):
    """Given items that lie in a segment, when some have failed, then they go on from their own definitions."""
    play.start(swarm(open=True, max_concurrency=3))
    play.add(*[leaf(b"%d" % index) for index in range(1100)])
    play.store.swarms.close_swarm("r", "0")
    play.break_("0.0")
    play.run_out()
    [effect] = play.retry().todo
    assert (str(effect.leaf), effect.spec) == ("r:0.0:2", b"L\n0")


def test_a_batched_swarm_has_other_runners(play):
    """Given a batched swarm that failed, when it is retried, then its items go by runners, and a runner of before has
    nothing to say."""
    play.start(batched(leaf(), leaf()))
    play.claim("0.b0")
    assert take(play).refused is None
    for node in ("0.0", "0.1"):
        play.fail(node)
    assert play.status == "FAILED"
    assert names(play.retry()) == ["0.b1"]
    assert take(play).refused is Refused.STALE
    assert play.finish("0.b0").refused is Refused.STALE
    play.claim("0.b1")
    assert [(item.node, item.attempt) for item in taken_items(take(play, runner="0.b1"))] == [("0.0", 2), ("0.1", 2)]
    for node in ("0.0", "0.1"):
        play.finish(node, 2)
    assert play.status == "SUCCEEDED"


# -- attempts ------------------------------------------------------------------------------------------


def test_an_old_message_never_fits(play):
    """Given messages and bodies of before, when the run is retried, then none of them is let through or heard."""
    play.start(unit(leaf()))
    play.break_("0.0")
    play.retry()
    for call in (lambda: play.claim("0.0"), lambda: play.finish("0.0"), lambda: play.fail("0.0", fence=None)):
        assert call().refused is Refused.STALE


def test_the_budget_of_lost_processes_begins_anew(play):
    """Given a task that lost two processes before it failed, when it is retried, then it may lose as many again."""
    play.start(unit(leaf()))
    for attempt in (1, 2):
        play.claim("0.0", attempt)
        play.lost("0.0", attempt)
    play.break_("0.0", 3)
    assert names(play.retry()) == ["0.0:4"]
    for attempt in (4, 5):
        play.claim("0.0", attempt)
        assert play.lost("0.0", attempt).refused is None
    play.claim("0.0", 6)
    assert play.lost("0.0", 6).refused is Refused.POISONED


def test_what_replaced_itself_starts_as_what_it_was(play):
    """Given a task that replaced itself by another, which failed, then it starts as itself."""
    play.start(unit(leaf(b"itself")))
    play.claim("0.0")
    play.requeue("0.0", Fence(nesting=1), why="replace", definition=b"L\nother")
    play.claim("0.0", fence=Fence(nesting=1))
    play.fail("0.0", fence=Fence(nesting=1))
    [effect] = play.retry().todo
    assert (effect.spec, effect.fence) == (b"L\nitself", Fence())


def test_it_goes_on_from_its_checkpoint(play):
    """Given a task that kept how far it was before it failed, then its next attempt is told."""
    play.start(unit(leaf()))
    play.claim("0.0")
    play.store.checkpoint(play.leaf("0.0"), Fence(), b"half")
    play.fail("0.0")
    play.retry()
    assert play.claim("0.0", 2).detail == b"half"


def test_errbacks_are_called_at_each_end_under_another_id(play):
    """Given errbacks, a task and a chain, when the run fails twice, then they are called twice, under ids of their own."""
    play.start(unit(leaf(errbacks=[leaf(), chain(leaf(), leaf())])))
    assert play.break_("0.0") == ["0.0.e0", "0.0.e1.0", "close"]
    play.succeed("0.0.e0")
    play.succeed("0.0.e1.0")
    play.retry()
    assert play.break_("0.0", 2) == ["0.0.e0:2", "0.0.e1.0:2", "close:2"]
    assert play.claim("0.0.e1.1").refused is Refused.STALE, "of the first end"
    assert play.succeed("0.0.e1.0", 2) == ["0.0.e1.1:2"]
    assert play.succeed("0.0.e1.1", 2) == []


def test_what_follows_an_item_follows_it_again(play):
    """Given a swarm that cleans up after its items, when one runs again, then it is cleaned up after once more."""
    play.start(after(swarm(leaf()), c=leaf()))
    assert play.break_("0.0") == ["0.0.c0", "close"]
    play.retry()
    assert play.succeed("0.0", 2) == ["0.0.c0:2", "close:2"], "the first was still queued, and is superseded"


# -- what the end had left -----------------------------------------------------------------------------


def test_nothing_expires_any_more(play):
    """Given a run that is history, when it is retried, then it is looked at again, and no key of it expires."""
    play.start(unit(leaf()))
    play.break_("0.0")
    play.tell()
    assert {play.redis.ttl(key) > 0 for key in play.keys()} == {True}
    play.retry()
    assert {play.redis.ttl(key) for key in play.keys()} == {-1}
    assert play.store.due_index.due_runs(0, 10) == ["r"]
    assert play.reader.ended(["r"]) == [False]
    play.succeed("0.0", 2)
    play.tell()
    assert {play.redis.ttl(key) > 0 for key in play.keys()} == {True}


def test_one_end_is_in_the_events(play):
    """Given a run that was closed and retried, then its events tell of the last closing alone."""
    play.start(unit(leaf()))
    play.break_("0.0")
    play.tell()
    play.retry()
    assert not [event for event in play.events() if isinstance(event, RunClosed)]
    play.succeed("0.0", 2)
    play.tell()
    assert isinstance(play.events()[-1], RunClosed)
    assert [type(event) for event in play.events()].count(RunClosed) == 1


def test_a_closing_message_of_before_closes_nothing(play):
    """Given a closing message nobody had claimed, when the run is retried, then it is never let through, not even at the
    second end, whose own has another attempt."""
    play.start(unit(leaf()))
    play.break_("0.0")
    play.retry()
    assert play.claim(CLOSE).refused is Refused.STALE
    play.succeed("0.0", 2)
    assert play.claim(CLOSE).refused is Refused.STALE
    assert play.store.ended(play.leaf(CLOSE)).refused is Refused.STALE
    assert play.status == "SUCCEEDED"
    play.tell()


def test_while_celery_is_being_told_it_waits(play):
    """Given a closing message at work, then the retry is refused for the moment: what it tells could not be taken back."""
    play.start(unit(leaf()))
    play.break_("0.0")
    play.claim(CLOSE)
    refused(play, Refused.HELD, play.retry)
    play.store.ended(play.leaf(CLOSE))
    assert names(play.retry()) == ["0.0:2"]


def test_what_celery_knows_is_to_be_taken_back(play):
    """Given a run Celery was told of, when it is retried, then that is noted, until it is told of the next end."""
    play.start(unit(leaf()))
    play.break_("0.0")
    play.tell()
    play.retry()
    assert play.reader.head_fields("r", "owed", "reset", "retold") == [b"1", b"1", b"1"]
    play.break_("0.0", 2)
    play.tell()
    assert play.reader.head_fields("r", "reset", "retold") == [None, b"1"]


def test_the_deadline_begins_anew(play):
    """Given a run that failed by its deadline, then what ran goes on as a new attempt, what waited in its turn, and it has
    its time once more."""
    play.start(unit(chain(group(leaf(), leaf()), leaf())), limit=60_000)
    play.claim("0.0.0.0")
    play.redis.hset("orc:{r}", "deadline", 1)
    assert play.store.overdue("r", b"late").refused is None
    assert play.counts() == (3, 0, 1)
    assert names(play.retry()) == ["0.0.0.0:2", "0.0.0.1"]
    assert play.counts() == (3, 0, 0)
    assert float(play.reader.head_field("r", "deadline")) > play.store.now() * 1000
    play.succeed("0.0.0.0", 2)
    play.succeed("0.0.0.1")
    assert play.succeed("0.0.1") == ["close:2"]


def test_a_queued_attempt_does_not_repeat_its_number(play):
    """Given a task that waited for its second attempt at the deadline, then it goes on with the third."""
    play.start(unit(leaf()), limit=60_000)
    play.claim("0.0")
    play.lost("0.0")
    play.redis.hset("orc:{r}", "deadline", 1)
    play.store.overdue("r", b"late")
    assert names(play.retry()) == ["0.0:3"]


def test_again_and_again(play):
    """Given a task that fails at each attempt, then it is retried as often as somebody wants."""
    play.start(unit(leaf()))
    for attempt in range(1, 5):
        assert play.break_("0.0", attempt) == [f"close:{attempt}" if attempt > 1 else "close"]
        if attempt % 2:
            play.tell()
        assert names(play.retry()) == [f"0.0:{attempt + 1}"]


# -- one node ------------------------------------------------------------------------------------------


def failed_group(play: Play) -> None:
    """Three members, of which two failed."""
    play.start(unit(group(leaf(), chain(leaf(), leaf()), leaf())))
    play.break_("0.0.0")
    play.succeed("0.0.1.0")
    play.break_("0.0.1.1")
    play.succeed("0.0.2")


def test_one_node_goes_on_alone(play):
    """Given two failures, when one is retried, then the other stays, and is what the run fails with."""
    failed_group(play)
    assert names(play.retry("0.0.1.1")) == ["0.0.1.1:2"]
    assert play.counts() == (4, 2, 1)
    assert play.states() == {"0.0.0": "F", "0.0.1.0": "S", "0.0.2": "S"}
    assert play.succeed("0.0.1.1", 2) == ["close:2"]
    assert (play.status, play.ended("0").ref) == ("FAILED", "0.0.0")
    assert names(play.retry("0.0.0")) == ["0.0.0:2"]
    assert play.succeed("0.0.0", 2) == ["close:3"]
    assert play.status == "SUCCEEDED"


def test_a_composite_may_be_named(play):
    """Given a failed chain, when it is retried by its id, then its failed step goes on."""
    failed_group(play)
    assert names(play.retry("0.0.1")) == ["0.0.1.1:2"]


def test_an_item_of_a_stopped_swarm(play):
    """Given a swarm that stopped at two failures, when one is retried, then what never started goes on behind it."""
    play.start(swarm(*[leaf()] * 4, max_concurrency=1, stop_after=2, max_failures=1))
    play.break_("0.0")
    play.break_("0.1")
    assert names(play.retry("0.1")) == ["0.1:2"]
    assert play.succeed("0.1", 2) == ["0.2"]
    play.run_out()
    assert play.status == "SUCCEEDED"


def test_a_header_of_a_chord_by_its_id(play):
    """Given a chord whose header failed, when the member is retried, then the body follows."""
    play.start(unit(chord([leaf(), leaf()], leaf())))
    play.succeed("0.0.0.0")
    play.break_("0.0.0.1")
    assert names(play.retry("0.0.0.1")) == ["0.0.0.1:2"]
    assert play.succeed("0.0.0.1", 2) == ["0.0.1"]


def test_a_chord_by_its_own_id(play):
    """Given a chord that failed with its header, when it, or the whole, is retried by its id, then the header goes on."""
    for node in ("0", "0.0", "0.0.0"):
        play.redis.flushall()
        play.start(unit(chord([leaf()], leaf())))
        play.break_("0.0.0.0")
        assert names(play.retry(node)) == ["0.0.0.0:2"]


@pytest.mark.parametrize(
    ("node", "why"),
    [
        ("0.0.2", b"SUCCEEDED"),
        ("0.0.1.0", b"SUCCEEDED"),
        ("0.0.9", b"unknown"),
        ("what", b"unknown"),
        ("0.0.0.e0", b"callback"),
    ],
)
def test_a_node_that_did_not_fail_is_refused(play, node, why):
    """Given a node that did not fail, or is no node of the tree, then it is refused, and its state told."""
    play.start(unit(group(leaf(errbacks=[leaf()]), chain(leaf(), leaf()), leaf())))
    play.break_("0.0.0")
    play.succeed("0.0.1.0")
    play.succeed("0.0.1.1")
    play.succeed("0.0.2")
    assert refused(play, Refused.NODE, lambda: play.retry(node)) == why


def test_nodes_that_cannot_go_on_by_themselves(play):
    """Given a chord's body that failed with its header, an item that never started, and a failure that was tolerated,
    then each is refused."""
    header = chord(
        [swarm(leaf(), leaf(), max_failures=1), swarm(leaf(), unit(leaf()), max_concurrency=1, stop_after=1)], leaf()
    )
    play.start(unit(header))
    play.break_("0.0.0.0.0")
    play.succeed("0.0.0.0.1")
    play.break_("0.0.0.1.0")
    assert play.status == "FAILED"
    for node, why in (("0.0.1", b"header"), ("0.0.0.1.1", b"SKIPPED"), ("0.0.0.0.0", b"tolerated")):
        assert refused(play, Refused.NODE, lambda node=node: play.retry(node)) == why


# -- refusals ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["PENDING", "RUNNING", "SUSPENDED", "INTERRUPTED", "SUCCEEDED"])
def test_what_has_not_failed_is_refused(play, status):
    """Given a run that has not failed, then it is refused, and its status told."""
    play.start(unit(leaf()))
    if status in ("RUNNING", "SUCCEEDED"):
        play.claim("0.0")
    if status in ("SUSPENDED", "INTERRUPTED"):
        (play.store.suspend if status == "SUSPENDED" else play.store.interrupt)("r")
    if status == "SUCCEEDED":
        play.finish("0.0")
    assert play.status == status
    assert refused(play, Refused.STATE, play.retry) == status.encode()


def test_twice_is_refused(play):
    """Given a run that was retried, then the second caller is refused."""
    play.start(unit(leaf()))
    play.break_("0.0")
    play.retry()
    assert refused(play, Refused.STATE, play.retry) == b"RUNNING"


def test_no_run_nothing_to_retry(play):
    """Given no such run, or one a purge has claimed, then nothing comes to be."""
    refused(play, Refused.GONE, play.retry)
    play.start(unit(leaf()))
    play.break_("0.0")
    play.tell()
    assert play.store.signatures.doom("r", "0", True, "{}").refused is None
    refused(play, Refused.GONE, play.retry)


def test_a_purge_that_comes_later_is_refused(play):
    """Given a run that was to be purged, when it is retried first, then no purge claims it, and none deletes it."""
    play.start(unit(leaf()))
    play.break_("0.0")
    play.tell()
    play.retry()
    assert play.store.signatures.doom("r", "0", True, "{}").refused is Refused.STATE
    assert play.store.signatures.purge("r").refused is Refused.STATE
    assert play.status == "RUNNING"


def test_a_retried_run_may_be_suspended_and_cancelled(play):
    """Given a retried run, then the other verbs do what they do, and a cancellation leaves no key."""
    play.start(swarm(*[leaf()] * 3, max_concurrency=1))
    for index in range(3):
        play.break_(f"0.{index}")
    play.retry()
    assert play.store.suspend("r").refused is None
    assert play.claim("0.0", 2).refused is Refused.HELD
    assert names(play.store.resume("r")) == ["0.0:2"]
    play.store.cancel("r", "")
    play.store.erase("r")
    assert play.keys() == []
