"""The request of a task that runs in the process of another task's message."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orchestrator_celery.canvas.own_copy import own_copy

if TYPE_CHECKING:
    from orchestrator_celery.records.leaf import Leaf

__all__ = ("OF_THE_RUNNER", "inner_request")

#: What an inner request takes over from the message that brought it.
_KEPT = ("hostname", "delivery_info", "root_id", "parent_id", "origin", "lang")
#: What the items of a batch take over too, because their runner has the options of the swarm.
OF_THE_RUNNER = ("stamped_headers", "stamps")


def inner_request(outer: Any, leaf: Leaf, task_id: str, *kept: str) -> dict[str, Any]:
    """Build the request of a task that has no message.

    Args:
        outer: the request of the message that the process handles.
        leaf: what the task's own message would hold.
        task_id: its id.
        *kept: further attributes of `outer` to take over.
    """
    headers = leaf.options.get("headers") or {}
    kept_values = {name: own_copy(getattr(outer, name, None)) for name in (*_KEPT, *kept)}
    if kept_values["delivery_info"]:
        kept_values["delivery_info"]["redelivered"] = False  # the outer message may be
    # Celery takes unknown parts of a request for its headers if they are None. The claim makes empty ones None.
    return {
        "stamped_headers": None, "stamps": {}, **kept_values,
        **headers, "headers": dict(headers), "id": task_id,
        "task": leaf.task, "args": leaf.args, "kwargs": leaf.kwargs, "retries": 0, "is_eager": False,
        "ignore_result": True, "correlation_id": task_id, "timelimit": [None, None], "replaced_task_nesting": 0,
    }  # fmt: skip
