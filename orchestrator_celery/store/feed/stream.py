"""The stream of the feed: appends entries, and reads those after a place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from redis.cluster import RedisCluster
from redis.exceptions import RedisError

from orchestrator_celery.records.streams.feed import FeedEntry, parse_feed_entry, write_feed_entry
from orchestrator_celery.store.availability import raises_store_unavailable
from orchestrator_celery.store.keys import Keys
from orchestrator_celery.store.scripting import scripts
from orchestrator_celery.store.scripting.call_numbers import call_number

__all__ = ("FeedPlace", "FeedStream", "execute_telling")

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
        script, key, args = self.call(entries)
        script.run(self._client, key, args)

    def call(self, entries: Sequence[FeedEntry]) -> scripts.Call:
        """Return the script that appends entries, its key and its arguments."""
        return scripts.load("append_feed"), self._key, (self._most, *map(write_feed_entry, entries))

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
        found, before = [], place.number
        for name, fields in (entry for batch in batches for entries in batch for entry in entries):
            number, entry = parse_feed_entry(fields)
            before = number or before + 1
            found.append((FeedPlace(name.decode(), before), entry))
        return found


def execute_telling(
    client: Any,
    pipe: Any,
    stream: FeedStream,
    entries: Sequence[FeedEntry],
    later: Callable[[FeedEntry], None],
    enter: scripts.Call | None = None,
) -> None:
    """Execute a pipeline, and append entries in the same round trip.

    Args:
        client: the client of the pipeline.
        pipe: the pipeline.
        stream: the feed.
        entries: the entries.
        later: takes each entry that this round trip cannot append: in a cluster, or if the server lacks the script.
        enter: enters the run into the index of runs, in the same round trip if that is possible.
    """
    entered: object = RedisError()
    told: object = RedisError()
    if isinstance(client, RedisCluster) or not entries:  # pipelines of a cluster client take no scripts
        pipe.execute()
    else:
        entered, told = _execute(pipe, stream.call(entries), enter)
    if enter is not None and isinstance(entered, RedisError):
        script, key, args = enter
        with suppress(RedisError):  # the next check of the run enters it
            script.run(client, key, args)
    if isinstance(told, RedisError):
        for entry in entries:
            later(entry)


def _execute(pipe: Any, tell: scripts.Call, enter: scripts.Call | None) -> tuple[object, object]:
    """Execute a pipeline and then two scripts, in one round trip; return what these answer, or their errors."""
    with call_number() as number:
        if enter is not None:
            pipe.evalsha(enter[0].sha, 1, enter[1], *enter[2])
        pipe.evalsha(tell[0].sha, 1, tell[1], number, *tell[2])
        *others, told = pipe.execute(raise_on_error=False)
    entered = others.pop() if enter is not None else None
    for answer in others:
        if isinstance(answer, Exception):
            raise answer
    return entered, told
