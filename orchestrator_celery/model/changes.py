"""The changes that `orchestrator.watch()` yields: what happened to any run."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict

from orchestrator_celery.model.events import Event
from orchestrator_celery.model.reports import ResumeReport
from orchestrator_celery.model.states import RunStatus
from orchestrator_celery.model.views import RunView

__all__ = ("ApprovalRequested", "Change", "ChangesMissed", "NodeChanged", "ResumeReported", "RunChanged")


class Change(BaseModel):
    """Base class of all changes.

    Args:
        id: the place in the feed. `orchestrator.watch(after=change.id)` yields the changes after it.
        time: the time of the change by the store's clock, in UTC.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    time: datetime


class RunChanged(Change):
    """The status of a run changed, or the run is new: then its status is PENDING.

    Two changes of one run that two processes make within a moment may come in the other order; `time` tells. `view` is
    never older than the changes before it.

    Args:
        run: the run's id.
        status: the new status. CANCELLED also stands for a run that was removed, because it could not be started.
        view: the run as it stands when the change is read; the last one known if its record is deleted, or None.
    """

    run: str
    status: RunStatus
    view: RunView | None


class ApprovalRequested(Change):
    """An approval waits for an answer.

    Args:
        run: the run's id.
        node: the id of the approval's node.
        view: the run as it stands when the change is read; None if its record is deleted.
    """

    run: str
    node: str
    view: RunView | None


class ResumeReported(Change):
    """A sweep changed something, for example after the loss of a worker.

    Args:
        report: its report, as listed by `orchestrator.resume_reports()`.
    """

    report: ResumeReport


class NodeChanged(Change):
    """An event of a node, only with `nodes=True`.

    Args:
        event: the event, as `run.watch()` yields it.
    """

    event: Event


class ChangesMissed(Change):
    """Changes may be missing here. Read the lists that you keep again, for example `orchestrator.runs()`.

    Args:
        reason: why changes are missing.
    """

    reason: str
