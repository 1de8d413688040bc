"""Copies plain data, so that a body which changes its arguments changes those of no other body.

Tasks on workers decode their arguments from a message each. Bodies that run in one process, one after the other, get
copies instead.
"""

from __future__ import annotations

from typing import Any

from celery.canvas import Signature

__all__ = ("own_copy",)


def own_copy(value: Any, known: dict[int, Any] | None = None) -> Any:
    """Copy lists, dicts, tuples, sets and signatures at any depth; other objects are not copied.

    Args:
        value: the value.
        known: copies made so far, by the id of the original.

    >>> given = {"seen": [1]}
    >>> own_copy(given)["seen"].append(2)
    >>> given
    {'seen': [1]}
    """
    known = {} if known is None else known
    kind = type(value)
    if id(value) in known:
        return known[id(value)]
    if kind is tuple:
        return tuple(own_copy(part, known) for part in value)
    if kind in (set, bytearray):
        return kind(value)
    if kind is list:
        copied: list[Any] = []
        known[id(value)] = copied
        copied.extend(own_copy(part, known) for part in value)
        return copied
    if kind is dict or isinstance(value, Signature):
        known[id(value)] = mapping = {} if kind is dict else value.clone()
        mapping.update({name: own_copy(part, known) for name, part in value.items()})
        return mapping
    return value
