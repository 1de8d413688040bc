"""A record that cannot be read never stops a reader of many records.

A bad disk, a careless script or a process of another version can leave such a record. A reader leaves it out, or shows
another one in its place, and the log of the process tells of it once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from orchestrator_celery.model.printing.safe_log import safe_logger

__all__ = ("UNREADABLE", "unless_unreadable")

logger = safe_logger(__name__)

#: What a parser raises for a record that it cannot read.
UNREADABLE = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError, OSError)
#: Most records of which a process remembers that its log told of them.
_REMEMBERED = 1000
_told: set[int] = set()

Given = ParamSpec("Given")
Read = TypeVar("Read")


def unless_unreadable(parse: Callable[Given, Read], what: str, *given: Given.args, **more: Given.kwargs) -> Read | None:
    """Return what a parser reads; None for a record that it cannot read.

    Args:
        parse: the parser, which only reads its arguments.
        what: the kind of the record, for the log.
        *given: arguments of the parser.
        **more: keyword arguments of the parser.
    """
    try:
        return parse(*given, **more)
    except UNREADABLE as exc:
        known = hash((what, repr(given)))
        if known not in _told and len(_told) < _REMEMBERED:
            _told.add(known)
            logger.warning("A record is left out, because it cannot be read (%s): %s", what, type(exc).__name__)
        return None
