"""Adds input to a leaf's own arguments, prepended as Celery prepends."""

from __future__ import annotations

from typing import Any

from orchestrator_celery.records.leaf import Leaf

__all__ = ("with_input", "with_inputs", "with_result")


def with_result(leaf: Leaf, value: Any) -> Leaf:
    """Prepend the result of the previous node; an immutable leaf takes none."""
    return leaf if leaf.immutable else leaf._replace(args=[value, *leaf.args])


def with_input(leaf: Leaf, args: list[Any], kwargs: dict[str, Any]) -> Leaf:
    """Add the run's input: positional arguments first, keyword arguments over the leaf's own."""
    if leaf.immutable:
        return leaf
    return leaf._replace(args=[*args, *leaf.args], kwargs={**leaf.kwargs, **kwargs})


def with_inputs(leaf: Leaf, kwargs: dict[str, Any]) -> Leaf:
    """Add keyword arguments over the leaf's own, also to an immutable leaf."""
    return leaf._replace(kwargs={**leaf.kwargs, **kwargs}) if kwargs else leaf
