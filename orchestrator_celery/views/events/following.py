"""Tells which runs have news, without the news: for a program that shows many runs to many people."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from orchestrator_celery.errors import OrchestratorError
from orchestrator_celery.model.printing.safe_text import safe_repr
from orchestrator_celery.records.streams.feed import FeedEntry, FeedKind
from orchestrator_celery.store.feed.stream import FeedPlace
from orchestrator_celery.store.feed.tails import StreamTails

if TYPE_CHECKING:
    from orchestrator_celery.container import Container

__all__ = ("Follower", "News")

_RUNS, _AUDIT, _RUN, _LOGS = "runs", "audit", "run:", "logs:"
#: Seconds between two looks at the progress reports of tasks.
_REPORTS = 1.0


class News(NamedTuple):
    """What a `Follower` has seen.

    Args:
        topics: the topics with news, each with the time of the newest in milliseconds by the store's clock.
        missed: why more topics may have news: read again what you show. '' if none is missing.
    """

    topics: dict[str, int]
    missed: str = ""


class Follower:
    """Tells which topics have news. One blocking read in one thread serves any number of topics.

    | topic | news |
    |---|---|
    | `runs` | a run changes its status, an approval waits, a sweep has resumed tasks |
    | `run:<id>` | events and progress reports of a run; it is deleted |
    | `logs:<id>` | log lines of a run |
    | `audit` | entries of the audit trail |

    Args:
        container: the parts of the orchestrator.
    """

    def __init__(self, container: Container) -> None:
        self._container = container
        self._tails = StreamTails(container.store.client, container.store.keys)
        self._feed: FeedPlace | None = None
        #: The topic of each stream that is followed, and the newest known entry.
        self._topics: dict[str, str] = {}
        self._places: dict[str, str] = {}
        self._reports: dict[str, int] = {}
        self._reported = 0.0

    def follow(self, topics: Iterable[str]) -> dict[str, int]:
        """Follow these topics and no others, from now on.

        Returns:
            For each topic the time of its newest entry in milliseconds by the store's clock; 0 without an entry.

        Raises:
            OrchestratorError: there is no such topic.
            StoreUnavailable: the store did not answer; the topics are those of before.
        """
        feed = self._container.store.keys.feed
        wanted = {feed: _RUNS, **{self._stream(topic): topic for topic in topics}}
        places = self._tails.newest(wanted.keys() - self._places.keys())
        if self._feed is None:
            self._feed = self._container.feed_stream.newest()
            places[feed] = self._feed.id
        known = {**self._places, **places}
        self._topics, self._places = wanted, {stream: known[stream] for stream in wanted}
        return {topic: _ms(self._places[stream]) for stream, topic in wanted.items()}

    def read(self, block: int) -> News:
        """Return the topics with news since the last call; wait up to `block` milliseconds for the first one.

        Raises:
            StoreUnavailable: the store did not answer; the next call goes on where this one began.
        """
        feed = self._container.store.keys.feed
        grown = self._tails.grown(self._places, block)
        topics = {self._topics[stream]: _ms(place) for stream, place in grown.items()}
        place, runs, missed = self._read_feed() if feed in grown else (self._feed, {}, "")
        for run, moment in {**runs, **self._progressed()}.items():
            if f"{_RUN}{run}" in self._topics.values():
                topics.setdefault(f"{_RUN}{run}", moment)
        self._feed = place
        self._places.update(grown)
        if place is not None:
            self._places[feed] = place.id
        return News(topics, missed)

    def now(self) -> int:
        """Return the time of the store's clock in milliseconds.

        Raises:
            StoreUnavailable: the store did not answer.
        """
        return int(self._container.store.now() * 1000)

    def _stream(self, topic: str) -> str:
        keys = self._container.store.keys
        if topic in (_RUNS, _AUDIT):
            return keys.feed if topic == _RUNS else keys.audit
        kind, colon, run = topic.partition(":")
        if f"{kind}{colon}" not in (_RUN, _LOGS) or not run:
            raise OrchestratorError(
                f"topic={safe_repr(topic)} is not known: use runs, run:<id>, logs:<id> or audit, with the id of a run."
            )
        return keys.events(run) if kind == "run" else keys.logs(run)

    def _read_feed(self) -> tuple[FeedPlace, dict[str, int], str]:
        """Read the feed to its end. Return the place, the runs that it names, and why entries are missing."""
        place, runs, missed = self._feed or FeedPlace("0-0", 0), dict[str, int](), ""
        while page := self._container.feed_stream.after(place, None):
            for at, entry in page:
                if at.number != place.number + 1:
                    missed = "the feed has dropped entries: more changes came than `orchestrator_max_feed`"
                missed = _lost(entry) or missed
                runs.update({entry.run: _ms(at.id)} if entry.run else {})
                place = at
        return place, runs, missed

    def _progressed(self) -> dict[str, int]:
        """Return the runs whose tasks have reported progress since the last look."""
        if time.monotonic() < self._reported + _REPORTS:
            return {}
        runs = [topic.removeprefix(_RUN) for topic in self._topics.values() if topic.startswith(_RUN)]
        found = self._tails.reports(runs, self._reports)
        before, self._reports, self._reported = self._reports, found, time.monotonic()
        return {run: 0 for run, number in found.items() if run in before and number != before[run]}


def _ms(place: str) -> int:
    return int(place.partition("-")[0])


def _lost(entry: FeedEntry) -> str:
    return entry.value if entry.kind == FeedKind.LOST.value else ""
