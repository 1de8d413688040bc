"""What Celery's result backend can do."""

from __future__ import annotations

from typing import Any

__all__ = ("answers_by_message",)


def answers_by_message(backend: Any) -> bool:
    """Whether a backend keeps no results and sends them as messages to whoever asked, as `rpc` does."""
    return getattr(backend, "oid", None) is not None
