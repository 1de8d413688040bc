"""Times from the store's clock."""

from __future__ import annotations

from datetime import datetime, timezone

__all__ = ("from_ms",)


def from_ms(value: bytes | str | float) -> datetime:
    """Convert milliseconds of the store's clock to a datetime in UTC.

    >>> from_ms(b"1000").isoformat()
    '1970-01-01T00:00:01+00:00'
    """
    return datetime.fromtimestamp(float(value) / 1000, timezone.utc)
