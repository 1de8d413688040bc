"""current_node(): what a task knows of its place in a run."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from celery._state import get_current_worker_task

from orchestrator_celery.errors import Interrupted
from orchestrator_celery.handles.running_swarm import RunningSwarm
from orchestrator_celery.model.ids import Fence, LeafId
from orchestrator_celery.model.states import NodeKind
from orchestrator_celery.records.definitions import parse
from orchestrator_celery.store import Refused
from orchestrator_celery.store.availability import UNREACHABLE
from orchestrator_celery.worker.claimed_message import claimed_by
from orchestrator_celery.worker.patience import patiently
from orchestrator_celery.worker.progress import progress_update

if TYPE_CHECKING:
    from orchestrator_celery.container import Container
    from orchestrator_celery.worker.claimed_message import ClaimedMessage

__all__ = ("CurrentNode", "NoNode", "current_node")


#: Seconds between two looks whether the task is to stop.
_POLL = 0.2


class NoNode:
    """Outside a run: answers as a first attempt without checkpoint, keeps nothing."""

    run_id: str | None = None
    id: str | None = None
    attempt: int = 1

    @property
    def swarm(self) -> RunningSwarm | None:
        """The swarm the task is an item of, or inside an item of: add to it, close it. None outside of one."""
        return None

    @property
    def last_checkpoint(self) -> Any:
        """What an earlier attempt kept last, or None."""
        return None

    def checkpoint(self, data: Any) -> bool:
        """Keep how far the task is; the next attempt gets it as `last_checkpoint`.

        Args:
            data: anything the app's task serializer takes.

        Returns:
            Whether it was kept: False outside a run, and where this attempt was superseded.

        Raises:
            kombu.exceptions.EncodeError: it cannot be serialised.
            PayloadTooLarge: it is over `orchestrator_max_payload`.
        """
        return False

    def progress(self, done: float, total: float | None = None, message: str = "") -> None:
        """Say how far the task is: `run.tree()` shows it as the node's `progress`, `run.watch()` tells of it.

        May be called as often as one likes: a few times a second it is written, and what was said last before the
        task ends. It never fails or holds up a task because the store is away. A new attempt begins without.

        Args:
            done: how much is done, in whatever the task counts.
            total: how much there is; None where nobody knows.
            message: in words; its first thousand characters are kept.

        Raises:
            OrchestratorError: a number is negative or none, the total is 0, the message is no text; also outside a run.
        """
        progress_update(done, total, message)

    @property
    def interrupted(self) -> bool:
        """Whether the task is to stop: its run was interrupted or cancelled, or it was started anew elsewhere."""
        return False

    def raise_if_interrupted(self) -> None:
        """Stop here if the task is to stop, which the store is asked at most a few times a second.

        A body that lets the error pass is held back until `run.resume()`, which starts it from its last checkpoint.

        Raises:
            Interrupted: its run was interrupted or cancelled, or it was started anew elsewhere.
        """

    def __bool__(self) -> bool:
        return False


class CurrentNode(NoNode):
    """The node whose task runs in this context.

    Args:
        container: the parts of the orchestrator.
        leaf: run, node and attempt.
        fence: the message of the attempt.
        message: what is known of the message: what an earlier attempt kept, and when the record was looked at.
    """

    def __init__(self, container: Container, leaf: LeafId, fence: Fence, message: ClaimedMessage) -> None:
        self._container = container
        self._leaf = leaf
        self._fence = fence
        self._message = message
        self.run_id = leaf.run
        self.id = leaf.node
        self.attempt = leaf.attempt

    @property
    def swarm(self) -> RunningSwarm | None:
        """The swarm the task is an item of, or inside an item of: add to it, close it. None outside of one."""
        parts = self._leaf.node.split(".")
        above = [".".join(parts[:length]) for length in range(len(parts) - 1, 0, -1)]
        definitions = self._container.reader.definitions(self._leaf.run, above)
        for node, definition in zip(above, definitions, strict=True):
            if definition is not None and parse(definition).kind is NodeKind.SWARM:
                return RunningSwarm(self._leaf.run, self._container, node)
        return None

    @property
    def last_checkpoint(self) -> Any:
        """What was kept last, by this attempt or an earlier one; None if nothing was."""
        return self._container.codec.load(self._message.checkpoint) if self._message.checkpoint else None

    def checkpoint(self, data: Any) -> bool:
        """Keep how far the task is; see `NoNode.checkpoint`."""
        blob = self._container.codec.dump(data)
        answer = patiently(self._container, self._container.store.checkpoint, self._leaf, self._fence, blob)
        if answer.refused in (Refused.STALE, Refused.GONE):
            return False
        self._message.checkpoint = blob
        return True

    def progress(self, done: float, total: float | None = None, message: str = "") -> None:
        """Say how far the task is; see `NoNode.progress`."""
        write = self._container.store.progress
        self._message.progress.write(progress_update(done, total, message), write, self._leaf, self._fence)

    @property
    def interrupted(self) -> bool:
        """Whether the task is to stop; see `NoNode.interrupted`."""
        message, now = self._message, time.monotonic()
        if not message.interrupted and now - message.interrupt_checked >= _POLL:
            message.interrupt_checked = now
            with suppress(*UNREACHABLE):  # nobody can say so now
                message.interrupted = self._container.reader.to_be_stopped(
                    self._leaf.run, self._leaf.node, self._leaf.attempt
                )
        return message.interrupted

    def raise_if_interrupted(self) -> None:
        """Stop here if the task is to stop; see `NoNode.raise_if_interrupted`."""
        if self.interrupted:
            raise Interrupted(f"Task {self._leaf} was interrupted.", task_id=str(self._leaf))

    def __bool__(self) -> bool:
        return True


_NOWHERE = NoNode()


def current_node() -> NoNode:
    """Return the node of the task that runs here. Outside a run, return an object that does nothing and is false."""
    task = get_current_worker_task()
    orchestrator = getattr(task.app, "orchestrator", None) if task is not None else None
    message = claimed_by(task.request) if orchestrator is not None else None
    if orchestrator is None or message is None:
        return _NOWHERE
    return CurrentNode(orchestrator.container, *message.claims[-1], message)
