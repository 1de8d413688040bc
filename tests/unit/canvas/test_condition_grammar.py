"""Conditions as text: every expression can be written and read back, and errors say where and what was expected."""

from __future__ import annotations

import json
import pickle
import time
import tracemalloc
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from orchestrator_celery import (
    ConditionSyntaxError,
    InvalidWorkflow,
    condition,
    condition_text,
    error,
    node,
    result,
    run_input,
    visits,
)
from orchestrator_celery.canvas.conditions.expressions import DEEPEST, LARGEST, checked
from orchestrator_celery.canvas.conditions.grammar import as_text, parse
from orchestrator_celery.canvas.conditions.tokens import LONGEST_TEXT
from tests.kit import condition_texts

# -- every expression ----------------------------------------------------------------------------------

TEXT = st.text(max_size=8) | st.sampled_from(condition_texts.TEXTS)
NUMBERS = st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False, allow_infinity=False)
SCALARS = st.none() | st.booleans() | NUMBERS | TEXT
PLAIN = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3), max_leaves=6
)
MOMENTS = st.datetimes(
    datetime(1900, 1, 1),
    datetime(2100, 1, 1),
    timezones=st.sampled_from([timezone.utc, timezone(timedelta(hours=-9.5))]),
)
LEAVES = st.one_of(
    SCALARS,
    st.sampled_from([["result"], ["error"], ["run_input"], ["visits"]]),
    TEXT.filter(bool).map(lambda name: ["node", name]),
    PLAIN.map(lambda value: ["value", value]),
    MOMENTS.map(lambda moment: ["datetime", moment.isoformat()]),
)


def operators(inner):
    """Expressions with one operator around others."""
    return st.one_of(
        st.tuples(st.sampled_from(("and", "or", *condition_texts.COMPARED)), inner, inner),
        st.tuples(st.sampled_from(("not", "length", "type", "date", "exists")), inner),
        st.tuples(st.just("item"), inner, TEXT | st.integers(-(2**63), 2**64 - 1)),
        st.tuples(st.just("matches"), inner, st.sampled_from(condition_texts.PATTERNS)),
    ).map(list)


def accepted(expr):
    try:
        checked(expr)
    except InvalidWorkflow:
        return False
    return True


EXPRESSIONS = st.recursive(LEAVES, operators, max_leaves=8).filter(accepted)


def typed(value):
    """A value with its types: 1, 1.0 and True are equal in Python."""
    return json.dumps(value)


@given(EXPRESSIONS)
@example(["value", 3])
@example(["item", 5, "a"])
@example(["item", ["item", ["value", [[]]], "in"], -1])
@example(["not", ["not", ["in", ["not", ["error"]], ["matches", "a", "a"]]]])
@example(["eq", -0.0, 2**64 - 1])
@example(["eq", 1e308, ["value", 10**16]])
@example(["node", "\ud800"])
def test_every_expression_can_be_written_and_read_back(expr):
    """Given any expression, when its text is read, then it is the same expression, with the same types."""
    text = as_text(expr)
    assert typed(parse(text)) == typed(checked(expr))
    assert text.isascii() or text.encode("utf-8"), "the text can be stored and sent"
    assert not any(character in text for character in "\n\r\u2028\u202e"), "the text is one line that shows itself"


@given(EXPRESSIONS, st.sampled_from([" ", "\n", "\t  "]))
def test_blanks_do_not_matter(expr, blank):
    """Given the text of an expression with other blanks around it, then it says the same."""
    text = as_text(expr)
    assert parse(f"{blank}{text}{blank}") == parse(f"(({blank}{text}))") == parse(text)


def test_the_deepest_and_the_largest_expressions_have_a_text():
    """Given expressions at the limits, then their texts are below the limits of texts."""
    shapes = [
        lambda inner: ["not", inner],
        lambda inner: ["eq", inner, 1],
        lambda inner: ["eq", 1, ["not", inner]] if len(json.dumps(inner)) % 2 else ["eq", inner, 1],
        lambda inner: (
            ["and", ["or", inner, 1], 1][0:3] if isinstance(inner, list) and inner[0] == "not" else ["not", inner]
        ),
        lambda inner: ["length", inner],
        lambda inner: ["item", inner, "\x01"],
        lambda inner: ["or", 1, inner],
        lambda inner: ["exists", ["in", inner, 1]],
    ]
    for shape in shapes:
        expr = ["result"]
        while accepted(shape(expr)):
            expr = shape(expr)
        assert parse(as_text(expr)) == expr
    nested = []
    for _ in range(DEEPEST - 2):
        nested = [nested]
    assert parse(as_text(["value", nested])) == ["value", nested]
    longest = as_text("\x01" * (LARGEST - 2))
    assert parse(longest) == "\x01" * (LARGEST - 2)
    assert len(longest) < LONGEST_TEXT


# -- what a text means -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("result.score >= 0.8", result["score"] >= 0.8),
        ('not result.country in ["XX"]', ~result["country"].in_(["XX"])),
        ('result.country not in ["XX"]', ~result["country"].in_(["XX"])),
        ('result.mail not matches "^a"', ~result["mail"].matches("^a")),
        ('result["a b"].items[0].in', result["a b"]["items"][0]["in"]),
        ("nodes.validate.total > 1", node("validate")["total"] > 1),
        ('nodes["a b"] == node("a b")', node("a b") == node("a b")),
        ("visits < 3 or error.type != null", (visits < 3) | (error["type"] != None)),  # noqa: E711
        ("result.a and result.b and result.c", result["a"] & result["b"] & result["c"]),
        ("result.a or result.b and result.c", result["a"] | (result["b"] & result["c"])),
        ("not result.a and result.b", ~result["a"] & result["b"]),
        ("not result.a == 1", ~(result["a"] == 1)),
        ('type(result) == "list" and length(result) > 0', result.is_type("list") & (result.length > 0)),
        ('"gift" in run_input.tags', run_input["tags"].contains("gift")),
        ("exists(result.note)", result["note"].exists()),
    ],
)
def test_a_text_means_what_the_python_form_means(text, expected):
    """Given a text and the same in Python, then both have one JSON form; the text of Python's form says the same."""
    assert condition(text).json == expected.json
    assert condition(condition_text(expected)).json == expected.json


def test_the_text_of_a_mixture_has_parentheses():
    """Given `and` within `or`, then a reader need not know which binds tighter."""
    assert condition_text(condition("result.a or result.b and result.c")) == "result.a or (result.b and result.c)"


# -- errors ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "at", "reason"),
    [
        ("", "", "Expected a value, found the end."),
        ("result.score >=", "", "found the end"),
        ("result.score >= and true", "and", "Expected a value, found `and`"),
        ("reslt.score > 1", "reslt", "did you mean `result`?"),
        ("amount > 1", "amount", "write result.amount for a key of the result"),
        ("result = 1", "=", "did you mean `==`?"),
        ("result && visits", "&&", "did you mean `and`?"),
        ("result is null", "is", "did you mean `==`?"),
        ("result == None", "None", "did you mean `null`?"),
        ('result.tags contains "x"', "contains", 'as in "gift" in result.tags'),
        ("result == 'x", "'", "double quotes"),
        ("result.note.exists()", "(", "exists(result.note)"),
        ("1 < visits < 3", "<", "cannot be chained"),
        ("visits == not result", "not", "parentheses around a negation"),
        ("visits not 3", "3", "Expected `in` or `matches` after `not`"),
        ("visits + 1 > 3", "+", "do not calculate"),
        ("result.größe", "ö", "U+00F6"),
        ("result.0", "0", "in brackets"),
        ("result[0.5]", "0.5", "a whole number"),
        ("length result", "length", "write length(...)"),
        ("length(result", "", "Expected `)`, found the end."),
        ('node("")', '""', "not empty"),
        ("nodes > 1", ">", "a node's name after `nodes`"),
        ('"abc', '"abc', "no closing"),
        (r'"a\q"', r"\q", "escape of JSON"),
        ('"a\nb"', "\n", r"`\n`"),
        ("0123", "0123", "is not a number"),
        ("result == 1e400", "1e400", "too large"),
        ("36893488147419103232", "36893488147419103232", "64 bits"),
        ("9" * 5000, "9" * 5000, "64 bits"),
        ("[1, result]", "result", "holds only"),
        ('{"a": 1, "a": 2}', '"a"', "twice"),
        ('result matches "("', '"("', "a `(` is not closed"),
        ('result matches "a(?=b)"', '"a(?=b)"', "no lookaround"),
        ('datetime("2030-01-01")', '"2030-01-01"', "a timezone"),
        ('datetime("2030-13-01T00:00:00Z")', '"2030-13-01T00:00:00Z"', "not a date"),
        ("__import__('os')", "__import__", "not known"),
    ],
)
def test_an_error_says_where_and_what_was_expected(text, at, reason):
    """Given a wrong text, then the error has the place of the wrong part, and the reason names the remedy."""
    with pytest.raises(ConditionSyntaxError) as caught:
        condition(text)
    wrong = caught.value
    assert text[wrong.position : wrong.position + wrong.length] == at
    assert wrong.position == (text.rindex(at) if at else len(text))
    assert reason in wrong.reason
    assert wrong.reason in str(wrong)
    assert f"at character {wrong.position + 1}." in str(wrong)
    assert vars(pickle.loads(pickle.dumps(wrong))) == vars(wrong)


@pytest.mark.parametrize("text", [None, 3, b"result", ["result"]])
def test_only_text_is_read(text):
    """Given a value that is no text, then the error says so."""
    with pytest.raises(InvalidWorkflow, match="is not a text"):
        condition(text)


# -- hostile texts -----------------------------------------------------------------------------------------

HOSTILE = {
    "open brackets": "(" * 10_000,
    "brackets": "(" * 10_000 + "result" + ")" * 10_000,
    "lists": "[" * 10_000,
    "mappings": '{"a":' * 10_000,
    "indexes": "result" + "[0]" * 30_000,
    "keys": "result" + ".a" * 49_000,
    "negations": "not " * 24_000 + "result",
    "functions": "length(" * 10_000,
    "alternatives": "result or " * 9_000 + "result",
    "patterns": " and ".join(f'result matches "(a{{1,{count}}}){{9}}"' for count in range(100)),
    "comparisons": "1 == " * 19_000,
    "a megabyte": '"' + "a" * 1_000_000,
    "a megabyte of brackets": "[" * 1_000_000,
    "digits": "1" * 99_000,
    "escapes": '"' + "\\u0001" * 16_000 + '"',
    "broken escapes": '"' + "\\" * 99_999,
    "control characters": "".join(map(chr, range(32))) * 3000,
    "elements": "[" + "1," * 49_000 + "1]",
    "members": "{" + ",".join(f'"{number}":1' for number in range(9_000)) + "}",
    "a long name": "a" * 99_000,
    "surrogates": "\ud800" * 99_000,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_text_is_refused_soon(text):
    """Given a text that is large or deep, then it is refused by its own error, in short time."""
    began = time.process_time()
    with pytest.raises(ConditionSyntaxError) as caught:
        parse(text)
    assert time.process_time() - began < 3
    assert len(str(caught.value)) < 2000


@pytest.mark.parametrize("name", ["indexes", "a megabyte", "brackets", "patterns"])
def test_a_hostile_text_takes_bounded_memory(name):
    """Given a text that is large or deep, then reading it takes some megabytes at most."""
    tracemalloc.start()
    try:
        with pytest.raises(ConditionSyntaxError):
            parse(HOSTILE[name])
        assert tracemalloc.get_traced_memory()[1] < 64_000_000
    finally:
        tracemalloc.stop()


@given(st.text(max_size=30) | st.lists(st.sampled_from(condition_texts.PARTS), max_size=8).map(" ".join))
def test_any_text_is_read_or_refused_at_a_place_in_it(text):
    """Given any text, then it is an expression, or the error has a place in the text."""
    try:
        expr = parse(text)
    except ConditionSyntaxError as wrong:
        assert 0 <= wrong.position <= wrong.position + wrong.length <= len(text)
    else:
        assert parse(as_text(expr)) == expr


# -- the same grammar in TypeScript ------------------------------------------------------------------------


def test_the_file_that_the_editor_is_compared_with_is_up_to_date():
    """Given the file that Vitest reads, then it has what this grammar writes and refuses, in every line."""
    assert condition_texts.FILE.read_text().splitlines() == condition_texts.lines(), (
        "run `python -m tests.kit.condition_texts`, and make the same change in src/editor/conditions"
    )
