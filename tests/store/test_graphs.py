"""Graphs in every verb: what they add to claims, ends, losses, holds, deadlines, cancellation, and reading."""

from __future__ import annotations

import json
import random
from collections import Counter

import pytest

from orchestrator_celery import END, node, otherwise, result, when
from orchestrator_celery.canvas.approval import Approval
from orchestrator_celery.model.effects import Decide, Withdraw
from orchestrator_celery.model.ids import CLOSE, Fence
from orchestrator_celery.model.states import NodeState, RunStatus
from orchestrator_celery.records.graphs.graph import Undone, UndoneVisit
from orchestrator_celery.records.graphs.layout import parse_graph_layout
from orchestrator_celery.records.leaf import Leaf, Role, write_leaf
from orchestrator_celery.records.packed import Tree
from orchestrator_celery.store import Refused
from orchestrator_celery.store.reader import Reader
from orchestrator_celery.store.scripting.script_call import edge_context
from orchestrator_celery.views.tree import TreeReader

from .play import Play, names
from .trees import CODEC, chain, graph, group, leaf, swarm, unit

#: Two visits that were not finished: one failed, the other succeeded.
UNDONE = {
    "0.0": UndoneVisit(Undone.FAILED, "0.0.0", {"visit": 1}),
    "1.0": UndoneVisit(Undone.SUCCEEDED, "0.1.0", {"visit": 1}),
}

FORK = "START>a START>b a>sum b>sum sum>END"


def tasks(letters: str) -> dict[str, Tree]:
    """Bodies that can be read back, one for each letter."""
    return {name: leaf(write_leaf(Leaf(name, [], {}, {}, False, Role.PLAIN), CODEC)) for name in letters}


def given_by(effects) -> dict[str, str]:
    """Where each leaf that is to be sent gets its first argument."""
    return {effect.leaf.node: effect.input_ref for effect in effects.todo if hasattr(effect, "input_ref")}


def tree_of(play: Play, status: RunStatus = RunStatus.RUNNING):
    """The tree as handles read it."""
    return TreeReader(Reader(play.redis, play.store.keys), CODEC, play.run, status).view("0", 100, None)


def states_of(view) -> dict[str, NodeState]:
    return {child.name: child.state for child in view.children}


# -- claim and finish --------------------------------------------------------------------------------------


def test_a_claim_tells_what_the_result_chooses(play):
    """Given a node whose edges its result alone chooses, then its definition comes with the claim; others' do not."""
    play.start(graph("START>a a?b,c b>c c>END", {"b": chain(leaf(), leaf())}))
    [routes] = play.claim("0.0.0").more
    assert routes.startswith(b"N k=node nm=a dc=1 ro=1")
    play.finish("0.0.0", targets="1")
    assert play.claim("0.1.0.0").more == ()
    play.finish("0.1.0.0")
    play.succeed("0.1.0.1")
    assert play.claim("0.2.0").more == ()


def test_a_later_attempt_gets_checkpoint_and_choice(play):
    play.start(graph("START>a a?a,END"))
    play.claim("0.0.0")
    play.store.checkpoint(play.leaf("0.0.0"), Fence(), b"half")
    play.lost("0.0.0")
    effects = play.claim("0.0.0", 2)
    assert (effects.detail, len(effects.more)) == (b"half", 1)
    assert names(play.finish("0.0.0", 2, targets="$")) == ["close"]


@pytest.mark.parametrize("targets", ["", "1", "1,2"])
def test_chosen_edges_are_taken_with_the_end(play, targets):
    """Given targets that come with the result, then they are taken in the same step; none at all is no route."""
    play.start(graph("START>a a?b,c b>END c>END"))
    expected = {"": ["close"], "1": ["0.1.0"], "1,2": ["0.1.0", "0.2.0"]}[targets]
    assert play.succeed("0.0.0", targets=targets) == expected
    assert play.waiting() == []


def test_chosen_edges_are_those_of_the_leaf(play):
    """Given a choice that comes with the end of a nested graph's last leaf, then the graph around it is not meant."""
    inner = graph("START>x x?y,END y>END")
    play.start(graph("START>a a?b,END b>END", {"a": inner}))
    assert play.succeed("0.0.0.0.0", targets="$") == ["decide 0.0.0"]
    assert names(play.decide("0.0.0", "go", "$")) == ["close"]


def test_an_edge_that_is_always_taken_needs_nobody(play):
    play.start(graph("START>a a>b b>END"))
    assert play.succeed("0.0.0") == ["0.1.0"]
    assert play.succeed("0.1.0") == ["close"]
    assert play.status == "SUCCEEDED"


# -- joins -------------------------------------------------------------------------------------------------


def test_a_join_of_all_gets_a_list(play):
    """Given a fork, whichever branch ends first, then the join gets both, in the order of its edges, once."""
    play.start(graph(FORK, sum={"join": "all"}))
    assert play.succeed("0.1.0") == []
    play.claim("0.0.0")
    assert given_by(play.finish("0.0.0")) == {"0.2.0": "g:0.2.0"}
    assert play.reader.terminal("r", ["0.2.0:in"]) == [b"[0.0.0,0.1.0"]
    assert play.succeed("0.2.0") == ["close"]


def test_the_order_is_that_of_the_edges(play):
    """Given edges that were declared in another order than their nodes, then theirs counts."""
    play.start(graph("START>a START>b b>sum a>sum sum>END", sum={"join": "all"}))
    play.succeed("0.0.0")
    play.succeed("0.1.0")
    [given] = play.reader.terminal("r", ["0.2.0:in"])
    assert given == b"[0.1.0,0.0.0"


def test_a_branch_that_ends_elsewhere_holds_up_no_join(play):
    """Given a branch that chooses another way, then the join starts with what has arrived."""
    play.start(graph("START>a START>b a>sum b?sum,END sum>END", sum={"join": "all"}))
    assert play.succeed("0.0.0") == []
    assert play.succeed("0.1.0", targets="$") == ["0.2.0"]
    assert play.reader.terminal("r", ["0.2.0:in"]) == [b"[0.0.0"]
    assert play.succeed("0.2.0") == ["close"]
    assert play.reader.terminal("r", ["0:ends"]) == [b"b 0.1.0\nsum 0.2.0"]


def test_a_branch_that_fails_elsewhere_holds_up_no_join(play):
    play.start(graph("START>a START>b a>sum b>sum b!c c>END sum>END", sum={"join": "all"}))
    play.succeed("0.0.0")
    assert play.break_("0.1.0") == ["decide 0.1.0"]
    assert sorted(names(play.decide("0.1.0", "go", "3"))) == ["0.2.0", "0.3.0"]


def test_a_join_of_any_starts_once(play):
    """Given two branches, then the first starts the join, and the second ends there, ignored."""
    play.start(graph(FORK, sum={"join": "any"}))
    play.claim("0.1.0")
    assert given_by(play.finish("0.1.0")) == {"0.2.0": "0.1.0"}
    assert play.succeed("0.0.0") == []
    assert play.told("0.2") == ["ArrivalIgnored"]
    assert play.succeed("0.2.0") == ["close"]


def test_the_last_to_come_late_ends_the_graph(play):
    play.start(graph(FORK, sum={"join": "any"}))
    play.succeed("0.1.0")
    assert play.succeed("0.2.0") == []
    assert play.succeed("0.0.0") == ["close"]
    assert (play.status, play.ended("0").ref) == ("SUCCEEDED", "0.2.0")


def test_what_was_ignored_may_be_as_worn_out_as_it_likes(play):
    """Given a join of any that was visited as often as it may be, then a late token is no visit too many."""
    play.start(graph(FORK, sum={"join": "any", "max_visits": 1}))
    play.succeed("0.0.0")
    play.succeed("0.2.0")
    assert play.succeed("0.1.0") == ["close"]
    assert play.status == "SUCCEEDED"


# -- what ends at once -------------------------------------------------------------------------------------


def test_bodies_that_end_at_once(play):
    """Given empty swarms as bodies, in a line and in a fork, then the graph goes on in the same step."""
    bodies = {name: swarm() for name in "ab"}
    assert names(play.start(graph("START>a a>b b>c c>END", bodies))) == ["0.2.0"]
    other = Play(play.store, "other")
    assert names(other.start(graph(FORK, bodies, sum={"join": "all"}))) == ["0.2.0"]
    assert other.reader.terminal("other", ["0.2.0:in"]) == [b"[0.0.0,0.1.0"]


def test_a_loop_of_bodies_that_end_at_once_is_bounded(play):
    """Given a loop in which nothing ever waits, then its visits are counted all the same."""
    assert names(play.start(graph("START>a a>b b>a", {name: swarm() for name in "ab"}, max_visits=9))) == ["close"]
    assert (play.status, play.ended("0").ref) == ("FAILED", "recursion:a:9")


def test_a_graph_that_only_leads_through(play):
    """Given a way from START to END, then what the graph was given is written down, and is its result."""
    assert names(play.start(graph("START>END"))) == ["decide 0.S.0"]
    assert names(play.decide("0.S.0", "go", "$", b"7")) == ["close"]
    assert (play.status, play.ended("0").ref, play.ended("0.r").payload) == ("SUCCEEDED", "0.r", b"7")


def test_a_router_passes_on_what_it_was_asked_about(play):
    """Given a router, then it is asked after the node, and what it chooses gets the node's result, not its own."""

    def route(g):
        g.add_conditional_edges("a", CODEC._app.signature("route"), {"x": "b", "y": "c"})

    play.start(graph("START>a b>END c>END", also=route))
    play.claim("0.0.0")
    assert given_by(play.finish("0.0.0")) == {"0.3.0": "0.0.0"}
    [routes] = play.claim("0.3.0").more
    assert b" ps=0" in routes
    assert given_by(play.finish("0.3.0", targets="2")) == {"0.2.0": "0.0.0"}
    assert play.succeed("0.2.0") == ["close"]
    assert play.counts() == (3, 3, 0)


# -- losses, and reports that come twice ------------------------------------------------------------------


def test_a_body_that_lost_its_worker_starts_again_in_its_visit(play):
    """Given a lost process, then the body starts under a new attempt, with what it was given, and goes on once."""
    play.start(graph("START>a a?b,END b>END"), input=b"[[1], {}]")
    play.claim("0.0.0")
    [effect] = play.lost("0.0.0").todo
    assert (str(effect.leaf), effect.input_ref, effect.spec) == ("r:0.0.0:2", "in", b"L\na")
    assert play.finish("0.0.0").refused is Refused.STALE
    assert play.succeed("0.0.0", 2, targets="1") == ["0.1.0"]
    assert (play.graph().turns, play.graph().visits) == ({"0": 1, "1": 1}, {"0": 1, "1": 1})


def test_a_retry_with_other_arguments_is_this_visits(play):
    """Given a body that retries with other arguments, then its next message has them, and the next visit has not."""
    play.start(graph("START>a a?a,END"))
    play.claim("0.0.0")
    play.requeue("0.0.0", Fence(retries=1), definition=b"L\nother")
    assert play.reader.definitions("r", ["0.0.0"]) == [b"L\nother"]
    play.claim("0.0.0", fence=Fence(retries=1))
    [effect] = play.finish("0.0.0", fence=Fence(retries=1), targets="0").todo
    assert effect.spec == b"L\na"


def test_a_failing_graph_withdraws_what_nobody_has_begun(play):
    """Given a task whose message waits when its graph fails, then its claim is stale, and the graph has failed."""
    play.start(graph("START>a START>b a>END b>END"))
    assert play.break_("0.0.0") == ["close"]
    assert play.claim("0.1.0").refused is Refused.STALE
    assert (play.status, play.counts()) == ("FAILED", (2, 0, 1))


def test_a_failing_graph_waits_for_what_runs(play):
    """Given a body that runs when its graph fails, and one that is to be tried again, then the first is waited for."""
    play.start(graph("START>a START>b b>c a>END c>END"))
    play.claim("0.1.0")
    assert play.break_("0.0.0") == []
    assert play.status == "RUNNING"
    assert names(play.finish("0.1.0")) == ["close"]
    assert play.graph().undone == UNDONE


# -- held --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("verb", ["suspend", "interrupt"])
def test_a_held_graph_starts_no_body(play, verb):
    """Given a held run, when what runs ends, then where its token goes is recorded, and the bodies there wait."""
    play.start(graph(FORK, sum={"join": "all"}))
    play.claim("0.0.0")
    play.claim("0.1.0")
    getattr(play.store, verb)("r")
    assert names(play.finish("0.0.0")) == []
    assert names(play.finish("0.1.0")) == []
    assert play.queued() == ["0.2.0"]
    assert play.claim("0.2.0").refused is Refused.HELD
    assert names(play.store.resume("r")) == ["0.2.0"]
    assert play.succeed("0.2.0") == ["close"]


def test_an_interrupted_body_takes_no_error_edge(play):
    """Given an error edge, when the body is stopped by an interruption, then it is held, and starts again later."""
    play.start(graph("START>a a>END a!b b>END"))
    play.claim("0.0.0")
    play.store.interrupt("r")
    assert names(play.store.stopped(play.leaf("0.0.0"), Fence(), "terminated")) == []
    assert play.waiting() == []
    assert names(play.store.resume("r")) == ["0.0.0:2"]
    assert play.succeed("0.0.0", 2) == ["close"]


def test_a_body_that_fails_while_it_is_to_be_stopped_takes_its_edge(play):
    play.start(graph("START>a a>END a!b b>END"))
    play.claim("0.0.0")
    play.store.interrupt("r")
    assert names(play.fail("0.0.0")) == ["decide 0.0.0"]
    assert names(play.decide("0.0.0", "go", "1")) == []
    assert names(play.store.resume("r")) == ["0.1.0"]


def test_a_pause_before_a_try_goes_on_while_held(play):
    """Given a try that is to start later, when the run is suspended and resumed, then it waits for the rest."""
    play.start(graph("START>a a>END", a={"retry": 2}))
    play.break_("0.0.0")
    play.decide("0.0.0", "again", 60_000)
    play.store.suspend("r")
    [effect] = play.store.resume("r").todo
    assert 50 < effect.wait <= 60


# -- the end -----------------------------------------------------------------------------------------------


def crowded(play: Play, **head) -> Play:
    """A body, a queued one, an approval, a decision and a nested graph, all under way at once."""
    inner = graph("START>x x>y y>END", {**tasks("x"), "y": Approval()})
    edges = "START>a START>b START>ask START>c START>in a>END b>END ask>END c?d,END d>END in>END"
    play.start(graph(edges, {**tasks("abcd"), "ask": Approval(timeout=60), "in": inner}), **head)
    play.claim("0.0.0")
    play.succeed("0.3.0")
    play.succeed("0.4.0.0.0")
    assert play.waiting() == ["0.2.0", "0.3.d0", "0.4.0.1.0"]
    return play


def test_over_its_deadline_everything_under_way_fails(play):
    crowded(play, limit=60_000)
    play.redis.hset(play.store.keys.root("r"), "deadline", 1)
    assert names(play.store.overdue("r", b"late")) == ["close"]
    assert (play.status, list(play.live())) == ("FAILED", ["$"])
    states = play.states()
    assert {node: states.get(node) for node in ("0", "0.0.0", "0.1.0", "0.2.0", "0.3.0", "0.4.0", "0.4.0.1.0")} == {
        "0": "F", "0.0.0": "F", "0.1.0": None, "0.2.0": "F", "0.3.0": "S", "0.4.0": "F", "0.4.0.1.0": "F",
    }  # fmt: skip
    for stale in (
        play.answer("0.2.0"), play.answer("0.4.0.1.0"), play.decide("0.3.0", "go", "5"),
        play.finish("0.0.0"), play.claim("0.1.0"),
    ):  # fmt: skip
        assert stale.refused is Refused.STALE
    play.tell()
    assert all(play.redis.ttl(key) > 0 for key in play.keys())


def test_over_its_deadline_a_graph_is_still_to_be_seen(play):
    """Given a graph whose run was too late, then whoever looks at it sees which nodes were visited."""
    play.start(graph("START>a a>b b>c c>END", tasks("abc")), limit=60_000)
    play.succeed("0.0.0")
    play.claim("0.1.0")
    play.redis.hset(play.store.keys.root("r"), "deadline", 1)
    play.store.overdue("r", CODEC.dump_error(ValueError("late")))
    assert states_of(tree_of(play, RunStatus.FAILED)) == {
        "a": NodeState.SUCCEEDED, "b": NodeState.FAILED, "c": NodeState.SKIPPED,
    }  # fmt: skip


def test_a_cancelled_graph_leaves_nothing(play):
    """Given everything at once, when the run is cancelled, then its bodies are named, and every key goes."""
    crowded(play)
    play.store.graphs.awaits("r")
    assert play.store.cancel("r", "{}").refused is None
    assert json.loads(play.reader.head("r")["bodies"]) == ["r:0.0.0:1"]
    play.store.erase("r")
    assert play.snapshot() == {}


def test_an_ended_graph_expires(play):
    play.start(graph("START>a a?a,END"))
    play.succeed("0.0.0", targets="0")
    play.succeed("0.0.1", targets="$")
    play.tell()
    assert all(play.redis.ttl(key) > 0 for key in play.keys())
    assert play.reader.pools("r", ["0"]) == [None]


# -- reading -----------------------------------------------------------------------------------------------


def test_a_tree_shows_visits_and_what_was_skipped(play):
    """Given a loop and a branch that is not taken, then each node has its newest visit and those before."""
    play.start(graph("START>a a?a,b,c b>END c>END", tasks("abc")))
    play.succeed("0.0.0", targets="0")
    play.succeed("0.0.1", targets="1")
    view = tree_of(play)
    assert states_of(view) == {"a": NodeState.SUCCEEDED, "b": NodeState.QUEUED, "c": NodeState.SKIPPED}
    a, b, c = view.children
    assert (a.id, a.visits, [one.id for one in a.earlier]) == ("0.0.1", 2, ["0.0.0"])
    assert (b.id, b.visits, c.id, c.visits) == ("0.1.0", 1, "0.2", 0)


def test_a_tree_shows_what_waits(play):
    crowded(play)
    states = states_of(tree_of(play))
    assert (states["ask"], states["d"], states["in"]) == (NodeState.AWAITING, NodeState.WAITING, NodeState.RUNNING)


def test_definitions_of_visits_and_elements_are_kept_once(play):
    """Given visits, tries and elements, then their definitions are found, by Lua and by readers, and stored once."""
    plain = chain(leaf(b"x"), leaf(b"y"))
    play.start(graph("START>a a>b b>END", {"b": plain}, b={"map_over": result, "retry": 2}))
    play.succeed("0.0.0")
    play.decide("0.1.0", "map", 2, b"[1, 2]")
    nodes = ["0.0.0", "0.1.0", "0.1.0.1", "0.1.0.1.0", "0.1.0.1.1", "0.1.0.0.1"]
    kinds = [raw.partition(b"\n")[0] for raw in play.reader.definitions("r", nodes)]
    assert kinds == [b"L", b"P n=2 k=map", b"C n=2 k=chain", b"L", b"L", b"L"]
    assert play.reader.definitions("r", ["0.1.1", "0.1.0.7.0", "0.7.0"])[1:] == [None, None]


def test_a_graph_under_way_costs_one_record(play):
    """Given many visits, then the tokens of the graph are one field, which does not grow with the visits."""
    play.start(graph("START>a a?a,END", max_visits=200))
    sizes = []
    for k in range(150):
        play.succeed(f"0.0.{k}", targets="0")
        [record] = play.reader.pools("r", ["0"])
        sizes.append(len(record))
    assert max(sizes) - min(sizes) < 20


# -- everything at once ------------------------------------------------------------------------------------

STORMY = {
    "loop": "START>a a?b,c b?a,d c>d d>END",
    "joins": "START>a START>b START>c a>x b>x b!y c?x,y x>z y>z z>END",
    "nested": "START>a a>in in?a,c in!c c>END",
}


@pytest.mark.parametrize("shape", STORMY)
@pytest.mark.parametrize("seed", range(8))
def test_whatever_is_said_twice_a_graph_ends_once(play, shape, seed):
    """Given reports and decisions that come again, late, of old attempts, then each visit is sent once per attempt,
    each node has one end, and the graph has one, with nothing left under way."""
    dice, sent, old = random.Random(f"{shape}{seed}"), Counter(), []
    joins = {"x": {"join": "all"}, "z": {"join": "all"}} if shape == "joins" else {}
    inner = graph("START>m START>n m>o n>o o?m,END", {"m": group(leaf(), leaf())}, o={"join": "any"})
    tree = graph(STORMY[shape], {"in": inner} if shape == "nested" else {}, max_visits=4, **joins)
    todo = list(play.start(unit(tree, links=[leaf()], errbacks=[leaf()])).todo)
    told = False
    while todo or play.queued() or play.waiting():
        if any(isinstance(effect, Withdraw) for effect in todo):
            todo = [*(effect for effect in todo if not isinstance(effect, Withdraw)), *play.withdraw()]
        sent.update(names(effect for effect in todo if not isinstance(effect, Decide)))
        decisions = [effect for effect in todo if isinstance(effect, Decide)]
        queued = play.queued()
        todo = []
        for effect in decisions:
            call = _decided(play, effect, dice)
            todo += call().todo
            old.append(call)
        if queued:
            node = dice.choice(queued)
            call = _worked(play, node, dice)
            told = told or node == CLOSE
            todo += call().todo
            old.append(call)
        for call in dice.sample(old, min(3, len(old))):
            assert call().todo == (), "what is said again moves nothing"
    assert told
    assert play.status in ("SUCCEEDED", "FAILED")
    assert max(sent.values()) == 1, sent
    assert play.live() == {}
    ends = Counter(
        event.node
        for event in play.events()
        if type(event).__name__ in ("NodeSucceeded", "NodeFailed", "CompositeSucceeded", "CompositeFailed")
    )
    assert max(ends.values()) == 1
    assert ends["0"] == 1
    assert sum(callback in sent for callback in ("0.l0", "0.e0")) == 1
    assert play.redis.hkeys(play.store.keys.pools("r")) == []


def _decided(play: Play, effect: Decide, dice: random.Random):
    """Some decision that Python might make."""
    targets = _edges_of(play, effect)[effect.visit.rsplit(".", 2)[1]]
    verdict = ("stop", "") if effect.cause == "F" and dice.random() < 0.3 else ("go", dice.choice(targets))
    return lambda: play.decide(effect.visit, *verdict)


def _edges_of(play: Play, effect: Decide) -> dict[str, list[str]]:
    [raw] = play.reader.definitions("r", [f"{effect.visit.rsplit('.', 2)[0]}.t"])
    return parse_graph_layout(raw)[0]


def _worked(play: Play, node: str, dice: random.Random):
    """Somebody works off a leaf, and may lose its process before."""
    attempt = play.live()[node].attempt
    assert play.claim(node, attempt).refused is None
    if node == CLOSE:
        return lambda: play.store.ended(play.leaf(CLOSE, attempt))
    if dice.random() < 0.2:
        return lambda: play.lost(node, attempt, limit=99)
    if dice.random() < 0.15:
        return lambda: play.fail(node, attempt)
    return lambda: play.finish(node, attempt)


# -- chosen beforehand -------------------------------------------------------------------------------------


def looking():
    """Two nodes side by side; what follows the second depends on the result of the first."""
    branches = [when(node("a") == 7, "c"), otherwise(END)]
    return graph("START>a START>b a>END c>END", also=lambda g: g.add_conditional_edges("b", branches))


def test_edges_are_chosen_by_what_was_told_with_the_claim(play):
    """Given a condition on another node, when a body is claimed, then it is told that node's newest result and record."""
    play.start(looking())
    play.claim("0.0.0")
    play.finish("0.0.0", result=b"7")
    routing = edge_context(play.claim("0.1.0").more)
    assert (routing.needs_more, routing.last, routing.visits) == (True, {"0": "0.0.0"}, 1)
    assert routing.records["0.0.0"].endswith(b"\n7")
    effects = play.store.finish(play.leaf("0.1.0"), Fence(), b"1", "2", "0:0.0.0")
    assert names(effects) == ["0.2.0"]


def test_what_was_told_may_be_old(play):
    """Given another node that has ended since the claim, then what was chosen by its old result is decided anew."""
    play.start(looking())
    routing = edge_context(play.claim("0.1.0").more)
    assert (routing.last, routing.records) == ({}, {})
    play.succeed("0.0.0")
    effects = play.store.finish(play.leaf("0.1.0"), Fence(), b"1", "$", "0:")
    assert names(effects) == ["decide 0.1.0"]
    assert names(play.decide("0.1.0", "go", "2")) == ["0.2.0"]
