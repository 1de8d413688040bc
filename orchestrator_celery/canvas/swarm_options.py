"""Checks of a swarm's options: bounds, tolerated failures, priorities and callbacks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import inf
from typing import Any

from orchestrator_celery.canvas.handlers import Form, handler_list
from orchestrator_celery.errors import InvalidWorkflow, SwarmFull
from orchestrator_celery.model.printing.safe_text import safe_repr
from orchestrator_celery.model.states import Priority

__all__ = (
    "FORMS",
    "check_bounds",
    "check_signature",
    "own_callbacks",
    "priority_of",
    "slots_attribute",
    "slots_by_name",
)

#: How the callbacks of an item are called.
FORMS = {"on_success": Form.ITEM_RESULT, "on_error": Form.ITEM_ERROR, "on_cleanup": Form.ITEM}

_NAMES = ", ".join(f"Priority.{level.name}" for level in reversed(Priority))


def own_callbacks(on_success: Any, on_error: Any, on_cleanup: Any) -> dict[str, Any]:
    """Return the callbacks of one item that replace its swarm's callbacks; an empty list means no callback.

    Raises:
        InvalidWorkflow: a callback is not a signature, or does not take what it is called with.
    """
    callbacks = {"on_success": on_success, "on_error": on_error, "on_cleanup": on_cleanup}
    return {kind: handler_list(value, kind, FORMS[kind]) for kind, value in callbacks.items() if value is not None}


def priority_of(value: Any) -> Priority | None:
    """Convert a priority: a member, its name or its number. None stays None.

    Raises:
        InvalidWorkflow: the value is not one of the three priorities.
    """
    if value is None:
        return None
    try:
        return Priority[value.upper()] if isinstance(value, str) else Priority(value)
    except Exception:  # a KeyError or ValueError, or what the value raises when the enum prints it
        raise InvalidWorkflow(f"priority={safe_repr(value)} is not allowed: give one of {_NAMES}.") from None


def slots_by_name(slots: Mapping[Any, int] | None) -> dict[str, int]:
    """Return the reserved places by the name of the priority, as they travel in messages.

    Raises:
        InvalidWorkflow: a priority or a number is not allowed.
    """
    if not slots:
        return {}
    if not isinstance(slots, Mapping):
        raise InvalidWorkflow(f"slots={safe_repr(slots)} is not allowed: give a mapping such as {{Priority.HIGH: 4}}.")
    found: dict[str, int] = {}
    for level, count in slots.items():
        known = priority_of(level)
        if known is None or isinstance(count, bool) or not isinstance(count, int) or count < 0:
            raise InvalidWorkflow(
                f"slots={safe_repr(slots)} is not allowed: give places by priority, as {{Priority.HIGH: 4}}."
            )
        found[known.name] = count
    return found


def slots_attribute(slots: Mapping[str, int]) -> str | None:
    """Return the reserved places as an attribute of a pool's definition: `high,medium,low`."""
    return ",".join(str(slots.get(level.name, 0)) for level in reversed(Priority)) if any(slots.values()) else None


def check_bounds(definition: Mapping[str, Any]) -> None:
    """Refuse a definition with a value that is not allowed.

    Raises:
        InvalidWorkflow: the message names the argument, its value, and the allowed values.
        SwarmFull: the definition holds more items than its own `max_items`.
    """
    for name in ("max_concurrency", "stop_after_n_failures", "max_items"):
        _check_count(name, definition.get(name))
    _check_tolerance(definition.get("max_failures", 0))
    _check_slots(slots_by_name(definition.get("slots")), definition.get("max_concurrency"))
    _check_batch(definition.get("batch"))
    _check_items(definition["tasks"])
    limit = definition.get("max_items")
    if limit is not None and len(definition["tasks"]) > limit:
        raise SwarmFull(
            f"{len(definition['tasks'])} tasks are more than max_items={limit}: pass fewer, or raise max_items."
        )


def check_signature(sig: Any) -> None:
    """Refuse a value that is not a signature.

    Raises:
        InvalidWorkflow: the value is not a signature.
    """
    if not isinstance(sig, dict):
        raise InvalidWorkflow(
            f"{safe_repr(sig)} is not a signature: pass task.s(...), task.si(...) or a canvas of them."
        )


def _check_items(tasks: Iterable[Any]) -> None:
    for task in tasks:
        check_signature(task)


def _check_count(name: str, value: Any) -> None:
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
        raise InvalidWorkflow(
            f"{name}={safe_repr(value)} is not allowed: give a whole number of at least 1, or None for no bound."
        )


def _check_batch(value: Any) -> None:
    if value == "auto":
        return
    if isinstance(value, str):
        raise InvalidWorkflow(f"batch={safe_repr(value)} is not allowed: give a number of at least 1, 'auto' or None.")
    _check_count("batch", value)


def _check_tolerance(value: Any) -> None:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if is_number and isinstance(value, float) and value == 1:
        raise InvalidWorkflow(
            f"max_failures={safe_repr(value)} is not allowed: as a count it would be one item, as a share all of them. "
            "Give max_failures=1 to tolerate one failed item, or a count as large as the number of items, such as "
            "max_failures=len(tasks), to tolerate the failure of all."
        )
    if not is_number or not (0 <= value <= 1 or (1 < value < inf and value == int(value))):
        raise InvalidWorkflow(
            f"max_failures={safe_repr(value)} is not allowed: give a count (0, 1, 2, ...) or a fraction of the "
            "items below 1."
        )


def _check_slots(slots: Mapping[str, int], places: int | None) -> None:
    if not any(slots.values()):
        return
    if places is None:
        raise InvalidWorkflow(
            f"slots={safe_repr(dict(slots))} reserves places of max_concurrency: give max_concurrency too."
        )
    reserved = sum(slots.values())
    without = [level.name for level in reversed(Priority) if not slots.get(level.name)]
    if reserved > places or (reserved == places and without):
        rest = f", and nothing is left for {' and '.join(without)}" if reserved == places else ""
        raise InvalidWorkflow(
            f"slots={safe_repr(dict(slots))} reserves {reserved} of max_concurrency={places} places{rest}: "
            "reserve fewer."
        )
