"""Follows the store once for all open pages of a server process, and tells each page what it looks at.

The thread ends when nobody looks. It starts again with the next page, also in a process that was forked.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterable, Mapping

from redis.exceptions import RedisError

from orchestrator_celery import Follower, Orchestrator, OrchestratorError
from orchestrator_celery.dashboard.server.live.readers import Reader
from orchestrator_celery.dashboard.server.live.snapshots import SNAPSHOTS, Snapshots

__all__ = ("Hub",)

#: Milliseconds of one blocking read; new topics wait for its end.
_BLOCK = 200
#: Seconds between two rounds, so that a busy run costs ten reads a second, and while the store is away.
_PAUSE, _AWAY = 0.1, 0.3
#: With many pages the rounds are longer: each round has all of them read again, and pages that read in the same round
#: share one reading.
_PAUSE_EACH, _LONGEST_PAUSE = 0.003, 0.4
#: Milliseconds that a page may take between its first reading and the opening of its stream.
_RECENT = 15_000
_GONE, _BACK = "the store does not answer", "the store was away"


class Hub:
    """Tells readers what has changed.

    Args:
        orchestrator: the orchestrator of the project.
        most: most readers at the same time.
    """

    def __init__(self, orchestrator: Orchestrator, most: int = 1000) -> None:
        self._orchestrator = orchestrator
        self._most = most
        self._lock = threading.Lock()
        self._readers: set[Reader] = set()
        self._thread: threading.Thread | None = None
        #: Grows with all news, before a reader hears of them.
        self.version = 0
        #: Whether all news are heard of now: somebody looks, and the store answers.
        self.is_following = False

    @property
    def is_full(self) -> bool:
        """Whether no further reader may join."""
        return len(self._readers) >= self._most

    def join(self, reader: Reader) -> None:
        """Begin to tell a reader."""
        with self._lock:
            self._readers.add(reader)
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="orchestrator-dashboard", daemon=True)
                self._thread.start()

    def leave(self, reader: Reader) -> None:
        """Forget a reader."""
        with self._lock:
            self._readers.discard(reader)

    def _run(self) -> None:
        try:
            self._follow_all()
        finally:  # of an error that was not foreseen, too: the pages open new streams, which start a new thread
            self.is_following = False
            with self._lock:
                left = list(self._readers) if self._thread is threading.current_thread() else []
                self._thread = None if left else self._thread
            for reader in left:
                reader.end()

    def _follow_all(self) -> None:
        follower, snapshots = None, Snapshots(self._orchestrator)
        told: set[Reader] = set()
        is_away = False
        while readers := self._current():
            if _server_is_ending():
                return
            try:
                follower = follower or self._orchestrator.follower()
                told = self._round(follower, snapshots, readers, told)
            except (OrchestratorError, RedisError):
                self.is_following = False
                _tell(readers, {}, "" if is_away else _GONE)
                is_away = True
                time.sleep(_AWAY)
            else:
                _tell(readers, {}, _BACK if is_away else "")
                is_away = False

    def _current(self) -> set[Reader]:
        """Return the readers. If there are none, this thread is no longer the hub's."""
        with self._lock:
            if not self._readers:
                self._thread = None
            return set(self._readers)

    def _round(self, follower: Follower, snapshots: Snapshots, readers: set[Reader], told: set[Reader]) -> set[Reader]:
        """Tell the readers what is new. Return those that have heard what was new before they came."""
        topics = {topic for reader in readers for topic in reader.topics}
        newest = follower.follow(topics - SNAPSHOTS.keys())
        if readers - told:  # some may read again what changed before this hub followed it
            self.version += 1
        for reader in readers - told:
            reader.begin(newest, follower.now() - _RECENT)
        news = follower.read(_BLOCK)
        changed = dict.fromkeys(snapshots.changed(topics), 0)
        if news.topics or changed or news.missed:
            self.version += 1
        self.is_following = True
        _tell(readers, {**news.topics, **changed}, news.missed)
        if news.topics:
            time.sleep(min(_LONGEST_PAUSE, _PAUSE + len(readers) * _PAUSE_EACH))
        return readers


def _tell(readers: Iterable[Reader], news: Mapping[str, int], missed: str) -> None:
    for reader in readers if news or missed else ():
        reader.tell(news, missed)


def _server_is_ending() -> bool:
    """Whether Uvicorn was told to stop. It waits for open streams, and tells no application before."""
    server = getattr(signal.getsignal(signal.SIGTERM), "__self__", None)
    return bool(getattr(server, "should_exit", False))
