"""Sends the messages of tasks of runs: from a template where that makes the same message, else by Celery itself."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING, Any

from kombu.transport.virtual import Transport as VirtualTransport

from orchestrator_celery.dispatch.messages.celery_own import has_listeners, sends_as_celery, sends_as_task
from orchestrator_celery.dispatch.messages.templates import MessageTemplates, Published, TaskMessage

if TYPE_CHECKING:
    from celery import Celery, Task
    from kombu.messaging import Producer

__all__ = ("TaskSender", "own_options")

#: Options with which each message is its own.
_OWN = frozenset({"eta", "countdown", "expires", "connection", "publisher"})
_SCALARS = (str, int, float, bool, type(None))


def own_options(task_id: str, run: str) -> dict[str, Any]:
    """Return the options of `apply_async` that the messages of all tasks of a run have.

    Args:
        task_id: the id of the message.
        run: the run.
    """
    return {"task_id": task_id, "root_id": run, "parent_id": run, "ignore_result": True, "add_to_parent": False}


class TaskSender:
    """Sends messages of tasks of runs. It lives for one moment: it asks for settings and listeners once.

    Args:
        app: the Celery app that sends.
        templates: the templates of the process.
        producer: publishes the messages.
    """

    def __init__(self, app: Celery, templates: MessageTemplates, producer: Producer) -> None:
        self._app = app
        self._templates = templates
        self.producer = producer
        #: The default queue; None if Celery has to make each message.
        self._default: str | None = None
        #: By task, whether Celery has to make its messages.
        self._natively: dict[str, bool] = {}

    def send(self, message: TaskMessage) -> None:
        """Send a message as `Task.apply_async` does, without a result."""
        key = self._key(message)
        template = self._templates.known(key, message.task) if key is not None else None
        if template is None:
            self._send_natively(message, key)
            return
        if message.task.typing and (check := getattr(message.task, "__header__", None)):
            check(*message.args, **message.kwargs)
        body, options = self._templates.made(template, message)
        connection = self.producer.connection
        if _is_declared(options, connection):
            options["declare"] = None
        with connection._reraise_as_library_errors():  # type: ignore[union-attr, unused-ignore]
            self.producer.publish(body, **options)

    def _send_natively(self, message: TaskMessage, key: Hashable | None) -> None:
        recorder = _Recorder(self.producer)
        options = {**message.options, **own_options(message.task_id, message.run)}
        options["producer"] = self.producer if key is None else recorder
        message.task.apply_async(message.args, message.kwargs, **options)
        if key is not None and len(recorder.sent) == 1:
            self._templates.learn(key, message, recorder.sent[0])

    def _key(self, message: TaskMessage) -> Hashable | None:
        """Return what messages of the same template have in common; None if Celery has to make the message."""
        task = message.task
        natively = self._natively.get(task.name)
        if natively is None:
            natively = self._natively[task.name] = not self._may_template(task)
        if natively or not _OWN.isdisjoint(message.options):
            return None
        try:
            return task.name, self._default, _frozen(message.options)
        except TypeError:
            return None

    def _may_template(self, task: Task[Any, Any]) -> bool:
        app = self._app
        if has_listeners(task.name) or task.app is not app or not sends_as_task(task) or not sends_as_celery(app):
            return False
        self._default = app.conf.task_default_queue
        return True


def _is_declared(options: dict[str, Any], connection: Any) -> bool:
    """Whether this connection has declared the queue, and the broker puts the message into the queue without a look.

    kombu would find that out, after it has copied the queue.
    """
    if options["exchange"] != "" or not isinstance(connection.transport, VirtualTransport):
        return False
    declared = connection.declared_entities
    return all(queue.can_cache_declaration and hash(queue) in declared for queue in options["declare"] or ())


class _Recorder:
    """A producer that keeps what it publishes."""

    def __init__(self, producer: Producer) -> None:
        self._producer = producer
        self.sent: list[Published] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._producer, name)

    def publish(self, body: Any, **options: Any) -> Any:
        """Publish. The producer changes headers and declarations, so copies are kept."""
        kept = {name: value.copy() if isinstance(value, (dict, list)) else value for name, value in options.items()}
        self.sent.append(Published(body, kept))
        return self._producer.publish(body, **options)


def _frozen(value: Any) -> Hashable:
    """Return plain data as a hashable value, which tells equal data of different types apart.

    Raises:
        TypeError: it is not plain data, so nobody knows when two of it are the same.
    """
    kind = type(value)
    if kind is str or kind in _SCALARS:
        return kind, value
    if kind is dict:
        return kind, tuple((name, _frozen(each)) for name, each in value.items())
    if kind in (list, tuple):
        return kind, tuple(map(_frozen, value))
    raise TypeError(kind)
