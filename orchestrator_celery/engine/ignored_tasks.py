"""What a task that raised `Ignore` or `Reject` means for its run."""

from __future__ import annotations

from typing import Any

from orchestrator_celery.errors import LeafIgnored

__all__ = ("error_of_ignored",)


def error_of_ignored(retval: Any) -> BaseException:
    """Return the error of a task without a result: the reason that it gave, if that is an error, or `LeafIgnored`.

    Args:
        retval: the `Ignore` or `Reject` that it raised.
    """
    reason = getattr(retval, "reason", None)
    if isinstance(reason, BaseException):
        return reason
    return LeafIgnored(
        f"The task raised {type(retval).__name__}({reason or ''}), so it has no result and nothing can follow it."
    )
