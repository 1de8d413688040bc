"""The words and the text under which the index of runs has a run, and the conditions that a filter makes of them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from orchestrator_celery.model.filters.run_filter import TEXT, RunFilter, Term, is_like
from orchestrator_celery.model.states import RunStatus

__all__ = (
    "LIVE_WORDS",
    "STATUS_WORDS",
    "Condition",
    "Texts",
    "WordQuery",
    "is_indexed",
    "run_text",
    "run_words",
    "word_query",
)

#: Fields of a filter whose values are words.
_FIELDS = ("task", "category", "tag", "name")
#: Longest value that is a word as it is; of a longer one the digest stands behind the second text.
_LONGEST, _DIGEST = 100, "~"
#: Most words of one condition. A pattern of names that stands for more is compared with the names; other patterns are
#: left to the caller, who compares the records.
_MOST = 64
#: Fields of which a run has at most one word.
_SINGLE = ("category", "name")
#: Longest name in the text of a run, and what stands before a name that is cut or changed.
_LONGEST_NAME, _CUT = 400, "\x1d"
#: Separates the name from both in lower case. Names and ids have no such characters in the text.
_SEPARATOR = "\x1f"
_SEPARATORS = dict.fromkeys((*map(ord, "\x1d\x1e\x1f"),))

Known = Callable[[str], Sequence[str] | None]

STATUS_WORDS = tuple(f"status:{status.value}" for status in RunStatus if status is not RunStatus.CANCELLED)
#: The words of runs that have not ended.
LIVE_WORDS = tuple(
    f"status:{status.value}" for status in RunStatus if not status.ended and status is not RunStatus.CANCELLED
)


class Condition(NamedTuple):
    """A run has to be under one of the words; of an exclusion, under none of them.

    Args:
        words: the words.
        excluded: whether it is an exclusion.
        apart: whether no run is under two of the words.
    """

    words: tuple[str, ...]
    excluded: bool = False
    apart: bool = False


class Texts(NamedTuple):
    """A run has to have one of the texts; of an exclusion, none of them.

    Args:
        values: parts of the name or of the id, in lower case; or patterns of the name.
        excluded: whether it is an exclusion.
        patterns: whether they are patterns of the name.
    """

    values: tuple[str, ...]
    excluded: bool = False
    patterns: bool = False


class WordQuery(NamedTuple):
    """What the index can tell of a filter. Runs that it finds may still not match.

    Args:
        conditions: all of them have to hold.
        texts: these too.
    """

    conditions: tuple[Condition, ...]
    texts: tuple[Texts, ...] = ()


def run_words(name: str, category: str | None, tags: Iterable[str], tasks: Iterable[str]) -> tuple[str, ...]:
    """Return the words of a run, without that of its status.

    >>> run_words("sum", None, ["eu"], ["proj.add"])
    ('name:sum', 'tag:eu', 'task:proj.add')
    """
    found = [("task", task) for task in tasks] + [("tag", tag) for tag in tags]
    found += [("category", category)] if category is not None else []
    found += [("name", name)]
    return tuple(sorted({_word(field, value) for field, value in found}))


def run_text(run: str, name: str) -> str:
    """Return the text of a run in which searches look: its name, and the id and the name in lower case if they differ.

    >>> run_text("r1", "sum"), run_text("r1", "Sum")
    ('sum\\x1f', 'Sum\\x1fr1\\x1fsum')
    """
    plain = name.translate(_SEPARATORS)
    kept = plain[:_LONGEST_NAME]
    both = f"{run}{_SEPARATOR}{kept}"
    lower = both.casefold()
    return f"{kept if kept == name else _CUT + kept}{_SEPARATOR}{'' if lower == both else lower}"


def is_indexed(wanted: RunFilter) -> bool:
    """Whether the index helps to find the runs of a filter."""
    return any(term.field in (*_FIELDS, "status", "worker", TEXT) for term in wanted.terms)


def word_query(wanted: RunFilter, known: Known) -> WordQuery:
    """Return what the index can tell of a filter.

    Args:
        wanted: the filter.
        known: returns all words of the index that begin with a text; None if there are too many.
    """
    conditions, texts = list[Condition](), list[Texts]()
    for term in wanted.terms:
        if term.field == TEXT:
            texts += _texts(term, [value.casefold() for value in term.values])
        elif (condition := _condition(term, known)) is not None:
            conditions.append(condition)
        elif term.field == "name":
            texts += _texts(term, term.values)
    return WordQuery((*_joined(conditions),), (*texts,))


def _joined(conditions: Iterable[Condition]) -> Iterator[Condition]:
    """Yield conditions; the exclusions of a field of which a run has one word at most are one condition."""
    apart = dict[str, tuple[str, ...]]()
    for condition in conditions:
        if condition.apart:
            field = condition.words[0].partition(":")[0]
            apart[field] = (*dict.fromkeys((*apart.get(field, ()), *condition.words)),)
        else:
            yield condition
    for words in apart.values():
        yield Condition(words, excluded=True, apart=True)


def _condition(term: Term, known: Known) -> Condition | None:
    if term.field == "status":
        given = tuple(dict.fromkeys(f"status:{value}" for value in term.values))
        return Condition(tuple(word for word in STATUS_WORDS if word not in given) if term.excluded else given)
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
    return Condition(tuple(words), term.excluded, term.excluded and term.field in _SINGLE)


def _texts(term: Term, values: Sequence[str]) -> Iterator[Texts]:
    """Yield the condition that a run has one of the values in its text, if the text can tell."""
    if not any(value != value.translate(_SEPARATORS) for value in values):
        yield Texts((*values,), term.excluded, term.field != TEXT)


def _like(field: str, pattern: str, known: Known, excluded: bool) -> list[str] | None:
    """Return the words that a value stands for; a digest may stand for any value of a pattern."""
    if "*" not in pattern:
        return [_word(field, pattern)]
    found, digests = known(f"{field}:{pattern.partition('*')[0]}"), known(f"{field}:{_DIGEST}")
    if found is None or digests is None:
        return None
    words = [word for word in found if is_like(pattern, word.partition(":")[2])]
    return words if excluded else [*words, *digests]


def _word(field: str, value: str) -> str:
    raw = value.encode()
    return f"{field}:{value if len(raw) <= _LONGEST else _DIGEST + hashlib.sha1(raw).hexdigest()}"
