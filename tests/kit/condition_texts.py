"""Writes `conditions.jsonl`, which compares the grammar of conditions in Python with the one in TypeScript.

Each line has an expression with a digest of its text, or a wrong text with its error. pytest and Vitest both read the file.
Run this module after a change of the grammar: `python -m tests.kit.condition_texts`.
"""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any

from orchestrator_celery.canvas.conditions.expressions import checked
from orchestrator_celery.canvas.conditions.grammar import ConditionSyntaxError, as_text, parse

FILE = Path(__file__).with_name("conditions.jsonl")
SEED = 18
EXPRESSIONS, WRONG = 2000, 300

WORDS = ("score", "in", "not", "items", "_x1", "Total")
TEXTS = (
    *WORDS,
    "",
    "a b",
    'say "hi"',
    "\\",
    "\n\t\x01\x7f",
    "größe",
    "日本",
    "😀",
    "\u202e",
    "\ud800",
    "__proto__",
    "1",
)
NUMBERS = (
    0,
    1,
    -1,
    7,
    2**53 - 1,
    -(2**53) + 1,
    0.5,
    -0.25,
    1.5,
    1e-7,
    0.0001,
    1.25e16,
    1e21,
    1.5e300,
    5e-324,
    -0.0,
    3.0,
)
DATES = ("2030-01-01T00:00:00Z", "2026-02-28T23:59:59.500+05:30", "2024-02-29T00:00+00:00")
PATTERNS = ("^a+$", r"@example\.(org|com)$", "", r"(?i)\bx\b")
COMPARED = ("eq", "ne", "lt", "le", "gt", "ge", "in")
#: Parts of texts that are wrong at many places.
PARTS = (
    *("result", "result.score", "nodes.a", "nodes", 'node("b c")', 'node("")', "run_input", "reslt", "amount", "True"),
    *("and", "or", "not", "in", "matches", "exists", "exists(", "length(", "value(", "datetime(", "contains", "is"),
    *(
        "==",
        "!=",
        "<",
        "<=",
        "=",
        "===",
        "&&",
        "||",
        "!",
        "~",
        "+",
        "-",
        "%",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        ",",
        ":",
        ".",
    ),
    *(
        "1",
        "-0",
        "01",
        "1.",
        "1e400",
        "0.5",
        "5a",
        "36893488147419103232",
        "null",
        '"DE"',
        '"a',
        '"\\q"',
        "'x'",
        '"\n"',
    ),
    *(
        '"2030-01-01"',
        '{"a": 1, "a": 2}',
        "[1, None]",
        "[result]",
        "[0]",
        "[1.5]",
        "ö",
        "\u00a0",
        "😀",
        "#",
        "@",
        "\x00",
    ),
)


def lines() -> list[str]:
    """Return the lines of the file, which differ from each other."""
    random = Random(SEED)
    found: dict[str, None] = {}
    while len(found) < EXPRESSIONS:
        expr = checked(an_expression(random, random.randint(1, 5)))
        found[_line([_digest(as_text(as_browser(expr))), expr])] = None
    while len(found) < EXPRESSIONS + WRONG:
        text = a_text(random)
        try:
            parse(text)
        except ConditionSyntaxError as exc:
            # Only Python checks what stands in a pattern.
            if not exc.reason.startswith("The pattern"):
                found[_line([text, exc.position, exc.length, exc.reason])] = None
    return list(found)


def an_expression(random: Random, depth: int) -> Any:
    """Return a random expression; each level is one operator."""
    if depth <= 1:
        return _leaf(random)
    kind = random.randrange(10)
    inner = an_expression(random, depth - 1)
    other = an_expression(random, random.randint(1, depth - 1))
    if kind < 3:
        return [random.choice(("and", "or")), *((inner, other) if random.random() < 0.7 else (other, inner))]
    if kind < 6:
        return [random.choice(COMPARED), *((inner, other) if random.random() < 0.7 else (other, inner))]
    if kind < 8:
        return ["item", inner, random.choice((*TEXTS, 0, -1, 12))]
    if kind == 8:
        return ["matches", inner, random.choice(PATTERNS)]
    return [random.choice(("not", "not", "length", "type", "date", "exists")), inner]


def a_text(random: Random) -> str:
    """Return a text that is probably wrong: parts in a random order, or a right text with a wrong place."""
    if random.random() < 0.4:
        return random.choice(("", " ")).join(random.choice(PARTS) for _ in range(random.randint(1, 5)))
    text = as_text(an_expression(random, random.randint(1, 3)))
    if "datetime(" in text:  # versions of Python differ in which forms of dates they read
        return a_text(random)
    at = random.randint(0, len(text))
    return text[:at] + random.choice((*PARTS, "")) + text[at + random.randint(0, 2) :]


def as_browser(value: Any) -> Any:
    """Return a value as JavaScript has it after it has read the JSON.

    There, 3.0 is 3, and the keys of a mapping that are whole numbers come first.
    """
    if isinstance(value, list):
        return [as_browser(each) for each in value]
    if isinstance(value, dict):
        ordered = sorted(
            value.items(), key=lambda item: (not item[0].isdecimal(), item[0].isdecimal() and int(item[0]))
        )
        return {key: as_browser(each) for key, each in ordered}
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53 and str(value) != "-0.0":
        return int(value)
    return value


def _leaf(random: Random) -> Any:
    kind = random.randrange(8)
    if kind < 3:
        return [random.choice(("result", "result", "run_input", "error", "visits"))]
    if kind == 3:
        return ["node", random.choice([text for text in TEXTS if text])]
    if kind == 4:
        return ["datetime", random.choice(DATES)]
    return ["value", _json(random, 3)] if kind == 5 else _scalar(random)


def _json(random: Random, depth: int) -> Any:
    kind = random.randrange(3) if depth else 2
    if kind == 0:
        return [_json(random, depth - 1) for _ in range(random.randrange(3))]
    if kind == 1:
        return {random.choice(TEXTS): _json(random, depth - 1) for _ in range(random.randrange(3))}
    return _scalar(random)


def _scalar(random: Random) -> Any:
    return random.choice((None, True, False, random.choice(NUMBERS), random.choice(NUMBERS), random.choice(TEXTS)))


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:12]


def _line(row: list[Any]) -> str:
    return json.dumps(row, separators=(",", ":"))


if __name__ == "__main__":
    FILE.write_text("".join(f"{line}\n" for line in lines()))
