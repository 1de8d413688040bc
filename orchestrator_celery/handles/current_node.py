"""current_node(): the place of a running task in its run."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from celery._state import get_current_worker_task
from kombu.exceptions import DecodeError

from orchestrator_celery.errors import Interrupted, OrchestratorError
from orchestrator_celery.handles.running_swarm import RunningSwarm
from orchestrator_celery.lifecycle.eager.current import eager_task
from orchestrator_celery.model.ids import Fence, LeafId
from orchestrator_celery.model.printing.safe_text import safe_repr
from orchestrator_celery.model.printing.unreadable import UNREADABLE
from orchestrator_celery.model.states import NodeKind
from orchestrator_celery.records.definitions import parse_definition
from orchestrator_celery.store import Refused
from orchestrator_celery.store.availability import UNREACHABLE
from orchestrator_celery.worker.bodies.claimed_message import claimed_by
from orchestrator_celery.worker.bodies.progress import progress_update
from orchestrator_celery.worker.recovery.patience import patiently

if TYPE_CHECKING:
    from orchestrator_celery.container import Container
    from orchestrator_celery.lifecycle.eager.current import EagerTask
    from orchestrator_celery.worker.bodies.claimed_message import ClaimedMessage

__all__ = ("CurrentNode", "NoNode", "current_node")


#: Seconds between two checks for an interruption.
_POLL = 0.2


class NoNode:
    """The node of a task outside a run: a first attempt without a checkpoint, which stores nothing."""

    run_id: str | None = None
    id: str | None = None
    attempt: int = 1

    @property
    def swarm(self) -> RunningSwarm | None:
        """The swarm that contains the task, for adding items and closing it; None outside a swarm."""
        return None

    @property
    def last_checkpoint(self) -> Any:
        """The last checkpoint of an earlier attempt, or None."""
        return None

    def checkpoint(self, data: Any) -> bool:
        """Store a checkpoint; the next attempt gets it as `last_checkpoint`.

        Args:
            data: a value that the app's task serializer can encode.

        Returns:
            Whether it was stored. False outside a run, and if a newer attempt has superseded this one.

        Raises:
            kombu.exceptions.EncodeError: the value cannot be encoded.
            PayloadTooLarge: the value is over `orchestrator_max_payload`.
        """
        return False

    def progress(self, done: float, total: float | None = None, message: str = "") -> None:
        """Report the progress of the task: `run.tree()` shows it as the node's `progress`, `run.watch()` as an event.

        You may call this as often as you like. It is written a few times a second, and once more before the task ends.
        If the store is away, it neither fails nor delays the task. A new attempt starts without progress.

        Args:
            done: the amount done, in any unit.
            total: the total amount; None if it is unknown.
            message: a text, of which the first thousand characters are kept.

        Raises:
            OrchestratorError: a value is negative or not a number, the total is 0, or the message is not text. Outside
                a run, the arguments are checked too.
        """
        progress_update(done, total, message)

    @property
    def interrupted(self) -> bool:
        """Whether the task must stop: its run was interrupted or cancelled, or a newer attempt has superseded it."""
        return False

    def raise_if_interrupted(self) -> None:
        """Stop here if the task must stop. The store is asked a few times a second at most.

        If the body does not catch the error, the task is held back until `run.resume()`, which starts it from its last
        checkpoint.

        Raises:
            Interrupted: the run was interrupted or cancelled, or a newer attempt has superseded this one.
        """

    def __bool__(self) -> bool:
        return False


class CurrentNode(NoNode):
    """The node of the task that runs in this context.

    Args:
        container: the parts of the orchestrator.
        leaf: run, node and attempt.
        fence: the message of the attempt.
        message: the claimed message, with the checkpoint of an earlier attempt.
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
        """The swarm that contains the task; see `NoNode.swarm`."""
        parts = self._leaf.node.split(".")
        above = [".".join(parts[:length]) for length in range(len(parts) - 1, 0, -1)]
        definitions = self._container.reader.definitions(self._leaf.run, above)
        for node, definition in zip(above, definitions, strict=True):
            if definition is not None and parse_definition(definition).kind is NodeKind.SWARM:
                return RunningSwarm(self._leaf.run, self._container, node)
        return None

    @property
    def last_checkpoint(self) -> Any:
        """The last checkpoint of this attempt or an earlier one; None without one.

        Raises:
            OrchestratorError: the record of the checkpoint is damaged.
            kombu.exceptions.ContentDisallowed: the app does not accept the serializer of the checkpoint.
        """
        if not self._message.checkpoint:
            return None
        try:
            return self._container.codec.load(self._message.checkpoint)
        except (DecodeError, *UNREADABLE) as exc:
            raise OrchestratorError(
                f"The checkpoint of the task {self._leaf} cannot be read ({safe_repr(exc)}), so the task cannot go on "
                "from it. Start again with `run.rerun()`, or catch this error and begin at the start."
            ) from exc

    def checkpoint(self, data: Any) -> bool:
        """Store a checkpoint; see `NoNode.checkpoint`."""
        blob = self._container.codec.dump(data)
        answer = patiently(self._container, self._container.store.checkpoint, self._leaf, self._fence, blob)
        if answer.refused in (Refused.STALE, Refused.GONE):
            return False
        self._message.checkpoint = blob
        return True

    def progress(self, done: float, total: float | None = None, message: str = "") -> None:
        """Report the progress of the task; see `NoNode.progress`."""
        write = self._container.store.progress
        self._message.progress.write(progress_update(done, total, message), write, self._leaf, self._fence)

    @property
    def interrupted(self) -> bool:
        """Whether the task must stop; see `NoNode.interrupted`."""
        message, now = self._message, time.monotonic()
        if not message.interrupted and now - message.interrupt_checked >= _POLL:
            message.interrupt_checked = now
            with suppress(*UNREACHABLE):  # the store cannot be asked now
                message.interrupted = self._container.reader.to_be_stopped(
                    self._leaf.run, self._leaf.node, self._leaf.attempt
                )
        return message.interrupted

    def raise_if_interrupted(self) -> None:
        """Stop here if the task must stop; see `NoNode.raise_if_interrupted`."""
        if self.interrupted:
            raise Interrupted(
                f"The task {self._leaf} must stop: its run was interrupted or cancelled, or it has a newer attempt.",
                task_id=str(self._leaf),
            )

    def __bool__(self) -> bool:
        return True


class CurrentEagerNode(CurrentNode):
    """The node of the task of an eager run, which keeps everything in memory.

    Args:
        task: the task that runs in this context.
    """

    def __init__(self, task: EagerTask) -> None:
        self._container, self._encoder, self._records = task.parts, task.parts.encoder, task.parts.records
        self.run_id, self.id, self.attempt = self._leaf = task.leaf

    @property
    def last_checkpoint(self) -> Any:
        """The last checkpoint of the task, or None; after `self.retry()`, also that of the try before."""
        kept = self._records.checkpoint(self._leaf.run, self._leaf.node)
        return None if kept is None else self._encoder.load(kept)

    def checkpoint(self, data: Any) -> bool:
        """Keep a checkpoint; see `NoNode.checkpoint`."""
        self._records.keep_checkpoint(self._leaf.node, self._encoder.dump(data))
        return True

    def progress(self, done: float, total: float | None = None, message: str = "") -> None:
        """Report the progress of the task; see `NoNode.progress`."""
        self._records.keep_progress(self._leaf.node, *progress_update(done, total, message))

    @property
    def interrupted(self) -> bool:
        """False: nobody can interrupt an eager run."""
        return False


_NO_NODE = NoNode()


def current_node() -> NoNode:
    """Return the node of the task that runs here. Outside a run, return an object that does nothing and is false."""
    task: Any = get_current_worker_task()
    orchestrator = getattr(task.app, "orchestrator", None) if task is not None else None
    message = claimed_by(task.request) if orchestrator is not None else None
    if orchestrator is None or message is None:
        eager = eager_task(task.request.id) if orchestrator is not None else None
        return _NO_NODE if eager is None else CurrentEagerNode(eager)
    return CurrentNode(orchestrator.container, *message.claims[-1], message)
