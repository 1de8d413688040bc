"""Regular expressions whose time is bounded: no pattern and no text can hold a worker up.

Python's `re` tries one way after the other, which for `(a+)+$` can take for ever, and nothing can stop it in a
thread. Here all ways are followed at once (Thompson's simulation), so a character of the text costs at most the
pattern's size. What is not regular, and so cannot be matched like that, is refused: references back, lookaround.

Only what repeats and chooses is done here. One character, or one place between two, is left to `re`, which decides
it in constant time: classes, Unicode and `(?i)` mean what they mean there.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple, NoReturn

from orchestrator_celery.errors import InvalidWorkflow

__all__ = ("LARGEST_PROGRAM", "LONGEST_PATTERN", "MOST_STEPS", "Program", "compiled")

#: Characters of a pattern.
LONGEST_PATTERN = 500
#: Steps of a pattern once `{m,n}` is written out.
LARGEST_PROGRAM = 1000
#: Steps taken for one text, a second of work at worst: what needs more is not decided.
MOST_STEPS = 1_000_000
#: Characters of a pattern that are shown when it is refused.
_SHOWN = 80
#: Groups inside groups.
_DEEPEST = 30

_FLAGS = re.compile(r"\(\?([aims]+)\)")
_GROUP = re.compile(r"\((?:\?:|\?P<[^\W\d]\w*>|(?!\?))")
_CLASS = re.compile(r"\[\^?(?:\\.|[^\\])(?:\\.|[^\\\]])*\]", re.DOTALL)
_AMBIGUOUS = re.compile(r"\[\[|.+(?:--|&&|~~|\|\|)", re.DOTALL)
_CHARACTER = re.compile(r"\\(?:0[0-7]{0,2}|x..|u.{4}|U.{8}|N\{[^}]*\}|.)|.", re.DOTALL)
_REPEAT = re.compile(r"(?:([*+?])|\{(?!\})([0-9]*)(,?)([0-9]*)\})\??")
_PLACES = frozenset(["^", "$", r"\A", r"\Z", r"\z", r"\b", r"\B"])


class _Step(NamedTuple):
    """One step of a program: past a character, past a place between two, or just elsewhere.

    Args:
        character: passes one that it matches, to the step after.
        place: lets through where it matches.
        to: where a step that passes no character leads, as distances, so that code can be moved and repeated as it is.
    """

    character: re.Pattern[str] | None = None
    place: re.Pattern[str] | None = None
    to: tuple[int, ...] = (1,)


class Program:
    """A pattern, ready to search in texts.

    Args:
        steps: to be past the last is to have found it.
    """

    def __init__(self, steps: list[_Step]) -> None:
        self._steps = tuple(steps)
        self._places = tuple({step.place for step in steps if step.place})

    def __len__(self) -> int:
        return len(self._steps)

    def search(self, text: str) -> bool | None:
        """Whether it is anywhere in a text, as `re.search` says; None where that takes more than `MOST_STEPS`."""
        return self.count(text)[0]

    def count(self, text: str) -> tuple[bool | None, int]:
        """As `search`, with the number of steps it took."""
        known: dict[tuple[object, ...], tuple[bool, frozenset[int]]] = {}
        taken, passed = 0, frozenset[int]()
        for place in range(len(text) + 1):
            # What follows depends on these alone: most of a text is looked up rather than worked out.
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
        """The steps one can be at in a place of the text; each is looked at once, which is what bounds the time."""
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
        """Where one is after the character there."""
        tests = ((at, self._steps[at].character) for at in reached if at < len(self))
        return frozenset(at + 1 for at, test in tests if test and test.match(text, place))


@lru_cache(maxsize=256)
def compiled(pattern: str) -> Program:
    r"""The program of a pattern.

    Understood are characters and escapes, classes, `.`, `\d`, `\w`, `\s`, the places `^`, `$`, `\A`, `\Z`, `\b` and
    their opposites, groups, `|`, `?`, `*`, `+`, `{m,n}`, and the flags `(?aims)` at the very start.

    Example:
        >>> compiled(r"(?i)^order-\d{4,}$").search("Order-20261")
        True

    Raises:
        InvalidWorkflow: it is none, is not regular, or is too large.
    """
    if len(pattern) > LONGEST_PATTERN:
        _refuse(pattern, f"it has {len(pattern)} characters", f"Give one of at most {LONGEST_PATTERN}.")
    return Program(_Parser(pattern).all())


def _refuse(pattern: str, why: str, remedy: str) -> NoReturn:
    shown = pattern if len(pattern) <= _SHOWN else f"{pattern[:_SHOWN]}..."
    raise InvalidWorkflow(f"The pattern {shown!r} is not allowed: {why}. {remedy}")


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
        ways = [self._sequence()]
        while self._take("|"):
            ways.append(self._sequence())
        steps = ways.pop()
        for way in reversed(ways):
            steps = [_Step(to=(1, len(way) + 2)), *way, _Step(to=(len(steps) + 1,)), *steps]
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
            self._refuse(f"nothing stands before `{sign[0]}` to repeat", "Escape it with a backslash.")
        steps = self._single()
        sign = self._read(_REPEAT)
        if sign is None:
            return steps
        if [bool(step.place) for step in steps] == [True]:
            self._refuse(f"`{sign[0]}` repeats a place, not a character", "Leave it out.")
        # A lazy sign changes what is found, not whether; a possessive one changes that, too.
        if self._take("+") or self._read(_REPEAT):
            self._refuse(f"`{sign[0]}` is itself repeated", "Put what it repeats into a group.")
        return self._times(steps, sign)

    def _times(self, steps: list[_Step], sign: re.Match[str]) -> list[_Step]:
        least, most = _bounds(sign)
        if most is not None and most < least:
            self._refuse(f"`{sign[0]}` has its bounds the wrong way round", "Give the smaller number first.")
        # Before it is written out: this is where a short pattern becomes a large program.
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
            # Of these Python warns that they will mean something else; a stored pattern should not.
            self._refuse(f"`{found[0]}` has another meaning in other versions of `re`", "Escape what is special there.")
        if found[0] in _PLACES:
            return [_Step(place=self._test(found[0]))]
        if found[0][:1] == "\\" and found[0][1:2] in tuple("123456789"):
            self._refuse(f"`{found[0]}` refers back to a group, which takes unbounded time", "Write out what is meant.")
        return [_Step(character=self._test(found[0]))]

    def _group(self) -> list[_Step]:
        if self._read(_GROUP) is None:
            self._refuse(
                f"`{self._pattern[self._at : self._at + 4]}` is not supported",
                "There are `(...)`, `(?:...)` and `(?P<name>...)`, and flags at the very start; no lookaround.",
            )
        self._depth += 1
        if self._depth > _DEEPEST:
            self._refuse(f"more than {_DEEPEST} groups are inside each other", "Leave some out.")
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

    def _read(self, what: re.Pattern[str]) -> re.Match[str] | None:
        found = what.match(self._pattern, self._at)
        self._at = found.end() if found else self._at
        return found

    def _bound(self, size: int) -> None:
        if size > LARGEST_PROGRAM:
            self._refuse(f"written out it has over {LARGEST_PROGRAM} steps", "Repeat less in it, as in `{1,100}`.")

    def _refuse(self, why: str, remedy: str) -> NoReturn:
        _refuse(self._pattern, why, remedy)


def _bounds(sign: re.Match[str]) -> tuple[int, int | None]:
    """How often at least and at most; None for without end."""
    name, low, comma, high = sign.groups()
    if name:
        return {"?": (0, 1), "*": (0, None), "+": (1, None)}[name]
    least = int(low or 0)
    return least, int(high) if high else None if comma else least
