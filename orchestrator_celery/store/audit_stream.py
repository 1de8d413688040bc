"""The audit trail: one stream for all runs, outside what it speaks of, with a retention of its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

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
    """

    def __init__(self, client: Any, keys: Keys, retention: float) -> None:
        self._client = client
        self._key = keys.audit
        self._retention = retention

    def append(self, entry: bytes | str) -> None:
        """Write one entry; what is over its retention goes."""
        seconds, _ = self._client.time()
        oldest = max(0, int((seconds - self._retention) * 1000))
        self._client.xadd(self._key, {"entry": entry}, minid=oldest, approximate=False)

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
