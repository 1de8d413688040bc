"""Workers, resume reports, and the checks of the set-up."""

from __future__ import annotations

from fastapi import APIRouter

from orchestrator_celery import Check, ResumeReport, WorkerView
from orchestrator_celery.dashboard.server.context import Found, Limit, Offset

__all__ = ("router",)

router = APIRouter(tags=["workers"])


@router.get("/workers")
def list_workers(found: Found) -> list[WorkerView]:
    """List the workers that have the extension, with their tasks, queues and running nodes."""
    return found.workers()


@router.get("/resume-reports")
def list_resume_reports(found: Found, offset: Offset = 0, limit: Limit = 100) -> list[ResumeReport]:
    """List what auto-resume did, newest first."""
    return list(found.resume_reports(offset=offset, limit=limit))


@router.get("/doctor")
def check_setup(found: Found) -> list[Check]:
    """Check the set-up of the project. It takes a few seconds, and changes nothing."""
    return list(found.doctor())
