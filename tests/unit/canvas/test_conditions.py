"""Conditions: written in Python, sent as JSON, worked out on what a run knows."""

from __future__ import annotations

import copy
import json
import pickle
import re
from collections import defaultdict
from datetime import date, datetime, timedelta, timezone
from enum import Enum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator_celery import (
    ConditionError,
    InvalidWorkflow,
    Priority,
    error,
    node,
    otherwise,
    result,
    run_input,
    visits,
    when,
)
from orchestrator_celery.canvas.conditions.expressions import DEEPEST, LARGEST, MOST_PATTERNS, TYPES
from orchestrator_celery.canvas.conditions.language import (
    Expression,
    Facts,
    as_json,
    expression,
    holds,
    node_names,
    roots,
    value_of,
    words,
)

UTC = timezone.utc
NODES = {"validate": {"total": 120, "tags": ["a", "b"]}, "empty": None}
RECORD = {
    "score": 0.9,
    "name": "Ada",
    "none": None,
    "rows": [1, 2, {"deep": "x"}],
    "at": "2026-03-01T12:00:00Z",
    "seconds": 1_772_366_400,
    "flag": False,
}
FACTS = Facts(RECORD, {"type": "CardDeclined", "message": "no", "traceback": ""}, {"order": 7}, 2, NODES.__getitem__)


def ask(condition, facts=FACTS, strict=False):
    """Whether a condition holds after it has travelled."""
    return holds(json.loads(json.dumps(condition.json)), facts, strict=strict)


# -- the JSON form means what the Python form says ---------------------------------------------------

# Each strategy draws pairs: an expression, and the same in plain Python as a function of the same facts. In Python, what is
# missing or cannot be compared raises; so a function that raises is what has to be undecided.

KEYS = st.sampled_from(["a", "b", "c", 0, 1, -1])
SCALARS = st.none() | st.booleans() | st.integers(-3, 3) | st.floats(-2, 2) | st.text("abA1 -", max_size=4)
DATA = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3)
)
MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))
PATTERNS = st.sampled_from(["a", "^a+$", r"(?i)A\b", r"\d|b", "", "(a|b)*1"])
OPERATIONS = {
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


def is_there(value):
    if value is None:
        raise LookupError
    return value


def type_of(value):
    return "null" if value is None else type(value).__name__


def text_of(value):
    if not isinstance(value, str):
        raise TypeError
    return value


def attempt(function, facts):
    """What plain Python says; None where it raises."""
    try:
        return function(facts)
    except (LookupError, TypeError, ValueError, OverflowError):
        return None


def truth(function, facts):
    value = attempt(lambda facts: (function(facts),), facts)
    return None if value is None else bool(value[0])


def both(left, right):
    """Kleene's `and`, on what Python says of the sides."""

    def decide(facts):
        sides = {truth(left, facts), truth(right, facts)}
        return False if False in sides else is_there(None if None in sides else True)

    return decide


def negated(function):
    return lambda facts: not function(facts)


def value_pairs():
    starts = st.sampled_from(
        [
            (result, lambda facts: facts.result),
            (run_input, lambda facts: facts.run_input),
            (visits, lambda facts: facts.visits),
            (error, lambda facts: is_there(facts.error)),
            (node("n"), lambda facts: facts.node("n")),
            (node("other"), lambda facts: facts.node("other")),
        ]
    )
    return st.recursive(
        starts,
        lambda inner: st.one_of(
            st.builds(lambda of, key: (of[0][key], lambda facts: of[1](facts)[key]), inner, KEYS),
            inner.map(lambda of: (of[0].length, lambda facts: len(of[1](facts)))),
            inner.map(lambda of: (of[0].type, lambda facts: type_of(of[1](facts)))),
        ),
        max_leaves=3,
    )


def atoms():
    values = value_pairs()
    operands = values | DATA.map(lambda value: (value, lambda facts: value))
    return st.one_of(
        values,
        st.builds(
            lambda a, name, b: (
                OPERATIONS[name](a[0], b[0]),
                lambda facts: bool(OPERATIONS[name](a[1](facts), b[1](facts))),
            ),
            values,
            st.sampled_from(sorted(OPERATIONS)),
            operands,
        ),
        st.builds(lambda a, b: (a[0].in_(b[0]), lambda facts: a[1](facts) in b[1](facts)), values, operands),
        st.builds(lambda a, b: (a[0].contains(b[0]), lambda facts: b[1](facts) in a[1](facts)), values, operands),
        st.builds(
            lambda a, pattern: (a[0].matches(pattern), lambda facts: bool(re.search(pattern, text_of(a[1](facts))))),
            values,
            PATTERNS,
        ),
        st.builds(
            lambda a, name: (a[0].is_type(name), lambda facts: type_of(a[1](facts)) == name),
            values,
            st.sampled_from(TYPES),
        ),
        values.map(lambda a: (a[0].exists(), lambda facts: attempt(lambda f: (a[1](f),), facts) is not None)),
        MOMENTS.map(
            lambda at: (run_input["at"].date < at, lambda facts: datetime.fromisoformat(facts.run_input["at"]) < at)
        ),
    )


def conditions():
    return st.recursive(
        atoms(),
        lambda inner: st.one_of(
            inner.map(lambda a: (~a[0], negated(a[1]))),
            st.builds(lambda a, b: (a[0] & b[0], both(a[1], b[1])), inner, inner),
            # By De Morgan's law, so that the model has one rule and not two.
            st.builds(lambda a, b: (a[0] | b[0], negated(both(negated(a[1]), negated(b[1])))), inner, inner),
        ),
        max_leaves=6,
    )


@st.composite
def all_facts(draw):
    given_in = {"at": draw(MOMENTS).isoformat(), "a": draw(DATA)} if draw(st.booleans()) else draw(DATA)
    failure = draw(st.none() | st.fixed_dictionaries({"type": SCALARS, "a": SCALARS}))
    results = {"n": draw(DATA)} if draw(st.booleans()) else {}
    return Facts(draw(DATA), failure, given_in, draw(st.integers(1, 3)), results.__getitem__)


@given(conditions(), all_facts())
def test_the_json_form_means_what_the_python_form_says(pair, facts):
    """Given a condition and the same in plain Python, then both say the same of any facts; undecided does not hold."""
    condition, model = pair
    expected = truth(model, facts)
    assert ask(condition, facts) is bool(expected)
    assert ask(~condition, facts) is (expected is False)
    if expected is None:
        with pytest.raises(ConditionError):
            ask(condition, facts, strict=True)
    else:
        assert ask(condition, facts, strict=True) is expected


@given(value_pairs(), all_facts())
def test_a_value_is_the_one_python_finds(pair, facts):
    """Given an expression and the same in plain Python, then its value is the same, or an error where Python raises."""
    sent = json.loads(json.dumps(pair[0].json))
    expected = attempt(lambda facts: (pair[1](facts),), facts)
    if expected is None:
        with pytest.raises(ConditionError):
            value_of(sent, facts)
    else:
        assert value_of(sent, facts) == expected[0]


@given(conditions())
def test_the_words_are_the_python_it_was_written_in(pair):
    """Given a condition, then its words, read by Python, are the condition."""
    names = {"result": result, "error": error, "run_input": run_input, "visits": visits, "node": node}
    again = eval(str(pair[0]), {**names, "datetime": datetime})
    assert again.json == pair[0].json


@given(conditions())
def test_a_condition_read_back_is_the_same(pair):
    """Given the JSON of a condition, then the expression made of it has the same JSON, the same hash and the same roots."""
    again = expression(json.loads(json.dumps(pair[0].json)))
    assert again.json == pair[0].json
    assert hash(again) == hash(pair[0])
    assert roots(again.json) <= {"result", "error", "run_input", "visits", "node"}


# -- every operator ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "condition",
    [
        result["score"] == 0.9,
        result["score"] != 1,
        result["score"] < 1,
        result["score"] <= 0.9,
        result["score"] > 0.5,
        0.5 < result["score"],  # noqa: SIM300 - Python turns it round
        result["score"] >= 0.9,
        result["name"] == "Ada",
        result["none"] == None,  # noqa: E711 - `is` cannot be asked later
        (result["score"] > 0.5) & (visits == 2),
        True & (visits == 2),
        False | (visits == 2),
        (visits == 9) | (visits == 2),
        ~(visits == 9),
        ~result["flag"],
        result["name"].in_(["Ada", "Bob"]),
        result["name"].in_({"Ada", "Bob"}),
        result["name"].in_(("Ada",)),
        visits.in_(result["rows"]),
        result["name"].contains("d"),
        result["rows"].contains(2),
        result.contains("score"),
        result["name"].matches("^A"),
        result["none"].exists(),
        ~result["nothing"].exists(),
        result["rows"].length == 3,
        result["name"].length > 2,
        result["rows"][2]["deep"] == "x",
        result["rows"][-1].is_type("dict"),
        result["name"][0] == "A",
        result["score"].type == "float",
        result["flag"].is_type("bool"),
        visits.is_type("int"),
        result["none"].is_type("null"),
        result["rows"].is_type("list"),
        result["name"].is_type("str"),
        result["at"].date == datetime(2026, 3, 1, 12, tzinfo=UTC),
        result["at"].date < datetime(2026, 3, 1, 12, tzinfo=timezone(timedelta(hours=-1))),
        result["at"].date == result["seconds"].date,
        error["type"] == "CardDeclined",
        error.exists(),
        run_input["order"] == 7,
        node("validate")["total"] > 100,
        node("validate")["total"] > run_input["order"],
        node("empty").exists(),
        ~node("unknown").exists(),
        result["rows"] == [1, 2, {"deep": "x"}],
        result["rows"][2] == {"deep": "x"},
        result["name"],
    ],
    ids=str,
)
def test_what_holds(condition):
    """Given one of each operator, on what is there, then it holds, strictly too, and its opposite does not."""
    assert ask(condition, strict=True) is True
    assert ask(~condition, strict=True) is False


UNDECIDED = [
    (result["nothing"] == 1, 'result["nothing"] is not there'),
    (result["nothing"], 'result["nothing"] is not there'),
    (result["nothing"]["more"] != 1, 'result["nothing"] is not there'),
    (result["rows"][7] > 1, 'result["rows"][7] is not there'),
    (result["rows"]["first"] > 1, 'result["rows"]["first"] is not there'),
    (result["score"]["x"] > 1, 'result["score"]["x"] is not there'),
    (visits[0] > 1, "visits[0] is not there"),
    (node("unknown")["total"] > 1, 'node("unknown") has no result'),
    (node("empty")["total"] > 1, 'node("empty")["total"] is not there'),
    (result["name"] > 1, 'result["name"] > 1 cannot be evaluated'),
    (result["none"] < 1, 'result["none"] < 1 cannot be evaluated'),
    (result["score"].length > 1, 'result["score"].length cannot be evaluated'),
    (result["score"].contains(1), 'result["score"].contains(1) cannot be evaluated (float has no elements)'),
    (result["name"].contains(1), 'result["name"].contains(1) cannot be evaluated'),
    (result["score"].matches("9"), 'result["score"].matches("9") cannot be evaluated (float is not text)'),
    (
        result["name"].date > datetime(2026, 1, 1, tzinfo=UTC),
        'result["name"].date cannot be evaluated (Invalid isoformat',
    ),
    (result["flag"].date > datetime(2026, 1, 1, tzinfo=UTC), "bool is not a date"),
    (result["at"] < datetime(2026, 1, 1, tzinfo=UTC), "cannot be evaluated"),
    (~(result["nothing"] == 1), 'result["nothing"] is not there'),
    ((result["score"] > 0) & (result["nothing"] == 1), 'result["nothing"] is not there'),
    ((result["score"] < 0) | (result["nothing"] == 1), 'result["nothing"] is not there'),
]


@pytest.mark.parametrize(("condition", "reason"), UNDECIDED, ids=lambda value: str(value))
def test_what_is_missing_neither_holds_nor_does_its_opposite(condition, reason):
    """Given something that is not there or cannot be compared, then nothing holds; strictly, the error names it."""
    assert ask(condition) is False
    assert ask(~condition) is False
    with pytest.raises(ConditionError, match=re.escape(reason)) as caught:
        ask(condition, strict=True)
    assert str(caught.value).startswith(f"The condition `{condition}` is undecided")
    assert "leave out strict=True" in str(caught.value)


@pytest.mark.parametrize("missing", [result["nothing"] == 1, ~(result["nothing"] == 1)], ids=str)
def test_one_side_may_decide(missing):
    """Given a side that is undecided, then the other decides alone where it can, on whichever side it stands."""
    for yes in ((visits == 2) | missing, missing | (visits == 2)):
        assert ask(yes, strict=True) is True
    for no in ((visits == 9) & missing, missing & (visits == 9)):
        assert ask(no, strict=True) is False
        assert ask(~no, strict=True) is True


def test_where_nothing_failed_there_is_no_error():
    """Given facts without an error, then `error` is not there."""
    facts = FACTS._replace(error=None)
    assert ask(error.exists(), facts, strict=True) is False
    with pytest.raises(ConditionError, match="error is not there"):
        ask(error["type"] == "CardDeclined", facts, strict=True)


def test_a_store_that_does_not_answer_is_not_a_missing_result():
    """Given an error that does not say that there is no result, then it is no decision."""

    def unreachable(name):
        raise ConnectionError(name)

    with pytest.raises(ConnectionError):
        ask(node("a").exists(), FACTS._replace(node=unreachable))


def test_asking_changes_nothing():
    """Given a mapping that makes up what is missing, then it is not there, and not made up."""
    made_up = defaultdict(list)
    assert ask(result["x"].exists(), FACTS._replace(result=made_up)) is False
    assert not made_up


class Awkward:
    """Compares like an array: to something that is neither true nor false."""

    def __eq__(self, other):
        return self

    __hash__ = None

    def __bool__(self):
        raise ValueError("ambiguous")


@pytest.mark.parametrize(
    "condition", [result == 1, result, result["x"] == 1, result.length == 1, result.in_([1, 2])], ids=str
)
def test_results_of_any_class_are_undecided_at_worst(condition):
    """Given a result of a class of the project, which comes with pickle, then whatever it raises is no rule for edges."""
    assert ask(condition, FACTS._replace(result=Awkward())) is False


@pytest.mark.parametrize(
    "when_due",
    [
        *("2026-03-01", "2026-03-01T00:00:00", "2026-03-01T01:00:00+01:00", "2026-03-01T00:00:00Z"),
        *(1772323200, 1772323200.0, date(2026, 3, 1), datetime(2026, 3, 1), datetime(2026, 3, 1, tzinfo=UTC)),
    ],
    ids=repr,
)
def test_dates_are_utc_where_they_do_not_say(when_due):
    """Given a point in time in any form, then it is the same moment everywhere."""
    assert ask(result.date == datetime(2026, 3, 1, tzinfo=UTC), FACTS._replace(result=when_due)) is True


@pytest.mark.parametrize(
    "value", [1e300, float("nan"), float("inf"), "0001-01-01T00:00:00+14:00", "", None, []], ids=repr
)
def test_what_is_no_date_is_undecided(value):
    """Given what no datetime can hold, then nothing is decided, and nothing breaks."""
    assert ask(result.date.exists(), FACTS._replace(result=value)) is False


def test_a_value_that_is_not_there_is_an_error():
    """Given an expression for an argument, when what it asks for is missing, then the error names it."""
    assert value_of((node("validate")["total"]).json, FACTS) == 120
    assert value_of(5, FACTS) == 5
    assert value_of(["value", [1]], FACTS) == [1]
    with pytest.raises(ConditionError, match=r'^node\("validate"\)\["sum"\] is not there'):
        value_of((node("validate")["sum"]).json, FACTS)


def test_a_hostile_text_is_undecided():
    """Given a text that a pattern cannot be found in soon, then nothing is decided."""
    condition = result.matches("(a|b)*a(a|b){150}c")
    facts = FACTS._replace(result="abbabaab" * 300_000)
    with pytest.raises(ConditionError, match="too long for this pattern"):
        ask(condition, facts, strict=True)


# -- writing them in Python --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "slip",
    [
        lambda: result["a"] > 1 and result["b"] > 1,
        lambda: not result["a"],
        lambda: 1 < result["a"] < 3,
        lambda: 5 if result["a"] else 6,
        lambda: "a" in result,
        lambda: list(result),
        lambda: result in [visits, error],
    ],
)
def test_what_python_would_work_out_now_is_refused(slip):
    """Given `and`, `not`, `in` or a chain, which Python decides on the spot, then the error says what to write."""
    with pytest.raises(TypeError, match="is evaluated when the graph runs"):
        slip()


def test_an_attribute_is_refused_with_the_index_that_is_meant():
    """Given `result.score`, then the error says how it is written; copies and the like find nothing either."""
    with pytest.raises(AttributeError, match=r"no attribute 'score': write \[\"score\"\]"):
        result.score  # noqa: B018
    assert copy.copy(result).json == ["result"]
    assert not hasattr(result, "_repr_html_")


@pytest.mark.parametrize(
    ("slip", "said"),
    [
        (lambda: result[1.5], "it must be a string or a whole number"),
        (lambda: result[True], "it must be a string or a whole number"),
        (lambda: result[result["key"]], "messages can carry only"),
        (lambda: result[0:2], "messages can carry only"),
        (lambda: result == object(), "messages can carry only"),
        (lambda: result == b"x", "messages can carry only"),
        (lambda: result == float("nan"), "JSON has no such number"),
        (lambda: result == 2**64, "more than 64 bits"),
        (lambda: result == 10**5000, "more than 64 bits"),
        (lambda: result == {1: 2}, "allows only strings as keys of a mapping"),
        (lambda: result.in_([visits]), "messages can carry only"),
        (lambda: result.in_(x for x in "ab"), "messages can carry only"),
        (lambda: result == datetime(2026, 1, 1), "no timezone"),
        (lambda: result.matches("(a"), "not closed"),
        (lambda: result.matches(re.compile("a")), "messages can carry only"),
        (lambda: result.matches(5), "a regular expression"),
        (lambda: result.is_type("string"), "use one of str, int"),
        (lambda: node(""), "a node's name"),
        (lambda: node(5), "a node's name"),
        (lambda: when(True, "a"), "make a condition from result, error"),
        (lambda: when("a", result == 1), "make a condition from result, error"),
        (lambda: when(["nonsense"], "a"), "begin with an operator"),
        (lambda: when(result == 1, None), "give a node's name, or END"),
        (lambda: when(result == 1, ""), "give a node's name, or END"),
        (lambda: otherwise(5), "give a node's name, or END"),
    ],
)
def test_what_cannot_be_sent_is_refused_where_it_is_written(slip, said):
    """Given what is no expression, then it is refused on the spot, with what would do."""
    with pytest.raises(InvalidWorkflow, match=said):
        slip()


def test_a_branch_is_its_json_and_its_target():
    """Given `when` and `otherwise`, then they are plain data."""
    assert when(result["score"] >= 0.8, "charge") == (["ge", ["item", ["result"], "score"], 0.8], "charge")
    assert when(["result"], "charge").condition == ["result"]
    assert otherwise("refuse").target == "refuse"


def test_members_of_enums_are_their_values():
    """Given a member of an enum, then its value is sent."""
    colour = Enum("colour", {"RED": "red"})
    assert (result == colour.RED).json == ["eq", ["result"], "red"]
    assert str(result == Priority.HIGH) == f"result == {int(Priority.HIGH)}"


def test_an_expression_cannot_be_changed_from_outside():
    """Given the JSON of an expression, or the list it was made with, when they are changed, then it is as before."""
    options = ["a"]
    condition = result.in_(options)
    options.append("b")
    condition.json.append("c")
    assert condition.json == ["in", ["result"], ["value", ["a"]]]


def test_expressions_can_be_copied_and_kept_by_what_they_say():
    """Given an expression, then its copies say the same, and its hash is that of its words, not of the object."""
    condition = (result["a"] > 1) & ~error.exists()
    for again in (copy.deepcopy(condition), copy.copy(condition), pickle.loads(pickle.dumps(condition))):
        assert again.json == condition.json
        assert hash(again) == hash(condition)
    assert {condition: 1}[condition] == 1


def test_a_set_is_sent_in_one_order():
    """Given a set, whose order is another in every process, then the message is the same."""
    assert result.in_({"b", "a", "c"}).json == ["in", ["result"], ["value", ["a", "b", "c"]]]


@pytest.mark.parametrize(
    ("condition", "written"),
    [
        ((result["score"] >= 0.8) & ~error.exists(), '(result["score"] >= 0.8) & ~error.exists()'),
        ((visits > 1) & (visits < 5) & (visits != 3), "(visits > 1) & (visits < 5) & (visits != 3)"),
        ((visits > 1) & ((visits < 5) | (visits != 3)), "(visits > 1) & ((visits < 5) | (visits != 3))"),
        (~(result["a"] == "x"), '~(result["a"] == "x")'),
        (~~result, "~~result"),
        ((~result).exists(), "(~result).exists()"),
        ((result == 1)["x"], '(result == 1)["x"]'),
        (node("a")["b"][0].length, 'node("a")["b"][0].length'),
        (result.in_(["a", None, 1.5]), 'result.in_(["a", None, 1.5])'),
        (result.contains({"a": True}), 'result.contains({"a": True})'),
        (result.matches(r"^\d"), r'result.matches("^\\d")'),
        (
            result.date > datetime(2026, 1, 1, tzinfo=UTC),
            'result.date > datetime.fromisoformat("2026-01-01T00:00:00+00:00")',
        ),
        (result["é\n"].is_type("str"), 'result["é\\n"].type == "str"'),
    ],
)
def test_words(condition, written):
    """Given a condition, then its words are the Python a person would write."""
    assert words(condition.json) == written == str(condition)


def test_what_an_expression_reads():
    """Given an expression, then it can be asked which roots and which nodes it reads; literals are none."""
    condition = (node("a")["x"] > node("b")) | (visits == ["node", "c"]) | run_input.contains("result")
    assert roots(condition.json) == {"node", "visits", "run_input"}
    assert node_names(condition.json) == {"a", "b"}
    assert roots("result") == node_names(["value", ["node", "c"]]) == set()


@pytest.mark.parametrize("value", [None, True, 1, 1.5, "a", [1, [2]], {"a": [None]}, (1, 2)])
def test_what_is_plain_stands_for_itself(value):
    """Given plain data, then its JSON form is an expression whose value it is."""
    sent = json.loads(json.dumps(as_json(value)))
    assert value_of(sent, FACTS) == (list(value) if isinstance(value, tuple) else value)


# -- what comes in messages --------------------------------------------------------------------------


def nested(levels, innermost, wrap=lambda inner: ["not", inner]):
    for _ in range(levels):
        innermost = wrap(innermost)
    return innermost


def cyclic():
    loop = ["not"]
    loop.append(loop)
    return loop


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ([], "begin with an operator"),
        ([[]], "begin with an operator"),
        ([None], "begin with an operator"),
        (["__import__", "os"], "begin with an operator"),
        (["eval", "1"], "begin with an operator"),
        (["Result"], "begin with an operator"),
        (["value"], "'value' takes plain JSON"),
        (["result", 1], "'result' takes nothing"),
        (["eq", ["result"]], "'eq' takes an expression, an expression"),
        (["eq", 1, 2, 3], "'eq' takes an expression, an expression"),
        (["not"], "'not' takes an expression"),
        (["and", True, ["eq", 1]], "'eq' takes"),
        (["item", ["result"], ["result"]], "a string or a whole number"),
        (["item", ["result"], None], "a string or a whole number"),
        (["item", ["result"], True], "a string or a whole number"),
        (["node", ["result"]], "a node's name"),
        (["node", ""], "a node's name"),
        (["matches", ["result"], ["result"]], "a regular expression"),
        (["matches", ["result"], r"(a)\1"], "is a backreference"),
        (["datetime", "tomorrow"], "a date and time with its timezone"),
        (["datetime", "2026-01-01"], "a date and time with its timezone"),
        (["datetime", "2026-01-01T00:00:00"], "a date and time with its timezone"),
        (["datetime", "0001-01-01T00:00:00+14:00"], "a date and time with its timezone"),
        (["datetime", 5], "a date and time with its timezone"),
        ({"eq": 1}, "a mapping is written"),
        (["eq", {"a": 1}, 1], "a mapping is written"),
        (["eq", float("nan"), 1], "no such number"),
        (["value", [float("inf")]], "no such number"),
        (["value", 10**30], "64 bits"),
        (["value", object()], "messages can carry only"),
        (nested(DEEPEST, ["result"]), "A depth of more than 50 levels"),
        (nested(100_000, ["result"]), "A depth of more than 50 levels"),
        (["value", nested(100_000, 1, lambda inner: [inner])], "A depth of more than 50 levels"),
        (["value", nested(100_000, 1, lambda inner: {"a": inner})], "A depth of more than 50 levels"),
        (cyclic(), "A depth of more than 50 levels"),
        (nested(40, ["result"], lambda inner: ["and", inner, inner]), "A size of more than 10000 characters"),
        (["eq", ["result"], "x" * LARGEST], "A size of more than 10000 characters"),
        (["value", ["x" * 50] * 1_000_000], "A size of more than 10000 characters"),
        (["in", ["result"], ["value", list(range(2_000))]], "A size of more than 10000 characters"),
        (["value", {"k" * LARGEST: 1}], "A size of more than 10000 characters"),
        (["matches", ["result"], "x" * 501], "it has 501 characters"),
        (nested(MOST_PATTERNS, False, lambda inner: ["or", ["matches", ["result"], "a"], inner]), None),
        (
            nested(MOST_PATTERNS + 1, False, lambda inner: ["or", ["matches", ["result"], "a"], inner]),
            "more than 10 patterns",
        ),
    ],
    ids=lambda value: str(value)[:50] if isinstance(value, str) else "",
)
def test_hostile_json_is_refused_in_words(sent, said):
    """Given a message that anybody may have made up, then it is refused, briefly, and before anything is worked out."""
    if said is None:
        assert isinstance(expression(sent), Expression)
        return
    for read in (expression, lambda sent: holds(sent, FACTS), lambda sent: value_of(sent, FACTS), roots, words):
        with pytest.raises(InvalidWorkflow, match=re.escape(said)) as caught:
            read(sent)
        assert len(str(caught.value)) < 600


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from(
        ["result", "eq", "item", "not", "value", "in", "matches", "date", "datetime", "node", "length", "a"]
    ),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=2), inner, max_size=2),
)


@given(JSON)
def test_any_json_is_an_expression_or_is_refused_in_words(sent):
    """Given any JSON, then it is decided, or refused as no expression: no other error gets out."""
    try:
        assert holds(sent, FACTS) in (True, False)
        assert words(sent)
    except InvalidWorkflow as exc:
        assert "is not allowed" in str(exc)
