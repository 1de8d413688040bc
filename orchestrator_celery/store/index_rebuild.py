"""The derived indexes, made anew from the runs themselves when somebody has deleted them (invariant 7).

Each index holds one member that is no run. Where it is missing, the index is
not whole: it was deleted, or never made.
"""

from __future__ import annotations

from typing import Any

from orchestrator_celery.store.availability import answers
from orchestrator_celery.store.keys import Keys

__all__ = ("MARK", "Indexes")

#: The member that is no run.
MARK = ""
_PAGE = 500
#: So many are looked at in one call; with a call a minute, more than a million a day.
_SHARE = 1000


@answers
class Indexes:
    """Checks and rebuilds `orc:runs` and `orc:due`, and with them `orc:signatures` and `orc:deletions`.

    Args:
        client: a redis-py client.
        keys: the key names.
    """

    def __init__(self, client: Any, keys: Keys) -> None:
        self._client = client
        self._keys = keys

    def whole(self) -> bool:
        """Whether both indexes are there since they were last made."""
        with self._client.pipeline(transaction=False) as pipe:
            pipe.zscore(self._keys.runs, MARK)
            pipe.zscore(self._keys.due, MARK)
            return None not in pipe.execute()

    def rebuild(self) -> int:
        """Scan the store for runs and put them back; may be repeated, and broken off, at any time.

        Returns:
            How many runs there are.
        """
        found, page = 0, []
        for key in self._client.scan_iter(match=self._keys.root("*"), count=_PAGE, _type="HASH"):
            page.append(key.decode())
            if len(page) == _PAGE:
                found += self._put_back(page)
                page = []
        found += self._put_back(page)
        with self._client.pipeline(transaction=False) as pipe:
            # Out of every range that is asked for.
            pipe.zadd(self._keys.runs, {MARK: "-inf"})
            pipe.zadd(self._keys.due, {MARK: "+inf"})
            pipe.execute()
        return found

    def trim(self, cursor: int) -> int:
        """Take runs that have expired out of the list of runs, a part of it at a time.

        Args:
            cursor: where the last call stopped; 0 to begin.

        Returns:
            Where this one did.
        """
        cursor, page = self._client.zscan(self._keys.runs, cursor, count=_SHARE)
        runs = [run for run, _ in page if run != MARK.encode()]
        with self._client.pipeline(transaction=False) as pipe:
            for run in runs:
                pipe.exists(self._keys.root(run.decode()))
            gone = [run for run, exists in zip(runs, pipe.execute(), strict=True) if not exists]
        if gone:
            self._client.zrem(self._keys.runs, *gone)
        return int(cursor)

    def _put_back(self, page: list[str]) -> int:
        with self._client.pipeline(transaction=False) as pipe:
            for key in page:
                pipe.hmget(key, "created", "saved", "delete_at", "claim")
            heads = dict(zip(map(self._keys.run_of, page), pipe.execute(), strict=True))
        known = {run: created for run, (created, *_) in heads.items() if created is not None}
        with self._client.pipeline(transaction=False) as pipe:
            for run, created in known.items():
                pipe.zadd(self._keys.runs, {run: float(created)}, nx=True)
                # Ended ones too: the first look takes them out, unless a callback of them is under way.
                pipe.zadd(self._keys.due, {run: 0}, nx=True)
            for signature, (_, saved, delete_at, claim) in heads.items():
                if saved is not None:
                    pipe.zadd(self._keys.signatures, {signature: float(saved)}, nx=True)
                if claim is not None or delete_at is not None:
                    pipe.zadd(self._keys.deletions, {signature: 0 if claim else float(delete_at)}, nx=True)
            pipe.execute()
        return len(known)
