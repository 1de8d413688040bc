"""Errors of a broker that cannot be used now."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import kombu.exceptions
from kombu.exceptions import OperationalError

from orchestrator_celery.store.availability import UNREACHABLE, refused_for_now

__all__ = ("TRANSIENT_ERRORS", "is_transient", "sending")

#: A batch of messages was not published; kombu has the class from 5.7 on.
_BATCH = getattr(kombu.exceptions, "BatchPublishError", OperationalError)
#: Errors that may pass: the broker or the store cannot be used now.
TRANSIENT_ERRORS: tuple[type[BaseException], ...] = (OperationalError, OSError, _BATCH, *UNREACHABLE)


def is_transient(exc: BaseException) -> bool:
    """Whether an error may pass: the broker, the store or the result backend cannot be used now."""
    return isinstance(exc, TRANSIENT_ERRORS) or refused_for_now(exc)


@contextmanager
def sending() -> Iterator[None]:
    """Raise `OperationalError` if a broker refuses a message for now, as kombu does if it cannot reach the broker.

    Raises:
        kombu.exceptions.OperationalError: the broker's memory is full, it is read-only, or it still loads.
    """
    try:
        yield
    except Exception as exc:
        cause = exc.__cause__ or exc
        if isinstance(exc, TRANSIENT_ERRORS) or not (refused_for_now(exc) or refused_for_now(cause)):
            raise
        raise OperationalError(f"The broker refuses messages for now: {cause}") from exc
