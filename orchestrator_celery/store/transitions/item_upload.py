"""Uploads the items of a bulk, batch by batch."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from orchestrator_celery.records.pools.blocks import SIZE
from orchestrator_celery.store.transitions.swarms import SwarmTransitions

__all__ = ("ItemUpload",)


class ItemUpload:
    """The upload of one bulk. The items of a block that is not full wait for the next batch.

    Args:
        swarms: sends the items.
        run: the run that gets them.
    """

    def __init__(self, swarms: SwarmTransitions, run: str) -> None:
        #: The name of the upload.
        self.token = uuid.uuid4().hex
        self._swarms = swarms
        self._run = run
        self._waiting: list[bytes] = []
        self._sent = 0

    def add(self, items: Iterable[bytes]) -> None:
        """Upload definitions, as far as they fill blocks."""
        self._waiting += items
        self._send(len(self._waiting) // SIZE * SIZE)

    def end(self) -> None:
        """Upload the rest."""
        self._send(len(self._waiting))

    def drop(self) -> None:
        """Delete the upload."""
        self._swarms.drop_upload(self._run, self.token)

    def _send(self, count: int) -> None:
        if count:
            self._swarms.upload(self._run, self.token, self._waiting[:count], self._sent)
            self._sent += count
            del self._waiting[:count]
