"""A resume report, an entry of the list `orc:reports:<app>`: the JSON of `ResumeReport`."""

from __future__ import annotations

from orchestrator_celery.model.printing.unreadable import unless_unreadable
from orchestrator_celery.model.reports import ResumeReport

__all__ = ("parse_report",)


def parse_report(raw: bytes | str) -> ResumeReport | None:
    """Read a report; None for one that cannot be read."""
    return unless_unreadable(ResumeReport.model_validate_json, "a resume report", raw)
