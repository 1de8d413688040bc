"""One open event stream: what its page looks at, and what the page has not been told yet."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress

__all__ = ("Reader", "heartbeat")

#: Milliseconds before the id of a message that count as not yet told. Entries become visible out of order by less.
_MARGIN = 1000


class Reader:
    """Collects news for one stream. It holds each topic once, so a slow page needs no more memory than its topics.

    Made inside the event loop that serves the stream; `tell` and `end` may be called from any thread.

    Args:
        topics: what the page looks at.
        since: the time up to which it knows the news, in milliseconds by the store's clock; None for some seconds ago.
    """

    def __init__(self, topics: Iterable[str], since: int | None) -> None:
        self.topics = frozenset(topics)
        self.since = since
        self._loop = asyncio.get_running_loop()
        self._woken = asyncio.Event()
        self._news: dict[str, int] = {}
        self._missed = ""
        self._is_ended = False

    def begin(self, newest: Mapping[str, int], recent: int) -> None:
        """Tell what changed before the stream was opened and after the page read it.

        Args:
            newest: the time of the newest entry of each topic; 0 without an entry.
            recent: the time from which news counts as new for a page that names no time.
        """
        resumes, low = self.since is not None, recent if self.since is None else self.since - _MARGIN
        times = {topic: newest.get(topic, 0) for topic in self.topics}
        # Without an entry, the time of the last change is not known. A run without entries was deleted, perhaps after a
        # page has read it and before this stream was opened.
        self.tell({topic: at for topic, at in times.items() if at >= low or (not at and (resumes or _is_run(topic)))})

    def tell(self, news: Mapping[str, int], missed: str = "") -> None:
        """Take news, and the reason if some are missing."""
        mine = {topic: at for topic, at in news.items() if topic in self.topics}
        if mine or missed:
            with suppress(RuntimeError):  # the event loop has ended
                self._loop.call_soon_threadsafe(self._take, mine, missed)

    def end(self) -> None:
        """End the stream."""
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._end)

    async def next(self, seconds: float) -> bytes | None:
        """Return the next message, or a heartbeat if none comes within the time; None at the end of the stream."""
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._woken.wait(), seconds)
        if self._is_ended:
            return None
        self._woken.clear()
        news, self._news, missed, self._missed = self._news, {}, self._missed, ""
        found = _message("gap", {"reason": missed}) if missed else b""
        if news:
            found += _message("changed", {"topics": sorted(news)}, max(news.values()))
        return found or heartbeat()

    def _take(self, news: Mapping[str, int], missed: str) -> None:
        self._news.update(news)
        self._missed = missed or self._missed
        self._woken.set()

    def _end(self) -> None:
        self._is_ended = True
        self._woken.set()


def heartbeat() -> bytes:
    """Return the message that nothing happens. It keeps proxies from closing the stream.

    Its time, in milliseconds, shows a page that a proxy has held the message back.
    """
    return _message("alive", {"at": int(time.time() * 1000)})


def _is_run(topic: str) -> bool:
    return topic.startswith("run:")


def _message(kind: str, data: Mapping[str, object], id: int = 0) -> bytes:
    """Return a message of an event stream. Its id is a time of the store, so that any server can resume the stream."""
    place = f"id: {id}\n" if id else ""
    return f"{place}event: {kind}\ndata: {json.dumps(data)}\n\n".encode()
