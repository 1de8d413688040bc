"""Makes text from a project's objects. The `repr` or `str` of its exceptions and arguments may raise an error.

A failed conversion must not prevent that an error is recorded or a handler is called.
"""

from __future__ import annotations

from traceback import format_exception

__all__ = ("error_words", "safe_repr", "safe_str", "safe_traceback")


def error_words(exc: BaseException) -> dict[str, str]:
    """Type, message and traceback of an error, as handlers get them."""
    return {"type": type(exc).__name__, "message": safe_str(exc), "traceback": safe_traceback(exc)}


def safe_repr(value: object) -> str:
    """Return `repr(value)`, or the reason why the conversion failed.

    >>> safe_repr("a")
    "'a'"
    """
    try:
        return repr(value)
    except Exception as exc:
        return _wordless(value, "repr", exc)


def safe_str(value: object) -> str:
    """Return `str(value)`, or the reason why the conversion failed.

    >>> safe_str(ValueError("no good"))
    'no good'
    """
    try:
        return str(value)
    except Exception as exc:
        return _wordless(value, "str", exc)


def safe_traceback(exc: BaseException) -> str:
    """Return the traceback of an exception as text."""
    try:
        return "".join(format_exception(exc))
    except Exception as broken:
        return _wordless(exc, "traceback", broken)


def _wordless(value: object, kind: str, exc: Exception) -> str:
    return f"<{type(value).__name__}: its {kind} raised {type(exc).__name__}>"
