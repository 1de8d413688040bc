"""Messages of tasks made from a template, which costs a fraction of `Task.apply_async`.

The items of a swarm differ in their ids and arguments only. Celery makes the first two messages of a task with the
same options. The second message has to equal the message that the template of the first one makes; then the template
makes the next ones. `TaskSender` decides whether a message may come from a template.
"""

from __future__ import annotations

import os
from collections.abc import Hashable
from typing import TYPE_CHECKING, Any, NamedTuple

from celery.utils.saferepr import saferepr

if TYPE_CHECKING:
    from celery import Celery, Task

__all__ = ("MessageTemplates", "Published", "TaskMessage", "Template")

#: Most templates of a process.
_KEPT = 256
_NUMBERS = frozenset({int, float, bool, type(None)})


class TaskMessage(NamedTuple):
    """One message to send: the arguments of `Task.apply_async`."""

    task: Task[Any, Any]
    task_id: str
    #: The run, which is `root_id` and `parent_id`.
    run: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    options: dict[str, Any]


class Published(NamedTuple):
    """The arguments of `Producer.publish`."""

    body: Any
    options: dict[str, Any]


class Template(NamedTuple):
    """A message without its ids and arguments."""

    headers: dict[str, Any]
    embed: dict[str, Any]
    #: All other arguments of `Producer.publish`.
    options: dict[str, Any]
    #: What the task declared about its messages at the time.
    declared: Any


class MessageTemplates:
    """The templates of a process.

    Args:
        app: the Celery app that sends.
    """

    def __init__(self, app: Celery) -> None:
        self._app = app
        self._templates: dict[Hashable, Template] = {}
        #: Templates of one message, with which no second message has been compared yet.
        self._candidates: dict[Hashable, Template] = {}
        self._pid = os.getpid()

    def known(self, key: Hashable, task: Task[Any, Any]) -> Template | None:
        """Return the template for a key, if the queue and the task are still what they were."""
        if self._pid != os.getpid():  # each message names the process
            self._templates, self._candidates, self._pid = {}, {}, os.getpid()
        template = self._templates.get(key)
        if template is None or task._get_exec_options() is not template.declared:  # type: ignore[attr-defined, unused-ignore]
            return None
        queues = self._app.amqp.queues
        return template if all(queues.get(queue.name) is queue for queue in template.options["declare"] or ()) else None

    def learn(self, key: Hashable, message: TaskMessage, published: Published) -> None:
        """Compare a message of Celery with the message that the template of the one before makes."""
        if max(len(self._templates), len(self._candidates)) >= _KEPT:
            self._templates, self._candidates = {}, {}
        self._templates.pop(key, None)
        candidate = self._candidates.pop(key, None)
        if candidate is not None and self.made(candidate, message) == published:
            self._templates[key] = candidate
            return
        template = _template_of(message, published)
        if template is not None:
            self._candidates[key] = template

    def made(self, template: Template, message: TaskMessage) -> Published:
        """Return the message that a template makes."""
        amqp, given = self._app.amqp, template.options
        headers = {**template.headers, "id": message.task_id, "root_id": message.run, "parent_id": message.run}
        if headers["argsrepr"] is None:
            headers["argsrepr"] = self._text(message.args, amqp.argsrepr_maxsize)
        if headers["kwargsrepr"] is None:
            headers["kwargsrepr"] = self._text(message.kwargs, amqp.kwargsrepr_maxsize) if message.kwargs else "{}"
        options = {
            **given,
            "headers": headers,
            "declare": given["declare"] and given["declare"].copy(),
            "retry_policy": given["retry_policy"] and given["retry_policy"].copy(),
            "correlation_id": message.task_id,
            "reply_to": given["reply_to"] or self._app.thread_oid,
        }
        return Published((message.args, message.kwargs, template.embed), options)

    def _text(self, arguments: Any, length: int) -> str:
        if type(arguments) is tuple and _NUMBERS.issuperset(map(type, arguments)):
            text = repr(arguments)
            if len(text) < length:
                return text
        levels = self._app.conf.get("task_repr_maxlevels")
        return str(saferepr(arguments, length) if levels is None else saferepr(arguments, length, maxlevels=levels))


def _template_of(message: TaskMessage, published: Published) -> Template | None:
    """Return the template of a message of protocol 2; None for a message that may differ in other ways."""
    body, options = published
    headers = options.get("headers") or {}
    if not {"declare", "retry_policy", "reply_to", "correlation_id"} <= options.keys():
        return None
    if not isinstance(body, tuple) or headers.get("eta") or headers.get("expires"):
        return None
    reprs = {name: message.options.get(name) for name in ("argsrepr", "kwargsrepr")}
    kept = {**options, "reply_to": message.options.get("reply_to")}
    return Template({**headers, **reprs}, body[-1], kept, message.task._get_exec_options())  # type: ignore[attr-defined, unused-ignore]
