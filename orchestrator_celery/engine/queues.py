"""The queues to which the tasks of a project are sent."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from celery.exceptions import QueueNotFound

from orchestrator_celery.engine.task_names import declared_options
from orchestrator_celery.records.graphs.routing_objects import from_plain

if TYPE_CHECKING:
    from celery import Celery

__all__ = ("project_queues", "queue_of")

#: Tasks of Celery's and of the extension, which no project routes.
_OTHERS = ("celery.", "orchestrator.")


def queue_of(app: Celery, name: str, options: Mapping[str, Any]) -> str | None:
    """Return the name of the queue to which a task is sent; None if it is sent to an exchange.

    Args:
        app: whose routes and registry decide.
        name: of the task.
        options: of the message. They win over what the task declares.
    """
    declared = from_plain(declared_options(app, name))
    queue = app.amqp.router.route({**declared, **options}, name).get("queue")
    return None if queue is None else str(getattr(queue, "name", queue))


def project_queues(app: Celery) -> dict[str, str]:
    """Return the queues to which the registered tasks of a project are sent, and a task for each.

    A task that is routed to a queue that the project does not have is left out.
    """
    found: dict[str, str] = {}
    for name in sorted(app.tasks):
        if not name.startswith(_OTHERS):
            with suppress(QueueNotFound):
                queue = queue_of(app, name, {})
                if queue is not None:
                    found.setdefault(queue, name)
    return found
