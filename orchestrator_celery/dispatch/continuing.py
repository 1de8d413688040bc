"""Decides which tasks a worker may run without a message, right after another task of the same run.

Such a task skips everything that Celery does when it sends and receives a message. A task may follow another one only
if that makes no difference to it: the same queue, no limits, no class of its own for sending or for its request.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from celery import Task
from celery.app.routes import MapRoute

from orchestrator_celery.dispatch.messages.celery_own import (
    has_listeners,
    listens_to_arrivals,
    sends_as_celery,
    sends_as_task,
)
from orchestrator_celery.engine.batching import Batching
from orchestrator_celery.settings import TaskPolicy

if TYPE_CHECKING:
    from celery import Celery

__all__ = ("Continuing", "Place")

_WHERE = frozenset(("queue", "exchange", "routing_key"))
#: Attributes of a task that go into its message, or that decide how the worker treats the message.
_OF_A_MESSAGE = ("priority", "countdown", "eta", "expires", "delivery_mode")
_OF_THE_PACKAGE = ("celery.", "orchestrator.")


class Place(NamedTuple):
    """Where a message came from, or where it would go."""

    exchange: str
    routing_key: str

    @classmethod
    def of(cls, delivery: Mapping[str, Any] | None) -> Place:
        """Return the place in the delivery information of a message."""
        delivery = delivery or {}
        return cls(delivery.get("exchange") or "", delivery.get("routing_key") or "")


class Continuing:
    """Decides for the tasks of one app.

    Args:
        app: the app with its tasks and routes.
        batching: knows the limits of tasks, and which tasks may run again.
        careful: tasks whose messages code of the project or of another package may see or change need a message.
    """

    def __init__(self, app: Celery, batching: Batching, careful: bool) -> None:
        self._app = app
        self._batching = batching
        self._careful = careful

    def is_possible(self) -> bool:
        """Whether any task may follow another one. A router may look at the arguments, which only a message has."""
        if self._careful and (listens_to_arrivals() or not sends_as_celery(self._app)):
            return False
        return all(isinstance(router, MapRoute) for router in self._app.amqp.router.routes)  # type: ignore[attr-defined, unused-ignore]

    def may_carry(self, task: Any) -> bool:
        """Whether the process of a task's message may go on with another task."""
        return not task.name.startswith(_OF_THE_PACKAGE) and self._is_ordinary(task)

    def may_follow(self, task: Any, place: Place) -> bool:
        """Whether a task may run without a message, in a process whose message came from a place."""
        return (
            self.may_carry(task)
            and not (self._careful and (has_listeners(task.name) or not sends_as_task(task)))
            and all(getattr(task, name, None) is None for name in _OF_A_MESSAGE)
            and self._batching.may_run_again(task)
            and self._place_of(task) == place
        )

    def _is_ordinary(self, task: Any) -> bool:
        policy = getattr(task, "orchestrator", None)
        if isinstance(policy, TaskPolicy) and not (policy.may_continue and policy.interrupt_signal is None):
            return False
        if self._batching.has_limits(task):
            return False
        return bool(task.Request == Task.Request) and bool(task.Strategy == Task.Strategy)

    def _place_of(self, task: Any) -> Place | None:
        """Return where Celery would send the task; None if its route says more than that."""
        amqp = self._app.amqp
        options = {name: value for name in _WHERE if (value := getattr(task, name, None)) is not None}
        route = amqp.router.route(options, task.name, (), {}, task)
        if not route.keys() <= _WHERE:
            return None
        queue, exchange, routing_key = (route.get(name) for name in ("queue", "exchange", "routing_key"))
        if queue is None:
            return None
        if queue.exchange.type == "direct" and not (exchange and routing_key):
            return Place("", queue.name)  # the default exchange, which needs no binding
        exchange = getattr(exchange, "name", exchange) or queue.exchange.name
        return Place(exchange or "", routing_key or queue.routing_key or "")
