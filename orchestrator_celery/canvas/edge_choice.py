"""Which targets of one declaration of edges are taken; targets are names in a definition, and numbers in records."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from orchestrator_celery.canvas.checks.ways import branches
from orchestrator_celery.canvas.conditions.evaluation import Facts, holds

__all__ = ("taken",)


def taken(declaration: Mapping[str, Any], facts: Facts, key: Any) -> list[str]:
    """The targets, in the order in which they stand in it; none where nothing matches.

    Args:
        declaration: of plain or conditional edges.
        facts: what conditions look at.
        key: what is looked up in a mapping; a list of keys are several.

    Raises:
        ConditionError: a strict condition looks at what is not there.
    """
    if "to" in declaration:
        return [declaration["to"]]
    matching = _holding(declaration, facts) if "when" in declaration else _known(declaration, key)
    if declaration.get("mode", "first") == "first":
        found = list(islice(matching, 1))
    else:
        declared = [target for _, target in branches(declaration)]
        found = sorted(matching, key=declared.index)
    return found or ([declaration["otherwise"]] if "otherwise" in declaration else [])


def _holding(declaration: Mapping[str, Any], facts: Facts) -> Iterator[str]:
    strict = bool(declaration.get("strict"))
    return (target for condition, target in declaration["when"] if holds(condition, facts, strict))


def _known(declaration: Mapping[str, Any], key: Any) -> Iterator[str]:
    keys = key if isinstance(key, (list, tuple)) else [key]
    return (target for one in keys for known, target in declaration["keys"] if _same(one, known))


def _same(value: Any, key: Any) -> bool:
    """Whether a result is a key; True is not 1 here, as it is none in JSON."""
    return isinstance(value, bool) == isinstance(key, bool) and bool(value == key)
