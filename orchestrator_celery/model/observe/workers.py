"""Workers with the extension, as `orchestrator.workers()` lists them."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict

__all__ = ("WorkerView",)


class WorkerView(BaseModel):
    """One worker.

    Args:
        id: its node name, process and start.
        name: its node name, as `celery status` shows it.
        alive: whether its lease holds.
        seen: the time of its last heartbeat; None if none is known.
        tasks: the names of the tasks that it can run.
        queues: the queues that it consumes.
        running: the tasks that it was running at its last heartbeat, as ids `<run>:<node>:<attempt>`.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    name: str
    alive: bool
    seen: datetime | None = None
    tasks: tuple[str, ...] = ()
    queues: tuple[str, ...] = ()
    running: tuple[str, ...] = ()
