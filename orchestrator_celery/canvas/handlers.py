"""Checks that a task can be called as the handler it is given as.

A handler of the wrong form would fail when it is needed: after a failure. So it is refused where the signature is
built, as far as the task is known there.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from typing import Any

from celery.canvas import Signature, _chain, _chord, group  # type: ignore[attr-defined, unused-ignore]

from orchestrator_celery.canvas.primitive import Primitive, signature_list
from orchestrator_celery.errors import InvalidWorkflow
from orchestrator_celery.model.printing.safe_text import safe_repr

__all__ = ("Form", "handler_list")


class Form(Enum):
    """What a handler is called with: the number of arguments, and their words."""

    RESULT = (1, "one argument, the result")
    ERROR = (1, "one argument, a dict with type, message and traceback")
    ITEM_RESULT = (2, "two arguments, the result and the item as a dict")
    ITEM_ERROR = (2, "two arguments, the error and the item as dicts")
    ITEM = (1, "one argument, the item as a dict")


def handler_list(value: Any, name: str, form: Form) -> list[Signature]:
    """Return one or several handlers as a list.

    Args:
        value: a signature, or several.
        name: of the argument, for the message.
        form: what they are called with.

    Raises:
        InvalidWorkflow: a value is not a signature, or its task does not take these arguments.
    """
    found = signature_list(value, name)
    for handler in found:
        for sig in _first_tasks(handler):
            _check(sig, name, form)
    return found


def _check(sig: Any, name: str, form: Form) -> None:
    header, count = _header(sig), 0 if sig.get("immutable") else form.value[0]
    if header is None:
        return
    try:
        header(*[None] * count, *sig["args"], **sig["kwargs"])
    except TypeError as exc:
        instead = "Make the handler immutable with .si() to call it without."
        if form is Form.ERROR:
            instead = "For the arguments (request, exc, traceback) use link_error."
        raise InvalidWorkflow(
            f"{name}={safe_repr(sig)} does not fit: a handler is called with {form.value[1]}, before its own "
            f"arguments, and this task does not take that: {exc}. {instead}"
        ) from None


def _header(sig: Any) -> Any:
    """What checks the arguments of a task, as `Task.apply_async` does; None where the task is not known yet."""
    task = getattr(sig, "_type", None)
    app = getattr(sig, "_app", None)
    if task is None and app is not None:
        task = app._tasks.get(sig["task"])  # `app.tasks` would finalize the app
    return getattr(task, "__header__", None) if getattr(task, "typing", False) else None


def _first_tasks(sig: Any) -> Iterator[Any]:
    """The tasks that get what a signature is called with."""
    if isinstance(sig, Primitive):
        workflow = sig.kwargs.get("workflow")  # a graph, or the items of a swarm, may take it in other ways
        if workflow is not None and not sig.immutable:
            yield from _first_tasks(workflow)
    elif isinstance(sig, _chain):
        yield from _first_tasks(sig.tasks[0]) if sig.tasks else ()
    elif isinstance(sig, _chord) and isinstance(sig.tasks, group):
        yield from _first_tasks(sig.tasks)
    elif isinstance(sig, (group, _chord)):
        for task in sig.tasks:
            yield from _first_tasks(task)
    elif not sig.get("subtask_type"):
        yield sig
