"""Notices of changes of status, as `orchestrator.subscribe()` has them sent."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict

from orchestrator_celery.model.states import RunStatus
from orchestrator_celery.model.views import RunView

__all__ = ("Notice",)


class Notice(BaseModel):
    """What the task of a subscription is given, as plain JSON; `Notice.model_validate(argument)` reads it.

    Args:
        key: the same in each attempt to tell one subscription of one change.
        subscription: the name of the subscription.
        status: the new status.
        time: the time of the change by the store's clock, in UTC.
        run: the run as it stands when the notice is sent, with the new status.
    """

    model_config = ConfigDict(frozen=True)

    key: str
    subscription: str
    status: RunStatus
    time: datetime
    run: RunView
