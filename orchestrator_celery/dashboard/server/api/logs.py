"""What the tasks of runs have logged and printed."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from orchestrator_celery import LogLine
from orchestrator_celery.dashboard.server.api.runs import Filter
from orchestrator_celery.dashboard.server.context import Found, Id, Limit, Place, Redacts, TheRun

__all__ = ("Level", "router")

router = APIRouter(tags=["logs"])

Level = Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"]
Search = Annotated[str | None, Query(max_length=500, description="Text in the message or the traceback.")]
NodeBelow = Annotated[str | None, Query(max_length=500, description="A node; the nodes below it count too.")]
Since = Annotated[str | None, Query(max_length=50, description="A time, or an age such as `10m`.")]


class LogPage(BaseModel):
    """A page of log lines, oldest first.

    Args:
        lines: the lines.
        after: the id of the last line: give it as `after` to get the lines that follow. None without a line.
        more: whether more lines follow now.
    """

    lines: list[LogLine]
    after: str | None
    more: bool


class LogHits(BaseModel):
    """Lines of all runs, newest first.

    Args:
        lines: the lines.
        more: whether older lines match too.
        incomplete: why lines may be missing; '' if none are.
    """

    lines: list[LogLine]
    more: bool
    incomplete: str


@router.get("/logs")
def search_logs(
    found: Found,
    redacts: Redacts,
    filter: Filter = "",
    level: Level | None = None,
    search: Annotated[str | None, Query(max_length=500, description='Words, "phrases", prefix*, AND, OR, NOT.')] = None,
    since: Since = None,
    limit: Annotated[int, Query(ge=1, le=5000, description="Most lines.")] = 500,
) -> LogHits:
    """Search the log lines of all runs that match a filter. An index in a file of the server makes it quick."""
    with closing(found.logs(filter, search=search or None, level=level, since=since)) as hits:
        lines = list(islice(hits, limit + 1))
        page = [redacts.line(line) for line in lines[:limit]]
        return LogHits(lines=page, more=len(lines) > limit, incomplete=hits.incomplete)


@router.get("/runs/{run}/logs")
def read_logs(
    run: TheRun,
    redacts: Redacts,
    level: Level | None = None,
    node: NodeBelow = None,
    search: Search = None,
    since: Since = None,
    after: Place = "0",
    tail: Annotated[bool, Query(description="The newest lines, in place of the first ones.")] = False,
    limit: Limit = 500,
) -> LogPage:
    """Read the log lines of a run."""
    lines = run.logs(level=level, node=node, search=search, since=since, after=after)
    found = list(deque(lines, maxlen=limit) if tail else islice(lines, limit + 1))
    page = [redacts.line(line) for line in found[:limit]]
    return LogPage(lines=page, after=page[-1].id if page else None, more=len(found) > limit)


@router.get(
    "/runs/{run}/logs/export",
    response_class=StreamingResponse,
    responses={200: {"content": {"application/x-ndjson": {}, "text/plain": {}}, "description": "All lines."}},
)
def export_logs(
    run: Id,
    found: Found,
    redacts: Redacts,
    form: Literal["jsonl", "text"] = "jsonl",
    level: Level | None = None,
    node: NodeBelow = None,
    search: Search = None,
) -> StreamingResponse:
    """Download the log lines of a run as JSON Lines or as text."""
    lines = (redacts.line(line) for line in found.run(run).logs(level=level, node=node, search=search))
    kind, ending = ("application/x-ndjson", "jsonl") if form == "jsonl" else ("text/plain; charset=utf-8", "txt")
    headers = {"Content-Disposition": f'attachment; filename="logs.{ending}"'}
    return StreamingResponse(_written(lines, form), media_type=kind, headers=headers)


def _written(lines: Iterator[LogLine], form: str) -> Iterator[str]:
    """Yield lines as text, many at once."""
    while page := list(islice(lines, 500)):
        yield "".join(f"{line.model_dump_json() if form == 'jsonl' else line}\n" for line in page)
