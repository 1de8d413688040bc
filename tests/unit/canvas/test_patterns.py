"""Regular expressions in bounded time: what they find is what `re` finds, and nothing takes long."""

from __future__ import annotations

import random
import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from orchestrator_celery import InvalidWorkflow
from orchestrator_celery.canvas.conditions.patterns import LARGEST_PROGRAM, LONGEST_PATTERN, MOST_STEPS, compiled

#: What patterns are made of; put together at random they are patterns more often than not.
PIECES = [
    *("a b c A 0 _ - . , \\. \\- \\n \\t \\x41 \\u00e9 \\0 \\d \\w \\s \\D \\W \\S { } ] \\[ é \u017f".split()),
    *("[ab] [^a] []a-] [^]a] [\\]\\d] [a-c0-9] [\\w.] ^ $ \\A \\Z \\b \\B".split()),
    *("( ( (?: (?P<name> ) ) ) | | * + ? *? +? ?? {2} {1,2} {,2} {1,} {,} {x} {}".split()),
    " ",
]
FLAGS = ["", "", "(?i)", "(?m)", "(?s)", "(?a)", "(?ims)"]
TEXT = st.text("aabcAC01_-.,{}] \n\té𝄞\u017f\u212ak", max_size=12)


def python(pattern):
    """What Python's own makes of it; None where it refuses."""
    try:
        return re.compile(pattern)
    except re.error:
        return None


@st.composite
def patterns(draw):
    return draw(st.sampled_from(FLAGS)) + "".join(draw(st.lists(st.sampled_from(PIECES), max_size=10)))


@given(patterns(), st.lists(TEXT, min_size=1, max_size=5))
def test_what_it_finds_is_what_re_finds(pattern, texts):
    """Given any pattern of the subset and any text, then the answer is that of `re.search`."""
    model = python(pattern)
    assume(model is not None)
    try:
        program = compiled(pattern)
    except InvalidWorkflow:
        # Possessive repeats are not in the subset; and it is a little stricter about repeated places.
        assume(False)
    for text in texts:
        assert program.search(text) is (model.search(text) is not None)


@given(patterns())
def test_what_re_refuses_is_refused(pattern):
    """Given what is no pattern, then it is refused where it is written; only a name given twice does no harm here."""
    assume(pattern.count("(?P<name>") <= 1)
    if python(pattern) is None:
        with pytest.raises(InvalidWorkflow, match="is not allowed"):
            compiled(pattern)


@given(st.text(max_size=20))
def test_any_text_is_a_pattern_or_is_refused_in_words(pattern):
    """Given any text, then it is a pattern or refused: no other error gets out."""
    try:
        compiled(pattern)
    except InvalidWorkflow as exc:
        assert "is not allowed" in str(exc)


@pytest.mark.parametrize(
    ("pattern", "yes", "no"),
    [
        (r"^order-\d{4,}$", ["order-2026", "order-20261"], ["order-1", "an order-2026", "order-2026 "]),
        (r"(?i)warning|error", ["An Error", "WARNING:"], ["fine", ""]),
        (r"\bcat\b", ["a cat sat", "cat"], ["concatenate"]),
        (r"^[\w.+-]+@[\w-]+(\.[\w-]+)+$", ["ada@example.org"], ["ada@example", "@example.org"]),
        (r"^(?:\d{1,3}\.){3}\d{1,3}$", ["10.0.0.1"], ["10.0.0", "10.0.0.1.2"]),
        (r"(?s)begin.*end", ["begin\n\nend"], ["end begin"]),
        (r"(?m)^b", ["a\nb"], ["a b"]),
        (r"^$", ["", "\n"], ["a"]),
        ("", ["", "a"], []),
        ("a{2}b{,1}c{1,}d{0}$", ["aac", "aabcc"], ["ac", "aabbc"]),
        ("a{,}{x}", ["{x}", "aa{x}"], ["aax"]),
        ("(|a)+$", ["", "aaa", "b"], []),
        ("(a*)*b|(c*?)+d", ["aaab", "ccd"], ["aaac"]),
    ],
)
def test_patterns_as_they_are_written(pattern, yes, no):
    """Given patterns of everyday use, and odd ones, then they find what they should."""
    assert [compiled(pattern).search(text) for text in (*yes, *no)] == [True] * len(yes) + [False] * len(no)
    assert [bool(re.search(pattern, text)) for text in (*yes, *no)] == [True] * len(yes) + [False] * len(no)


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        (r"(a)\1", "is a backreference"),
        (r"(?P<x>a)(?P=x)", "`\\(\\?P=` is not supported"),
        ("a(?=b)", "no lookaround"),
        ("a(?!b)", "no lookaround"),
        ("(?<=a)b", "no lookaround"),
        ("(?<!a)b", "no lookaround"),
        ("(a)?(?(1)b|c)", "not supported"),
        ("(?>a+)b", "not supported"),
        ("(?#words)a", "not supported"),
        ("a(?i)b", "flags only at the very start"),
        ("(?x)a b", "not supported"),
        ("(?L)a", "not supported"),
        ("a++", "is itself repeated"),
        ("a**", "is itself repeated"),
        ("a{2}{3}", "is itself repeated"),
        ("*a", r"`\*` has nothing before it"),
        ("a|+", "has nothing before it"),
        ("{2}", "has nothing before it"),
        ("^*", "repeats a position"),
        ("a{3,2}", "wrong order"),
        ("(a", r"a `\(` is not closed"),
        ("a)", r"a `\)` has no `\(`"),
        ("[a", r"a `\[` is not closed"),
        ("[^]", "not allowed"),
        ("[b-a]", "bad character range"),
        ("[[a]", "another meaning"),
        ("[a--b]", "another meaning"),
        ("[a||b]", "another meaning"),
        ("\\", "bad escape"),
        (r"\q", "bad escape"),
        (r"\x4", "incomplete escape"),
        (r"\N{NO SUCH LETTER}", "undefined character name"),
        ("(?P<1>a)", "not supported"),
    ],
)
def test_what_is_not_supported_is_refused_in_words(pattern, why):
    """Given a pattern that is none, or that cannot be matched in bounded time, then the reason is said."""
    with pytest.raises(InvalidWorkflow, match=why):
        compiled(pattern)


@pytest.mark.parametrize(
    "pattern",
    [
        "a{1001}",
        "(a{100}){100}",
        "((((a{10}){10}){10}){10}){10}",
        "(){2000}",
        "a{" + "9" * 400 + "}",
        "|".join(["a{400}"] * 5),
        "(" * 31 + ")" * 31,
        "(" * 200 + ")" * 200,
        "a" * (LONGEST_PATTERN + 1),
        "x" * 1_000_000,
    ],
    ids=lambda pattern: pattern[:20],
)
def test_a_pattern_that_is_too_large_is_refused(pattern):
    """Given a pattern that is long, deep, or large once it is written out, then it is refused, briefly, before it is built."""
    with pytest.raises(InvalidWorkflow, match="is not allowed") as caught:
        compiled(pattern)
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize(
    "pattern", ["|" * 400, "a?" * 250, "((a+)+)+" * 50, "[ab]" * 125], ids=lambda pattern: pattern[:8]
)
def test_the_largest_patterns_are_read(pattern):
    """Given what is just within the bounds, then it is a program of bounded size."""
    assert len(compiled(pattern)) <= LARGEST_PROGRAM


HOSTILE = [
    ("(a+)+$", "a" * 5_000 + "b"),
    ("(a|a)*b", "a" * 5_000),
    ("(a|aa)+$", "a" * 5_000 + "b"),
    (".*.*.*=.*", "x" * 5_000),
    (r"(\w+\s?)*$", "word " * 1_000 + "!"),
    ("(x+x+)+y", "x" * 5_000),
    ("(a?){100}a{100}", "a" * 99),
    (r"^(([a-z])+.)+[A-Z]([a-z])+$", "a" * 5_000),
    ("((((a*)*)*)*)*b", "a" * 5_000),
]


@pytest.mark.parametrize(("pattern", "text"), HOSTILE)
def test_a_hostile_pattern_is_decided_quickly(pattern, text):
    """Given a pattern on which `re` would try for ages, then the steps are a few per character."""
    program = compiled(pattern)
    found, steps = program.count(text)
    assert found is not None
    assert steps <= 2 * len(text) + 10 * len(program) ** 2


def test_the_steps_are_bounded_by_text_and_pattern_together():
    """Given the pattern that has most different states, then there are no more steps than characters times its size."""
    program = compiled("(a|b)*a(a|b){100}c")
    text = "".join(random.Random(1).choices("ab", k=1_000))
    found, steps = program.count(text)
    assert found is False
    assert steps <= (len(text) + 1) * (len(program) + 2)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [("x", "a" * (MOST_STEPS + 1)), ("(a|b)*a(a|b){150}c", "".join(random.Random(1).choices("ab", k=20_000)))],
    ids=["long", "hard"],
)
def test_what_takes_too_many_steps_is_not_decided(pattern, text):
    """Given a text that is too long for a pattern, then it ends soon, and the answer is that there is none."""
    program = compiled(pattern)
    found, steps = program.count(text)
    assert found is None
    assert steps <= MOST_STEPS + len(program) + 2
