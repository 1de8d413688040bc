"""A leaf's payload: what to send, and how it takes what it is given."""

from __future__ import annotations

from enum import Enum
from typing import Any, NamedTuple

from orchestrator_celery.records.payload import Codec

__all__ = ("Leaf", "Role", "read_leaf", "write_leaf")

#: Task name and positional arguments are always there.
_REQUIRED = 2
_DEFAULTS: tuple[Any, ...] = ("", (), {}, {}, 0, "")


class Role(str, Enum):
    """How a leaf that follows a failure is called."""

    PLAIN = ""  #: it follows no failure
    ERRBACK = "errback"  #: Celery's `link_error`: (task_id), or (request, exc, traceback) by its arity
    HANDLER = "handler"  #: ours: one dict with type, message and traceback
    ITEM_SUCCESS = "item-success"  #: after an item of a swarm: its result, and the item as a dict
    ITEM_ERROR = "item-error"  #: its error as a dict, and the item
    ITEM_CLEANUP = "item-cleanup"  #: the item


class Leaf(NamedTuple):
    """One Celery message to be: task name, arguments, options."""

    task: str
    args: list[Any]
    kwargs: dict[str, Any]
    options: dict[str, Any]
    immutable: bool
    role: Role


def write_leaf(leaf: Leaf, codec: Codec) -> bytes:
    """Encode; empty parts at the end are left out, for a swarm keeps one per item."""
    parts: list[Any] = [leaf.task, leaf.args, leaf.kwargs, leaf.options, int(leaf.immutable), leaf.role.value]
    while len(parts) > _REQUIRED and not parts[-1]:
        parts.pop()
    return codec.dump(parts, leaf.options.get("serializer"))


def read_leaf(payload: bytes, codec: Codec) -> Leaf:
    """Decode what `write_leaf` made."""
    parts: list[Any] = codec.load(payload)
    task, args, kwargs, options, immutable, role = [*parts, *_DEFAULTS[len(parts) :]]
    return Leaf(task, list(args), dict(kwargs), dict(options), bool(immutable), Role(role))
