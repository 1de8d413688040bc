"""The heartbeat: renews the lease of a worker in the registry."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from random import uniform
from typing import TYPE_CHECKING, Any

from celery.worker import state as worker_state
from redis.exceptions import RedisError

from orchestrator_celery.model.printing.safe_log import safe_logger
from orchestrator_celery.store.availability import UNREACHABLE
from orchestrator_celery.store.worker_registry import Skills
from orchestrator_celery.worker.queues.queue_reporter import QueueReporter

if TYPE_CHECKING:
    from celery import Celery

    from orchestrator_celery.container import Container
    from orchestrator_celery.records.queue_report import QueueReport
    from orchestrator_celery.store.worker_registry import Beat, StopTasks

__all__ = ("Heartbeat", "is_alive", "is_running", "member_name", "skills_of")

logger = safe_logger(__name__)

#: How often to try to copy a set that changes meanwhile.
_TRIES = 5
#: Shortest interval between two heartbeats, as a part of the longest.
_SHORTEST = 0.75
#: Seconds that a worker which ends waits for its last call to the store.
_PATIENCE = 2.0


class Heartbeat:
    """Renews the lease of one worker and sends the ids of its running tasks.

    It uses its own thread. A timer of the worker's event loop would not fire
    in the solo pool, which blocks that loop while a task runs.

    Args:
        container: the parts of the orchestrator.
        on_beat: called with the answer to each heartbeat; must not block.
        on_miss: called when a heartbeat could not be sent.
        on_child_exit: called with a request whose child process has exited. Celery notices this up to seconds later.
    """

    def __init__(
        self,
        container: Container,
        on_beat: Callable[[Beat], None],
        on_miss: Callable[[], None],
        on_child_exit: Callable[[Any], None],
    ) -> None:
        self._container = container
        self._on_beat = on_beat
        self._on_miss = on_miss
        self._on_child_exit = on_child_exit
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None
        self._queues: QueueReporter | None = None
        self._now = 0.0
        self._finished = False
        self._active: list[str] = []
        self._forks = False
        self._obey: Callable[[StopTasks], None] = lambda order: None
        self._look: Callable[[], None] = lambda: None
        #: Place of the last stop order that was read.
        self._place = ""

    def start(
        self,
        member: str,
        *,
        forks: bool,
        obey: Callable[[StopTasks], None],
        look: Callable[[], None] | None = None,
        queues: QueueReporter | None = None,
    ) -> None:
        """Start the thread and return at once.

        Args:
            member: the worker's name in the registry.
            forks: whether each task runs in a child process. In other pools Celery's `worker_pid` is not the id of a
                child process.
            obey: carries out an order to stop tasks.
            look: looks at the state of the worker with each heartbeat; must not block.
            queues: reports what the worker sees of its queues; None to report nothing.
        """
        self._forks = forks
        self._obey = obey
        self._look = look or self._look
        self._queues = queues
        self._thread = threading.Thread(target=self._run, args=(member,), name="orchestrator-heartbeat", daemon=True)
        self._thread.start()

    def stop(self, *, finished: bool = False) -> None:
        """Stop the heartbeat, and wait a short time until the worker is removed from the registry.

        If the worker still runs tasks, it stays in the registry. Its lease ends, and another worker recovers its tasks.

        Args:
            finished: the reconciler of this worker has nothing left to do.
        """
        self._finished = finished
        self._stopped.set()
        if self._thread is not None:
            self._thread.join(_PATIENCE)

    def _run(self, member: str) -> None:
        settings = self._container.settings
        dead: list[str] | None = None
        while not self._stopped.is_set():
            try:
                self._look()
                registry = self._container.registry
                if dead is None:
                    dead = [other for other in registry.members() if other != member and not is_alive(other)]
                skills = skills_of(self._container.app)
                queues = self._queue_report(skills.queues)
                beat = registry.beat(member, settings.lease, self._running(), dead, skills, self._place, queues)
                dead, self._now = [], beat.now
                self._on_beat(beat)
                self._read_orders(beat)
            except (RedisError, *UNREACHABLE) as exc:
                logger.warning("The heartbeat could not be sent: %r", exc, extra={"action": "heartbeat"})
                self._on_miss()
            except Exception:
                # If the heartbeat stopped, the lease would end, and another worker would start the running tasks again.
                logger.exception(
                    "The heartbeat failed; the next one is sent at its regular time.", extra={"action": "heartbeat"}
                )
                self._on_miss()
            # Workers of a Redis broker wait for messages in rounds of one second. The one that waits longest gets the
            # next message. Sweeps in step with these rounds would send a message to the same worker each time.
            self._stopped.wait(settings.heartbeat * uniform(_SHORTEST, 1))
        self._leave(member)

    def _queue_report(self, queues: frozenset[str]) -> QueueReport | None:
        """Report the queues. Without a report, the reconciler sends what waits too long again, which does no harm."""
        try:
            return None if self._queues is None else self._queues.report(queues, self._now)
        except (RedisError, *UNREACHABLE):
            raise
        except Exception:
            logger.exception("The queues of this worker cannot be reported.", extra={"action": "heartbeat"})
            return None

    def _read_orders(self, beat: Beat) -> None:
        if not self._place:
            self._place = beat.first_place  # earlier orders were meant for earlier workers
        for order in beat.orders:
            self._place = order.place
            self._obey(order)

    def _leave(self, member: str) -> None:
        if worker_state.active_requests:
            return
        try:
            self._container.registry.leave(member, finished=self._finished)
        except (RedisError, *UNREACHABLE) as exc:
            logger.warning("The worker could not be removed from the registry: %r", exc, extra={"action": "heartbeat"})

    def _running(self) -> list[str]:
        """Report the tasks whose process is gone, and return the ids of the running tasks."""
        active = _copied(worker_state.active_requests)
        if active is None:
            return self._active  # the next heartbeat sends the correct ids
        gone = [request for request in active if self._forks and not is_running(request.worker_pid)]
        self._active = [request.id for request in active if request not in gone]
        for request in gone:
            try:
                self._on_child_exit(request)
            except Exception:
                logger.exception(
                    "The end of a task's process could not be reported.",
                    extra={"action": "lost", "task": request.id},
                )
        return self._active


def _copied(requests: Iterable[Any]) -> list[Any] | None:
    """Return a copy of a set that the main thread may change meanwhile; None if it changes during every try."""
    for _ in range(_TRIES):
        with suppress(RuntimeError):
            return list(requests)
    return None


def skills_of(app: Celery) -> Skills:
    """Return the tasks of this process and the queues that its worker consumes. Both may change while it runs."""
    return Skills(frozenset(list(app._tasks)), frozenset(list(app.amqp.queues.consume_from)))  # type: ignore[attr-defined, unused-ignore]


def member_name(hostname: str, incarnation: str) -> str:
    """Return a worker's name in the registry: node name, machine, main process id and incarnation."""
    return f"{hostname}/{_place()}/{os.getpid()}/{incarnation}"


def is_alive(member: str) -> bool:
    """Return False if the member's main process ran on this machine and is gone, otherwise True."""
    _, place, pid, _ = member.rsplit("/", 3)
    if place != _place():
        return True
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def is_running(pid: int | None) -> bool:
    """Whether a process exists and is not a zombie; True if this cannot be determined."""
    if not pid:
        return True
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except FileNotFoundError:
        return not Path("/proc/self/stat").exists()
    except OSError:
        return True


def _place() -> str:
    """Return an id of this boot and this namespace of process ids; a pid is only meaningful within both."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text()
        return hashlib.sha1(f"{boot}{Path('/proc/self/ns/pid').readlink()}".encode()).hexdigest()[:8]
    except OSError:
        return f"?{os.getpid()}"
