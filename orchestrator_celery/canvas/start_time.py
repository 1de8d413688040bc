"""When a run or a task is to start, or is too late: `countdown`, `eta` and `expires`, checked as they are given."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from math import isfinite
from typing import Any

from orchestrator_celery.errors import InvalidWorkflow

__all__ = ("check_times", "moment", "seconds")


def seconds(value: Any, name: str) -> float:
    """A number of seconds.

    Raises:
        InvalidWorkflow: it is none.
    """
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not isfinite(value):
        raise InvalidWorkflow(f"{name}={value!r} is not allowed: give a number of seconds.")
    return float(value)


def moment(value: Any, name: str) -> datetime:
    """A point in time, given as a datetime or in ISO 8601.

    Raises:
        InvalidWorkflow: it is neither, or has no time zone.
    """
    found = value
    if isinstance(value, str):
        try:
            # Python 3.10 reads no `Z`.
            found = datetime.fromisoformat(value.removesuffix("Z") + "+00:00" if value.endswith("Z") else value)
        except ValueError:
            found = None
    if not isinstance(found, datetime):
        raise InvalidWorkflow(
            f"{name}={value!r} is not a time: give an aware datetime, or its ISO 8601 text such as "
            "'2030-01-31T12:00:00+00:00'."
        )
    if found.utcoffset() is None:
        raise InvalidWorkflow(
            f"{name}={value!r} has no time zone: give an aware datetime, such as "
            "datetime.now(timezone.utc) + timedelta(hours=1)."
        )
    return found


def check_times(options: Mapping[str, Any]) -> None:
    """Refuse what says no time.

    Args:
        options: execution options of a signature, or of one application.

    Raises:
        InvalidWorkflow: names the option.
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
