"""Statistics of tasks."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from orchestrator_celery import Statistics
from orchestrator_celery.dashboard.server.context import Found

__all__ = ("router",)

router = APIRouter(tags=["stats"])


@router.get("/stats")
def read_stats(
    found: Found,
    task: Annotated[str | None, Query(max_length=500, description="A task; `*` stands for any characters.")] = None,
    category: Annotated[str | None, Query(max_length=200)] = None,
    since: Annotated[str, Query(max_length=50, description="A time, or an age such as `24h`.")] = "24h",
) -> Statistics:
    """Return how often and how long tasks of runs ran, by hour, task and category."""
    return found.stats(task=task, category=category, since=since)
