"""Spans of time as text: `90s`, `2h`, `1h30m`, `7d`."""

from __future__ import annotations

import re
from datetime import timedelta

__all__ = ("parse_span", "span_text")

_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0, "w": 604_800.0}
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d|w)")


def parse_span(text: str) -> timedelta:
    """Return the span that a text means.

    Args:
        text: one or more numbers with a unit each: ms, s, m, h, d, w.

    Raises:
        ValueError: it is no such text.
        OverflowError: it is longer than a timedelta can be.

    >>> parse_span("1h30m")
    datetime.timedelta(seconds=5400)
    """
    parts = _PART.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise ValueError(f"{text!r} is not a span of time: write 90s, 2h, 1h30m or 7d.")
    return timedelta(seconds=sum(float(number) * _SECONDS[unit] for number, unit in parts))


def span_text(seconds: float) -> str:
    """Return a span as people read it, with two units at most.

    >>> [span_text(seconds) for seconds in (0.2, 5.25, 65, 3600, 100_000)]
    ['0.20 s', '5.2 s', '1 min 5 s', '1 h', '1 d 3 h']
    """
    if seconds < _SECONDS["m"]:
        return f"{seconds:.2f} s" if seconds < 1 else f"{seconds:.1f} s"
    units = (("d", 86_400), ("h", 3600), ("min", 60), ("s", 1))
    left = round(seconds)
    words: list[str] = []
    for unit, size in units:
        count, left = divmod(left, size)
        if count or words:
            words.append(f"{count} {unit}" if count else "")
    return " ".join(word for word in words[:2] if word)
