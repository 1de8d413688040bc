"""A new run that takes over what lies before a node of an earlier one."""

from __future__ import annotations

import pytest

from orchestrator_celery.errors import InvalidTransition, NodeNotFound, RunNotFound
from orchestrator_celery.lifecycle.rerun.records import EarlierRecords
from orchestrator_celery.store import Effects, Refused
from orchestrator_celery.store.run_contents import RunContents

from .play import Play, names
from .test_retry import CODEC
from .trees import chain, chord, definitions, graph, group, leaf, swarm, unit


def takeover(play: Play, node: str) -> EarlierRecords:
    return EarlierRecords(play.reader, RunContents(play.redis, play.store.keys), play.run, node)


def again(play: Play, tree, node: str) -> tuple[Play, list[str]]:
    """A new run of the tree, from a node of the earlier one; what is sent first."""
    new, found = Play(play.store, "new"), takeover(play, node)
    token = play.store.upload_records("new", found.records())
    done, failed, skipped = found.counts
    head = {"kind": "swarm", "total": tree.leaves - skipped, "done": done, "failed": failed}
    head |= {"graph": 1} if found.has_graphs else {}
    return new, names(play.store.create("new", definitions(tree), head, token, found.pools))


def test_earlier_steps_are_taken_over(play):
    """Given a chain, when it is run again from its third step, then that one gets the result of the second."""
    tree = unit(chain(*[leaf()] * 4))
    play.start(tree)
    for step in range(4):
        play.succeed(f"0.0.{step}", result=b"%d" % step)
    new, sent = again(play, tree, "0.0.2")
    assert sent == ["0.0.2"]
    assert new.counts() == (4, 2, 0)
    assert new.states() == {"0.0.0": "S", "0.0.1": "S"}
    assert new.result(CODEC, "0.0.1") == 1
    assert new.succeed("0.0.2") == ["0.0.3"]
    assert new.succeed("0.0.3") == ["close"]
    assert play.status == "SUCCEEDED"


def test_what_it_is_given_comes_from_the_step_before(play):
    """Given a group before the node, then the node is given its list, and an item of it can be read."""
    tree = unit(chain(group(leaf(), leaf()), leaf()))
    play.start(tree)
    play.run_out()
    found = takeover(play, "0.0.1")
    [effect] = play.store.create(
        "new", definitions(tree), {"kind": "complex", "total": 3}, play.store.upload_records("new", found.records())
    ).todo
    assert effect.input_ref == "0.0.0"
    assert Play(play.store, "new").result(CODEC, "0.0.0") == [1, 1]


def test_finished_siblings_are_taken_over(play):
    """Given a swarm of which one failed, when it is run again from one item, then those that succeeded are kept, the others
    run within the bound."""
    tree = swarm(*[leaf()] * 5, max_concurrency=1, max_failures=1)
    play.start(tree)
    play.succeed("0.0")
    play.break_("0.1")
    for index in (2, 3, 4):
        play.succeed(f"0.{index}")
    new, sent = again(play, tree, "0.3")
    assert sent == ["0.1"]
    assert new.counts() == (5, 3, 0)
    assert new.succeed("0.1") == ["0.3"]
    assert new.succeed("0.3") == ["close"]


def test_deep_inside(play):
    """Given a node deep inside, then steps before and siblings beside it are taken over on every level."""
    tree = swarm(unit(chain(leaf(), group(leaf(), leaf()), leaf())), leaf())
    play.start(tree)
    play.run_out()
    new, sent = again(play, tree, "0.0.0.1.1")
    assert sent == ["0.0.0.1.1"]
    assert sorted(new.states()) == ["0.0.0.0", "0.0.0.1.0", "0.1"]
    assert new.succeed("0.0.0.1.1") == ["0.0.0.2"]
    assert new.succeed("0.0.0.2") == ["close"]


def test_tolerated_failures_come_along(play):
    """Given a tolerant swarm before the node, then its failures are taken over, and counted, and its callbacks' records."""
    tree = unit(chain(swarm(leaf(links=[leaf()]), leaf(), max_failures=1), leaf()))
    play.start(tree)
    play.succeed("0.0.0.0")
    play.succeed("0.0.0.0.l0")
    play.break_("0.0.0.1")
    new, sent = again(play, tree, "0.0.1")
    assert (sent, new.counts()) == (["0.0.1"], (3, 1, 1))
    assert new.ended("0.0.0.0.l0") is not None
    assert new.reader.pool_size("new", "0.0.0") == 2


def test_a_live_run_is_read_as_it_is(play):
    """Given a run under way, when it is run again from the step that runs, then the new one starts with that step."""
    tree = unit(chord([leaf(), leaf()], leaf()))
    play.start(tree)
    play.succeed("0.0.0.0")
    play.succeed("0.0.0.1")
    play.claim("0.0.1")
    before = play.snapshot()
    new, sent = again(play, tree, "0.0.1")
    assert sent == ["0.0.1"]
    kept = play.snapshot()
    assert {key: kept[key] for key in play.keys()} == {key: before[key] for key in play.keys()}
    assert new.succeed("0.0.1") == ["close"]


@pytest.mark.parametrize("node", ["0", "0.0", "0.0.0"])
def test_with_nothing_before_it(play, node):
    """Given a node at the very beginning, then everything runs."""
    tree = unit(chain(leaf(), leaf()))
    play.start(tree)
    play.run_out()
    new, sent = again(play, tree, node)
    assert (sent, new.counts(), new.states()) == (["0.0.0"], (2, 0, 0), {})


@pytest.mark.parametrize(
    ("node", "error", "words"),
    [
        ("0.0.2", InvalidTransition, r"0\.0\.1 before it has not succeeded"),
        ("0.0.0.l0", InvalidTransition, "is a callback"),
        ("0.0.7", NodeNotFound, r"no node '0\.0\.7'"),
        ("what", NodeNotFound, "no node 'what'"),
        ("", NodeNotFound, "no node ''"),
    ],
)
def test_what_it_cannot_start_from(play, node, error, words):
    """Given a node before which something has not succeeded, a callback, or no node, then it says so."""
    play.start(unit(chain(leaf(links=[leaf()]), leaf(), leaf())))
    play.succeed("0.0.0")
    play.break_("0.0.1")
    with pytest.raises(error, match=words):
        takeover(play, node)


def test_a_run_that_goes_while_it_is_read(play):
    """Given a run that is cancelled while its records are read, then nothing is made of half of it."""
    play.start(unit(chain(leaf(), leaf())))
    play.run_out()
    found = takeover(play, "0.0.1")
    play.store.cancel("r", "")
    with pytest.raises(RunNotFound, match="while it was read"):
        list(found.records())


def test_records_that_were_too_slow(play):
    """Given records whose upload has expired, when the run is created, then it is refused; one that is on its way expires."""
    assert play.store._run("create", "new", "none", 0, "none").refused is Refused.EXPIRED
    token = play.store.upload_records("new", [("0.0.0", b"S|1|1|1|w\n1")])
    assert play.redis.ttl(play.store.keys.upload("new", token)) > 0
    assert play.store.upload_records("new", []) == ""


# -- items are counted before the run starts --------------------------------------------------------------


def created(play: Play, tree, node: str, **head: object) -> Play:
    """A new run from an item of a finished run, whose caller died before the items were counted."""
    play.start(tree)
    play.run_out()
    new, found = Play(play.store, "new"), takeover(play, node)
    token = play.store.upload_records("new", found.records())
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(play.store, "finish_retry", lambda run: Effects(None))
        counts = {"total": tree.leaves, "done": found.counts.done, "failed": 0}
        head |= {"graph": 1} if found.has_graphs else {}
        effects = play.store.create("new", definitions(tree), {"kind": "swarm", **counts, **head}, token, found.pools)
    assert (effects.refused, effects.todo, new.status) == (None, (), "PENDING")
    return new


def test_the_reconciler_starts_a_run_whose_caller_died(play):
    """Given a caller that died before the items were counted, then a check finds a pending side effect, which starts the run."""
    new = created(play, swarm(*[leaf()] * 400, max_concurrency=2), "0.7")
    [check] = play.store.due_index.check(["new"])
    assert (check.state, check.pending_side_effects) == ("ok", True)
    assert names(play.store.finish_retry("new")) == ["0.7"]
    assert play.store.finish_retry("new").refused is Refused.STALE
    assert new.succeed("0.7") == ["close"]
    assert "owed" not in new.reader.head("new")


def suspended(new: Play) -> None:
    assert new.store.suspend("new").refused is None
    assert new.store.finish_retry("new").todo == ()
    assert names(new.store.resume("new")) == ["0.7"]


def interrupted(new: Play) -> None:
    assert new.store.interrupt("new").refused is None
    assert new.store.resume("new").todo == ()
    assert names(new.store.finish_retry("new")) == ["0.7"]


def ranked(new: Play) -> None:
    effects = new.store.swarms.set_priority("new", "0", 3, [(0, 399)])
    assert (effects.refused, names(effects)) == (None, ["0.7"])


def late(new: Play) -> None:
    new.redis.hset(new.store.keys.root("new"), "deadline", 1)
    assert new.store.overdue("new", b"late").refused is None
    assert (new.status, "retry" in new.reader.head("new")) == ("FAILED", False)
    assert new.retry().refused in (None, Refused.HELD)


@pytest.mark.parametrize("verb", [suspended, interrupted, ranked, late], ids=lambda verb: verb.__name__)
def test_a_verb_before_the_items_are_counted(play, verb):
    """Given a run whose items are not counted yet, when a verb is called, then it holds, and the run ends well."""
    new = created(play, swarm(*[leaf()] * 400), "0.7")
    verb(new)
    if "$" in new.live():
        new.tell()
        new.retry()
    new.run_out()
    assert (new.status, new.counts()) == ("SUCCEEDED", (400, 400, 0))


def test_a_cancelled_run_whose_items_are_not_counted(play):
    """Given a run whose items are not counted yet, when it is cancelled, then no key is left."""
    new = created(play, swarm(*[leaf()] * 400), "0.7")
    assert play.store.cancel("new", "").refused is None
    assert play.store.finish_retry("new").refused is Refused.GONE
    play.store.erase("new")
    assert new.keys() == []


@pytest.mark.parametrize(
    ("tree", "node"),
    [
        (lambda: graph("START>a a>b b>END", {"a": group(leaf(), chain(leaf(), leaf())), "b": leaf()}), "0.0.0.1"),
        (lambda: unit(chain(leaf(), group(leaf(), group(leaf(), leaf(), leaf())))), "0.0.1.1.1"),
        (lambda: swarm(unit(chain(swarm(leaf(), leaf()), leaf())), leaf()), "0.0.0.0.1"),
    ],
    ids=["graph", "nested", "packed"],
)
def test_a_pool_at_any_place(play, tree, node):
    """Given an item of a pool anywhere in a tree, when the run is run again from it, then items beside it are kept, and counted."""
    play.start(tree())
    play.run_out()
    done = play.counts()[1]
    new, sent = again(play, tree(), node)
    assert sent == [node if node != "0.0.0.1" else "0.0.0.1.0"]
    assert 0 < new.counts()[1] < done
    assert not [key for key in new.reader.pools("new", [f"{node.rpartition('.')[0]}:counted"]) if key]
    new.run_out()
    assert (new.status, new.counts()) == ("SUCCEEDED", (done, done, 0))


def test_a_pool_that_begins_later(play):
    """Given a detached node in which a pool that is not first has lost an item, then the item stays out when the pool begins."""
    tree = unit(chain(leaf(), group(leaf(), leaf(), leaf()), leaf()))
    records = [("0.0.1.1", b"K|0|1|1|\n1"), ("0.0.1:ahead", b"")]
    token = play.store.upload_records("r", records)
    effects = play.store.create(
        "r", definitions(tree), {"kind": "complex", "total": tree.leaves - 1, "done": 0}, token, ["0.0.1"]
    )
    assert names(effects) == ["0.0.0"]
    assert play.succeed("0.0.0") == ["0.0.1.0", "0.0.1.2"]
    play.run_out()
    assert (play.status, play.counts()) == ("SUCCEEDED", (4, 4, 0))
