"""The event stream of a page: `GET /api/stream?topics=runs,run:<id>,logs:<id>,stats`."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Annotated
from urllib.parse import unquote

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import Response
from starlette.types import Receive, Scope, Send

from orchestrator_celery import OrchestratorError
from orchestrator_celery.dashboard.server.live.hub import Hub
from orchestrator_celery.dashboard.server.live.readers import Reader, heartbeat
from orchestrator_celery.dashboard.server.problems import RefusedByAccess

__all__ = ("EventStream", "router")

router = APIRouter(tags=["stream"])

_TOPIC = re.compile(r"runs|audit|stats|workers|(run|logs):.{1,200}", re.DOTALL)
#: Most topics of one stream.
_MOST = 100
#: Seconds between two heartbeats, and seconds that a page may take to read a message.
_HEARTBEAT, _PATIENCE = 15.0, 30.0
_MEDIA = "text/event-stream"
_ABOUT = """A stream of server-sent events that tell what changed; the page reads it again.

- `changed`, with `{"topics": ["run:5f1c", "runs"]}`: these topics have news.
- `gap`, with `{"reason": "..."}`: news may be missing; read everything again.
- `alive`, with `{"at": 1764440000000}`: the first message, and the one after 15 seconds without another. `at` is the
  time of the server in milliseconds. If no message comes, or if it is old, a proxy holds the stream back: ask instead.

The `id` of a message is a time. `Last-Event-ID`, or `after`, resumes the stream there, at any server of the dashboard.
"""


class EventStream(Response):
    """Sends what a reader is told, until its page goes, is too slow, or may not read any more.

    Args:
        hub: tells the reader.
        reader: the reader.
        is_known: whether the visitor may still come in.
        heartbeat: seconds between two heartbeats.
        patience: seconds that the page may take to read a message.
    """

    media_type = _MEDIA

    def __init__(
        self,
        hub: Hub,
        reader: Reader,
        is_known: Callable[[], Awaitable[bool]],
        heartbeat: float = _HEARTBEAT,
        patience: float = _PATIENCE,
    ) -> None:
        super().__init__(headers={"X-Accel-Buffering": "no", "Cache-Control": "no-store"})
        del self.headers["content-length"]
        self._hub = hub
        self._reader = reader
        self._is_known = is_known
        self._heartbeat = heartbeat
        self._patience = patience

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the stream."""
        leaving = asyncio.ensure_future(self._end_with_page(receive))
        self._hub.join(self._reader)
        try:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            await self._send_all(send)
        except asyncio.TimeoutError:
            return  # the server closes the connection, because the answer is not complete
        finally:
            self._hub.leave(self._reader)
            leaving.cancel()

    async def _send_all(self, send: Send) -> None:
        loop = asyncio.get_running_loop()
        message: bytes | None = b"retry: 2000\n\n" + heartbeat()  # so that proxies pass the headers on
        checked = loop.time()
        while message is not None:
            part = {"type": "http.response.body", "body": message, "more_body": True}
            await asyncio.wait_for(send(part), self._patience)
            message = await self._reader.next(self._heartbeat)
            if loop.time() - checked >= self._heartbeat:
                checked = loop.time()
                if not await self._is_known():
                    break
        await asyncio.wait_for(send({"type": "http.response.body", "body": b""}), self._patience)

    async def _end_with_page(self, receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        self._reader.end()


@router.get(
    "/stream",
    response_class=Response,
    response_model=None,
    description=_ABOUT,
    responses={200: {"content": {_MEDIA: {"schema": {"type": "string"}}}, "description": "The events."}},
)
async def follow_changes(
    request: Request,
    topics: Annotated[
        str,
        Query(
            min_length=1,
            max_length=30_000,
            description="What the page looks at, with commas between: `runs`, `audit`, `stats`, `workers`, `run:<id>`, "
            "`logs:<id>`. A comma or a percent sign in an id is percent-encoded.",
        ),
    ],
    after: Annotated[int | None, Query(ge=0, le=10**15, description="The id of the last message; resumes.")] = None,
    last_event_id: Annotated[str | None, Header(max_length=20)] = None,
) -> Response:
    """Follow changes."""
    hub: Hub = request.app.state.hub
    if hub.is_full:
        raise RefusedByAccess(503, "Too many pages are open on this server. Close some.", {"Retry-After": "30"})
    resumed = int(last_event_id) if last_event_id and last_event_id.isdecimal() else after
    reader = Reader(_topics(topics), resumed)
    return EventStream(hub, reader, request.state.is_known)


def _topics(text: str) -> set[str]:
    """Return the topics of an address.

    Raises:
        OrchestratorError: a topic is not known, or there are too many.
    """
    found = {unquote(part) for part in text.split(",") if part}
    wrong = sorted(topic for topic in found if not _TOPIC.fullmatch(topic))
    if wrong or not found or len(found) > _MOST:
        raise OrchestratorError(
            f"The topics are not valid: give 1 to {_MOST} of runs, audit, stats, workers, run:<id> and logs:<id>."
        )
    return found
