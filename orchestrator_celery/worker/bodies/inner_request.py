"""The request of a task that runs in the process of another task's message."""

from __future__ import annotations

from types import NoneType
from typing import TYPE_CHECKING, Any

from celery.utils.saferepr import saferepr

from orchestrator_celery.canvas.own_copy import own_copy

if TYPE_CHECKING:
    from orchestrator_celery.records.leaf import Leaf

__all__ = ("OF_THE_RUNNER", "inner_request", "shown")

#: What an inner request takes over from the message that brought it.
_KEPT = ("hostname", "delivery_info", "root_id", "parent_id", "origin", "lang")
#: What the items of a batch take over too, because their runner has the options of the swarm.
OF_THE_RUNNER = ("stamped_headers", "stamps")

#: Types of arguments of which `saferepr` and `repr` make the same text.
_SIMPLE = frozenset({int, float, bool, NoneType})


def shown(arguments: Any, most: int) -> str:
    """Return the text that Celery makes of arguments, sooner than Celery if they are simple: each task needs two.

    Args:
        arguments: a tuple, or keyword arguments.
        most: the length of a long text.

    >>> shown((1, None), 100), shown({}, 100), shown(("a",), 100)
    ('(1, None)', '{}', "('a',)")
    """
    if not arguments or (type(arguments) is tuple and _SIMPLE.issuperset(map(type, arguments))):
        text = repr(arguments)
        if len(text) <= most:
            return text
    return str(saferepr(arguments, most))


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
