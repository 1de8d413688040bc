"""Lets pages that read the same share one reading, so that many open pages cost the store what one costs.

All open pages hear of a change at the same moment and read again. An answer is shared as long as the hub has heard of
nothing new since its reading began, no verb was called at this server, and for a second at most. Without an open event
stream nothing is shared, so programs that call the API always read anew.
"""

from __future__ import annotations

import asyncio
import re
import time
from typing import NamedTuple

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from orchestrator_celery.dashboard.server.live.hub import Hub

__all__ = ("SharedReads",)

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
#: What is the same for all visitors, and is told of by a topic.
_SHARED = re.compile(
    r"/api/(runs(/counts|/[^/]+(/(tree|timeline|items|edges|progress|message|events|logs|nodes/[^/]+))?)?|overview|"
    r"approvals|workers|resume-reports|stats|tasks|audit|logs|signatures(/[^/]+(/runs)?)?)"
)
#: Seconds for which an answer is shared at most, most answers, and most bytes of one.
_FRESH, _MOST, _LARGEST = 1.0, 200, 1_000_000


class _Answer(NamedTuple):
    """An answer, or one that is still on its way.

    Args:
        stamp: what was known when its reading began.
        born: when that was.
        messages: the messages of the answer.
    """

    stamp: tuple[int, int]
    born: float
    messages: asyncio.Future[list[Message]]


class SharedReads:
    """Answers equal requests of many pages with one reading.

    Args:
        app: the application inside.
        hub: knows whether something is new.
    """

    def __init__(self, app: ASGIApp, hub: Hub) -> None:
        self._app = app
        self._hub = hub
        self._verbs = 0
        self._kept: dict[tuple[str, bytes], _Answer] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http" or scope["method"] not in _SAFE:
            await self._app(scope, receive, self._counting(send))
            return
        if not self._hub.is_following or scope["method"] != "GET" or not _SHARED.fullmatch(_path(scope)):
            await self._app(scope, receive, send)
            return
        for message in await asyncio.shield(self._answer(scope)):
            await send(message)

    def _counting(self, send: Send) -> Send:
        """Count a verb before its caller can know that it is done."""

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._verbs += 1
            await send(message)

        return sending

    def _answer(self, scope: Scope) -> asyncio.Future[list[Message]]:
        key, now = (scope["path"], scope.get("query_string", b"")), time.monotonic()
        stamp = (self._hub.version, self._verbs)
        found = self._kept.get(key)
        if found is not None and found.stamp == stamp and now - found.born < _FRESH:
            return found.messages
        self._forget(now)
        reading = asyncio.ensure_future(self._read(scope))
        self._kept[key] = _Answer(stamp, now, reading)
        reading.add_done_callback(lambda done: self._check(key, done))
        return reading

    async def _read(self, scope: Scope) -> list[Message]:
        """Read for all who ask. The first of them may go meanwhile."""
        messages: list[Message] = []

        async def keep(message: Message) -> None:
            messages.append(message)

        async def stay() -> Message:
            if not messages:
                return {"type": "http.request", "body": b"", "more_body": False}
            return await asyncio.get_running_loop().create_future()  # type: ignore[no-any-return]

        await self._app(scope, stay, keep)
        return messages

    def _check(self, key: tuple[str, bytes], done: asyncio.Future[list[Message]]) -> None:
        """Keep no refusal and nothing large."""
        kept = self._kept.get(key)
        if kept is None or kept.messages is not done:
            return
        good = not done.cancelled() and done.exception() is None and done.result()[0].get("status") == 200  # noqa: PLR2004
        if not good or sum(len(message.get("body", b"")) for message in done.result()) > _LARGEST:
            del self._kept[key]

    def _forget(self, now: float) -> None:
        """Forget answers that nobody gets any more."""
        if len(self._kept) >= _MOST:
            self._kept = {key: one for key, one in self._kept.items() if now - one.born < _FRESH}
        while len(self._kept) >= _MOST:
            del self._kept[next(iter(self._kept))]


def _path(scope: Scope) -> str:
    path: str = scope["path"]
    return path.removeprefix(scope.get("root_path", ""))
