"""The words under which the index of runs has a run, and the conditions that a filter makes of them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from orchestrator_celery.model.filters.run_filter import TEXT, RunFilter, Term, is_like
from orchestrator_celery.model.states import RunStatus

__all__ = ("LIVE_WORDS", "STATUS_WORDS", "Condition", "WordQuery", "is_indexed", "run_words", "word_query")

#: Fields of a filter whose values are words.
_FIELDS = ("task", "category", "tag", "name")
#: Longest value that is a word as it is; of a longer one the digest stands behind the second text.
_LONGEST, _DIGEST = 100, "~"
#: Most words of one condition; a pattern that stands for more is left to the caller, who compares the records.
_MOST = 64

Known = Callable[[str], Sequence[str] | None]

STATUS_WORDS = tuple(f"status:{status.value}" for status in RunStatus if status is not RunStatus.CANCELLED)
#: The words of runs that have not ended.
LIVE_WORDS = tuple(
    f"status:{status.value}" for status in RunStatus if not status.ended and status is not RunStatus.CANCELLED
)


class Condition(NamedTuple):
    """A run has to be under one of the words; of an exclusion, under none of them."""

    words: tuple[str, ...]
    excluded: bool = False


class WordQuery(NamedTuple):
    """What the index can tell of a filter. Runs that it finds may still not match.

    Args:
        conditions: all of them have to hold.
        text: the id, or the name, has this text, in lower case; '' for any.
        names: the words of the names that have this text.
    """

    conditions: tuple[Condition, ...]
    text: str = ""
    names: tuple[str, ...] = ()


def run_words(name: str, category: str | None, tags: Iterable[str], tasks: Iterable[str]) -> tuple[str, ...]:
    """Return the words of a run, without that of its status.

    >>> run_words("sum", None, ["eu"], ["proj.add"])
    ('name:sum', 'tag:eu', 'task:proj.add')
    """
    found = [("task", task) for task in tasks] + [("tag", tag) for tag in tags]
    found += [("category", category)] if category is not None else []
    found += [("name", name)]
    return tuple(sorted({_word(field, value) for field, value in found}))


def is_indexed(wanted: RunFilter) -> bool:
    """Whether the index helps to find the runs of a filter."""
    return any(term.field in (*_FIELDS, "status", "worker", TEXT) for term in wanted.terms)


def word_query(wanted: RunFilter, known: Known) -> WordQuery:
    """Return what the index can tell of a filter.

    Args:
        wanted: the filter.
        known: returns all words of the index that begin with a text; None if there are too many.
    """
    conditions, text, names = list[Condition](), "", tuple[str, ...]()
    for term in wanted.terms:
        if term.field == TEXT:
            found = _names_with(term, known) if not (text or term.excluded) else None
            if found is not None:
                text, names = term.values[0].lower(), found
        elif (condition := _condition(term, known)) is not None:
            conditions.append(condition)
    return WordQuery(tuple(conditions), text, names)


def _condition(term: Term, known: Known) -> Condition | None:
    if term.field == "status":
        return Condition(tuple(dict.fromkeys(f"status:{value}" for value in term.values)), term.excluded)
    if term.field == "worker" and not term.excluded:
        return Condition(LIVE_WORDS)
    if term.field not in _FIELDS:
        return None
    found = [_like(term.field, value, known, term.excluded) for value in term.values]
    words = list(dict.fromkeys(word for words in found for word in words or ()))
    if None in found:
        return None
    if term.excluded:
        # A digest may stand for another value too, so nothing is excluded by it.
        words = [word for word in words if not word.startswith(f"{term.field}:{_DIGEST}")]
    if len(words) > _MOST or (term.excluded and not words):
        return None
    return Condition(tuple(words), term.excluded)


def _like(field: str, pattern: str, known: Known, excluded: bool) -> list[str] | None:
    """Return the words that a value stands for; a digest may stand for any value of a pattern."""
    if "*" not in pattern:
        return [_word(field, pattern)]
    found, digests = known(f"{field}:{pattern.partition('*')[0]}"), known(f"{field}:{_DIGEST}")
    if found is None or digests is None:
        return None
    words = [word for word in found if is_like(pattern, word.partition(":")[2])]
    return words if excluded else [*words, *digests]


def _names_with(term: Term, known: Known) -> tuple[str, ...] | None:
    """Return the words of the names that have a text; None if the index cannot tell."""
    if len(term.values) > 1 or not term.values[0].isascii():
        return None
    text, words = term.values[0].casefold(), known("name:")
    if words is None:
        return None
    start = f"name:{_DIGEST}"
    found = tuple(word for word in words if word.startswith(start) or text in word.partition(":")[2].casefold())
    return found if len(found) <= _MOST else None


def _word(field: str, value: str) -> str:
    raw = value.encode()
    return f"{field}:{value if len(raw) <= _LONGEST else _DIGEST + hashlib.sha1(raw).hexdigest()}"
