"""The index of runs by word: status, task, category, tag and name, so that a page of a list costs what it shows.

`orc:by:{orc:<app>}:<word>` has the runs of a word by creation. `orc:by:{orc:<app>}:text:<time>` has the names and ids
of runs by creation, in which scripts search; see `lua/lib/text_blocks.lua`. The hash `orc:by:{orc:<app>}` has a record
for each run: the event from which its entry comes, its status, the time of its creation, and its other words. An entry
of an older event changes nothing. All keys are in one slot, so one script changes the entry of a run as a whole.

The index is derived, and it may lag: a run is entered with its creation, and changes of its status follow with the feed
of all runs. Whoever reads a page compares each run with its head. The reconciler mends the entries of the runs that
it looks at, and of runs in `owed`: those whose end was reported, or of which a process knew the status only. The hash
has an empty field as a mark. Without it the index is not complete, and lists read all heads.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import chain
from typing import Any, NamedTuple

from orchestrator_celery.model.filters.run_filter import RunFilter
from orchestrator_celery.model.filters.run_words import (
    LIVE_WORDS,
    STATUS_WORDS,
    Condition,
    Texts,
    WordQuery,
    is_indexed,
    run_text,
    run_words,
    word_query,
)
from orchestrator_celery.model.ids import RunPlace
from orchestrator_celery.model.states import RunStatus
from orchestrator_celery.records.head.fields import HeadField, HeadPrefix
from orchestrator_celery.records.head.run_head import Head
from orchestrator_celery.records.streams.feed import FeedEntry, FeedKind
from orchestrator_celery.store.availability import raises_store_unavailable
from orchestrator_celery.store.keys import Keys
from orchestrator_celery.store.scripting import scripts
from orchestrator_celery.store.scripting.script_call import in_chunks

__all__ = ("IndexEntry", "IndexPage", "RunIndex")

#: The field that is not a run, and its value: the form of the index. An index of an older form is not complete.
MARK, FORM = "", b"2"
#: The fields of a head that tell its words.
_FIELDS = (
    HeadField.STATUS,
    HeadField.CREATED,
    HeadField.NAME,
    HeadField.FIRST,
    HeadField.CATEGORY,
    HeadField.TAGS,
    HeadField.APP,
    HeadField.FORMAT,
)
#: The fields of a head that tell how long a run takes.
_TIMES = (HeadField.STATUS, HeadField.STARTED, HeadField.FINISHED)
_TASK = HeadPrefix.TASK.value.encode()
#: Runs of one call.
_BATCH = 100
#: Most runs that one call of a script looks at, about.
_LOOKED_AT = 2000
#: A list with at most so many runs, or such a share of all, is read as a whole where a filter also asks for text.
_FEW, _SHARE_OF_FEW = 200, 100
#: Most words with a common beginning that are compared with a pattern.
_KNOWN = 2000
#: Most live runs whose entries are compared with their heads before a page is read.
_MOST_LIVE = 500
#: Runs of one pass over the index, or over the owed entries.
_SHARE = 1000


class IndexEntry(NamedTuple):
    """What the index is to say of a run.

    Args:
        run: the run.
        event: the id of an event of the run that is at most as new as the rest.
        status: its status; '' if the run is gone.
        created: when it was created, in milliseconds.
        words: its other words; None if they and the text are as before.
        text: its name for searches, of `run_text`.
    """

    run: str
    event: str = ""
    status: str = ""
    created: str = ""
    words: Sequence[str] | None = None
    text: str = ""

    @classmethod
    def of(cls, run: str, event: str, created: str, status: str, head: Mapping[str, Any]) -> IndexEntry:
        """Return the entry of a run with these fields of its head."""
        raw = {name: value if isinstance(value, bytes) else str(value).encode() for name, value in head.items()}
        found = Head(raw)
        words = run_words(found.title, found.category, found.tags, found.tasks)
        return cls(run, event, status, created, words, run_text(run, found.title))

    @property
    def args(self) -> tuple[object, ...]:
        """The arguments of the script."""
        words = () if self.words is None else self.words
        count = "" if self.words is None else len(words)
        text = self.text or run_text(self.run, "")
        return self.run, self.event, self.status, self.created, text, count, *words


class ListQuery(NamedTuple):
    """A query with the list that is read.

    Args:
        conditions: the conditions beside the list.
        texts: texts that runs have to have.
        listed: the runs under these words are read; without words, all runs.
    """

    conditions: tuple[Condition, ...]
    texts: tuple[Texts, ...] = ()
    listed: tuple[str, ...] = ()

    @property
    def args(self) -> tuple[object, ...]:
        """The arguments of the script."""
        groups = [("all", STATUS_WORDS), *([("list", self.listed)] if self.listed else [])]
        for words, excluded, apart in self.conditions:
            groups.append(("in" if not excluded else "apart" if apart else "out", words))
        for values, excluded, patterns in self.texts:
            groups.append((f"{'no ' if excluded else ''}{'name' if patterns else 'text'}", values))
        return tuple(part for kind, values in groups for part in (kind, len(values), *values))


class IndexPage(NamedTuple):
    """Runs that stand under the words of a query.

    Args:
        places: the runs.
        rest: the place from which to go on; None at the end.
        work: about how many runs the script has looked at.
    """

    places: list[RunPlace]
    rest: RunPlace | None
    work: int


@raises_store_unavailable
class RunIndex:
    """Writes and reads the index.

    Args:
        client: a redis-py client.
        keys: the key names.
    """

    def __init__(self, client: Any, keys: Keys) -> None:
        self._client = client
        self._keys = keys
        self._key = keys.by_word

    def put(self, entries: Iterable[IndexEntry]) -> None:
        """Write entries; an entry of an older event than that of the index changes nothing."""
        for page in in_chunks(entries, _BATCH):
            script, key, args = self.call(page)
            script.run(self._client, key, args)

    def call(self, entries: Iterable[IndexEntry]) -> scripts.Call:
        """Return the script that writes entries, its key and its arguments."""
        return scripts.load("index_runs"), self._key, tuple(arg for entry in entries for arg in entry.args)

    def follow(self, entries: Sequence[FeedEntry]) -> None:
        """Write the changes of status that entries of the feed tell of; of each run the newest."""
        changes = {entry.run: entry for entry in entries if entry.kind == FeedKind.STATUS.value and entry.run}
        gone = [run for run, entry in changes.items() if entry.value == RunStatus.CANCELLED.value]
        self.put(IndexEntry(run, entry.place, entry.value) for run, entry in changes.items() if run not in gone)
        self.refresh(gone)  # an id may be that of a new run by now

    def refresh(self, runs: Sequence[str]) -> None:
        """Write the entries of runs as their heads are, and take out the runs that are gone."""
        for page in in_chunks(runs, _BATCH):
            self.put(self._read(page))

    def mend(self, statuses: Mapping[str, str]) -> None:
        """Refresh the entries of runs that have another status than these."""
        if statuses:
            found = zip(statuses.items(), self._client.hmget(self._key, list(statuses)), strict=True)
            self.refresh([run for (run, status), raw in found if raw is None or _status(raw) != status])

    def mend_live(self) -> None:
        """Compare the runs that have not ended with their heads, if they are few. So a list of few runs never lags."""
        with self._client.pipeline(transaction=False) as pipe:
            for word in LIVE_WORDS:
                pipe.zcard(self._word(word))
            if sum(pipe.execute()) > _MOST_LIVE:
                return
            for word in LIVE_WORDS:
                pipe.zrange(self._word(word), 0, _MOST_LIVE)
            listed = {run.decode(): word for word, runs in zip(LIVE_WORDS, pipe.execute(), strict=True) for run in runs}
            for run in listed:
                pipe.hget(self._keys.root(run), HeadField.STATUS)
            found = zip(listed.items(), pipe.execute(), strict=True)
        self.refresh([run for (run, word), status in found if word != f"status:{(status or b'').decode()}"])

    def owe(self, pipe: Any, runs: Sequence[str]) -> None:
        """Record, with the next round trip of a pipeline, that the entries of runs may be out of date."""
        pipe.sadd(f"{self._key}:owed", *runs)

    def mend_owed(self) -> None:
        """Refresh the entries that are owed."""
        if runs := self._client.srandmember(f"{self._key}:owed", _SHARE):
            self.refresh([run.decode() for run in runs])

    def is_whole(self) -> bool:
        """Whether all runs are in the index."""
        return bool(self._client.hget(self._key, MARK) == FORM)

    def mark(self) -> None:
        """Record that all runs are in the index."""
        self._client.hset(self._key, MARK, FORM)

    def query(self, wanted: RunFilter) -> ListQuery | None:
        """Return the query for a filter; None if the index does not help, or is not complete."""
        if not is_indexed(wanted) or not self.is_whole():
            return None
        if any(term.field in ("status", "worker") for term in wanted.terms):
            self.mend_live()
        return self._ordered(word_query(wanted, self._known))

    def _known(self, start: str) -> list[str] | None:
        """Return the words that begin with a text; None if there are too many."""
        raw = start.encode()
        found = self._client.zrangebylex(f"{self._key}:words", b"[" + raw, b"(" + raw + b"\xff", 0, _KNOWN + 1)
        return None if len(found) > _KNOWN else [word.decode() for word in found]

    def _ordered(self, query: WordQuery) -> ListQuery:
        """Return a query with the words whose runs are read: those with the fewest runs, if they are few enough."""
        with self._client.pipeline(transaction=False) as pipe:
            for word in chain(STATUS_WORDS, *(condition.words for condition in query.conditions)):
                pipe.zcard(self._word(word))
            sizes = iter(pipe.execute())
        every = sum(next(sizes) for _ in STATUS_WORDS)
        sized = [(sum(own := [next(sizes) for _ in found.words]), own, found) for found in query.conditions]
        wanted = [entry for entry in sized if not entry[2].excluded]
        size, own, shortest = min(wanted, key=lambda entry: entry[0], default=(0, [], None))
        if shortest is None or not own or (query.texts and size > max(_FEW, every // _SHARE_OF_FEW)):
            return ListQuery(query.conditions, query.texts)
        largest_first = sorted(zip(own, shortest.words, strict=True), reverse=True)
        others = tuple(found for found in query.conditions if found is not shortest)
        return ListQuery(others, (), tuple(word for _, word in largest_first))

    def page(
        self, query: ListQuery, after: RunPlace | None, count: int, low: float | None, high: float | None
    ) -> IndexPage:
        """Return up to `count` runs that stand under the words of a query, and the place from which to go on.

        A call does a limited amount of work. So it may return fewer runs, or none, and a place.

        Args:
            query: what `query` has returned.
            after: the last run before; None for the beginning.
            count: most runs.
            low: the earliest creation, in milliseconds; None for no limit.
            high: the latest.
        """
        bottom, top = "-inf" if low is None else low, "+inf" if high is None else high
        if after is not None and high is not None and after.created > high:
            after = None
        start = ("", "") if after is None else (f"{after.created:.17g}", after.run)
        args = (count, _LOOKED_AT, bottom, top, *start, *query.args)
        _, found, time, run, work = scripts.load("index_page").run(self._client, self._key, args)
        places = [RunPlace(float(found[i + 1]), found[i].decode()) for i in range(0, len(found), 2)]
        return IndexPage(places, RunPlace(float(time), run.decode()) if time else None, work)

    def times(self, runs: Sequence[str]) -> list[Head]:
        """Return the status and the times of runs: much less than their heads, for a filter that asks for durations."""
        with self._client.pipeline(transaction=False) as pipe:
            for run in runs:
                pipe.hmget(self._keys.root(run), *_TIMES)
            found = pipe.execute()
        return [Head({f.value: raw for f, raw in zip(_TIMES, values, strict=True) if raw}) for values in found]

    def _word(self, word: str) -> str:
        return f"{self._key}:{word}"

    def _read(self, runs: Sequence[str]) -> Iterator[IndexEntry]:
        """Yield the entries of runs as their heads are."""
        with self._client.pipeline(transaction=False) as pipe:
            for run in runs:
                # Before the head, so that the head is at least as new as this event.
                pipe.xrevrange(self._keys.events(run), "+", "-", count=1)
                pipe.hmget(self._keys.root(run), *_FIELDS)
                pipe.hkeys(self._keys.root(run))
            found = pipe.execute()
        for run, events, values, names in zip(runs, found[::3], found[1::3], found[2::3], strict=True):
            head = Head({field.value: value for field, value in zip(_FIELDS, values, strict=True) if value is not None})
            head.update({name.decode(): b"" for name in names if name.startswith(_TASK)})
            if head.is_gone or not head.is_run or not self._is_own(head):
                yield IndexEntry(run)
            elif head.is_readable:
                event = events[0][0].decode() if events else ""
                with suppress(KeyError, ValueError):  # the sweep puts aside, and reports, what cannot be read
                    created = head[HeadField.CREATED].decode()
                    float(created)
                    yield IndexEntry.of(run, event, created, head.status.value, head)

    def _is_own(self, head: Head) -> bool:
        app = head.get(HeadField.APP)
        return app is None or not self._keys.app.id or app.decode() == self._keys.app.id


def _status(raw: bytes) -> str:
    return raw.split(b" ", 2)[1].decode()
