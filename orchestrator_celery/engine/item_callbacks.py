"""The arguments of a swarm's callbacks: the item as plain data."""

from __future__ import annotations

from typing import Any

from orchestrator_celery.engine.outcome import Outcome
from orchestrator_celery.model.states import NodeKind, Priority
from orchestrator_celery.records.definitions import parse_definition
from orchestrator_celery.records.ended import parse_ended
from orchestrator_celery.records.leaf import Leaf, Role, read_leaf
from orchestrator_celery.records.payload import Codec

__all__ = ("arguments_after_item", "item_facts")


def item_facts(
    run: str, node: str, definition: bytes, terminal: bytes | None, codec: Codec, level: int = Priority.MEDIUM
) -> dict[str, Any]:
    """Return an item as a dict that every serializer can carry.

    Args:
        run: the run.
        node: the item's node.
        definition: the item's definition.
        terminal: the item's terminal record; None if it has none.
        codec: decodes the definition.
        level: the item's priority.
    """
    spec = parse_definition(definition)
    leaf = read_leaf(spec.payload, codec) if spec.kind is NodeKind.TASK else None
    record = parse_ended(terminal) if terminal is not None else None
    return {
        "run": run,
        "node": node,
        "index": int(node.rpartition(".")[2]),
        "task": leaf.task if leaf else str(codec.load(spec.payload).get("name") or spec.kind),
        "args": leaf.args if leaf else [],
        "kwargs": leaf.kwargs if leaf else {},
        "attempt": record.attempt if record else 0,
        "priority": int(level),
        "started": record.started.isoformat() if record else None,
        "finished": record.finished.isoformat() if record else None,
        "state": str(record.state) if record else None,
    }


def arguments_after_item(leaf: Leaf, facts: dict[str, Any], outcome: Outcome) -> list[Any]:
    """Return the arguments to prepend to a callback's own, by its role; an immutable callback gets none."""
    if leaf.immutable:
        return []
    if leaf.role is Role.ITEM_SUCCESS:
        return [outcome.result(facts["node"]), facts]
    if leaf.role is Role.ITEM_ERROR:
        return [outcome.error_dict(facts["node"]), facts]
    return [facts]
