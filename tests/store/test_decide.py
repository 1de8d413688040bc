"""decide: what was decided about a visit of a graph's node is recorded once, and moves its token in the same step."""

from __future__ import annotations

import pytest

from orchestrator_celery import node, otherwise, result, when
from orchestrator_celery.canvas.graphs.graph import Retry
from orchestrator_celery.model.effects import Decide
from orchestrator_celery.model.states import NodeState
from orchestrator_celery.records.graphs.graph import Undone, UndoneVisit
from orchestrator_celery.store import Refused

from .play import Play, names
from .trees import chain, graph, leaf, swarm, unit

#: Two visits that were not finished: one failed, the other succeeded.
UNDONE = {
    "0.0": UndoneVisit(Undone.FAILED, "0.0.0", {"visit": 1}),
    "1.0": UndoneVisit(Undone.SUCCEEDED, "0.1.0", {"visit": 1}),
}

BRANCHES = "START>a a?b,c b>END c>END"


def refused(play: Play, call, word: Refused = Refused.STALE) -> None:
    """The call is refused, and every byte is as before (invariant 4)."""
    before = play.snapshot()
    effects = call()
    assert (effects.refused, effects.todo) == (word, ())
    assert play.snapshot() == before


def decision(effects) -> Decide:
    """The one decision that is to be made."""
    [found] = effects.todo
    assert isinstance(found, Decide)
    return found


@pytest.fixture
def asked(play: Play) -> Play:
    """A graph whose first node has ended, and nobody has decided yet between `b` (1) and `c` (2)."""
    play.start(graph(BRANCHES))
    assert play.succeed("0.0.0") == ["decide 0.0.0"]
    return play


def test_a_decision_says_what_it_is_about(play):
    """Given a node whose edges are chosen, when it has ended, then its definition and what is known come with it."""
    play.start(graph("START>a a>b b?c,END c>END"), input=b"[[1], {}]")
    play.succeed("0.0.0")
    play.claim("0.1.0")
    found = decision(play.finish("0.1.0"))
    assert (found.run, found.visit, found.cause, found.ref) == ("r", "0.1.0", "S", "0.1.0")
    assert (found.graph_input, found.last, found.visits, found.tries) == ("in", {"1": "0.1.0"}, 1, 0)
    assert {node: raw.split(b"\n")[1] for node, raw in found.records.items()} == {"0.1.0": b"1"}
    assert found.spec.startswith(b"N ")
    assert b"nm=b " in found.spec
    assert play.waiting() == ["0.1.d0"]


def test_a_decision_brings_what_it_looks_at(play):
    """Given a condition on another node, and one on a node without a result, then what there is comes with it."""

    def also(g):
        g.add_conditional_edges("b", [when((node("a") == 1) & (node("c") == 1), "c"), otherwise("d")])

    play.start(graph("START>a a>b c>END d>END", also=also))
    play.succeed("0.0.0", result=b"7")
    play.claim("0.1.0")
    found = decision(play.finish("0.1.0", result=b"8"))
    assert {one: raw.split(b"\n")[1] for one, raw in found.records.items()} == {"0.0.0": b"7", "0.1.0": b"8"}


def test_the_edge_that_is_chosen_is_taken(asked):
    """Given a decision for one branch, then it is sent with the result, the other is skipped, and it is recorded."""
    [effect] = asked.decide("0.0.0", "go", "2").todo
    assert (effect.leaf.node, effect.input_ref) == ("0.2.0", "0.0.0")
    assert asked.waiting() == []
    assert asked.told("0.1") == ["NodeSkipped"]
    assert asked.counts() == (2, 1, 0)
    assert asked.reader.terminal("r", ["0.0.0:to"]) == [b"2"]
    assert asked.succeed("0.2.0") == ["close"]
    assert (asked.status, asked.ended("0").ref) == ("SUCCEEDED", "0.2.0")


def test_several_edges_fan_out(asked):
    assert names(asked.decide("0.0.0", "go", "1,2")) == ["0.1.0", "0.2.0"]
    assert asked.succeed("0.2.0") == []
    assert asked.succeed("0.1.0") == ["close"]
    assert asked.reader.terminal("r", ["0:ends"]) == [b"b 0.1.0\nc 0.2.0"]


def test_the_end_may_be_chosen(play):
    """Given END among the targets, then the graph ends with it, and nothing is left waiting."""
    play.start(graph("START>a a?END,b b>END"))
    play.succeed("0.0.0")
    assert names(play.decide("0.0.0", "go", "$")) == ["close"]
    assert (play.status, play.counts(), list(play.live())) == ("SUCCEEDED", (1, 1, 0), ["$"])


def test_no_edge_is_no_route(asked):
    """Given that nothing is taken, then the graph fails, by the name of the node."""
    assert names(asked.decide("0.0.0", "go", "")) == ["close"]
    assert (asked.status, asked.ended("0").ref) == ("FAILED", "noroute:a")


def test_what_was_decided_is_stale(asked):
    """Given a decision that was recorded, when the same or another one comes, then nothing moves a second time."""
    asked.decide("0.0.0", "go", "1")
    for verdict in (("go", "1"), ("go", "2"), ("fail", b"{}"), ("stop",), ("again", 5), ("map", 1, b"[1]")):
        refused(asked, lambda verdict=verdict: asked.decide("0.0.0", *verdict))


@pytest.mark.parametrize("visit", ["0.0.0", "0.1.0", "0.S.0", "0.9.9", "0.0.0.0"])
def test_what_waits_for_no_decision_is_stale(play, visit):
    """Given a visit that runs, that was not begun, or that does not exist, then no decision about it counts."""
    play.start(graph(BRANCHES))
    play.claim("0.0.0")
    refused(play, lambda: play.decide(visit, "go", "1"))


def test_a_chosen_edge_needs_no_decision(play):
    """Given targets that came with the end, then none is waited for, and a late one is stale."""
    play.start(graph(BRANCHES))
    assert play.succeed("0.0.0", targets="1") == ["0.1.0"]
    refused(play, lambda: play.decide("0.0.0", "go", "2"))


def test_no_run_no_decision(play):
    assert play.decide("0.0.0", "go", "1").refused is Refused.GONE
    assert play.snapshot() == {}


def test_a_cancelled_run_is_gone(asked):
    asked.store.cancel("r", "{}")
    refused(asked, lambda: asked.decide("0.0.0", "go", "1"), Refused.GONE)


def test_a_run_that_is_over_its_deadline_takes_none(play):
    play.start(graph(BRANCHES), limit=1)
    play.succeed("0.0.0")
    play.redis.hset(play.store.keys.root("r"), "deadline", 1)
    assert names(play.store.overdue("r", b"late")) == ["close"]
    refused(play, lambda: play.decide("0.0.0", "go", "1"))


@pytest.mark.parametrize("verb", ["suspend", "interrupt"])
def test_a_held_run_decides_and_waits(asked, verb):
    """Given a held run, when it is decided, then that is recorded, and what follows waits for the resumption."""
    getattr(asked.store, verb)("r")
    effects = asked.decide("0.0.0", "go", "1")
    assert (effects.refused, effects.todo, asked.queued(), asked.waiting()) == (None, (), ["0.1.0"], [])
    assert names(asked.store.resume("r")) == ["0.1.0"]
    assert asked.succeed("0.1.0") == ["close"]


def test_a_graph_that_fails_follows_no_edge(play):
    """Given a branch that failed while another's decision was open, then the graph has failed once it is made."""
    play.start(graph("START>a START>b a>END b?c,END c>END"))
    assert play.succeed("0.1.0") == ["decide 0.1.0"]
    assert play.break_("0.0.0") == []
    assert play.status == "RUNNING"
    assert names(play.decide("0.1.0", "go", "2")) == ["close"]
    assert (play.status, play.ended("0").ref) == ("FAILED", "0.0.0")
    assert play.graph().undone == UNDONE
    refused(play, lambda: play.decide("0.1.0", "go", "2"))


def test_the_first_error_of_several_counts(play):
    """Given two branches that fail, then the graph fails with the first, when the second has ended."""
    play.start(graph("START>a START>b a>END b>END"))
    play.claim("0.0.0")
    assert play.break_("0.1.0") == []
    assert names(play.fail("0.0.0")) == ["close"]
    assert play.ended("0").ref == "0.1.0"


def test_a_decision_that_cannot_be_made_fails_the_graph(asked):
    """Given an error of the decision itself, then it is kept, and it is the graph's."""
    assert names(asked.decide("0.0.0", "fail", b'{"what": "is wrong"}')) == ["close"]
    assert (asked.status, asked.ended("0").ref) == ("FAILED", "0.0.0.r")
    assert asked.ended("0.0.0.r").payload == b'{"what": "is wrong"}'
    assert asked.ended("0.0.0").state is NodeState.SUCCEEDED


def test_where_it_begins_may_be_chosen(play):
    """Given conditional edges out of START, then nothing runs before that is decided."""
    effects = play.start(graph("START?a,b a>END b>END"), input=b"[[1], {}]")
    found = decision(effects)
    assert (found.visit, found.cause, found.ref, found.visits) == ("0.S.0", "S", "in", 0)
    assert (play.waiting(), play.queued()) == (["0.S.d0"], [])
    [effect] = play.decide("0.S.0", "go", "1").todo
    assert (effect.leaf.node, effect.input_ref) == ("0.1.0", "in")
    refused(play, lambda: play.decide("0.S.0", "go", "0"))


# -- errors and retries ----------------------------------------------------------------------------------


def test_an_error_takes_its_edge(play):
    """Given an error edge, when it is chosen, then what follows gets the error's words, and the run goes on."""
    play.start(graph("START>a a>END a!b b>END"))
    play.claim("0.0.0")
    found = decision(play.fail("0.0.0"))
    assert (found.cause, found.ref, found.tries) == ("F", "0.0.0", 0)
    [effect] = play.decide("0.0.0", "go", "1").todo
    assert (effect.leaf.node, effect.input_ref) == ("0.1.0", "w:0.0.0")
    assert play.succeed("0.1.0") == ["close"]
    assert (play.status, play.counts()) == ("SUCCEEDED", (2, 1, 1))
    assert "0" not in play.graph().newest, "what failed has no result"


def test_an_error_without_a_way_out_fails_the_graph(play):
    play.start(graph("START>a a>END a!b b>END"))
    play.break_("0.0.0")
    assert names(play.decide("0.0.0", "stop")) == ["close"]
    assert (play.status, play.ended("0").ref) == ("FAILED", "0.0.0")


def test_a_node_is_tried_again(play):
    """Given a policy, when it says so, then the body starts anew after a pause, in the same visit; tries are told."""
    play.start(graph("START>a a>END", a={"retry": Retry(attempts=3)}))
    play.break_("0.0.0")
    for tries in (1, 2):
        [effect] = play.decide(f"0.0.{tries - 1}", "again", 1500).todo
        assert (effect.leaf.node, effect.wait) == (f"0.0.{tries}", 1.5)
        assert play.counts() == (1, 0, 0)
        play.claim(f"0.0.{tries}")
        found = decision(play.fail(f"0.0.{tries}"))
        assert (found.visit, found.tries, found.visits) == (f"0.0.{tries}", tries, 1)
    assert names(play.decide("0.0.2", "stop")) == ["close"]
    assert play.graph().visits == {"0": 1}
    assert play.counts() == (1, 0, 1)


def test_a_body_of_several_tasks_is_tried_again_as_a_whole(play):
    """Given a chain as a body, then each try is a fresh one, and its tasks are counted beside those of the first."""
    play.start(graph("START>a a>END", {"a": chain(leaf(), leaf())}, a={"retry": 2}))
    assert play.succeed("0.0.0.0") == ["0.0.0.1"]
    assert play.break_("0.0.0.1") == ["decide 0.0.0"]
    assert names(play.decide("0.0.0", "again", 0)) == ["0.0.1.0"]
    assert play.succeed("0.0.1.0") == ["0.0.1.1"]
    assert play.succeed("0.0.1.1") == ["close"]
    assert play.counts() == (4, 3, 1)


def test_a_try_gets_what_the_first_got(play):
    """Given inputs, when a body that had them is tried again, then nobody works them out once more."""
    assert names(play.start(graph("START>a a>END", a={"retry": 2, "inputs": {"x": result}}))) == ["decide 0.0.0"]
    [effect] = play.decide("0.0.0", "with", "", b'{"x": 1}').todo
    assert (effect.leaf.node, effect.input_ref) == ("0.0.0", "g:0.0.0")
    play.break_("0.0.0")
    [effect] = play.decide("0.0.0", "again", 0).todo
    assert (effect.leaf.node, effect.input_ref) == ("0.0.1", "g:0.0.1")
    assert play.reader.terminal("r", ["0.0.0:kw", "0.0.1:kw"]) == [b'{"x": 1}'] * 2
    assert play.counts() == (1, 0, 0)


def test_inputs_that_are_not_there_fail_the_node(play):
    """Given inputs that cannot be worked out, then no body begins, and the node's error edge is taken."""
    assert names(play.start(graph("START>a a>END a!b b>END", a={"inputs": {"x": result}}))) == ["decide 0.0.0"]
    assert names(play.decide("0.0.0", "fail", b"{}")) == ["decide 0.0.0"]
    assert names(play.decide("0.0.0", "go", "1")) == ["0.1.0"]
    assert play.counts() == (2, 0, 0)


# -- maps ------------------------------------------------------------------------------------------------


def mapped(**options):
    return graph("START>a a>b b>END", b={"map_over": result, **options})


def test_a_node_is_mapped_over_elements(play):
    """Given a list, then there is a body for each element, which is given its place in it, and a list comes of it."""
    play.start(mapped())
    play.claim("0.0.0")
    found = decision(play.finish("0.0.0"))
    assert (found.visit, found.cause, found.ref) == ("0.1.0", "map", "0.0.0")
    effects = play.decide("0.1.0", "map", 3, b"[7, 8, 9]")
    assert [(effect.leaf.node, effect.input_ref) for effect in effects.todo] == [
        (f"0.1.0.{i}", "m:0.1.0") for i in range(3)
    ]
    assert play.reader.definitions("r", ["0.1.0.2"]) == [b"L\nb"]
    assert play.reader.terminal("r", ["0.1.0:list"]) == [b"[7, 8, 9]"]
    assert play.counts() == (4, 1, 0)
    refused(play, lambda: play.decide("0.1.0", "map", 1, b"[7]"))
    assert play.succeed("0.1.0.1") == play.succeed("0.1.0.2") == []
    assert play.succeed("0.1.0.0") == ["close"]
    assert (play.ended("0.1.0").ref, play.counts()) == ("*3", (4, 4, 0))


def test_so_many_elements_at_a_time(play):
    play.start(mapped(max_concurrency=2))
    play.succeed("0.0.0")
    assert names(play.decide("0.1.0", "map", 3, b"[7, 8, 9]")) == ["0.1.0.0", "0.1.0.1"]
    assert play.succeed("0.1.0.1") == ["0.1.0.2"]


def test_an_empty_list_has_an_empty_result(play):
    play.start(mapped())
    play.succeed("0.0.0")
    assert names(play.decide("0.1.0", "map", 0, b"[]")) == ["close"]
    assert (play.status, play.ended("0.1.0").ref, play.counts()) == ("SUCCEEDED", "*0", (1, 1, 0))


def test_an_element_that_fails_fails_the_node(play):
    """Given an error edge of a mapped node, when an element fails, then it is taken once all have ended."""
    play.start(graph("START>a a>END a!b b>END", a={"map_over": result}))
    play.decide("0.0.0", "map", 2, b"[1, 2]")
    assert play.break_("0.0.0.1") == []
    assert play.succeed("0.0.0.0") == ["decide 0.0.0"]
    assert [effect.input_ref for effect in play.decide("0.0.0", "go", "1").todo] == ["w:0.0.0.1"]


def test_what_is_no_list_fails_the_node(play):
    """Given an error in place of a list, then it is the node's, and takes its error edge."""
    play.start(graph("START>a a>END a!b b>END", a={"map_over": result}))
    assert names(play.decide("0.0.0", "fail", b"{}")) == ["decide 0.0.0"]
    assert play.ended("0.0.0").state is NodeState.FAILED
    assert [effect.input_ref for effect in play.decide("0.0.0", "go", "1").todo] == ["w:0.0.0"]


def test_what_is_no_list_may_be_tried_again(play):
    """Given a policy, then what was counted stays right, however often the list is none."""
    play.start(graph("START>a a>END", a={"map_over": result, "retry": 2}))
    play.decide("0.0.0", "fail", b"{}")
    assert names(play.decide("0.0.0", "again", 0)) == ["decide 0.0.1"]
    total, done, failed = play.counts()
    assert min(total, done, failed) == 0
    play.decide("0.0.1", "fail", b"{}")
    assert names(play.decide("0.0.1", "stop")) == ["close"]


def test_a_mapped_node_pauses_before_its_next_try(play):
    """Given a policy of a mapped node, when it is tried again, then its bodies wait as any other would."""
    play.start(graph("START>a a>END", a={"map_over": result, "retry": 2}))
    play.decide("0.0.0", "map", 2, b"[1, 2]")
    play.succeed("0.0.0.0")
    assert play.break_("0.0.0.1") == ["decide 0.0.0"]
    effects = play.decide("0.0.0", "again", 60_000)
    if names(effects) == ["decide 0.0.1"]:
        effects = play.decide("0.0.1", "map", 2, b"[1, 2]")
    assert [(effect.leaf.node, effect.wait) for effect in effects.todo] == [("0.0.1.0", 60), ("0.0.1.1", 60)]
    assert play.counts() == (4, 1, 1)


# -- loops, and what may not be ----------------------------------------------------------------------------


def test_a_loop_visits_again(play):
    """Given a loop, then each visit has records of its own, and is counted."""
    play.start(graph("START>a a?a,END"))
    for k in range(3):
        assert play.succeed(f"0.0.{k}", result=b"%d" % k) == [f"decide 0.0.{k}"]
        expected = ["close"] if k == 2 else [f"0.0.{k + 1}"]
        assert names(play.decide(f"0.0.{k}", "go", "$" if k == 2 else "0")) == expected
    assert [play.ended(f"0.0.{k}").payload for k in range(3)] == [b"0", b"1", b"2"]
    assert (play.graph().visits, play.counts()) == ({"0": 3}, (3, 3, 0))
    assert play.ended("0").ref == "0.0.2"


def test_a_visit_too_many_fails_the_graph(play):
    """Given a node that was visited as often as it may be, then the edge back to it is none."""
    play.start(graph("START>a a?a,END", max_visits=2))
    play.succeed("0.0.0", targets="0")
    play.succeed("0.0.1")
    assert names(play.decide("0.0.1", "go", "0")) == ["close"]
    assert (play.status, play.ended("0").ref) == ("FAILED", "recursion:a:2")


def test_of_several_targets_all_are_taken_or_none(play):
    """Given two targets, one of which was visited too often, then the other is not visited either."""
    play.start(graph("START>a a?a,b b>END", max_visits=1))
    play.succeed("0.0.0")
    assert names(play.decide("0.0.0", "go", "1,0")) == ["close"]
    assert play.graph().turns == {"0": 1}


def test_a_condition_looks_at_what_there_is(play):
    """Given a loop, then a decision is told of the newest results, that of the node itself among them."""
    play.start(graph("START>a a>b b?a,END"))
    play.succeed("0.0.0")
    play.succeed("0.1.0")
    play.decide("0.1.0", "go", "0")
    play.succeed("0.0.1")
    play.claim("0.1.1")
    found = decision(play.finish("0.1.1"))
    assert (found.last, found.visits) == ({"1": "0.1.1"}, 2)


# -- nested ------------------------------------------------------------------------------------------------


def test_a_graph_in_a_swarm_in_a_graph(play):
    """Given three levels, then a decision inside moves what is inside, and its end what is around it."""
    inner = graph("START>x x?y,END y>END")
    play.start(graph("START>a a>b b>END", {"a": swarm(inner, leaf())}))
    assert play.succeed("0.0.0.0.0.0") == ["decide 0.0.0.0.0.0"]
    assert play.succeed("0.0.0.1") == []
    assert names(play.decide("0.0.0.0.0.0", "go", "1")) == ["0.0.0.0.1.0"]
    assert play.succeed("0.0.0.0.1.0") == ["0.1.0"]
    assert play.succeed("0.1.0") == ["close"]
    assert play.counts() == (4, 4, 0)


def test_a_graph_that_is_a_callback_decides_after_the_runs_end(play):
    """Given a graph as a callback, then it goes on when the run has ended, counts nothing, and keeps the run alive."""
    play.start(unit(leaf(links=[graph(BRANCHES)])))
    assert sorted(play.succeed("0.0")) == ["0.0.l0.0.0", "close"]
    play.tell()
    assert play.succeed("0.0.l0.0.0") == ["decide 0.0.l0.0.0"]
    assert play.redis.ttl(play.store.keys.root("r")) == -1
    assert names(play.decide("0.0.l0.0.0", "go", "1")) == ["0.0.l0.1.0"]
    assert play.succeed("0.0.l0.1.0") == []
    assert (play.status, play.counts()) == ("SUCCEEDED", (1, 1, 0))
    assert all(play.redis.ttl(key) > 0 for key in play.keys())


def test_a_graph_under_way_can_be_read(asked):
    """Given a graph under way, then whoever looks at it reads its tokens."""
    state = asked.graph()
    assert (state.tokens, state.newest, state.visits) == ({"0.0": {"visit": 1}}, {"0": "0.0.0"}, {"0": 1})
