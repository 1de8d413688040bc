"""Selects the targets of one edge declaration; targets are names in a definition and numbers in records."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from orchestrator_celery.canvas.checks.edges import branches
from orchestrator_celery.canvas.conditions.evaluation import Facts, holds

__all__ = ("select_targets",)


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
