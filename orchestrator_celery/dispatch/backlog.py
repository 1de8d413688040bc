"""Tells overdue messages that are lost from those that wait behind others in a queue."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from math import ceil, log2
from typing import TYPE_CHECKING, NamedTuple

from orchestrator_celery.dispatch.broker_errors import TRANSIENT_ERRORS, sending
from orchestrator_celery.model.ids import CLOSE
from orchestrator_celery.records.live import LiveState, parse_live

if TYPE_CHECKING:
    from celery import Celery

    from orchestrator_celery.dispatch.publisher import Publisher
    from orchestrator_celery.settings import OrchestratorSettings
    from orchestrator_celery.store.reader import Reader

__all__ = ("Backlog", "Overdue")


class Overdue(NamedTuple):
    """Overdue nodes of a run: those whose message counts as lost, and those that wait in a queue."""

    lost: list[str]
    waiting: list[str]


class Backlog:
    """Looks at the queues of overdue messages, once each in a sweep.

    A message is not lost if its queue holds about as many messages as are overdue. An emptied queue holds fewer,
    even if new messages were sent to it since. After the longest pause a message counts as lost in any case. Without
    this rule a queue that is never short of messages would hide a lost message for ever.

    Args:
        app: the app whose broker is asked.
        publisher: knows the queue of each message.
        reader: reads the definitions of nodes.
        settings: the settings, with the pauses.
    """

    def __init__(self, app: Celery, publisher: Publisher, reader: Reader, settings: OrchestratorSettings) -> None:
        self._app = app
        self._publisher = publisher
        self._reader = reader
        #: Number of publications after which a message counts as lost.
        self._most = max(1, ceil(log2(settings.republish_longest / settings.republish_after)))
        self._depths: dict[str, int] = {}
        self._overdue: Counter[str] = Counter()
        self._queues: dict[str, dict[str, str | None]] = {}

    def add(self, run: str, overdue: Mapping[str, bytes]) -> None:
        """Take the overdue nodes of a run into account.

        Args:
            run: the run.
            overdue: the nodes and their live records.
        """
        records = {node: parse_live(raw) for node, raw in overdue.items()}
        asked = [
            node for node, live in records.items() if live.phase is not LiveState.DECIDING and live.tries < self._most
        ]
        definitions = self._reader.definitions(run, asked)
        queues = {
            node: self._queue_of(run, definition)
            for node, definition in zip(asked, definitions, strict=True)
            if definition is not None or node == CLOSE
        }
        self._overdue.update(queue for queue in queues.values() if queue is not None)
        self._queues[run] = {node: queues.get(node) for node in overdue}

    def runs(self) -> list[str]:
        """Return the runs that were added."""
        return list(self._queues)

    def split(self, run: str) -> Overdue:
        """Divide the overdue nodes of a run into lost and waiting. Call it when all runs were added.

        Args:
            run: the run.

        Raises:
            kombu.exceptions.OperationalError: the broker cannot be asked now.
        """
        found = Overdue([], [])
        for node, queue in self._queues[run].items():
            waits = queue is not None and self._holds_as_many(queue)
            (found.waiting if waits else found.lost).append(node)
        return found

    def _queue_of(self, run: str, definition: bytes | None) -> str | None:
        try:
            return self._publisher.queue_of(run, definition)
        except TRANSIENT_ERRORS:
            raise
        except Exception:  # the publication tells what is wrong with the node
            return None

    def _holds_as_many(self, queue: str) -> bool:
        if queue not in self._depths:
            self._depths[queue] = _depth(self._app, queue)
        # Workers have fetched some of the overdue messages, which a broker does not count.
        return self._depths[queue] * 2 >= self._overdue[queue]


def _depth(app: Celery, queue: str) -> int:
    """Number of messages that wait in a queue; 0 if there is no such queue, or the transport cannot tell."""
    with sending(), app.pool.acquire(block=True) as connection:
        try:
            with connection.channel() as channel:
                return int(channel.queue_declare(queue=queue, passive=True).message_count)
        except TRANSIENT_ERRORS:
            raise
        except Exception:  # each transport has its own error for a queue that does not exist
            return 0
