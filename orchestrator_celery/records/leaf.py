"""A leaf's payload: what to send, and how it takes what it is given."""

from __future__ import annotations

from enum import Enum
from typing import Any, NamedTuple

from kombu.exceptions import EncodeError

from orchestrator_celery.errors import PayloadTooLarge
from orchestrator_celery.model.printing.safe_text import safe_repr, safe_str
from orchestrator_celery.records.graphs.routing_objects import from_plain, to_plain
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
    """Encode; empty parts at the end are left out, for a swarm keeps one per item.

    Raises:
        kombu.exceptions.EncodeError: an argument or an option cannot be serialised; names it, and the task.
        PayloadTooLarge: over the limit.
    """
    options, serializer = to_plain(leaf.options), leaf.options.get("serializer")
    parts: list[Any] = [leaf.task, leaf.args, leaf.kwargs, options, int(leaf.immutable), leaf.role.value]
    while len(parts) > _REQUIRED and not parts[-1]:
        parts.pop()
    try:
        return codec.dump(parts, serializer)
    except EncodeError as exc:
        raise EncodeError(f"The task {leaf.task!r} cannot be sent: {_culprit(leaf, codec)}: {safe_str(exc)}") from exc


def _culprit(leaf: Leaf, codec: Codec) -> str:
    """What of a leaf cannot be serialised."""
    serializer = leaf.options.get("serializer")
    parts = {
        **{f"argument {place}": value for place, value in enumerate(leaf.args)},
        **{f"argument {name!r}": value for name, value in leaf.kwargs.items()},
        **{f"option {name!r}": value for name, value in to_plain(leaf.options).items()},
    }
    for name, value in parts.items():
        try:
            codec.dump(value, serializer)
        except EncodeError:
            return f"its {name}, {safe_repr(value)}, cannot be serialised"
        except PayloadTooLarge:  # only the whole was refused, and not for that
            continue
    return "it cannot be serialised"


def read_leaf(payload: bytes, codec: Codec) -> Leaf:
    """Decode what `write_leaf` made."""
    parts: list[Any] = codec.load(payload)
    task, args, kwargs, options, immutable, role = [*parts, *_DEFAULTS[len(parts) :]]
    return Leaf(task, list(args), dict(kwargs), from_plain(options), bool(immutable), Role(role))
