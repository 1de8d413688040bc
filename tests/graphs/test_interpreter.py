"""The interpreter, sentence by sentence of `docs/discussions/graph-semantics.md`, with graphs as small as they can be."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import given as given_
from hypothesis import strategies as st

from .behaviour import Bodies
from .declarations import aims
from .drawn import Kind, graphs, inputs_of_runs
from .interpreter import END, START, Fail, Outcome, interpret
from .schedule import Leaf, at_once, at_random, in_turn

MANY = settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
RESULT, VISITS = ["result"], ["visits"]


def graph(nodes: str, *edges: Any, **more: Any) -> dict[str, Any]:
    """`"a b*all"` are nodes, an asterisk before their join; an edge is `"a>b"`, `"a!b"` after errors, or a declaration.

    `more` is by node what it has besides, or the graph's own `max_visits` and `retry`.
    """
    own = {key: more.pop(key) for key in ("max_visits", "retry") if key in more}
    named = [part.split("*") for part in nodes.split()]
    found = [{"name": name, "body": name, **({"join": join[0]} if join else {})} for name, *join in named]
    for node in found:
        node.update(more.get(node["name"], {}))
    return {"nodes": found, "edges": [edge(each) for each in edges], **own}


def edge(said: str | dict[str, Any]) -> dict[str, Any]:
    if isinstance(said, dict):
        return said
    source, target = said.replace("!", ">").split(">")
    aim = {"to": {"E": END}.get(target, target)}
    return {"from": {"S": START}.get(source, source), **({"error": None} if "!" in said else {}), **aim}


def when(source: str, *pairs: Any, **more: Any) -> dict[str, Any]:
    return {"from": source, "when": [list(pair) for pair in pairs], **more}


def keys(source: str, *pairs: Any, **more: Any) -> dict[str, Any]:
    return {"from": source, "keys": [list(pair) for pair in pairs], **more}


def said(**known: Any) -> Any:
    """Bodies: their values, errors, or functions of visit, attempt and what they are given; others return their name."""

    def bodies(body: str, visit: int, attempt: int, given: Any, **inputs: Any) -> Any:
        value = known.get(body, body)
        value = value(visit, attempt, inputs or given) if callable(value) else value
        if isinstance(value, Fail):
            raise value
        return value

    return bodies


def ending(*order: str) -> Any:
    """A schedule: all starts at once, and bodies end in this order, then as they were activated."""
    left = list(order)

    def schedule(live: list[Leaf]) -> Leaf:
        for leaf in live:
            if not leaf.running:
                return leaf
        for leaf in live:
            if left and leaf.path[-1].name == left[0]:
                left.pop(0)
                return leaf
        return live[0]

    return schedule


def run(definition: dict[str, Any], given: Any = 0, schedule: Any = None, **known: Any) -> Outcome:
    return interpret(definition, said(**known), given, schedule or ending())


def given(visit: int, attempt: int, got: Any) -> Any:
    """A body that returns what it was given."""
    return got


def by_visit(*values: Any) -> Any:
    return lambda visit, attempt, got: values[visit - 1]


def by_attempt(*values: Any) -> Any:
    return lambda visit, attempt, got: values[attempt - 1]


def error(name: str, message: str = "") -> dict[str, str]:
    return {"type": name, "message": message, "traceback": ""}


def result(definition: dict[str, Any], given: Any = 0, schedule: Any = None, **known: Any) -> Any:
    outcome = run(definition, given, schedule, **known)
    assert outcome.state == "SUCCEEDED", outcome
    return outcome.value


def failure(definition: dict[str, Any], given: Any = 0, schedule: Any = None, **known: Any) -> str:
    outcome = run(definition, given, schedule, **known)
    assert outcome.state == "FAILED", outcome
    return outcome.value.type


def visited(outcome: Outcome) -> str:
    """Names with how often, where it was more than once."""
    return " ".join(name + (str(n) if n > 1 else "") for name, n in sorted(outcome.visits.items()))


def skipped(outcome: Outcome) -> str:
    return " ".join(sorted(outcome.skipped))


# -- where a token goes ------------------------------------------------------------------------------------


def test_an_edge_is_always_taken():
    assert result(graph("a b", "S>a", "a>b", "b>E")) == "b"


def test_several_edges_are_all_taken():
    outcome = run(graph("a b c", "S>a", "a>b", "a>c", "b>E", "c>E"))
    assert outcome.value == {"b": "b", "c": "c"}


FORKED = graph("a b c d", "S>a", "b>E", "c>E", "d>E")


def forked(*edges: Any, **known: Any) -> str:
    """Which of b, c, d follow a."""
    definition = {**FORKED, "edges": [*FORKED["edges"], *map(edge, edges)]}
    outcome = run(definition, **known)
    return "".join(sorted(set(outcome.visits) - {"a"})) if outcome.state == "SUCCEEDED" else outcome.value.type


OVER = [(["gt", RESULT, 5], "b"), (["gt", RESULT, 2], "c")]


@pytest.mark.parametrize(
    ("value", "more", "expected"),
    [
        (9, {}, "b"),
        (3, {}, "c"),
        (9, {"mode": "all"}, "bc"),
        (3, {"mode": "all"}, "c"),
        (1, {"otherwise": "d"}, "d"),
        (1, {"mode": "all", "otherwise": "d"}, "d"),
        (9, {"mode": "all", "otherwise": "d"}, "bc"),
        (1, {}, "NoRoute"),
        (1, {"otherwise": END}, ""),
    ],
)
def test_conditions_are_asked_in_their_order(value, more, expected):
    assert forked(when("a", *OVER, **more), a=value) == expected


@pytest.mark.parametrize(
    ("value", "more", "expected"),
    [
        (1, {}, "b"),
        ("x", {}, "c"),
        (7, {}, "NoRoute"),
        (7, {"otherwise": "d"}, "d"),
        ([7, "x", 1], {}, "c"),
        ([7, "x", 1], {"mode": "all"}, "bc"),
        ([7], {"mode": "all", "otherwise": "d"}, "d"),
        ([], {"mode": "all"}, "NoRoute"),
        (True, {"otherwise": "d"}, "d"),
        (None, {"otherwise": "d"}, "d"),
    ],
)
def test_a_result_is_a_key_or_a_list_of_them(value, more, expected):
    assert forked(keys("a", (1, "b"), ("x", "c"), **more), a=value) == expected


def test_of_an_approval_the_decision_is_the_key():
    definition = graph(
        "a b c", "S>a", keys("a", ("approved", "b"), ("rejected", "c")), "b>E", "c>E", a={"approval": {}}
    )
    assert run(definition, a={"decision": "rejected"}, c=given).value == {"decision": "rejected"}


ROUTED = graph("a b c", "S>a", keys("a", (1, "b"), (2, "c"), router="r"), "b>E", "c>E")


def test_a_router_is_given_the_result_and_chooses_by_its_own():
    assert result(ROUTED, a=1, r=lambda v, t, got: got + 1) == "c"


def test_what_is_taken_by_a_router_gets_the_nodes_result():
    assert result(ROUTED, a="mine", r=1, b=given) == "mine"


def test_a_router_that_fails_fails_the_graph():
    definition = {**ROUTED, "edges": [*ROUTED["edges"], edge("a!b")]}
    assert failure(definition, r=Fail("Lost")) == "Lost"


def test_a_router_is_no_node_to_be_tried_again():
    assert failure({**ROUTED, "retry": {"attempts": 2}}, r=by_attempt(Fail("Lost"), 1)) == "Lost"


def test_declarations_decide_each_for_itself():
    assert forked("a>d", when("a", *OVER), a=3) == "cd"


def test_a_target_chosen_twice_is_taken_once():
    outcome = run(graph("a b", "S>a", "a>b", "a>b", when("a", (True, "b")), "b>E"))
    assert visited(outcome) == "a b"


def test_targets_are_taken_in_the_order_they_are_declared_in():
    definition = graph("a b c d", "S>a", keys("a", (3, "d"), (1, "b"), mode="all"), "a>c", "b>E", "c>E", "d>E")
    assert [path[-1].name for path, *_ in run(definition, a=[1, 3]).ran] == ["a", "d", "b", "c"]


def test_a_declaration_that_takes_nothing_is_well_beside_one_that_does():
    assert forked("a>d", when("a", *OVER), a=0) == "d"


def test_start_has_conditions_like_a_node():
    definition = graph("a b", when(START, (["eq", RESULT, 1], "a"), otherwise="b"), "a>E", "b>E")
    assert (result(definition, 1), result(definition, 2)) == ("a", "b")


def test_start_without_a_way_is_no_route():
    definition = graph("a", when(START, (["eq", RESULT, 1], "a")), "a>E")
    assert failure(definition, 2) == "NoRoute"


DEEP = ["item", RESULT, "x"]


@pytest.mark.parametrize(
    ("term", "expected"),
    [
        (["eq", DEEP, 1], "d"),
        (["not", ["eq", DEEP, 1]], "d"),
        (["ne", DEEP, 1], "d"),
        (["exists", DEEP], "d"),
        (["not", ["exists", DEEP]], "b"),
        (["or", ["eq", DEEP, 1], True], "b"),
        (["and", ["eq", DEEP, 1], True], "d"),
        (["not", ["and", ["eq", DEEP, 1], False]], "b"),
        (["eq", ["node", "b"], 1], "d"),
        (["eq", ["node", "a"], ["value", {}]], "b"),
        (["eq", ["run_input"], 0], "b"),
        (["eq", VISITS, 1], "b"),
        (["lt", RESULT, 1], "d"),
        (["exists", ["error"]], "d"),
    ],
)
def test_what_is_missing_does_not_hold_and_neither_does_its_opposite(term, expected):
    assert forked(when("a", (term, "b"), otherwise="d"), a={}) == expected


def test_strict_makes_it_an_error():
    assert forked(when("a", (["not", ["eq", DEEP, 1]], "b"), otherwise="d", strict=True), a={}) == "ConditionError"


def test_error_is_there_in_a_node_that_an_error_edge_led_to():
    definition = graph("a b c", "S>a", "a>b", "a!b", when("b", (["exists", ["error"]], "c"), otherwise=END), "c>E")
    assert (result(definition), result(definition, a=Fail("Lost"))) == ("b", "c")


def test_strict_asks_no_further_than_the_first_that_holds():
    assert forked(when("a", (True, "b"), (["eq", DEEP, 1], "c"), strict=True), a={}) == "b"


# -- what a node gets --------------------------------------------------------------------------------------


def test_a_node_gets_the_result_of_the_node_before():
    assert result(graph("a b", "S>a", "a>b", "b>E"), b=given) == "a"


def test_behind_start_a_node_gets_what_the_graph_was_given():
    assert result(graph("a", "S>a", "a>E"), 7, a=given) == 7


def test_after_an_error_edge_a_node_gets_the_error():
    assert result(graph("a b", "S>a", "a!b", "a>E", "b>E"), a=Fail("Lost", message="no"), b=given) == error(
        "Lost", "no"
    )


def test_what_is_immutable_gets_nothing():
    assert result(graph("a b", "S>a", "a>b", "b>E", b={"immutable": True}), b=given) is None


def test_inputs_are_worked_out():
    inputs = {"x": ["item", ["node", "a"], "x"], "y": RESULT, "z": ["run_input"], "one": 1}
    definition = graph("a b c", "S>a", "a>b", "b>c", "c>E", c={"inputs": inputs})
    assert result(definition, 7, a={"x": 1}, c=given) == {"x": 1, "y": "b", "z": 7, "one": 1}


def test_an_input_that_is_not_there_fails_the_node():
    definition = graph("a b", "S>a", "a>E", "a!b", "b>E", a={"inputs": {"x": ["node", "b"]}})
    outcome = run(definition, b=given)
    assert (outcome.value["type"], visited(outcome)) == ("ConditionError", "a b")


PAGES = graph("a m", "S>a", "a>m", "m>E", m={"map_over": ["item", RESULT, "pages"]})


def test_map_over_runs_the_body_once_for_each_element():
    outcome = run(PAGES, a={"pages": [3, 1, 2]}, m=lambda v, t, got: got * 2)
    assert (outcome.value, visited(outcome), len(outcome.ran)) == ([6, 2, 4], "a m", 4)


def test_the_results_of_elements_are_in_order_whatever_ends_first():
    assert result(PAGES, 0, at_once(random.Random(1)), a={"pages": [3, 1, 2]}, m=given) == [3, 1, 2]


@pytest.mark.parametrize("pages", [{}, {"pages": 1}, {"pages": "abc"}, {"pages": None}])
def test_what_is_not_a_list_fails_the_node(pages):
    assert failure(PAGES, a=pages) == "ConditionError"


def test_an_empty_list_has_an_empty_result():
    outcome = run(PAGES, a={"pages": []})
    assert (outcome.value, visited(outcome)) == ([], "a m")


def test_an_element_that_fails_fails_the_node_once_all_have_ended():
    outcome = run(
        PAGES, 0, ending("a"), a={"pages": [1, 2, 3]}, m=lambda v, t, got: got if got == 3 else Fail(f"No{got}")
    )
    assert (outcome.value.type, len(outcome.ran)) == ("No1", 4)


def test_a_mapped_node_is_tried_again_as_a_whole():
    definition = graph("m", "S>m", "m>E", m={"map_over": RESULT, "retry": {"attempts": 2}})
    outcome = run(definition, [1, 2], m=lambda v, t, got: Fail("Lost") if (t, got) == (1, 2) else got)
    assert (outcome.value, len(outcome.ran)) == ([1, 2], 4)


# -- where tokens meet -------------------------------------------------------------------------------------


def test_without_a_join_every_token_is_a_visit():
    definition = graph("a b c", "S>a", keys("a", (1, "b"), otherwise="c"), "b>c", "c>E")
    assert [visited(run(definition, a=value)) for value in (1, 2)] == ["a b c", "a c"]


DIAMOND = graph("a b c j*all", "S>a", "a>b", "a>c", "c>j", "b>j", "j>E")


@pytest.mark.parametrize("order", ["bc", "cb"])
def test_all_waits_and_gets_a_list_in_the_order_of_edges(order):
    outcome = run(DIAMOND, 0, ending("a", *order), j=given)
    assert (outcome.value, visited(outcome)) == (["c", "b"], "a b c j")


def test_a_branch_that_is_not_taken_does_not_hold_up():
    definition = graph("a b c j*all", "S>a", "a>b", when("a", (["eq", RESULT, 1], "c")), "c>j", "b>j", "j>E")
    assert (result(definition, j=given), result(definition, a=1, j=given)) == (["b"], ["c", "b"])


def test_nor_does_one_that_fails_into_another_path():
    definition = graph("a b c h j*all", "S>a", "a>b", "a>c", "c>j", "b>j", "j>E", "c!h", "h>E")
    outcome = run(definition, 0, ending("a", "b", "c"), c=Fail("Lost"), j=given)
    assert outcome.value == {"h": "h", "j": ["b"]}


def test_all_waits_for_errors_that_may_come():
    definition = graph("a b c h j*all", "S>a", "a>b", "a>c", "c>E", "c!h", "h>j", "b>j", "j>E")
    assert result(definition, 0, ending("a", "b"), c=Fail("Lost"), j=given) == ["h", "b"]
    outcome = run(definition, 0, ending("a", "b"))
    assert [path[-1].name for path, *_ in outcome.ran] == ["a", "b", "c", "j"]
    assert outcome.value == {"c": "c", "j": "j"}


def test_all_waits_for_what_is_far():
    definition = graph("a b c d j*all", "S>a", "a>b", "a>c", "c>d", "d>j", "b>j", "j>E")
    assert result(definition, 0, ending("a", "b"), j=given) == ["d", "b"]


def test_a_single_arrival_is_a_list_too():
    assert result(graph("a j*all", "S>a", "a>j", "j>E"), j=given) == ["a"]


def test_start_is_a_source():
    assert result(graph("a j*all", "S>j", "S>a", "a>j", "j>E"), 7, j=given) == [7, "a"]


def test_a_source_that_came_twice_counts_once_with_what_it_brought_last():
    again = when("b", (["lt", VISITS, 3], "b"), otherwise=END)
    definition = graph("a b j*all", "S>a", "a>b", "b>j", again, "j>E")
    outcome = run(definition, b=by_visit(1, 2, 3), j=given)
    assert (outcome.value, visited(outcome)) == ({"b": 3, "j": [3]}, "a b3 j")


RING = [keys("j", (1, "k"), otherwise=END), keys("k", (1, "j"), otherwise=END)]


def test_of_joins_that_wait_for_each_other_the_one_declared_first_starts():
    for nodes, first in [("j*all k*all", "j"), ("k*all j*all", "k")]:
        outcome = run(graph(nodes, "S>j", "S>k", *RING))
        assert outcome.ran[0][0][-1].name == first
        assert visited(outcome) == "j k"


def test_and_the_other_waits_for_what_comes_of_it():
    outcome = run(graph("j*all k*all", "S>j", "S>k", *RING), 7, j=1)
    assert ([got for _, got, _ in outcome.ran], visited(outcome)) == ([[7], [7, 1]], "j k")


def test_a_join_that_waits_for_another_but_not_the_other_way_starts_later():
    definition = graph("j*all k*all", "S>j", "S>k", "k>j", "j>E")
    outcome = run(definition, 7, k=given, j=given)
    assert outcome.value == [7, [7]]


def test_all_in_a_loop_starts_again():
    definition = graph(
        "a b c j*all", "S>a", "a>b", "a>c", "b>j", "c>j", when("j", (["lt", VISITS, 3], "a"), otherwise=END)
    )
    assert visited(run(definition)) == "a3 b3 c3 j3"


RACE = graph("a b c j*any k", "S>a", "a>b", "a>c", "b>j", "c>j", "j>k", "k>E")


@pytest.mark.parametrize("order", ["bc", "cb"])
def test_any_starts_with_the_first_and_ignores_the_others(order):
    outcome = run(RACE, 0, ending("a", *order), j=given, k=given)
    assert (outcome.value, visited(outcome)) == (order[0], "a b c j k")


def test_the_graph_has_not_ended_while_a_late_one_runs():
    outcome = run(RACE, 0, ending("a", "b", "j", "k"), c=Fail("Late"))
    assert (outcome.state, outcome.value.type, visited(outcome)) == ("FAILED", "Late", "a b c j k")


AGAIN = when("k", (["lt", VISITS, 2], "j"), otherwise=END)


def test_any_starts_again_with_a_token_that_comes_from_its_start():
    definition = graph("a b c j*any k", "S>a", "a>b", "a>c", "b>j", "c>j", "j>k", AGAIN)
    outcome = run(definition, 0, ending("a", "b", "j", "k"), j=given)
    assert visited(outcome) == "a b c j2 k2"


def test_but_once():
    """Both of d and e come from the first start; the first of them starts it again, the other does not."""
    loop = [when("j", (["lt", VISITS, 2], "d"), (["lt", VISITS, 2], "e"), mode="all", otherwise=END), "d>j", "e>j"]
    assert visited(run(graph("j*any d e", "S>j", *loop))) == "d e j2"


def test_a_late_one_of_an_earlier_round_starts_nothing():
    """In the second round c runs twice at the same time; neither its first token nor its second is the first to come."""
    definition = graph(
        "a b c j*any", "S>a", "a>b", "a>c", "b>j", "c>j", when("j", (["lt", VISITS, 2], "a"), otherwise=END)
    )
    outcome = run(definition, 0, ending("a", "b", "j", "a", "c", "b"), c=by_visit(1, 2), j=given)
    assert (outcome.value, visited(outcome)) == ("b", "a2 b2 c2 j2")


def test_a_late_one_is_late_by_what_it_comes_from_not_by_when_it_left():
    """d starts after j did, but comes from c, which j did not wait for."""
    definition = graph("a b c d j*any", "S>a", "a>b", "a>c", "c>d", "b>j", "d>j", "j>E")
    assert visited(run(definition, 0, ending("a", "b", "j", "c", "d"))) == "a b c d j"


def test_what_met_in_an_all_comes_from_all_of_it():
    """The second j comes from k, which met l, which comes from the first j."""
    definition = graph(
        "j*any l m k*all", "S>j", "S>m", "j>l", "l>k", "m>k", when("k", (["lt", VISITS, 2], "j"), otherwise=END)
    )
    assert visited(run(definition, 0, ending("j", "l", "m"))) == "j2 k2 l2 m"


# -- not taken ---------------------------------------------------------------------------------------------


def test_what_was_not_taken_is_skipped_and_so_is_what_lies_behind_it():
    definition = graph("a b c d", "S>a", keys("a", (1, "b"), otherwise="c"), "b>d", "c>E", "d>E")
    assert skipped(run(definition)) == "b d"


def test_an_error_path_that_was_not_needed_is_skipped():
    assert skipped(run(graph("a h", "S>a", "a>E", "a!h", "h>E"))) == "h"


def test_nor_is_it_once_the_node_has_ended_well_while_a_router_is_asked():
    definition = graph("a b h j*all", "S>a", "S>b", keys("a", (1, END), router="r"), "a!h", "h>j", "b>j", "j>E")
    outcome = run(definition, 0, ending("b", "a"), r=Fail("Lost"))
    assert (visited(outcome), skipped(outcome)) == ("a b j", "h")


def test_in_a_graph_that_failed_what_a_token_could_reach_is_not_skipped():
    outcome = run(graph("a b c d", "S>a", keys("a", (1, "b"), otherwise="c"), "b>E", "c>d", "d>E"), c=Fail("Lost"))
    assert (visited(outcome), skipped(outcome)) == ("a c", "b")


# -- loops -------------------------------------------------------------------------------------------------

LOOP = graph("a b", "S>a", "a>b", when("b", (["lt", VISITS, 3], "a"), otherwise=END))


def test_a_loop_visits_again():
    assert visited(run(LOOP)) == "a3 b3"


def test_visits_in_a_condition_count_this_time():
    assert visited(run(graph("a", "S>a", when("a", (["lt", VISITS, 2], "a"), otherwise=END)))) == "a2"


def test_the_visit_after_the_last_one_does_not_happen():
    outcome = run({**LOOP, "max_visits": 2})
    assert (outcome.value.type, visited(outcome)) == ("GraphRecursion", "a2 b2")


def test_as_many_visits_as_there_may_be_are_well():
    assert result({**LOOP, "max_visits": 3}) == "b"


def test_a_node_has_a_bound_of_its_own():
    definition = graph("a b", "S>a", "a>b", when("b", (["lt", VISITS, 3], "a"), otherwise=END), a={"max_visits": 1})
    assert visited(run(definition)) == "a b"


def test_without_a_bound_it_is_25():
    assert visited(run(graph("a", "S>a", when("a", (False, END), otherwise="a")))) == "a25"


def test_a_join_has_its_bound_as_well():
    definition = graph("j*all", "S>j", when("j", (["lt", VISITS, 3], "j"), otherwise=END), j={"max_visits": 2})
    assert failure(definition) == "GraphRecursion"


def test_with_the_visit_that_does_not_happen_nothing_of_the_decision_does():
    definition = graph("a b", "S>a", "a>b", "a>a", "b>E", max_visits=1)
    assert visited(run(definition)) == "a"


def test_retries_are_no_visits():
    definition = graph("a", "S>a", "a>E", max_visits=1, retry={"attempts": 3})
    assert visited(run(definition, a=by_attempt(Fail("x"), Fail("x"), 1))) == "a"


# -- errors ------------------------------------------------------------------------------------------------

CAUGHT = graph(
    "a b c d", "S>a", "a>E", {"from": "a", "error": ["Lost"], "to": "b"}, {"from": "a", "error": ["Base"], "to": "c"},
    {"from": "a", "error": None, "to": "d"}, "b>E", "c>E", "d>E",
)  # fmt: skip


@pytest.mark.parametrize(
    ("names", "expected"),
    [(["Lost"], "b"), (["Lost", "Base"], "b"), (["Other", "Base"], "c"), (["Other"], "d"), (["Other", "Lost"], "b")],
)
def test_the_first_error_edge_that_names_the_class_or_a_base_is_taken(names, expected):
    assert result(CAUGHT, a=Fail(*names)) == expected


def test_without_one_the_graph_fails_with_the_nodes_own_error():
    definition = graph("a b", "S>a", "a>E", {"from": "a", "error": ["Lost"], "to": "b"}, "b>E")
    assert failure(definition, a=Fail("Other")) == "Other"


def test_a_graph_that_fails_starts_nothing_more_but_what_runs_ends():
    definition = graph("a b c d", "S>a", "S>b", "a>E", "b>c", "c>E", "b!d", "d>E")
    outcome = run(definition, 0, ending("a"), a=Fail("Lost"))
    assert (outcome.value.type, visited(outcome)) == ("Lost", "a b")


def test_what_has_not_started_when_it_fails_does_not():
    definition = graph("a b", "S>a", "S>b", "a>E", "b>E")
    assert visited(run(definition, 0, in_turn, a=Fail("Lost"))) == "a"


def test_of_several_tasks_those_that_have_not_started_are_withdrawn():
    definition = graph("a n", "S>a", "S>n", "a>E", "n>E", n={"body": INNER})
    assert visited(run(definition, 0, in_turn, a=Fail("Lost"), x=1)) == "a n"


def test_but_not_before_its_inputs_are_there():
    definition = graph("a n", "S>a", "S>n", "a>E", "n>E", n={"body": INNER, "inputs": {"more": 1}})
    assert visited(run(definition, 0, in_turn, a=Fail("Lost"))) == "a"


def test_and_of_one_that_is_mapped_with_its_list():
    definition = graph("a m", "S>a", "S>m", "a>E", "m>E", m={"map_over": ["value", [1, 2]]})
    assert visited(run(definition, 0, in_turn, a=Fail("Lost"))) == "a"
    listed = run(
        definition, 0, lambda live: min(live, key=lambda leaf: (leaf.body is not None, leaf.order)), a=Fail("Lost")
    )
    assert (visited(listed), len(listed.ran)) == ("a m", 1), "elements that have not started are withdrawn"


def test_a_router_that_has_not_started_does_not():
    definition = graph("a b", "S>a", "S>b", "a>E", keys("b", (1, "a"), otherwise=END, router="r"))
    schedule = ending("b", "a")
    outcome = run(definition, 0, lambda live: schedule([leaf for leaf in live if leaf.body != "r"]), a=Fail("Lost"))
    assert (outcome.value.type, visited(outcome), len(outcome.ran)) == ("Lost", "a b", 2)


def test_an_approval_that_waits_is_withdrawn():
    definition = graph("a b", "S>a", "S>b", "a>E", "b>E", b={"approval": {}})
    assert visited(run(definition, 0, ending("a"), a=Fail("Lost"))) == "a"


def test_an_approval_is_given_nothing_and_asked_once():
    definition = graph("a b", "S>a", "a>E", "a!b", "b>E", a={"approval": {}}, retry={"attempts": 2})
    outcome = run(definition, 7, a=Fail("ApprovalTimeout"), b=given)
    assert (outcome.value["type"], outcome.ran[0][1], visited(outcome)) == ("ApprovalTimeout", None, "a b")


def test_a_nested_graph_beside_starts_nothing_more():
    inner = graph("x y", "S>x", "x>y", "y>E")
    definition = graph("a n", "S>a", "S>n", "a>E", "n>E", n={"body": inner})
    assert visited(run(definition, 0, ending("a"), a=Fail("Lost"))) == "a n n/x"


def test_what_runs_beside_is_not_tried_again():
    definition = graph("a b", "S>a", "S>b", "a>E", "b>E", b={"retry": {"attempts": 3}})
    assert len(run(definition, 0, ending("a"), a=Fail("Lost"), b=Fail("Other")).ran) == 2


def test_if_several_fail_the_error_is_that_of_the_first():
    definition = graph("a b", "S>a", "S>b", "a>E", "b>E")
    for order in ("ab", "ba"):
        assert failure(definition, 0, ending(*order), a=Fail("A"), b=Fail("B")) == order[0].upper()


def test_no_error_edge_is_taken_while_the_graph_fails():
    definition = graph("a b h", "S>a", "S>b", "a>E", "b>E", "b!h", "h>E")
    assert visited(run(definition, 0, ending("a"), a=Fail("A"), b=Fail("B"))) == "a b"


def test_retries_come_before_the_error_edge():
    definition = graph("a b", "S>a", "a>E", "a!b", "b>E", a={"retry": {"attempts": 3}})
    assert result(definition, a=by_attempt(Fail("x"), Fail("x"), 3)) == 3
    outcome = run(definition, a=by_attempt(Fail("x"), Fail("y"), Fail("z")), b=given)
    assert (outcome.value["type"], visited(outcome), len(outcome.ran)) == ("z", "a b", 4)


def test_an_attempt_gets_the_same_arguments():
    definition = graph("a b", "S>a", "a>b", "b>E", b={"retry": {"attempts": 2}, "inputs": {"x": RESULT}})
    outcome = run(definition, b=by_attempt(Fail("x"), 1))
    assert [(got, inputs) for _, got, inputs in outcome.ran[1:]] == [("a", {"x": "a"})] * 2


def test_a_node_has_a_policy_of_its_own():
    definition = graph("a", "S>a", "a>E", a={"retry": {"attempts": 2}}, retry={"attempts": 3})
    assert len(run(definition, a=Fail("x")).ran) == 2


def test_a_policy_is_for_its_errors():
    definition = graph("a", "S>a", "a>E", retry={"attempts": 3, "on": ["Base"]})
    assert len(run(definition, a=by_attempt(Fail("x", "Base"), Fail("y"))).ran) == 2


def test_each_visit_has_all_its_attempts():
    definition = {**LOOP, "retry": {"attempts": 2}}
    assert visited(run(definition, a=by_attempt(Fail("x"), 1))) == "a3 b3"


def test_a_policy_is_not_for_what_is_nested():
    inner = graph("x", "S>x", "x>E")
    definition = graph("n", "S>n", "n>E", n={"body": inner}, retry={"attempts": 2})
    outcome = run(definition, x=Fail("x"))
    assert (visited(outcome), len(outcome.ran)) == ("n n/x2", 2)


# -- the end -----------------------------------------------------------------------------------------------


def test_one_end_is_the_result_itself():
    definition = graph("a b c", "S>a", keys("a", (1, "b"), otherwise="c"), "b>E", "c>E")
    assert result(definition) == "c"


def test_several_are_a_dict_in_the_order_of_nodes():
    definition = graph("c b a", "S>a", "S>b", "S>c", "a>E", "b>E", "c>E")
    assert list(result(definition, 0, ending("a", "b", "c"))) == ["c", "b", "a"]


def test_an_end_that_was_taken_twice_counts_once_with_its_last_result():
    definition = graph("a", "S>a", "a>E", when("a", (["lt", VISITS, 2], "a")))
    assert result(definition, a=by_visit(1, 2)) == 2


def test_start_may_lead_to_the_end():
    assert result(graph("a", keys(START, (1, "a"), otherwise=END), "a>E"), 7) == 7


def test_an_error_may_lead_to_the_end():
    assert result(graph("a", "S>a", "a>E", "a!E"), a=Fail("Lost")) == error("Lost")


# -- nested graphs -----------------------------------------------------------------------------------------

INNER = graph("x y", "S>x", keys("x", (1, "y"), otherwise=END), "y>E")
OUTER = graph("a n h", "S>a", "a>n", "n>E", "n!h", "h>E", n={"body": INNER})


def test_a_nested_graph_is_given_what_its_node_gets_and_its_result_is_the_nodes():
    outcome = run(OUTER, a=5, x=given)
    assert (outcome.value, visited(outcome), skipped(outcome)) == (5, "a n n/x", "h n/y")


def test_it_fails_with_its_own_error_which_the_outer_graph_can_catch():
    assert result(OUTER, x=Fail("Lost"), h=given)["type"] == "Lost"
    assert failure({**OUTER, "edges": OUTER["edges"][:3]}, x=Fail("Lost")) == "Lost"


def test_inputs_of_its_node_go_to_what_begins_it():
    inner = graph("x y", "S>x", "x>y", "y>E", x={"immutable": True})
    definition = graph("n", "S>n", "n>E", n={"body": inner, "inputs": {"more": RESULT}})
    assert [(got, inputs) for _, got, inputs in run(definition, 7).ran] == [(None, {"more": 7}), ("x", {})]


def test_what_it_was_given_is_all_of_that():
    inner = graph("x", "S>x", "x>E", x={"inputs": {"all": ["run_input"]}})
    definition = graph("n", "S>n", "n>E", n={"body": inner, "inputs": {"more": 1}})
    assert run(definition, 7).ran[0][1:] == (7, {"more": 1, "all": {"args": [7], "kwargs": {"more": 1}}})


def test_it_is_tried_again_as_a_whole():
    definition = {**OUTER, "retry": {"attempts": 2}}
    outcome = run(definition, x=1, y=Fail("Lost"))
    assert visited(outcome) == "a h n n/x2 n/y2"


def test_it_is_a_body_of_each_element():
    definition = graph("m", "S>m", "m>E", m={"body": INNER, "map_over": RESULT})
    outcome = run(definition, [1, 2], x=given)
    assert (outcome.value, visited(outcome), skipped(outcome)) == (["y", 2], "m m/x2 m/y", "m/y")


def test_its_bounds_and_visits_are_its_own():
    definition = graph(
        "n", "S>n", when("n", (["lt", VISITS, 2], "n"), otherwise=END), n={"body": {**LOOP, "max_visits": 3}}
    )
    assert visited(run(definition)) == "n2 n/a6 n/b6"


def test_aims_are_all_a_declaration_may_lead_to():
    assert aims(when("a", (True, "b"), (True, "c"), otherwise="d")) == ["b", "c", "d"]
    assert aims(edge("a!b")) == ["b"]


# -- any graph ---------------------------------------------------------------------------------------------

schedules = st.randoms(use_true_random=False).map(at_random)


@given_(graphs(), inputs_of_runs, schedules)
@MANY
def test_any_graph_comes_to_an_end(definition, value, schedule):
    """Every node that was not visited in a graph that ended is skipped, and none is visited too often."""
    outcome = interpret(definition, Bodies(), value, schedule)
    names = {node["name"] for node in definition["nodes"]}
    seen, gone = {name for name in outcome.visits if name in names}, {name for name in outcome.skipped if name in names}
    assert not seen & gone
    if outcome.state == "SUCCEEDED":
        assert seen | gone == names
    for node in definition["nodes"]:
        assert outcome.visits[node["name"]] <= node.get("max_visits", definition["max_visits"])


@given_(graphs(Kind(ordered=True, flaky=False)), inputs_of_runs, schedules, schedules)
@MANY
def test_order_means_nothing_where_nothing_is_ignored(definition, value, one, other):
    """Without join="any", and if nothing fails the graph, it comes out the same in whatever order bodies end."""
    first, second = (interpret(definition, Bodies(), value, schedule) for schedule in (one, other))
    assert first.state == second.state
    if first.state == "SUCCEEDED":
        assert first.value == second.value
        assert (first.visits, first.skipped) == (second.visits, second.skipped)
        assert sorted(map(repr, first.ran)) == sorted(map(repr, second.ran))
