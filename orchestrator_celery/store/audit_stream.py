"""The audit trail: one stream for all runs with its own retention, so that it survives the runs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from orchestrator_celery.store.availability import raises_store_unavailable
from orchestrator_celery.store.keys import Keys
from orchestrator_celery.store.scripting import scripts

__all__ = ("AuditTrail",)

_PAGE = 500


@raises_store_unavailable
class AuditTrail:
    """Appends and reads entries.

    Args:
        client: a redis-py client.
        keys: the key names.
        retention: seconds for which an entry is kept.
        most: the number of entries that are kept.
    """

    def __init__(self, client: Any, keys: Keys, retention: float, most: int) -> None:
        self._client = client
        self._key = keys.audit
        self._retention = retention
        self._most = most

    def append(self, entry: bytes | str, event: str | None = None) -> None:
        """Append one entry; entries over the retention, and the oldest of too many entries, are removed.

        Args:
            entry: the entry as JSON.
            event: what the entry tells of, if several processes may append it; then it is appended once.
        """
        limits = int(self._retention * 1000), self._most
        scripts.load("append_audit").run(self._client, self._key, (entry, *limits), event)

    def entries(self, since: float | None, until: float | None) -> Iterator[tuple[str, bytes]]:
        """Yield ids and entries, newest first, page by page.

        Args:
            since: the oldest time, in milliseconds since the epoch; None for no limit.
            until: the newest time; None for no limit.
        """
        low, high = "-" if since is None else int(since), "+" if until is None else int(until)
        while page := self._client.xrevrange(self._key, high, low, count=_PAGE):
            for place, fields in page:
                yield place.decode(), fields.get(b"entry", b"")
            high = f"({page[-1][0].decode()}"
