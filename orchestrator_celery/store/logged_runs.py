"""The runs that have log lines, by the time of the newest one. The index of a search reads only the runs with news."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from orchestrator_celery.store.availability import raises_store_unavailable
from orchestrator_celery.store.keys import Keys
from orchestrator_celery.store.scripting.script_call import now_ms

__all__ = ("LoggedRuns",)

#: Most runs that are kept, the newest ones.
_MOST = 200_000
#: Fewest seconds for which the set is kept after the last line of any run.
_SHORTEST = 24 * 3600


@raises_store_unavailable
class LoggedRuns:
    """A derived sorted set.

    If it is deleted, or no task has logged for the time of the retention, searches across runs do not find the lines
    that were written before.

    Args:
        client: the Redis client.
        keys: the names of the keys.
        retention: seconds for which an ended run is kept.
    """

    def __init__(self, client: Any, keys: Keys, retention: float) -> None:
        self._client = client
        self._key = keys.logged
        self._kept = int(max(retention, _SHORTEST))

    def mark(self, runs: Sequence[str]) -> None:
        """Record that lines of these runs have been written."""
        now = now_ms(self._client)
        with self._client.pipeline(transaction=False) as pipe:
            pipe.zadd(self._key, dict.fromkeys(runs, now))
            pipe.zremrangebyrank(self._key, 0, -_MOST - 1)
            pipe.expire(self._key, self._kept)
            pipe.execute()

    def since(self, moment: float) -> list[tuple[str, float]]:
        """Return the runs with lines written at or after a time in ms, and the time of each, the oldest first."""
        found = self._client.zrange(self._key, moment, "+inf", byscore=True, withscores=True)
        return [(run.decode(), float(score)) for run, score in found]

    def forget(self, runs: Sequence[str]) -> None:
        """Remove runs that are gone."""
        if runs:
            self._client.zrem(self._key, *runs)
