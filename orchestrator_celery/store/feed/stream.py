"""The stream of the feed: appends entries, and reads those after a place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from orchestrator_celery.records.streams.feed import FeedEntry, parse_feed_entry, write_feed_entry
from orchestrator_celery.store.availability import raises_store_unavailable
from orchestrator_celery.store.keys import Keys
from orchestrator_celery.store.scripting import scripts

__all__ = ("FeedPlace", "FeedStream")

#: Most entries of one call.
_PAGE = 500


class FeedPlace(NamedTuple):
    """A place in the feed.

    Args:
        id: the id of an entry in the stream.
        number: the number of that entry; 0 for the beginning of an empty feed.
    """

    id: str
    number: int


@raises_store_unavailable
class FeedStream:
    """Appends and reads entries.

    Args:
        client: a redis-py client.
        keys: the key names.
        most: the number of entries that are kept, about.
    """

    def __init__(self, client: Any, keys: Keys, most: int) -> None:
        self._client = client
        self._key = keys.feed
        self._most = most

    def append(self, entries: Sequence[FeedEntry]) -> None:
        """Append entries, in one call."""
        texts = map(write_feed_entry, entries)
        scripts.load("append_feed").run(self._client, self._key, (self._most, *texts))

    def newest(self) -> FeedPlace:
        """Return the place of the newest entry."""
        found = self._client.xrevrange(self._key, "+", "-", count=1)
        return FeedPlace(found[0][0].decode(), parse_feed_entry(found[0][1])[0]) if found else FeedPlace("0-0", 0)

    def place_of(self, entry: str) -> FeedPlace | None:
        """Return the place of an entry by its id; None if it was dropped."""
        found = self._client.xrange(self._key, entry, entry, count=1)
        return FeedPlace(entry, parse_feed_entry(found[0][1])[0]) if found else None

    def after(self, place: FeedPlace, block: int | None) -> list[tuple[FeedPlace, FeedEntry]]:
        """Return the entries after a place; wait up to `block` milliseconds for the first one."""
        answer = self._client.xread({self._key: place.id}, count=_PAGE, block=block)
        batches = answer.values() if isinstance(answer, dict) else [[entries] for _, entries in answer]  # RESP3
        found = []
        for name, fields in (entry for batch in batches for entries in batch for entry in entries):
            number, entry = parse_feed_entry(fields)
            found.append((FeedPlace(name.decode(), number), entry))
        return found
