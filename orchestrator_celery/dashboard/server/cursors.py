"""Cursors: opaque texts that say where the next page of a list begins."""

from __future__ import annotations

from base64 import b64decode, urlsafe_b64encode

from orchestrator_celery import OrchestratorError

__all__ = ("offset_of", "read_cursor", "write_cursor")


def write_cursor(place: str | int | None) -> str | None:
    """Return the cursor of a place; None for no place.

    >>> read_cursor(write_cursor("0.12"))
    '0.12'
    """
    return None if place is None else urlsafe_b64encode(str(place).encode()).decode().rstrip("=")


def read_cursor(cursor: str | None) -> str | None:
    """Return the place that a cursor stands for; None for no cursor.

    Raises:
        OrchestratorError: it is no cursor.
    """
    if cursor is None:
        return None
    try:
        return b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
    except ValueError:
        raise OrchestratorError("This cursor cannot be read. Take `next` of the page before, or begin anew.") from None


def offset_of(cursor: str | None) -> int:
    """Return the number that a cursor stands for; 0 for no cursor.

    Raises:
        OrchestratorError: it is no cursor of a list that is read by offset.
    """
    place = read_cursor(cursor) or "0"
    if not place.isascii() or not place.isdecimal():
        raise OrchestratorError("This cursor belongs to another list. Begin anew.")
    return min(int(place), 10_000_000)
