"""Converts the three priorities of a swarm to message priorities; each transport has its own convention."""

from __future__ import annotations

from collections.abc import Sequence

from orchestrator_celery.model.states import Priority

__all__ = ("message_priority",)


def message_priority(level: int, driver: str, steps: Sequence[int], highest: int | None) -> int:
    """Return the priority of a message.

    RabbitMQ delivers the highest number first, up to the queue's `x-max-priority`. kombu's Redis transport has a list
    for each step and empties the list of the lowest number first
    (https://docs.celeryq.dev/en/stable/userguide/routing.html#redis-message-priorities).

    Args:
        level: a `Priority`.
        driver: kombu's `driver_type` of the transport.
        steps: the `priority_steps` of the transport; unused with AMQP.
        highest: the `x-max-priority`; used only with AMQP.

    >>> [message_priority(level, "redis", (0, 3, 6, 9), None) for level in (3, 2, 1)]
    [0, 3, 6]
    >>> [message_priority(level, "amqp", (), 10) for level in (3, 2, 1)]
    [10, 5, 0]
    """
    place = int(Priority.HIGH) - level
    if driver == "amqp":
        most = 10 if highest is None else highest
        return most - most * place // 2
    return int(steps[len(steps) * place // len(Priority)])
