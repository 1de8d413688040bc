"""The events of a run."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel

from orchestrator_celery import Event
from orchestrator_celery.dashboard.server.access.redaction import Redaction
from orchestrator_celery.dashboard.server.context import Limit, Place, Redacts, TheRun

__all__ = ("EventView", "event_view", "router")

router = APIRouter(tags=["events"])


class EventView(BaseModel):
    """One event.

    Args:
        id: the place in the run's stream; later events have greater ids.
        time: the time by the store's clock, in UTC.
        run: the run.
        node: the node, or `$` for the run itself.
        name: the name of the node; '' for the run itself.
        task: the name of the task that the node runs; '' for a composite and the run itself.
        kind: the kind of the event, such as `NodeStarted`.
        facts: the other fields of the event, by name.
    """

    id: str
    time: str
    run: str
    node: str
    name: str
    task: str
    kind: str
    facts: dict[str, Any]


class EventPage(BaseModel):
    """A page of events, oldest first.

    Args:
        events: the events.
        after: the id of the last event: give it as `after` to get the events that follow. None without an event.
        more: whether more events follow now.
    """

    events: list[EventView]
    after: str | None
    more: bool


def event_view(event: Event, redacts: Redaction) -> EventView:
    """Return an event as the dashboard shows it."""
    own = {"id", "time", "run", "node", "name", "task"}
    facts = redacts.shown(event.model_dump(mode="json", exclude=own)).value
    time = event.time.isoformat()
    return EventView(
        id=event.id,
        time=time,
        run=event.run,
        node=event.node,
        name=event.name,
        task=event.task,
        kind=type(event).__name__,
        facts=facts,
    )


@router.get("/runs/{run}/events")
def list_events(run: TheRun, redacts: Redacts, after: Place = "0", limit: Limit = 500) -> EventPage:
    """List the events of a run, oldest first."""
    found = run.events(after=after)
    page = [event_view(event, redacts) for event in found[:limit]]
    return EventPage(events=page, after=page[-1].id if page else None, more=len(found) > limit)
