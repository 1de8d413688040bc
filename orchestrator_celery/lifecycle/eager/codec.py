"""Keeps the values of an eager run as objects, where a run on workers encodes them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from orchestrator_celery.canvas.own_copy import own_copy
from orchestrator_celery.canvas.retry import class_names
from orchestrator_celery.model.printing.safe_text import safe_str, safe_traceback
from orchestrator_celery.records.payload import Codec

if TYPE_CHECKING:
    from celery import Celery

__all__ = ("ObjectCodec",)

#: Before the number of a kept object; no JSON text begins with it.
_MARK = b"#"


class ObjectCodec(Codec):
    """A codec whose payloads are numbers of objects, so that an eager run takes and returns values of any type.

    Celery's own eager mode encodes nothing either. Plain data is copied for each reader, see `own_copy`.

    Args:
        app: the Celery app.
    """

    def __init__(self, app: Celery) -> None:
        super().__init__(app, sys.maxsize)
        self._kept: list[Any] = []

    def dump(self, value: Any, serializer: str | None = None) -> bytes:
        """Keep arguments."""
        return self._keep(own_copy(value))

    def dump_result(self, value: Any) -> bytes:
        """Keep a task's return value."""
        return self._keep(value)

    def dump_error(self, exc: BaseException, trace: str | None = None, message: str | None = None) -> bytes:
        """Keep an exception, with its type, message and traceback."""
        return self._keep(
            {
                "type": type(exc).__name__,
                "message": safe_str(exc) if message is None else message,
                "bases": class_names(exc)[1:],
                "traceback": safe_traceback(exc) if trace is None else trace,
                "exc": exc,
            }
        )

    def load(self, blob: bytes) -> Any:
        """Return a kept object; plain data is copied."""
        if blob[:1] != _MARK:
            return super().load(blob)
        return own_copy(self._kept[int(blob[1:])])

    def load_error(self, blob: bytes) -> BaseException:
        """Return a kept exception: the same object, with its own traceback."""
        found: BaseException = self.load(blob)["exc"]
        return found

    def _keep(self, value: Any) -> bytes:
        self._kept.append(value)
        return _MARK + str(len(self._kept) - 1).encode()
