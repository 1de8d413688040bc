"""Many branches start, and many nodes are skipped, a hundred in a call: what is left stands on record until a call goes on."""

from __future__ import annotations

import pytest

from orchestrator_celery.model.effects import Decide, Dispatch, Withdraw
from orchestrator_celery.records.graphs.graph import Undone
from orchestrator_celery.store import Refused

from .play import Play, names
from .trees import graph

#: Branches, and how many start in a call.
BRANCHES, SLICE = 250, 100


def fan(chosen=False):
    """A source, branches, which all lead to a join."""
    branches = [f"b{i}" for i in range(BRANCHES)]
    edges = [f"a?{','.join(branches)}"] if chosen else [f"a>{name}" for name in branches]
    return graph(
        " ".join(["START>a", *edges, *(f"{name}>join" for name in branches), "join>END"]), join={"join": "all"}
    )


def go_on(play: Play, todo) -> list[str]:
    """Go on until nothing is left; what is sent."""
    sent, waiting = [], list(todo)
    while waiting:
        effect = waiting.pop(0)
        if isinstance(effect, Decide):
            assert effect.visit == "0.S.1"
            waiting += play.decide("0.S.1", "more").todo
        elif isinstance(effect, Withdraw):
            waiting += play.withdraw()
        else:
            sent += names([effect])
    return sent


@pytest.fixture
def begun(play: Play) -> Play:
    """A graph whose source has ended; a slice of the branches has started."""
    play.start(fan())
    play.claim("0.0.0")
    effects = play.finish("0.0.0")
    assert [type(effect) for effect in effects.todo] == [Dispatch] * SLICE + [Decide]
    assert play.waiting() == ["0.S.d1"]
    return play


def run_branches(play: Play) -> list[str]:
    """Everything that is queued succeeds, until only the join is left; what was sent beside."""
    sent: list[str] = []
    while branches := [node for node in play.queued() if node not in (f"0.{BRANCHES + 1}.0", "$")]:
        for node in branches:
            attempt = play.live()[node].attempt
            assert play.claim(node, attempt).refused is None
            sent += go_on(play, play.finish(node, attempt).todo)
    return sent


def test_all_branches_start_once_and_the_join_waits_for_all(begun):
    """Given many branches, then each starts once, over several calls, and the join gets all of them in order."""
    sent = go_on(begun, begun.decide("0.S.1", "more").todo)
    assert sent == [f"0.{i}.0" for i in range(SLICE + 1, BRANCHES + 1)]
    assert begun.decide("0.S.1", "more").refused is Refused.STALE
    assert run_branches(begun) == [f"0.{BRANCHES + 1}.0"]
    [given] = begun.reader.terminal("r", [f"0.{BRANCHES + 1}.0:in"])
    assert given.decode() == "[" + ",".join(f"0.{i}.0" for i in range(1, BRANCHES + 1))
    assert begun.succeed(f"0.{BRANCHES + 1}.0") == ["close"]
    assert begun.counts() == (BRANCHES + 2, BRANCHES + 2, 0)


def test_a_branch_that_ends_early_starts_no_join(begun):
    """Given branches that end while others have not started, then their calls start others, and the join waits."""
    sent = run_branches(begun)
    assert sorted(sent) == sorted(f"0.{i}.0" for i in range(SLICE + 1, BRANCHES + 2))


def test_the_next_call_is_asked_for_again(begun):
    """Given a process that died before it went on, when a sweep looks, then another process goes on."""
    assert begun.store.due_index.republish("r", ["0.S.d1"]) == (), "it is not overdue"
    before = begun.reader.live("r")["0.S.d1"].decode().split("|")
    begun.redis.hset(begun.store.keys.live("r"), "0.S.d1", "|".join([*before[:5], "1", *before[6:]]))
    [effect] = begun.store.due_index.republish("r", ["0.S.d1"])
    assert len(go_on(begun, [effect])) == BRANCHES - SLICE


def test_a_suspended_run_sends_no_branches(begun):
    """Given a suspension, then the branches start on record, and their messages are sent when the run is resumed."""
    begun.store.suspend("r")
    assert go_on(begun, begun.decide("0.S.1", "more").todo) == []
    assert len(begun.queued()) == BRANCHES
    assert len(names(begun.store.resume("r"))) == BRANCHES


def failed(play: Play) -> Play:
    """One of the branches has failed, and what had not begun is withdrawn."""
    play.claim("0.1.0")
    assert go_on(play, play.fail("0.1.0").todo) == ["close"]
    assert (play.status, list(play.live())) == ("FAILED", ["$"])
    return play


def test_a_failure_starts_no_more_branches(begun):
    """Given a failure while branches start, then the others are withdrawn, in slices, and no more start."""
    failed(begun)
    state = begun.graph()
    assert (state.tokens, len(state.turns)) == ({}, SLICE + 1)
    assert {visit.state for visit in state.undone.values()} == {Undone.FAILED, Undone.NOT_BEGUN, Undone.LEAVING}
    assert begun.decide("0.S.1", "more").refused is Refused.STALE


def test_a_retry_starts_the_branches_that_are_left(begun):
    """Given a graph that failed while its branches started, when it is retried, then each branch succeeds once."""
    sent = go_on(failed(begun), begun.retry().todo)
    assert sorted(sent) == sorted(["0.1.0:2", *(f"0.{i}.0" for i in range(2, BRANCHES + 1))])
    assert run_branches(begun) == [f"0.{BRANCHES + 1}.0"]
    assert begun.succeed(f"0.{BRANCHES + 1}.0") == ["close:2"]
    assert (begun.status, begun.counts()) == ("SUCCEEDED", (BRANCHES + 2, BRANCHES + 2, 0))


def test_a_retry_after_the_deadline_starts_the_branches_that_are_left(play):
    """Given a run that was too late while its branches started, then a retry goes on where it was."""
    play.start(fan(), limit=60_000)
    play.succeed("0.0.0")
    play.redis.hset(play.store.keys.root("r"), "deadline", 1)
    assert names(play.store.overdue("r", b"{}")) == ["close"]
    assert list(play.live()) == ["$"]
    sent = go_on(play, play.retry().todo)
    assert sorted(sent) == sorted(f"0.{i}.0" for i in range(1, BRANCHES + 1))
    assert run_branches(play) == [f"0.{BRANCHES + 1}.0"]


def test_many_nodes_are_skipped_in_slices(play):
    """Given a choice of one among many, then the others are skipped over several calls, each once, and leave the total."""
    play.start(fan(chosen=True))
    play.claim("0.0.0")
    sent = go_on(play, play.finish("0.0.0", targets="1").todo)
    assert sent == ["0.1.0"]
    assert play.graph().skipped.keys() == {str(i) for i in range(2, BRANCHES + 1)}
    assert sorted(event.node for event in play.events() if type(event).__name__ == "NodeSkipped") == sorted(
        f"0.{i}" for i in range(2, BRANCHES + 1)
    )
    assert play.succeed("0.1.0") == [f"0.{BRANCHES + 1}.0"]
    assert play.succeed(f"0.{BRANCHES + 1}.0") == ["close"]
    assert play.counts() == (3, 3, 0)


def test_a_graph_ends_when_all_are_skipped(play):
    """Given a token that reaches END while nodes are still to be skipped, then the graph ends when they are."""
    branches = [f"b{i}" for i in range(BRANCHES)]
    edges = " ".join(f"{name}>END" for name in branches)
    play.start(graph(f"START>a a?{','.join(branches)},END {edges}"))
    play.claim("0.0.0")
    [effect] = play.finish("0.0.0", targets="$").todo
    assert play.status == "RUNNING"
    assert go_on(play, [effect]) == ["close"]
    assert play.counts() == (1, 1, 0)
