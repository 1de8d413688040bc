"""Checks the options for start and expiry of runs and tasks: `countdown`, `eta` and `expires`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from math import isfinite
from typing import Any

from orchestrator_celery.errors import InvalidWorkflow
from orchestrator_celery.model.printing.safe_text import safe_repr

__all__ = ("check_times", "moment", "seconds")


def seconds(value: Any, name: str) -> float:
    """Return a number of seconds.

    Raises:
        InvalidWorkflow: the value is not a finite number.
    """
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not isfinite(value):
        raise InvalidWorkflow(f"{name}={safe_repr(value)} is not allowed: give a number of seconds.")
    return float(value)


def moment(value: Any, name: str) -> datetime:
    """Return a point in time from a datetime or ISO 8601 text.

    Raises:
        InvalidWorkflow: the value is not a time, or has no time zone.
    """
    found = value
    if isinstance(value, str):
        try:
            # In Python 3.10, fromisoformat does not accept a Z.
            found = datetime.fromisoformat(value.removesuffix("Z") + "+00:00" if value.endswith("Z") else value)
        except ValueError:
            found = None
    if not isinstance(found, datetime):
        raise InvalidWorkflow(
            f"{name}={safe_repr(value)} is not a time: give an aware datetime, or its ISO 8601 text such as "
            "'2030-01-31T12:00:00+00:00'."
        )
    if found.utcoffset() is None:
        raise InvalidWorkflow(
            f"{name}={safe_repr(value)} has no time zone: give an aware datetime, such as "
            "datetime.now(timezone.utc) + timedelta(hours=1)."
        )
    return found


def check_times(options: Mapping[str, Any]) -> None:
    """Refuse values that are not times.

    Args:
        options: execution options of a signature, or of one application.

    Raises:
        InvalidWorkflow: the message names the option.
    """
    countdown, eta, expires = options.get("countdown"), options.get("eta"), options.get("expires")
    if countdown is not None:
        seconds(countdown, "countdown")
    if eta:
        moment(eta, "eta")
    if isinstance(expires, (str, datetime)):
        moment(expires, "expires")
    elif expires is not None:
        seconds(expires, "expires")
