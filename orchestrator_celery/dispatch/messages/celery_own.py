"""Whether Celery itself makes a message, or code of the project or of another package takes part.

Tracing packages replace methods of Celery or listen to its signals; projects override methods of tasks and apps, and
route by arguments. Then each message has to be made by `Task.apply_async`.
"""

from __future__ import annotations

import os
from types import FunctionType
from typing import Any

import celery.app.amqp as amqp_module
from celery import Celery, Task, signals
from celery.app.amqp import AMQP
from celery.app.routes import MapRoute, Router
from celery.utils.functional import maybe_evaluate

__all__ = ("has_listeners", "listens_to_arrivals", "sends_as_celery", "sends_as_task")

_SIGNALS = (signals.before_task_publish, signals.after_task_publish, signals.task_sent)


def _is_code_of(function: Any, owner: type) -> bool:
    """Whether a value is a function whose code stands in the module of a class."""
    path = f"{owner.__module__.replace('.', os.sep)}.py"
    return isinstance(function, FunctionType) and function.__code__.co_filename.endswith(path)


def _method(owner: type, name: str) -> Any:
    """Return a method of a class of Celery; an object that equals nothing if it is replaced or does not exist."""
    found = vars(owner).get(name)
    return found if _is_code_of(found, owner) else object()


_APPLY_ASYNC, _SHADOW_NAME = _method(Task, "apply_async"), _method(Task, "shadow_name")
_SEND_TASK, _AS_TASK = _method(Celery, "send_task"), _method(AMQP, "as_task_v2")
#: Set while Celery publishes a callback, with retries of its own; Celery has it from 5.7 on.
_callback_retry: Any = getattr(amqp_module, "_callback_publish_retry", None)


def has_listeners(task: str) -> bool:
    """Whether anybody listens to the signals about a message of a task, and may change the message.

    Args:
        task: its name.
    """
    return any(signal.has_listeners(task) for signal in _SIGNALS)


def listens_to_arrivals() -> bool:
    """Whether anybody listens to the signal of a message that has arrived in a worker."""
    return bool(signals.task_received.receivers)


def sends_as_task(task: Task[Any, Any]) -> bool:
    """Whether a task makes its messages as Celery's class does."""
    return (
        getattr(task.apply_async, "__func__", None) is _APPLY_ASYNC
        and getattr(task.shadow_name, "__func__", None) is _SHADOW_NAME
        and getattr(task, "_dump_pydantic_arguments", None) is None
        and not task.__v2_compat__
    )


def sends_as_celery(app: Celery) -> bool:
    """Whether an app sends messages of protocol 2 as Celery's class does, and its routes depend on names only."""
    amqp, conf = app.amqp, app.conf
    return (
        getattr(app.send_task, "__func__", None) is _SEND_TASK
        and getattr(amqp.create_task_message, "__func__", None) is _AS_TASK
        and _is_code_of(amqp.send_task_message, AMQP)
        and type(amqp.router) is Router
        and all(type(maybe_evaluate(route)) is MapRoute for route in amqp.router.routes)  # type: ignore[attr-defined, unused-ignore]
        and not (conf.task_always_eager or conf.task_send_sent_event)
        and not (_callback_retry and _callback_retry.get())
    )
