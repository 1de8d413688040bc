"""answer: an approval is answered once, and waits for nothing else; no message can start it, end it or lose it."""

from __future__ import annotations

import pytest

from orchestrator_celery import OrchestratorSettings
from orchestrator_celery.canvas.approval import Approval
from orchestrator_celery.model.ids import Fence
from orchestrator_celery.model.states import NodeState
from orchestrator_celery.records.graphs.graph import Undone
from orchestrator_celery.store import Refused, Store
from tests.kit.waiting import wait_for

from .play import Play, names
from .trees import graph, leaf, unit

ASKING = "START>ask ask?yes,no yes>END no>END"


def asking(timeout: float | None = None, edges: str = ASKING, **options):
    return graph(edges, {"ask": Approval(timeout=timeout)}, **options)


def refused(play: Play, call, word: Refused = Refused.STALE) -> None:
    """The call is refused, and every byte is as before (invariant 4)."""
    before = play.snapshot()
    effects = call()
    assert (effects.refused, effects.todo) == (word, ())
    assert play.snapshot() == before


@pytest.fixture
def waiting(play: Play) -> Play:
    """A graph that waits for a person."""
    assert names(play.start(asking())) == ["await"]
    return play


def test_an_approval_waits_with_neither_worker_nor_message(waiting):
    live = waiting.live()["0.0.0"]
    assert (live.state, live.owner, waiting.queued(), waiting.waiting()) == (NodeState.AWAITING, "", [], ["0.0.0"])
    assert waiting.told("0.0.0") == ["ApprovalAwaited"]
    assert waiting.status == "RUNNING"


def test_an_answer_is_its_result(waiting):
    """Given an answer, then it is kept, and the token goes on as after any other body."""
    assert names(waiting.answer("0.0.0", b'{"decision": "rejected"}')) == ["decide 0.0.0"]
    record = waiting.ended("0.0.0")
    assert (record.state, record.payload) == (NodeState.SUCCEEDED, b'{"decision": "rejected"}')
    assert waiting.counts() == (3, 1, 0)
    [effect] = waiting.decide("0.0.0", "go", "2").todo
    assert (effect.leaf.node, effect.input_ref) == ("0.2.0", "0.0.0")


def test_an_answer_may_be_an_error(play):
    """Given an answer that is an error, then the node has failed, and takes its error edge."""
    play.start(asking(60, "START>ask ask>END ask!no no>END"))
    assert names(play.answer("0.0.0", b"{}", well=False)) == ["decide 0.0.0"]
    assert [effect.input_ref for effect in play.decide("0.0.0", "go", "1").todo] == ["w:0.0.0"]


def test_a_second_answer_is_stale(waiting):
    """Given an answer, when the same or another one comes, before the decision or after, then the first one counts."""
    waiting.answer("0.0.0")
    refused(waiting, lambda: waiting.answer("0.0.0"))
    refused(waiting, lambda: waiting.answer("0.0.0", b"{}", well=False))
    waiting.decide("0.0.0", "go", "1")
    refused(waiting, lambda: waiting.answer("0.0.0", b"{}", late=True))


def test_nobody_is_late_before_the_time(play):
    """Given a timeout to come, then the answer for want of one is refused, and that of a person is taken."""
    play.start(asking(60))
    refused(play, lambda: play.answer("0.0.0", late=True))
    assert play.answer("0.0.0").refused is None


def test_without_a_timeout_nobody_is_ever_late(waiting):
    refused(waiting, lambda: waiting.answer("0.0.0", late=True))


def test_after_the_time_the_first_counts(play):
    """Given a timeout that is over, then a person may still be first; or the answer for want of one is."""
    for run, late in (("a", False), ("b", True)):
        one = Play(play.store, run)
        one.start(asking(0.001))
        wait_for(lambda one=one: check(one).overdue_approvals, what="the timeout")
        assert one.answer("0.0.0", late=late).refused is None
        refused(one, lambda one=one, late=late: one.answer("0.0.0", late=not late))


@pytest.mark.parametrize("node", ["0", "0.0", "0.1.0", "0.2.0", "0.9.0", "0.0.1", "0.0.d0", "$"])
def test_what_is_no_waiting_approval_is_stale(play, node):
    """Given tasks that wait or run, a decision, and nodes whose turn has not come, then none can be answered."""
    play.start(graph("START>a START>b a?c,END b>END c>END"))
    play.succeed("0.0.0")
    play.claim("0.1.0")
    refused(play, lambda: play.answer(node))


def test_no_run_no_answer(play):
    assert play.answer("0.0.0").refused is Refused.GONE
    assert play.snapshot() == {}


def test_a_cancelled_run_is_gone(waiting):
    waiting.store.cancel("r", "{}")
    refused(waiting, lambda: waiting.answer("0.0.0"), Refused.GONE)


@pytest.mark.parametrize("verb", ["suspend", "interrupt"])
def test_a_held_run_takes_answers(play, verb):
    """Given a held run, when somebody answers, then that counts, and what follows waits for the resumption."""
    play.start(asking(edges="START>ask ask>yes yes>END"))
    getattr(play.store, verb)("r")
    assert names(play.answer("0.0.0")) == []
    assert (play.queued(), play.status) == (["0.1.0"], {"suspend": "SUSPENDED", "interrupt": "INTERRUPTED"}[verb])
    assert names(play.store.resume("r")) == ["0.1.0"]
    assert play.succeed("0.1.0") == ["close"]


def test_a_resumption_leaves_it_waiting(waiting):
    """Given a run that is held and resumed, then the approval waits as before, and nobody is asked twice."""
    waiting.store.interrupt("r")
    assert names(waiting.store.resume("r")) == []
    assert waiting.waiting() == ["0.0.0"]
    assert waiting.answer("0.0.0").refused is None


def test_a_graph_that_fails_asks_no_more(play):
    """Given a branch that fails, then the approval beside it is withdrawn, and the graph has failed."""
    play.start(asking(edges="START>ask START>bad ask>END bad>END"))
    assert play.break_("0.1.0") == ["close"]
    assert (play.status, play.waiting(), play.graph().undone["0.0"].state) == ("FAILED", [], Undone.NOT_BEGUN)
    refused(play, lambda: play.answer("0.0.0"))


def test_an_answer_can_be_the_end(play):
    play.start(asking(edges="START>ask ask>END"))
    assert names(play.answer("0.0.0")) == ["close"]
    assert (play.status, play.counts()) == ("SUCCEEDED", (1, 1, 0))
    refused(play, lambda: play.answer("0.0.0"))


# -- messages --------------------------------------------------------------------------------------------


def test_no_message_touches_it(waiting):
    """Given a message with its id, which nobody has sent, then whatever is told of it is stale."""
    store, one = waiting.store, waiting.leaf("0.0.0")
    for call in (
        lambda: waiting.finish("0.0.0"),
        lambda: waiting.fail("0.0.0"),
        lambda: waiting.fail("0.0.0", fence=None),
        lambda: waiting.lost("0.0.0"),
        lambda: waiting.requeue("0.0.0", Fence(retries=1)),
        lambda: store.checkpoint(one, Fence(), b"x"),
        lambda: store.progress(one, Fence(), "1", "2", ""),
        lambda: store.stopped(one, Fence(), "terminated"),
    ):
        refused(waiting, call)


def test_no_message_starts_it(waiting):
    before = waiting.snapshot(but=[waiting.events_key])
    for fence in (Fence(), Fence(retries=1)):
        assert waiting.claim("0.0.0", fence=fence).refused is Refused.STALE
    assert waiting.snapshot(but=[waiting.events_key]) == before


def test_no_message_touches_a_decision(play):
    """Given a decision that is not made, then no message with its id starts it or ends it."""
    play.start(graph("START>a a?b,END b>END"))
    play.succeed("0.0.0")
    before = play.snapshot(but=[play.events_key])
    assert play.claim("0.0.d0").refused is Refused.STALE
    assert play.fail("0.0.d0", fence=None).refused is Refused.STALE
    assert play.snapshot(but=[play.events_key]) == before


# -- looks -----------------------------------------------------------------------------------------------


def check(play: Play):
    [found] = play.store.due_index.check([play.run])
    return found


def test_a_look_tells_who_waits(waiting):
    """Given an approval without a timeout, then looks count it, have nothing to do, and are due for nothing."""
    found = check(waiting)
    assert (found.state, found.waiting, found.overdue_approvals, found.overdue, found.due) == ("ok", 1, (), {}, None)


def test_a_look_is_due_at_the_timeout(play):
    before = play.store.now() * 1000
    play.start(asking(0.7))
    found = check(play)
    assert before + 699 <= found.due <= play.store.now() * 1000 + 700
    assert found.overdue_approvals == ()


def test_a_look_tells_who_is_late(play):
    """Given a timeout that is over, then looks name the approval until it is answered."""
    play.start(asking(0.001))
    assert wait_for(lambda: check(play).overdue_approvals, what="the timeout") == ("0.0.0",)
    play.answer("0.0.0", late=True)
    assert (check(play).overdue_approvals, check(play).waiting) == ((), 0)


@pytest.mark.parametrize("verb", ["suspend", "interrupt", "suspend, then interrupt"])
def test_a_timeout_stands_still_while_the_run_is_held(play, verb):
    """Given a timeout that passes during a suspension, then the time that was left goes on at resume."""
    play.start(asking(0.3))
    for step in verb.split(", then "):
        getattr(play.store, step)("r")
    before = play.live()["0.0.0"].sent
    wait_for(lambda: play.store.now() * 1000 > before + 200, what="the time at which the timeout would have been over")
    assert (check(play).overdue_approvals, check(play).waiting, check(play).due) == ((), 1, None)
    refused(play, lambda: play.answer("0.0.0", late=True))
    play.store.resume("r")
    resumed = play.store.now() * 1000
    refused(play, lambda: play.answer("0.0.0", late=True))
    assert 0 < play.live()["0.0.0"].sent - resumed <= 300
    assert play.reader.head_field("r", "paused") is None
    assert wait_for(lambda: check(play).overdue_approvals, what="the timeout") == ("0.0.0",)


def test_an_approval_that_begins_to_wait_in_a_held_run_has_all_its_time(play):
    """Given a task that ends during a suspension, then the approval after it has its whole timeout from resume on."""
    play.start(asking(60, "START>a a>ask ask?yes,no yes>END no>END"))
    play.claim("0.0.0")
    play.store.suspend("r")
    begun = play.store.now()
    wait_for(lambda: play.store.now() > begun + 0.1, what="some time")
    play.finish("0.0.0")
    play.store.resume("r")
    left = play.live()["0.1.0"].sent - play.store.now() * 1000
    assert 59_000 < left <= 60_000


def test_a_decision_nobody_has_made_is_sent_again(client):
    """Given a decision whose maker died, then a look tells it again, as it was, also in a held run; later and later."""
    play = Play(Store(client, OrchestratorSettings(republish_after=0.3, republish_longest=0.4)))
    play.start(graph("START>a a?b,END b>END"))
    play.claim("0.0.0")
    [first] = play.finish("0.0.0").todo
    play.store.suspend("r")
    assert check(play).overdue == {}
    for _ in range(3):
        [node] = wait_for(lambda: check(play).overdue, what="the decision")
        assert play.store.due_index.republish("r", [node]) == (first,)
    assert play.told("0.0.d0") == ["NodeRepublished"] * 3
    play.decide("0.0.0", "go", "1")
    assert (check(play).overdue, check(play).due) == ({}, None)


def test_a_run_that_only_waits_is_looked_at(play):
    """Given an approval in a callback of a run that has ended, then the run is not over, and does not expire."""
    play.start(unit(leaf(links=[asking()])))
    assert sorted(play.succeed("0.0")) == ["await", "close"]
    play.tell()
    assert check(play).state == "ok"
    assert [play.redis.ttl(key) for key in play.keys()] == [-1] * len(play.keys())
    play.answer("0.0.l0.0.0")
    play.decide("0.0.l0.0.0", "go", "1")
    play.succeed("0.0.l0.1.0")
    assert check(play).state == "over"
    assert all(play.redis.ttl(key) > 0 for key in play.keys())


# -- the list of runs that wait ----------------------------------------------------------------------------


def test_the_list_of_those_that_wait(store):
    """Given runs that wait, then they are listed by how long, once each, until they wait no more."""
    for run in ("b", "a", "b"):
        store.graphs.awaits(run)
    assert store.graphs.awaiting() == ["b", "a"]
    store.graphs.awaits_no_more(["b", "x"])
    store.graphs.awaits_no_more([])
    assert store.graphs.awaiting() == ["a"]


@pytest.mark.parametrize("end", ["erase", "discard", "not_due"])
def test_a_run_that_is_no_more_waits_for_nobody(waiting, end):
    """Given a run in the list, when it is cancelled and erased, or has ended, then no key names it any more."""
    store = waiting.store
    store.graphs.awaits("r")
    if end == "not_due":
        store.due_index.not_due(["r"])
        assert store.graphs.awaiting() == []
        return
    if end == "erase":
        store.cancel("r", "{}")
    getattr(store, end)("r")
    assert waiting.snapshot() == {}
