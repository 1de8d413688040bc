"""Statistics in Redis: counters by hour, derived and of limited age. `records/statistics.py` has the grammar."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from orchestrator_celery.model.printing.unreadable import unless_unreadable
from orchestrator_celery.records.statistics import Kind, digest_of, parse_kind, write_kind
from orchestrator_celery.store.availability import raises_store_unavailable
from orchestrator_celery.store.keys import Keys
from orchestrator_celery.store.scripting.script_call import in_chunks, now_ms

__all__ = ("ALL", "HOUR", "StatisticsStore")

#: Seconds.
HOUR = 3600
#: Stands for an hour where everything is added up.
ALL = "all"
#: Most hashes that one round trip reads.
_PAGE = 500


@raises_store_unavailable
class StatisticsStore:
    """Adds to counters, and reads them.

    Args:
        client: a redis-py client.
        keys: the key names.
        retention: seconds for which an hour is kept.
    """

    def __init__(self, client: Any, keys: Keys, retention: float) -> None:
        self._client = client
        self._base = keys.statistics
        self._retention = retention

    def hour(self) -> int:
        """Return the hour by the store's clock."""
        return int(now_ms(self._client) // (HOUR * 1000))

    def add(self, hour: int, counts: Mapping[Kind, Mapping[str, int]]) -> None:
        """Add to the counters of an hour and to those of all time, in one round trip.

        The counters of a task of all time go when it was not counted for the whole retention.
        """
        kept = int(self._retention) + HOUR
        with self._client.pipeline(transaction=False) as pipe:
            for index in (f"{self._base}:{hour}", f"{self._base}:{ALL}"):
                for kind, counters in counts.items():
                    member = write_kind(kind)
                    key = f"{index}:{digest_of(member)}"
                    pipe.sadd(index, member)
                    for name, count in counters.items():
                        pipe.hincrby(key, name, count)
                    pipe.expire(key, kept)
                pipe.expire(index, kept)
            pipe.execute()

    def totals(self) -> Iterator[tuple[Kind, dict[str, int]]]:
        """Yield the kinds and their counters of all time. They only grow, as counters of a monitor have to."""
        gone = []
        for _, kind, counters in self.read([ALL], lambda kind: True):
            if counters:
                yield kind, counters
            else:
                gone.append(write_kind(kind))
        if gone:
            self._client.srem(f"{self._base}:{ALL}", *gone)

    def read(
        self, hours: Iterable[int | str], wanted: Callable[[Kind], bool]
    ) -> Iterator[tuple[int | str, Kind, dict[str, int]]]:
        """Yield hour, kind and counters of the kinds that are wanted, read page by page.

        Args:
            hours: the hours.
            wanted: whether a kind is wanted.
        """
        for chunk in in_chunks(self._members(hours, wanted), _PAGE):
            with self._client.pipeline(transaction=False) as pipe:
                for hour, member in chunk:
                    pipe.hgetall(f"{self._base}:{hour}:{digest_of(member)}")
                found = pipe.execute()
            for (hour, member), counters in zip(chunk, found, strict=True):
                if (known := unless_unreadable(_counters, "statistics", counters)) is not None:
                    yield hour, parse_kind(member), known

    def _members(self, hours: Iterable[int | str], wanted: Callable[[Kind], bool]) -> Iterator[tuple[int | str, bytes]]:
        for chunk in in_chunks(hours, _PAGE):
            with self._client.pipeline(transaction=False) as pipe:
                for hour in chunk:
                    pipe.smembers(f"{self._base}:{hour}")
                found = pipe.execute()
            for hour, members in zip(chunk, found, strict=True):
                kinds = ((member, unless_unreadable(parse_kind, "statistics", member)) for member in sorted(members))
                yield from ((hour, member) for member, kind in kinds if kind is not None and wanted(kind))


def _counters(raw: Mapping[bytes, bytes]) -> dict[str, int]:
    return {name.decode(): int(count) for name, count in raw.items()}
