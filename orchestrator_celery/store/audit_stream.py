"""The audit trail: one stream for all runs, outside what it speaks of, with a retention of its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from orchestrator_celery.store import scripts
from orchestrator_celery.store.availability import answers
from orchestrator_celery.store.keys import Keys

__all__ = ("AuditTrail",)

_PAGE = 500


@answers
class AuditTrail:
    """Appends and reads.

    Args:
        client: a redis-py client.
        keys: the key names.
        retention: seconds an entry is kept.
        most: most entries that are kept, the newest.
    """

    def __init__(self, client: Any, keys: Keys, retention: float, most: int) -> None:
        self._client = client
        self._key = keys.audit
        self._retention = retention
        self._most = most

    def append(self, entry: bytes | str) -> None:
        """Write one entry; entries that are over the retention, or too many, are dropped."""
        limits = int(self._retention * 1000), self._most
        scripts.load("append_audit").run(self._client, self._key, (entry, *limits))

    def entries(self, since: float | None, until: float | None) -> Iterator[tuple[str, bytes]]:
        """Ids and entries, newest first, read page by page.

        Args:
            since: not older than this, in milliseconds since the epoch.
            until: not newer.
        """
        low, high = "-" if since is None else int(since), "+" if until is None else int(until)
        while page := self._client.xrevrange(self._key, high, low, count=_PAGE):
            for place, fields in page:
                yield place.decode(), fields[b"entry"]
            high = f"({page[-1][0].decode()}"
