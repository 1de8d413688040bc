"""Texts of objects that a project made: its exceptions and arguments may raise when they are asked for words.

A text that cannot be made must not keep an error from being recorded or a handler from being called.
"""

from __future__ import annotations

from traceback import format_exception

__all__ = ("safe_repr", "safe_str", "safe_traceback")


def safe_repr(value: object) -> str:
    """`repr(value)`, or words that say why there is none.

    >>> safe_repr("a")
    "'a'"
    """
    try:
        return repr(value)
    except Exception as exc:
        return _wordless(value, "repr", exc)


def safe_str(value: object) -> str:
    """`str(value)`, or words that say why there is none.

    >>> safe_str(ValueError("no good"))
    'no good'
    """
    try:
        return str(value)
    except Exception as exc:
        return _wordless(value, "str", exc)


def safe_traceback(exc: BaseException) -> str:
    """The traceback of an exception as text."""
    try:
        return "".join(format_exception(exc))
    except Exception as broken:
        return _wordless(exc, "traceback", broken)


def _wordless(value: object, kind: str, exc: Exception) -> str:
    return f"<{type(value).__name__}: its {kind} raised {type(exc).__name__}>"
