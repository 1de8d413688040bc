"""Regular expressions with bounded time: no pattern and no text can block a worker.

Python's `re` tries one alternative after the other. For `(a+)+$` this can take practically for ever, and a thread
cannot be stopped. This module follows all alternatives at once (Thompson's simulation), so each character of the text
costs at most the pattern's size. Features that are not regular cannot be matched this way and are refused:
backreferences and lookaround.

This module handles only repetition and choice. Single characters, and positions between two characters, are matched
by `re` in constant time, so classes, Unicode and `(?i)` have the same meaning as in `re`.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple, NoReturn

from orchestrator_celery.errors import InvalidWorkflow

__all__ = ("LARGEST_PROGRAM", "LONGEST_PATTERN", "MOST_STEPS", "Program", "compiled")

#: The longest pattern in characters.
LONGEST_PATTERN = 500
#: The most steps of a pattern after `{m,n}` is expanded.
LARGEST_PROGRAM = 1000
#: The most steps for one text, a second of work at worst; a search that needs more is undecided.
MOST_STEPS = 1_000_000
#: The longest part of a refused pattern in an error, in characters.
_SHOWN = 80
#: The most levels of nested groups.
_DEEPEST = 30

_FLAGS = re.compile(r"\(\?([aims]+)\)")
_GROUP = re.compile(r"\((?:\?:|\?P<[^\W\d]\w*>|(?!\?))")
_CLASS = re.compile(r"\[\^?(?:\\.|[^\\])(?:\\.|[^\\\]])*\]", re.DOTALL)
_AMBIGUOUS = re.compile(r"\[\[|.+(?:--|&&|~~|\|\|)", re.DOTALL)
_CHARACTER = re.compile(r"\\(?:0[0-7]{0,2}|x..|u.{4}|U.{8}|N\{[^}]*\}|.)|.", re.DOTALL)
_REPEAT = re.compile(r"(?:([*+?])|\{(?!\})([0-9]*)(,?)([0-9]*)\})\??")
_PLACES = frozenset(["^", "$", r"\A", r"\Z", r"\z", r"\b", r"\B"])


class _Step(NamedTuple):
    """One step of a program: it consumes a character, tests a position between two characters, or only jumps.

    Args:
        character: consumes a character that it matches, and goes on to the next step.
        place: goes on where it matches the position.
        to: the targets of a step that consumes no character, as distances, so that code can be moved and repeated.
    """

    character: re.Pattern[str] | None = None
    place: re.Pattern[str] | None = None
    to: tuple[int, ...] = (1,)


class Program:
    """A pattern that is ready to search in texts.

    Args:
        steps: the steps; a match is found when the search passes the last step.
    """

    def __init__(self, steps: list[_Step]) -> None:
        self._steps = tuple(steps)
        self._places = tuple({step.place for step in steps if step.place})

    def __len__(self) -> int:
        return len(self._steps)

    def search(self, text: str) -> bool | None:
        """Whether the pattern matches anywhere in a text, as `re.search`; None if this takes over `MOST_STEPS`."""
        return self.count(text)[0]

    def count(self, text: str) -> tuple[bool | None, int]:
        """Search like `search`, and return the number of steps too."""
        known: dict[tuple[object, ...], tuple[bool, frozenset[int]]] = {}
        taken, passed = 0, frozenset[int]()
        for place in range(len(text) + 1):
            # The next state depends only on these values, so most positions of a text are cache hits.
            here = (passed, text[place : place + 1], *[bool(test.match(text, place)) for test in self._places])
            taken += 1
            if here not in known:
                reached = self._reach(passed, text, place)
                taken += len(reached)
                known[here] = len(self) in reached, self._pass(reached, text, place)
            found, passed = known[here]
            if found:
                return True, taken
            if taken > MOST_STEPS:
                return None, taken
        return False, taken

    def _reach(self, passed: frozenset[int], text: str, place: int) -> set[int]:
        """Return the steps that are active at a position. Each step is visited once, which bounds the time."""
        reached: set[int] = set()
        ahead = [0, *passed]
        while ahead:
            at = ahead.pop()
            if at in reached:
                continue
            reached.add(at)
            if at == len(self):
                break
            step = self._steps[at]
            if step.character is None and (step.place is None or step.place.match(text, place)):
                ahead.extend(at + distance for distance in step.to)
        return reached

    def _pass(self, reached: set[int], text: str, place: int) -> frozenset[int]:
        """Return the active steps after the character at a position."""
        tests = ((at, self._steps[at].character) for at in reached if at < len(self))
        return frozenset(at + 1 for at, test in tests if test and test.match(text, place))


@lru_cache(maxsize=256)
def compiled(pattern: str) -> Program:
    r"""Compile a pattern.

    The syntax has characters and escapes, classes, `.`, `\d`, `\w`, `\s`, the positions `^`, `$`, `\A`, `\Z`, `\b` and
    their opposites, groups, `|`, `?`, `*`, `+`, `{m,n}`, and the flags `(?aims)` at the very start.

    Example:
        >>> compiled(r"(?i)^order-\d{4,}$").search("Order-20261")
        True

    Raises:
        InvalidWorkflow: the pattern is malformed, not regular, or too large.
    """
    if len(pattern) > LONGEST_PATTERN:
        _refuse(pattern, f"it has {len(pattern)} characters", f"Use at most {LONGEST_PATTERN}.")
    return Program(_Parser(pattern).all())


def _refuse(pattern: str, reason: str, remedy: str) -> NoReturn:
    shown = pattern if len(pattern) <= _SHOWN else f"{pattern[:_SHOWN]}..."
    raise InvalidWorkflow(f"The pattern {shown!r} is not allowed: {reason}. {remedy}")


class _Parser:
    """Reads a pattern from left to right."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        flags = _FLAGS.match(pattern)
        self._flags = flags[0] if flags else ""
        self._at = len(self._flags)
        self._depth = 0

    def all(self) -> list[_Step]:
        steps = self._choice()
        if self._at < len(self._pattern):
            self._refuse("a `)` has no `(` before it", r"Write `\)` for the character.")
        return steps

    def _choice(self) -> list[_Step]:
        alternatives = [self._sequence()]
        while self._take("|"):
            alternatives.append(self._sequence())
        steps = alternatives.pop()
        for other in reversed(alternatives):
            steps = [_Step(to=(1, len(other) + 2)), *other, _Step(to=(len(steps) + 1,)), *steps]
            self._bound(len(steps))
        return steps

    def _sequence(self) -> list[_Step]:
        steps: list[_Step] = []
        while not self._pattern.startswith(("|", ")"), self._at) and self._at < len(self._pattern):
            steps += self._repeated()
            self._bound(len(steps))
        return steps

    def _repeated(self) -> list[_Step]:
        if sign := self._read(_REPEAT):
            self._refuse(f"`{sign[0]}` has nothing before it to repeat", "Escape it with a backslash.")
        steps = self._single()
        sign = self._read(_REPEAT)
        if sign is None:
            return steps
        if [bool(step.place) for step in steps] == [True]:
            self._refuse(f"`{sign[0]}` repeats a position, not a character", "Leave it out.")
        # A lazy sign changes which text is found, not whether one is found. A possessive sign may change both.
        if self._take("+") or self._read(_REPEAT):
            self._refuse(f"`{sign[0]}` is itself repeated", "Put the repeated part into a group.")
        return self._times(steps, sign)

    def _times(self, steps: list[_Step], sign: re.Match[str]) -> list[_Step]:
        least, most = _bounds(sign)
        if most is not None and most < least:
            self._refuse(f"`{sign[0]}` has its bounds in the wrong order", "Give the smaller number first.")
        # Check before the expansion: here a short pattern can become a large program.
        self._bound((len(steps) + 1) * max(least, most or 0))
        if most is not None:
            return steps * least + [_Step(to=(1, len(steps) + 1)), *steps] * (most - least)
        if least:
            return [*(steps * least), _Step(to=(-len(steps), 1))]
        return [_Step(to=(1, len(steps) + 2)), *steps, _Step(to=(-len(steps) - 1,))]

    def _single(self) -> list[_Step]:
        if self._pattern[self._at] == "(":
            return self._group()
        found = self._read(_CLASS if self._pattern[self._at] == "[" else _CHARACTER)
        if found is None:
            self._refuse("a `[` is not closed", r"Write `\[` for the character.")
        if found[0][0] == "[" and _AMBIGUOUS.match(found[0]):
            # Python warns that their meaning will change, and the meaning of a stored pattern must not change.
            self._refuse(
                f"`{found[0]}` has another meaning in other versions of `re`", "Escape its special characters."
            )
        if found[0] in _PLACES:
            return [_Step(place=self._test(found[0]))]
        if found[0][:1] == "\\" and found[0][1:2] in tuple("123456789"):
            self._refuse(f"`{found[0]}` is a backreference, which takes unbounded time", "Write the text out.")
        return [_Step(character=self._test(found[0]))]

    def _group(self) -> list[_Step]:
        if self._read(_GROUP) is None:
            self._refuse(
                f"`{self._pattern[self._at : self._at + 4]}` is not supported",
                "Use `(...)`, `(?:...)` or `(?P<name>...)`, and flags only at the very start; there is no lookaround.",
            )
        self._depth += 1
        if self._depth > _DEEPEST:
            self._refuse(f"more than {_DEEPEST} groups are nested", "Remove some of them.")
        steps = self._choice()
        if not self._take(")"):
            self._refuse("a `(` is not closed", r"Write `\(` for the character.")
        self._depth -= 1
        return steps

    def _test(self, source: str) -> re.Pattern[str]:
        try:
            return re.compile(self._flags + source)
        except re.error as exc:
            self._refuse(f"`{source}`: {exc.msg}", "See the documentation of Python's `re`.")

    def _take(self, character: str) -> bool:
        found = self._pattern.startswith(character, self._at)
        self._at += found
        return found

    def _read(self, syntax: re.Pattern[str]) -> re.Match[str] | None:
        found = syntax.match(self._pattern, self._at)
        self._at = found.end() if found else self._at
        return found

    def _bound(self, size: int) -> None:
        if size > LARGEST_PROGRAM:
            self._refuse(f"its expansion has over {LARGEST_PROGRAM} steps", "Repeat less in it, as in `{1,100}`.")

    def _refuse(self, reason: str, remedy: str) -> NoReturn:
        _refuse(self._pattern, reason, remedy)


def _bounds(sign: re.Match[str]) -> tuple[int, int | None]:
    """Return the least and the most repetitions; None for no upper limit."""
    name, low, comma, high = sign.groups()
    if name:
        return {"?": (0, 1), "*": (0, None), "+": (1, None)}[name]
    least = int(low or 0)
    return least, int(high) if high else None if comma else least
