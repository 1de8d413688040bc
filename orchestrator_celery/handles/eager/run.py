"""EagerRun: the handle of a run that ended in the calling process; its records are in memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn

from celery.backends.base import DisabledBackend

from orchestrator_celery.errors import InvalidTransition, SignatureGone, SwarmClosed
from orchestrator_celery.handles.run import Run
from orchestrator_celery.model.printing.text import printable

if TYPE_CHECKING:
    from orchestrator_celery.container import Container
    from orchestrator_celery.lifecycle.eager.parts import EagerParts

__all__ = ("EagerRun",)

_INSTEAD = "start the run on a worker, without task_always_eager"


class EagerRun(Run):
    """A run that was applied eagerly and has ended.

    What it tells is what a run on workers tells after its end; no worker ran its tasks. No store, broker or result
    backend is asked.

    Args:
        parts: the parts of the run.
        again: starts another run of the same signature.
    """

    def __init__(self, parts: EagerParts, again: Callable[[], EagerRun]) -> None:
        # With the backend of the app, `AsyncResult` might connect.
        super().__init__(parts.reader.run, backend=DisabledBackend(parts.app), app=parts.app)
        self._parts = parts
        self._again = again

    def __reduce_args__(self) -> tuple[Any, ...]:
        return self._parts, self._again

    @property
    def _container(self) -> Container:
        return self._parts

    def then(self, callback: Any, on_error: Any = None, weak: bool = False) -> Any:
        """Call a function at once, because the run has ended. The arguments are those of `AsyncResult.then`."""
        self._get_task_meta()
        return self.on_ready.then(callback, on_error)

    def forget(self) -> None:
        """Do nothing: the result backend has no copy of the result."""

    def rerun(self, from_node: str | None = None) -> Run:
        """Run the same signature eagerly again, with the same input. Its `rerun_of` is this run.

        Raises:
            InvalidTransition: a node was named. Only a run on workers can begin at one.
        """
        if from_node is not None:
            self._refuse("rerun from a node")
        return self._again()

    # -- what only a run on workers has -----------------------------------------------------------------

    @property
    def signature(self) -> NoReturn:
        """Refuse: an eager run stores no signature.

        Raises:
            SignatureGone: always.
        """
        raise SignatureGone(f"The run {printable(self.id)} was applied eagerly, which stores no signature: {_INSTEAD}.")

    @property
    def swarm(self) -> NoReturn:
        """Refuse: an eager swarm has ended.

        Raises:
            SwarmClosed: always.
        """
        raise SwarmClosed(self._closed)

    @property
    def _closed(self) -> str:
        return f"The run {printable(self.id)} was applied eagerly and has ended: {_INSTEAD} to steer a swarm."

    def _refuse(self, done: str) -> NoReturn:
        raise InvalidTransition(
            f"The run {printable(self.id)} was applied eagerly, is {self.status} and cannot be {done}: {_INSTEAD}."
        )

    def suspend(self) -> NoReturn:
        """Refuse, as for every run that has ended. Raises InvalidTransition."""
        self._refuse("suspended")

    def resume(self) -> NoReturn:
        """Refuse, as for every run that has ended. Raises InvalidTransition."""
        self._refuse("resumed")

    def interrupt(self, signal: str = "SIGTERM", grace: float = 10.0) -> NoReturn:
        """Refuse, as for every run that has ended. Raises InvalidTransition."""
        self._refuse("interrupted")

    def cancel(self, confirm: bool | str | None = None, reason: str = "") -> NoReturn:
        """Refuse: there is no data to delete. Raises InvalidTransition."""
        self._refuse("cancelled")

    def cancel_plan(self) -> NoReturn:
        """Refuse: there is no data to delete. Raises InvalidTransition."""
        self._refuse("cancelled")

    def retry(self, node: str | None = None) -> NoReturn:
        """Refuse: only a run on workers can continue. Raises InvalidTransition."""
        self._refuse("retried")

    def skip(self, node: str) -> NoReturn:
        """Refuse, as for every run that has ended. Raises InvalidTransition."""
        self._refuse("changed")

    def detach(self, node: str) -> NoReturn:
        """Refuse, as for every run that has ended. Raises InvalidTransition."""
        self._refuse("changed")

    def approve(self, node: str, *, by: str | None = None, note: str = "") -> NoReturn:
        """Refuse: an approval of an eager run ended by its timeout. Raises InvalidTransition."""
        self._refuse("answered")

    def reject(self, node: str, *, by: str | None = None, note: str = "") -> NoReturn:
        """Refuse: an approval of an eager run ended by its timeout. Raises InvalidTransition."""
        self._refuse("answered")

    def set_priority(self, which: Any, priority: Any, *, node: str = "0") -> NoReturn:
        """Refuse: an eager swarm has ended. Raises SwarmClosed."""
        raise SwarmClosed(self._closed)
