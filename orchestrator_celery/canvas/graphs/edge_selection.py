"""Selects the targets of one edge declaration, and the list that a node is mapped over.

Targets are names in a definition and numbers in records.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from orchestrator_celery.canvas.checks.edges import branches
from orchestrator_celery.canvas.conditions.evaluation import Facts, holds, value_of
from orchestrator_celery.errors import ConditionError
from orchestrator_celery.model.printing.safe_text import safe_repr

__all__ = ("mapped_over", "select_targets")


def mapped_over(entry: Mapping[str, Any], facts: Facts) -> Sequence[Any]:
    """Return the list that a node is mapped over.

    Args:
        entry: the node, with `name` and `map_over`.
        facts: the values that the expression may read.

    Raises:
        ConditionError: the value is not a list.
    """
    elements = value_of(entry["map_over"], facts)
    if not isinstance(elements, (list, tuple)):
        raise ConditionError(
            f"{entry['name']!r} is mapped over {type(elements).__name__} {safe_repr(elements)[:100]}, which is not "
            "a list: give map_over= an expression for a list."
        )
    return elements


def select_targets(declaration: Mapping[str, Any], facts: Facts, key: Any) -> list[str]:
    """Return the targets to take, in the order of the declaration; an empty list if nothing matches.

    Args:
        declaration: a declaration of plain or conditional edges.
        facts: the values that conditions may read.
        key: the key to look up in a mapping, or a list of keys.

    Raises:
        ConditionError: a strict condition reads a missing value.
    """
    if "to" in declaration:
        return [declaration["to"]]
    matching = _by_condition(declaration, facts) if "when" in declaration else _by_key(declaration, key)
    if declaration.get("mode", "first") == "first":
        found = list(islice(matching, 1))
    else:
        declared = [target for _, target in branches(declaration)]
        found = sorted(matching, key=declared.index)
    return found or ([declaration["otherwise"]] if "otherwise" in declaration else [])


def _by_condition(declaration: Mapping[str, Any], facts: Facts) -> Iterator[str]:
    strict = bool(declaration.get("strict"))
    return (target for condition, target in declaration["when"] if holds(condition, facts, strict))


def _by_key(declaration: Mapping[str, Any], key: Any) -> Iterator[str]:
    keys = key if isinstance(key, (list, tuple)) else [key]
    return (target for wanted in keys for known, target in declaration["keys"] if _same(wanted, known))


def _same(value: Any, key: Any) -> bool:
    """Whether a result equals a key. True does not equal 1, as in JSON."""
    return isinstance(value, bool) == isinstance(key, bool) and bool(value == key)
