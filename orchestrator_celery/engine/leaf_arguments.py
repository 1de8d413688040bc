"""Which arguments a leaf gets: its own, with what it is given prepended as Celery prepends."""

from __future__ import annotations

from typing import Any

from orchestrator_celery.records.leaf import Leaf

__all__ = ("with_input", "with_inputs", "with_result")


def with_result(leaf: Leaf, value: Any) -> Leaf:
    """The result of what came before, as the first argument; an immutable leaf takes nothing."""
    return leaf if leaf.immutable else leaf._replace(args=[value, *leaf.args])


def with_input(leaf: Leaf, args: list[Any], kwargs: dict[str, Any]) -> Leaf:
    """What the run was given: positional arguments first, keyword arguments over its own."""
    if leaf.immutable:
        return leaf
    return leaf._replace(args=[*args, *leaf.args], kwargs={**leaf.kwargs, **kwargs})


def with_inputs(leaf: Leaf, kwargs: dict[str, Any]) -> Leaf:
    """Keyword arguments over its own, whether it is immutable or not."""
    return leaf._replace(kwargs={**leaf.kwargs, **kwargs}) if kwargs else leaf
