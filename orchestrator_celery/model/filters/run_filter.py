"""Which runs: one record for lists, verbs on many runs and the command line, and its text form.

    status:FAILED,SUSPENDED task:shop.* tag:eu -tag:test name:"sum of*" since:2h duration:>5m invoice

All words must match, and one of the values after a colon. `-` excludes. `*` stands for any characters. A word
without a colon is looked for in the name and the id.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta, timezone
from operator import ge, gt, le, lt
from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator

from orchestrator_celery.errors import OrchestratorError
from orchestrator_celery.model.filters.words import filter_word
from orchestrator_celery.model.printing.safe_text import safe_repr
from orchestrator_celery.model.printing.text import nearest
from orchestrator_celery.model.spans import parse_span
from orchestrator_celery.model.states import RunStatus
from orchestrator_celery.model.views import RunView

__all__ = ("FIELDS", "TEXT", "RunFilter", "Term", "is_like")

#: The word for the text that is looked for in the name and the id. It is not written.
TEXT = "text"
#: The words before a colon, with what stands after it.
FIELDS: Mapping[str, str] = {
    "status": "one of " + ", ".join(status.value for status in RunStatus),
    "task": "the name of a task in the run",
    "category": "the category",
    "tag": "one of the tags",
    "name": "the name",
    "worker": "a worker that runs a task of the run now",
    "since": "created at or after: a time such as 2026-11-01 or 2026-11-01T08:00, or an age such as 2h",
    "until": "created at or before: a time or an age",
    "duration": "the time that it has run, such as >5m, <=10s or 5m..1h",
    TEXT: "a part of the name or the id",
}
#: Fields that a filter has once, with one value, and that cannot be excluded.
_ONCE = ("since", "until")
_VALUE = r'"(?:[^"\\]|\\.)*"|[^\s",]+'
_WORD = re.compile(
    rf"\s*(?P<minus>-)?(?:(?P<field>[A-Za-z_]+):)?(?P<values>(?:{_VALUE})(?:,(?:{_VALUE}))*)(?=\s|$)", re.DOTALL
)
#: A field without a value, which would else be text to look for.
_EMPTY = re.compile("[A-Za-z_]+:")
_PLAIN = re.compile(r"[\w.*@/+~<>=%$#&!?()\[\]{}|;^-]+")


class Term(BaseModel):
    """One word of a filter.

    Args:
        field: one of `FIELDS`.
        values: one of them has to match.
        excluded: whether a run must not match.

    Raises:
        OrchestratorError: the field or a value is not known; the error names the known ones.
    """

    model_config = ConfigDict(frozen=True)

    field: str
    values: tuple[str, ...]
    excluded: bool = False

    @model_validator(mode="after")
    def _known(self) -> Term:
        if self.field not in FIELDS:
            raise _unknown(self.field)
        if not self.values:
            raise OrchestratorError(f"The filter word {self.field}: has no value. It takes {FIELDS[self.field]}.")
        if self.field in _ONCE and (len(self.values) > 1 or self.excluded):
            raise OrchestratorError(f"The filter word {self.field}: takes one value and cannot be excluded.")
        for value in self.values:
            _CHECKS.get(self.field, _no_check)(value)
        return self

    def __str__(self) -> str:
        field = "" if self.field == TEXT else f"{self.field}:"
        return f"{'-' if self.excluded else ''}{field}{','.join(_quoted(value, bool(field)) for value in self.values)}"


class RunFilter(BaseModel):
    """Which runs are meant. A filter without terms means every run.

    Args:
        terms: all of them have to match.
    """

    model_config = ConfigDict(frozen=True)

    terms: tuple[Term, ...] = ()

    @staticmethod
    def words() -> Mapping[str, str]:
        """Return the words before a colon, with what stands after each of them."""
        return {word: takes for word, takes in FIELDS.items() if word != TEXT}

    @classmethod
    def parse(cls, text: str) -> RunFilter:
        """Read the text form.

        Args:
            text: words such as `status:FAILED tag:eu`; values with spaces, commas or quotes stand in double quotes.

        Raises:
            OrchestratorError: a word is not known or not complete; the error says which, and what is known.
        """
        terms, place = [], 0
        text = text.rstrip()
        while place < len(text):
            match = _WORD.match(text, place)
            if match is None or (match["field"] is None and _EMPTY.match(match["values"])):
                rest = text[place:].strip()
                raise OrchestratorError(
                    f"The filter cannot be read from {safe_repr(rest[:60])} on: write words such as status:FAILED, and "
                    'put values with spaces, commas or quotes in double quotes, as in name:"sum of".'
                )
            field = (match["field"] or TEXT).lower()
            if match["field"] is not None and field == TEXT:
                raise _unknown(field)
            values = tuple(_unquoted(value) for value in re.findall(_VALUE, match["values"], re.DOTALL))
            if field == "status":
                values = tuple(value.upper() for value in values)
            terms.append(Term(field=field, values=values, excluded=match["minus"] is not None))
            place = match.end()
        return cls(terms=tuple(terms))

    @classmethod
    def of(cls, where: str = "", /, **fields: Any) -> RunFilter:
        """Return the filter of a text and of keywords, which must all match.

        Args:
            where: the text form.
            **fields: values by field; several values mean one of them; None leaves the field out. Times
                are aware datetimes, durations and ages text.

        Raises:
            OrchestratorError: a word is not known, or a datetime has no time zone.
        """
        terms = list(cls.parse(where).terms)
        for field, given in fields.items():
            if given is not None:
                values = [given] if isinstance(given, str) or not isinstance(given, Iterable) else given
                terms.append(Term(field=field, values=tuple(_plain(field, value) for value in values)))
        return cls(terms=tuple(terms))

    @model_validator(mode="after")
    def _once(self) -> RunFilter:
        for field in _ONCE:
            if sum(term.field == field for term in self.terms) > 1:
                raise OrchestratorError(f"The filter word {field}: stands twice. Give it once.")
        return self

    def __str__(self) -> str:
        return " ".join(map(str, self.terms))

    @property
    def is_relative(self) -> bool:
        """Whether the filter depends on the present time."""
        return any(term.field in (*_ONCE, "duration") for term in self.terms)

    @property
    def names_workers(self) -> bool:
        """Whether the filter asks which workers run tasks of a run."""
        return any(term.field == "worker" for term in self.terms)

    @property
    def asks_duration(self) -> bool:
        """Whether the filter asks how long runs take."""
        return any(term.field == "duration" for term in self.terms)

    def takes(self, started: datetime | None, finished: datetime | None, now: datetime) -> bool:
        """Whether a run with these times has the wanted duration; the other words are not looked at."""
        terms = [term for term in self.terms if term.field == "duration"]
        return all(_lasts(started, finished, term.values, now) is not term.excluded for term in terms)

    def bound(self, field: str, now: datetime) -> datetime | None:
        """Return the time of `since` or `until`, or None without one.

        Args:
            field: `since` or `until`.
            now: the present time, to which an age refers.
        """
        for term in self.terms:
            if term.field == field:
                return _moment(term.values[0], now)
        return None

    def matches(self, view: RunView, now: datetime, workers: Iterable[str] = ()) -> bool:
        """Whether a run matches; the bounds of its creation are not looked at.

        Args:
            view: the run.
            now: the present time.
            workers: node names of the workers that run its tasks.
        """
        facts = _facts(view, workers)
        for term in self.terms:
            if term.field in _ONCE:
                continue
            if term.field == "duration":
                found = _lasts(view.started, view.finished, term.values, now)
            elif term.field == TEXT:
                found = any(value.casefold() in fact.casefold() for value in term.values for fact in facts[TEXT])
            else:
                found = any(is_like(value, fact) for value in term.values for fact in facts[term.field])
            if found is term.excluded:
                return False
        return True


def _facts(view: RunView, workers: Iterable[str]) -> dict[str, tuple[str, ...]]:
    return {
        "status": (view.status.value,),
        "task": view.tasks,
        "category": () if view.category is None else (view.category,),
        "tag": view.tags,
        "name": (view.name,),
        "worker": tuple(workers),
        TEXT: (view.name, view.id),
    }


def is_like(pattern: str, text: str) -> bool:
    """Whether a text is a pattern in which `*` stands for any characters. This takes linear time."""
    first, *parts = pattern.split("*")
    if not parts:
        return text == pattern
    if not text.startswith(first):
        return False
    place, last = len(first), parts.pop()
    for part in parts:
        place = text.find(part, place)
        if place < 0:
            return False
        place += len(part)
    return len(text) - len(last) >= place and text.endswith(last)


def _lasts(started: datetime | None, finished: datetime | None, wanted: Iterable[str], now: datetime) -> bool:
    """Whether a run has one of the durations. A run that has not started has none."""
    if started is None:
        return False
    lasted = (finished or now) - started
    return any(all(holds(lasted, bound) for holds, bound in _bounds(value)) for value in wanted)


def _bounds(value: str) -> list[tuple[Callable[[timedelta, timedelta], bool], timedelta]]:
    """Return what has to hold for a duration: one comparison, or both ends of a range.

    Raises:
        ValueError: the text is none of these.
        OverflowError: a span is longer than any run.
    """
    least, is_range, most = value.partition("..")
    if is_range:
        ends = parse_span(least), parse_span(most)
        if ends[0] > ends[1]:
            raise ValueError(value)
        return [(ge, ends[0]), (le, ends[1])]
    sign = value[: 2 if value[1:2] == "=" else 1]
    if sign not in _SIGNS:
        raise ValueError(value)
    return [(_SIGNS[sign], parse_span(value[len(sign) :]))]


def _moment(value: str, now: datetime) -> datetime:
    if _AGE.fullmatch(value):
        try:
            return now - parse_span(value)
        except OverflowError:
            return datetime.min.replace(tzinfo=timezone.utc)
    found = datetime.fromisoformat(value.removesuffix("Z") + ("+00:00" if value.endswith("Z") else ""))
    return found if found.tzinfo else found.replace(tzinfo=timezone.utc)


#: Comparisons of durations.
_SIGNS: Mapping[str, Callable[[timedelta, timedelta], bool]] = {">": gt, ">=": ge, "<": lt, "<=": le}
_AGE = re.compile(r"(?:\d+(?:\.\d+)?(?:ms|s|m|h|d|w))+")


def _check_status(value: str) -> None:
    filter_word(RunStatus, "status", value)


def _check_moment(value: str) -> None:
    try:
        _moment(value, datetime.now(timezone.utc))
    except ValueError:
        raise OrchestratorError(
            f"{safe_repr(value)} is not a time: write 2026-11-01, 2026-11-01T08:00 (UTC) or an age such as 90s or 2h."
        ) from None


def _check_duration(value: str) -> None:
    try:
        _bounds(value)
    except (ValueError, OverflowError):
        raise OrchestratorError(
            f"duration:{safe_repr(value)} cannot be read: write >5m, <10s, >=1h30m, <=2d or a range such as 5m..1h."
        ) from None


def _no_check(value: str) -> None:
    pass


_CHECKS: Mapping[str, Callable[[str], None]] = {
    "status": _check_status,
    "since": _check_moment,
    "until": _check_moment,
    "duration": _check_duration,
}


_MOMENTS = ("since", "until")


def _plain(field: str, value: Any) -> str:
    """Return a keyword's value as it stands in the text form."""
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise OrchestratorError(f"{value!r} has no time zone: pass an aware datetime, e.g. in UTC.")
        return value.isoformat()
    if isinstance(value, timedelta) and field in _MOMENTS:
        seconds = value.total_seconds()
        if seconds < 0:
            raise OrchestratorError(f"{field}={value!r} is negative: pass how long ago, such as timedelta(hours=2).")
        return f"{seconds:.3f}s"
    if isinstance(value, RunStatus):
        return value.value
    if isinstance(value, str):
        return value
    if field == "status":
        filter_word(RunStatus, field, value)
    allowed = "give an aware datetime, a timedelta, or text such as '2h'" if field in _MOMENTS else "give text"
    raise OrchestratorError(f"{field}={safe_repr(value)} is not allowed: {allowed}.")


def _unknown(field: str) -> OrchestratorError:
    known = [name for name in FIELDS if name != TEXT]
    near = nearest(field, known)
    meant = f"did you mean {near!r}? " if near else ""
    return OrchestratorError(
        f"{field}: is not a known filter word: {meant}Use one of {', '.join(known)}. To search for text with a colon, "
        "put it in double quotes."
    )


def _quoted(value: str, with_colon: bool) -> str:
    plain = value.replace(":", "") if with_colon else value
    if _PLAIN.fullmatch(plain) and not value.startswith("-") and (with_colon or ":" not in value):
        return value
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _unquoted(value: str) -> str:
    return re.sub(r"\\(.)", r"\1", value[1:-1], flags=re.DOTALL) if value.startswith('"') else value
