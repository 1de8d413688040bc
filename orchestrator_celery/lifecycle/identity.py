"""Ids of runs, and the digest that shows whether two starts with one id have the same definition."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from orchestrator_celery.errors import DefinitionMismatch, InvalidWorkflow
from orchestrator_celery.model.ids import parse_leaf_id

__all__ = ("check_id", "digest_of", "mismatch")

_LONGEST = 200


def check_id(run: str) -> None:
    """Refuse an id that is not allowed for a run.

    Raises:
        InvalidWorkflow: the id is empty, too long or not printable, or has the form of a task's id in a run.
    """
    if not 0 < len(run) <= _LONGEST or not run.isprintable():
        raise InvalidWorkflow(
            f"task_id={run!r} is not allowed: an id of a run has 1 to {_LONGEST} printable characters."
        )
    leaf = parse_leaf_id(run)
    if leaf is not None:
        raise InvalidWorkflow(
            f"task_id={run!r} is not allowed: it has the form of the ids of tasks inside a run, here of {leaf.run!r}. "
            "Use an id that does not end in `:<node>:<attempt>`."
        )


def digest_of(definitions: Mapping[str, bytes]) -> str:
    """Return a digest of definitions. It does not depend on the options of an application.

    Args:
        definitions: definitions by node id, compiled without the options of an application.
    """
    found = hashlib.sha1(usedforsecurity=False)
    for node, raw in definitions.items():
        found.update(f"{node} {len(raw)}\n".encode())
        found.update(raw)
    return found.hexdigest()


def mismatch(run: str) -> DefinitionMismatch:
    """Return the error for a start whose id belongs to a run with another definition."""
    return DefinitionMismatch(
        f"The run {run} exists with another definition, so nothing was started: use a new id, or apply the workflow of "
        f"that run. `orchestrator.run({run!r})` returns it, and so does `apply_async` with any_definition=True.",
        run,
    )
