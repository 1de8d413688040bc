"""What every handler gets: the orchestrator, the visitor, the redaction, and the run that the address names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Path, Query, Request
from pydantic import AfterValidator

from orchestrator_celery import Orchestrator, Run
from orchestrator_celery.dashboard.server.access.redaction import Redaction

__all__ = ("Found", "Id", "Limit", "Offset", "Place", "Redacts", "Served", "TheRun", "whole")

#: Stands for a slash inside one part of an address. Ids of runs are printable, so it is in none of them.
SLASH = "\x1f"


@dataclass(frozen=True)
class Served:
    """What one dashboard serves.

    Args:
        orchestrator: the orchestrator of the project.
        redaction: hides secrets.
        read_only: whether it refuses all verbs.
    """

    orchestrator: Orchestrator
    redaction: Redaction
    read_only: bool = False


def _served(request: Request) -> Served:
    found: Served = request.app.state.served
    return found


def _orchestrator(served: Annotated[Served, Depends(_served)]) -> Orchestrator:
    return served.orchestrator


def _redaction(served: Annotated[Served, Depends(_served)]) -> Redaction:
    return served.redaction


def whole(part: str) -> str:
    """Return one part of an address with its slashes."""
    return part.replace(SLASH, "/")


#: An id in an address: of a run, a node, a signature, a task.
Id = Annotated[str, AfterValidator(whole), Path(min_length=1, max_length=500)]
Found = Annotated[Orchestrator, Depends(_orchestrator)]
Redacts = Annotated[Redaction, Depends(_redaction)]
Limit = Annotated[int, Query(ge=1, le=1000, description="Most entries.")]
Offset = Annotated[int, Query(ge=0, le=10_000_000, description="Number of entries to leave out.")]
#: The id of an entry of a stream.
Place = Annotated[str, Query(pattern=r"^\d{1,19}(-\d{1,19})?$", description="Id of the last entry already seen.")]


def _run(run: Id, found: Found) -> Run:
    return found.run(run)


TheRun = Annotated[Run, Depends(_run)]
