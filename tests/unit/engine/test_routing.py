"""Where a token goes: declarations, error edges, and the pauses between tries."""

from __future__ import annotations

import pytest

from orchestrator_celery import ConditionError, error, node, result, visits, when
from orchestrator_celery.canvas.conditions.language import Facts
from orchestrator_celery.canvas.retry import class_names
from orchestrator_celery.engine.routing import after_error, pause, targets


def facts(value=None, **known):
    """What is known: the result, and results of nodes by name."""

    def of_node(name):
        return known[name]

    return Facts(value, known.pop("error", None), known.pop("run_input", None), known.pop("visits", 1), of_node)


def conditions(*pairs, **options):
    return {"when": [[when(condition, target).condition, target] for condition, target in pairs], **options}


def test_a_plain_edge_is_always_taken():
    assert targets([{"to": "3"}, {"to": "1"}], facts(None)) == "3,1"


@pytest.mark.parametrize(
    ("value", "mode", "expected"),
    [(9, "first", "0"), (9, "all", "0,1"), (5, "first", "1"), (5, "all", "1"), (1, "first", "2"), (1, "all", "2")],
)
def test_conditions_in_their_order(value, mode, expected):
    """Given two conditions and a default, then `first` takes the first that holds, `all` all, the default if none."""
    declared = conditions((result > 8, "0"), (result > 4, "1"), mode=mode, otherwise="2")
    assert targets([declared], facts(value)) == expected


def test_nothing_taken_is_nothing():
    assert targets([conditions((result > 8, "0"))], facts(1)) == ""
    assert targets([{"keys": [["x", "0"]]}], facts("y")) == ""
    assert targets([], facts(1)) == ""


def test_each_declaration_decides_for_itself():
    """Given three declarations, then the targets of all, each once, in the order of the declarations."""
    declared = [conditions((result == "x", "4")), {"keys": [["x", "2"], ["y", "9"]]}, {"to": "4"}, {"to": "0"}]
    assert targets(declared, facts("x")) == "4,2,0"


def test_what_is_missing_holds_neither_way():
    """Given a key that is not there, then neither a condition on it nor its opposite holds; `strict` is an error."""
    declared = [(result["a"] > 1, "0"), (~(result["a"] > 1), "1")]
    assert targets([conditions(*declared, otherwise="2")], facts({})) == "2"
    with pytest.raises(ConditionError):
        targets([conditions(*declared, strict=True)], facts({}))


def test_later_conditions_are_not_asked_once_one_holds():
    declared = conditions((result == 1, "0"), (node("x") == 1, "1"), strict=True)
    assert targets([declared], facts(1)) == "0"
    with pytest.raises(ConditionError):
        targets([declared], facts(2))


def test_conditions_see_more_than_the_result():
    declared = conditions((node("x") == 7, "0"), (visits >= 3, "1"), (error["type"] == "KeyError", "2"))
    assert targets([declared], facts(x=7)) == "0"
    assert targets([declared], facts(x=0, visits=3)) == "1"
    assert targets([declared], facts(x=0, error={"type": "KeyError"})) == "2"


@pytest.mark.parametrize(
    ("value", "mode", "expected"),
    [
        ("b", "first", "1"),
        (["x", "b", "a"], "first", "1"),
        (["b", "x", "a"], "all", "0,1"),
        (("a", "a"), "all", "0"),
        ([], "all", "9"),
        ("x", "first", "9"),
        ({"a": 1}, "first", "9"),
        (None, "first", "3"),
    ],
)
def test_keys(value, mode, expected):
    """Given a mapping, then a key or a list of keys; of a list, `first` takes the first that is known."""
    declared = {"keys": [["a", "0"], ["b", "1"], [None, "3"]], "otherwise": "9", "mode": mode}
    assert targets([declared], facts(value)) == expected


@pytest.mark.parametrize(("value", "expected"), [(1, "0"), (True, "1"), (1.0, "0"), (False, ""), (0, ""), ("1", "")])
def test_true_is_no_number(value, expected):
    assert targets([{"keys": [[1, "0"], [True, "1"]]}], facts(value)) == expected


def test_an_approval_decides_by_its_decision():
    declared = {"keys": [["approved", "0"], ["rejected", "1"]], "decision": True}
    assert targets([declared], facts({"decision": "rejected", "by": "approved"})) == "1"


def test_routers_answer_for_themselves():
    """Given two routers and a condition, then each mapping looks at its own answer, the condition at the result."""
    declared = [
        {"keys": [["a", "0"], ["b", "1"]], "asked": "5"},
        {"keys": [["a", "2"], ["b", "3"]], "asked": "6"},
        conditions((result == 7, "4")),
    ]
    assert targets(declared, facts(7), {"5": "a", "6": "b"}.get) == "0,3,4"


# -- errors ------------------------------------------------------------------------------------------------

KEY_ERROR = class_names(KeyError())


@pytest.mark.parametrize(
    ("edges", "expected"),
    [
        ([], None),
        ([(None, "0")], "0"),
        ([(["ValueError"], "0")], None),
        ([(["ValueError"], "0"), (["LookupError"], "1"), (None, "2")], "1"),
        ([(["ValueError", "builtins.KeyError"], "0")], "0"),
        ([(["Exception"], "0")], "0"),
        ([(["BaseException"], "0")], "0"),
        ([(None, "0"), (["KeyError"], "1")], "0"),
    ],
)
def test_the_first_edge_that_names_the_error(edges, expected):
    assert after_error(None, edges, KEY_ERROR, 0) == expected


def test_tries_come_before_edges():
    """Given three attempts, then the edge is taken after the third, or at once by an error the policy does not mean."""
    policy, edges = {"attempts": 3, "on": ["LookupError"]}, [(None, "7")]
    assert [after_error(policy, edges, KEY_ERROR, tries) for tries in range(4)] == ["again", "again", "7", "7"]
    assert after_error(policy, edges, ["OSError"], 0) == "7"
    assert after_error({"attempts": 1}, [], KEY_ERROR, 0) is None


# -- pauses ------------------------------------------------------------------------------------------------

POLICY = {"attempts": 9, "backoff": 2.0, "factor": 3.0, "longest": 60.0}


def test_pauses_grow_up_to_the_longest():
    steady = {**POLICY, "jitter": False}
    assert [pause(steady, tries, "r") for tries in range(5)] == [2000, 6000, 18_000, 54_000, 60_000]
    assert pause(steady, 10_000, "r") == 60_000, "however large the factor's power"
    assert pause({**steady, "backoff": 0.0}, 3, "r") == 0


def test_pauses_vary_and_are_the_same_for_whoever_asks():
    """Given jitter, then a pause is between half and the whole, the same each time, and another for another visit."""
    found = {seed: pause(POLICY, 1, seed) for seed in map(str, range(200))}
    assert found == {seed: pause(POLICY, 1, seed) for seed in found}
    assert min(found.values()) >= 3000
    assert max(found.values()) <= 6000
    assert max(found.values()) - min(found.values()) > 2000
    assert len(set(found.values())) > 100
