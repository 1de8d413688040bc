"""The protocol by which handles create other handles; the orchestrator implements it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from orchestrator_celery.model.ids import HasId
from orchestrator_celery.records.head.run_head import Head

if TYPE_CHECKING:
    from celery import Celery

    from orchestrator_celery.container import Container
    from orchestrator_celery.handles.run import Run
    from orchestrator_celery.handles.run_list import RunList
    from orchestrator_celery.handles.running_swarm import RunningSwarm
    from orchestrator_celery.handles.stored_signature import StoredSignature

__all__ = ("Handles",)


class Handles(Protocol):
    """Creates handles."""

    app: Celery
    container: Container

    def result(self, id: HasId | str) -> Run:
        """Return the handle of a run, whether or not the run exists."""

    def swarm(self, run: HasId | str, *, node: str = ...) -> RunningSwarm:
        """Return the handle of a running swarm."""

    def _signature_of(self, run: str, head: Head) -> StoredSignature:
        """Return the signature of a run."""

    def _runs_of(self, signature: HasId | str, offset: int | None = None, limit: int | None = None) -> RunList:
        """Return the runs of a signature."""
