"""Applies a primitive eagerly: runs it in this process, and returns the parts that hold its records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kombu.utils.uuid import uuid

from orchestrator_celery.canvas import Primitive, Swarm
from orchestrator_celery.canvas.children import child_signatures
from orchestrator_celery.canvas.eager.apply import refuse_untimed_approvals
from orchestrator_celery.canvas.eager.scope import running_eagerly
from orchestrator_celery.errors import SwarmClosed
from orchestrator_celery.lifecycle.eager.parts import EagerParts
from orchestrator_celery.lifecycle.eager.records import EagerRecords
from orchestrator_celery.lifecycle.eager.spans import traced_run
from orchestrator_celery.lifecycle.eager.tree import TreeRun
from orchestrator_celery.lifecycle.start import compiled
from orchestrator_celery.records.head.fields import HeadField

if TYPE_CHECKING:
    from orchestrator_celery.container import Container

__all__ = ("start_eagerly",)


def start_eagerly(
    container: Container,
    primitive: Primitive,
    args: list[Any],
    kwargs: dict[str, Any],
    options: dict[str, Any],
    rerun_of: str | None = None,
) -> EagerParts:
    """Run a primitive in this process and return the parts of the run, which has ended.

    Args:
        container: the parts of the app's orchestrator.
        primitive: the primitive to run.
        args: partial positional arguments for the first tasks.
        kwargs: partial keyword arguments for them.
        options: execution options of this application.
        rerun_of: id of the run that this one repeats.

    Raises:
        SwarmClosed: a swarm is open. Items can be added only to a swarm that runs on workers.
        InvalidWorkflow: a part of the workflow cannot be run, or an approval has no timeout.
    """
    refuse_untimed_approvals("", primitive)
    if _has_open_swarm(primitive):
        raise SwarmClosed("An open swarm cannot run eagerly, because no item could be added to it: close it first.")
    parts = EagerParts(container)
    definitions, own = compiled(parts.compiler, primitive, args, kwargs, options)
    run = str(options.get("task_id") or uuid())
    if rerun_of is not None:
        own[HeadField.RERUN_OF] = rerun_of
    parts.records = EagerRecords(run, own, definitions)
    with running_eagerly(container.app), traced_run(parts):
        TreeRun(parts).go()
    return parts


def _has_open_swarm(signature: Any) -> bool:
    is_open = signature.get("subtask_type") == Swarm._task_name and bool(signature["kwargs"].get("open"))
    return is_open or any(_has_open_swarm(child) for child in child_signatures(signature) if isinstance(child, dict))
