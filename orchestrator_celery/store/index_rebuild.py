"""Rebuilds the derived indexes from the runs after they were deleted (invariant 7).

Each index holds one member that is not a run. If this member is missing, the
index is incomplete: it was deleted, or never built.
"""

from __future__ import annotations

from typing import Any

from orchestrator_celery.records.head.fields import HeadField
from orchestrator_celery.store.availability import raises_store_unavailable
from orchestrator_celery.store.keys import Keys
from orchestrator_celery.store.run_index import RunIndex
from orchestrator_celery.store.transitions.signatures import UNSURE

__all__ = ("MARK", "Indexes")

#: The member that is not a run.
MARK = ""
_PAGE = 500
#: The members that one call of `trim` checks; a call a minute checks over a million a day.
_SHARE = 1000


@raises_store_unavailable
class Indexes:
    """Checks and rebuilds `orc:runs`, `orc:due` and `orc:by`, and with them `orc:signatures` and `orc:deletions`.

    Args:
        client: a redis-py client.
        keys: the key names.
    """

    def __init__(self, client: Any, keys: Keys) -> None:
        self._client = client
        self._keys = keys
        self._by_word = RunIndex(client, keys)

    def whole(self) -> bool:
        """Whether the indexes are complete."""
        with self._client.pipeline(transaction=False) as pipe:
            pipe.zscore(self._keys.runs, MARK)
            pipe.zscore(self._keys.due, MARK)
            return None not in pipe.execute() and self._by_word.is_whole()

    def rebuild(self) -> int:
        """Scan the store for runs and index them again. The scan may be repeated or interrupted at any time.

        Returns:
            The number of runs of this app.
        """
        found, page = 0, []
        for key in self._client.scan_iter(match=self._keys.root("*"), count=_PAGE, _type="HASH"):
            page.append(key.decode())
            if len(page) == _PAGE:
                found += self._index(page)
                page = []
        found += self._index(page)
        self._index_words()
        with self._client.pipeline(transaction=False) as pipe:
            # These scores are outside of every range that is queried.
            pipe.zadd(self._keys.runs, {MARK: "-inf"})
            pipe.zadd(self._keys.due, {MARK: "+inf"})
            pipe.execute()
        self._by_word.mark()
        return found

    def trim(self, cursor: int) -> int:
        """Remove expired runs from the list of runs, a part of the list in each call.

        Args:
            cursor: the return value of the last call; 0 to begin.

        Returns:
            The cursor for the next call.
        """
        cursor, page = self._client.zscan(self._keys.runs, cursor, count=_SHARE)
        runs = [run for run, _ in page if run != MARK.encode()]
        with self._client.pipeline(transaction=False) as pipe:
            for run in runs:
                pipe.exists(self._keys.root(run.decode()))
            gone = [run for run, exists in zip(runs, pipe.execute(), strict=True) if not exists]
        if gone:
            self._client.zrem(self._keys.runs, *gone)
        self._by_word.refresh([run.decode() for run in runs])
        return int(cursor)

    def _is_own(self, app: bytes | None) -> bool:
        """Whether a run or a signature with this field `app` belongs to this app, or to no app."""
        return app is None or not self._keys.app.id or app.decode() == self._keys.app.id

    def _index(self, page: list[str]) -> int:
        with self._client.pipeline(transaction=False) as pipe:
            for key in page:
                pipe.hmget(key, "created", "saved", "delete_at", "claim", "saved_as", HeadField.APP)
            found = dict(zip(map(self._keys.run_of, page), pipe.execute(), strict=True))
        heads = {run: fields for run, (*fields, app) in found.items() if self._is_own(app)}
        known = {run: created for run, (created, *_) in heads.items() if created is not None}
        with self._client.pipeline(transaction=False) as pipe:
            for run, created in known.items():
                pipe.zadd(self._keys.runs, {run: float(created)}, nx=True)
                # Ended runs too: their first check removes them, unless a callback of theirs is live.
                pipe.zadd(self._keys.due, {run: 0}, nx=True)
            for signature, (_, saved, delete_at, claim, saved_as) in heads.items():
                if saved_as is not None and claim is None and delete_at is None:
                    # A sweep lists it if it is that of a version, else it deletes it.
                    pipe.zadd(self._keys.deletions, {signature: float(saved) + UNSURE}, nx=True)
                elif saved is not None:
                    pipe.zadd(self._keys.signatures, {signature: float(saved)}, nx=True)
                if claim is not None or delete_at is not None:
                    pipe.zadd(self._keys.deletions, {signature: 0 if claim else float(delete_at)}, nx=True)
            pipe.execute()
        return len(known)

    def _index_words(self) -> None:
        """Index the listed runs by word, the oldest first: a run that comes last is entered most quickly."""
        low, size = "(-inf", _PAGE
        while True:
            page = self._client.zrangebyscore(self._keys.runs, low, "+inf", start=0, num=size, withscores=True)
            self._by_word.refresh([run.decode() for run, _ in page])
            if len(page) < size:
                return
            last = f"{page[-1][1]:.17g}"
            low, size = last, size * 2 if last == low else _PAGE  # more runs of this millisecond than a page has
