"""Tells which streams have grown, without reading what they hold: one blocking read for any number of streams."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Any

from redis.cluster import RedisCluster

from orchestrator_celery.store.availability import raises_store_unavailable
from orchestrator_celery.store.keys import Keys

__all__ = ("BEGIN", "StreamTails")

#: The place before the first entry of a stream.
BEGIN = "0-0"
#: Most progress reports of a run that are compared; a run with more counts as changed.
_COMPARED = 500


@raises_store_unavailable
class StreamTails:
    """Finds the newest entries of streams, and the runs whose tasks have reported progress.

    Args:
        client: a redis-py client.
        keys: the key names.
    """

    def __init__(self, client: Any, keys: Keys) -> None:
        self._client = client
        self._keys = keys

    def newest(self, streams: Iterable[str]) -> dict[str, str]:
        """Return the id of the newest entry of each stream; '0-0' for an empty stream."""
        asked = list(streams)
        if not asked:
            return {}
        with self._client.pipeline(transaction=False) as pipe:
            for stream in asked:
                pipe.xrevrange(stream, "+", "-", count=1)
            answers = pipe.execute()
        return {stream: found[0][0].decode() if found else BEGIN for stream, found in zip(asked, answers, strict=True)}

    def grown(self, places: Mapping[str, str], block: int) -> dict[str, str]:
        """Return the streams that have entries after a place, each with the id of its newest entry.

        Args:
            places: for each stream the id of the newest entry that is known.
            block: milliseconds to wait for the first entry; at least 1.
        """
        if isinstance(self._client, RedisCluster):  # one blocking read cannot span the nodes of a cluster
            time.sleep(block / 1000)
            return {stream: id for stream, id in self.newest(places).items() if id not in (places[stream], BEGIN)}
        answer = self._client.xread(dict(places), count=1, block=max(1, block))
        pairs = answer.items() if isinstance(answer, dict) else answer  # a dict with RESP3
        return self.newest(name.decode() for name, _ in pairs)

    def reports(self, runs: Iterable[str], before: Mapping[str, int]) -> dict[str, int]:
        """Return for each run a number that changes when one of its tasks reports progress; 0 without reports.

        Args:
            runs: the runs.
            before: the last answer.
        """
        asked = list(runs)
        if not asked:
            return {}
        with self._client.pipeline(transaction=False) as pipe:
            for run in asked:
                pipe.hlen(self._keys.progress(run))
            sizes = dict(zip(asked, pipe.execute(), strict=True))
            few = [run for run, size in sizes.items() if 0 < size <= _COMPARED]
            for run in few:
                pipe.hvals(self._keys.progress(run))
            values = dict(zip(few, pipe.execute() if few else (), strict=True))
        many = {run: before.get(run, 0) + 1 for run, size in sizes.items() if size > _COMPARED}
        return {run: hash(tuple(sorted(values[run]))) if run in values else many.get(run, 0) for run in asked}
