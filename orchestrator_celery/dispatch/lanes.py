"""The lanes of messages: in which queue, and with which priority, a message is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from kombu.exceptions import ChannelError

from orchestrator_celery.dispatch.publisher import CLOSE_TASK, Publisher
from orchestrator_celery.model.printing.safe_log import safe_logger
from orchestrator_celery.records.graphs.routing_objects import from_plain
from orchestrator_celery.records.head.fields import HeadField
from orchestrator_celery.records.leaf import Leaf
from orchestrator_celery.records.payload import Codec
from orchestrator_celery.records.queue_report import Lane
from orchestrator_celery.store.reader import Reader

if TYPE_CHECKING:
    from celery import Celery

    from orchestrator_celery.settings import OrchestratorSettings

__all__ = ("Lanes",)

logger = safe_logger(__name__)

_MAPS = ("celery.map", "celery.starmap")


class Lanes:
    """Finds the lanes of messages by the app's routes. No method raises: a lane that cannot be told is None.

    Args:
        app: the Celery app.
        publisher: sends the messages.
        reader: reads the options of closing messages.
        codec: decodes them.
        settings: the settings, with the queue of the closing message.
    """

    def __init__(
        self, app: Celery, publisher: Publisher, reader: Reader, codec: Codec, settings: OrchestratorSettings
    ) -> None:
        self._app = app
        self._publisher = publisher
        self._reader = reader
        self._codec = codec
        self._queue = settings.queue

    def of_delivery(self, delivery_info: Mapping[str, Any] | None) -> Lane | None:
        """Return the lane that a delivered message came from."""
        info = delivery_info or {}
        exchange, key = info.get("exchange") or "", info.get("routing_key") or ""
        queue = key if not exchange else self._bound_queue(exchange, key)
        return Lane(queue, self._rank(info.get("priority"))) if queue else None

    def _rank(self, priority: int | None) -> int:
        """RabbitMQ delivers the highest priority first, and kombu's other transports the lowest number first."""
        return -(priority or 0) if self._publisher.driver == "amqp" else priority or 0

    def _bound_queue(self, exchange: str, key: str) -> str | None:
        for name, queue in list(self._app.amqp.queues.consume_from.items()):
            if queue.exchange and (queue.exchange.name, queue.routing_key) == (exchange, key):
                return str(name)
        return None

    def of_leaf(self, leaf: Leaf, level: int | None) -> Lane | None:
        """Return the lane that the message of a leaf is sent to.

        Args:
            leaf: the content of its message.
            level: the priority of the item that it belongs to.
        """
        task = self._app.tasks.get(leaf.task)
        if task is None:
            return None  # its client may know options that this process does not know
        name = leaf.kwargs["task"]["task"] if leaf.task in _MAPS else leaf.task
        options = dict(leaf.options)
        if level is not None:
            options.setdefault("priority", self._publisher.message_priority(level))
        return self._routed({**task._get_exec_options(), **options}, name, leaf.args, leaf.kwargs, task)  # type: ignore[attr-defined, unused-ignore]

    def of_close(self, run: str) -> Lane | None:
        """Return the lane that the message goes to which closes a run, if its last task does not tell another."""
        blob = self._reader.head_field(run, HeadField.CLOSE)
        options = from_plain(self._codec.load(blob)) if blob else {}
        if self._queue and not options.keys() & {"queue", "exchange", "routing_key"}:
            options["queue"] = self._queue
        task = self._app.tasks[CLOSE_TASK]
        return self._routed({**task._get_exec_options(), **options}, CLOSE_TASK, (), {}, task)  # type: ignore[attr-defined, unused-ignore]

    def _routed(self, options: dict[str, Any], name: str, args: Any, kwargs: Any, task: Any) -> Lane | None:
        try:
            routed = self._app.amqp.router.route(options, name, args, kwargs, task)
        except Exception as exc:  # a router of the project
            logger.debug("The route of a task cannot be told: %r", exc, extra={"action": "route", "task": name})
            return None
        queue = routed.get("queue")
        if queue is None or (routed.get("exchange") and routed.get("routing_key")):
            return None
        return Lane(str(getattr(queue, "name", queue)), self._rank(routed.get("priority")))

    def depth(self, queue: str) -> int | None:
        """Return how many messages wait in a queue of the broker; None if the broker does not tell it."""
        try:
            with self._app.connection_for_write() as connection, connection.channel() as channel:
                return int(channel.queue_declare(queue=queue, passive=True).message_count)  # type: ignore[attr-defined, unused-ignore]
        except ChannelError as exc:
            return 0 if str(exc.reply_code) == "404" else None  # Redis has no list without messages
        except Exception as exc:
            logger.debug("The length of the queue %s is unknown: %r", queue, exc, extra={"action": "sweep"})
            return None
