"""Orchestrator: the one line an existing project adds, and where runs are found."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, cast
from uuid import uuid4

from orchestrator_celery.canvas.async_twin import Twin
from orchestrator_celery.canvas.primitive import Primitive, installed
from orchestrator_celery.engine.outcome import Outcome
from orchestrator_celery.errors import RunNotFound
from orchestrator_celery.handles.run import Run
from orchestrator_celery.handles.running_swarm import Parts, RunningSwarm
from orchestrator_celery.handles.signature_catalog import Shelf
from orchestrator_celery.lifecycle.bulk_add import Checker, Tally, check_batch_size
from orchestrator_celery.lifecycle.start import Launcher
from orchestrator_celery.model.ids import ROOT
from orchestrator_celery.settings import TaskPolicy
from orchestrator_celery.store.script_call import in_chunks
from orchestrator_celery.worker import Hooks, install

if TYPE_CHECKING:
    from celery import Celery
    from celery.canvas import Signature

    from orchestrator_celery.handles.async_twins import OrchestratorAio
    from orchestrator_celery.model.views import BulkReport

__all__ = ("Orchestrator",)


class Orchestrator(Shelf):
    """Makes the canvas primitives of a Celery app durable; install it where the app is made.

    `Orchestrator(app)` again gives the one that is installed. Nothing is connected and no setting is read
    before it is needed.

    Args:
        app: the project's Celery app.
    """

    #: One life of this process; the children of a worker's pool share it.
    incarnation: str
    #: What a worker does with messages of runs.
    hooks: Hooks

    def __new__(cls, app: Celery) -> Orchestrator:
        """Install, or give what is installed."""
        known = getattr(app, "orchestrator", None)
        if isinstance(known, Orchestrator):
            return known
        self = super().__new__(cls)
        self.app = app
        self.incarnation = uuid4().hex[:8]
        app.orchestrator = self
        self.hooks = install(self)
        return self

    @staticmethod
    def of(app: Celery) -> Orchestrator:
        """The orchestrator of an app.

        Raises:
            NotInstalled: it has none.
        """
        found: Orchestrator = installed(app)
        return found

    # -- tasks --------------------------------------------------------------------------------------

    def task(self, *args: Any, policy: TaskPolicy | None = None, **options: Any) -> Any:
        """`app.task` with a policy.

        Args:
            *args: as for `app.task`.
            policy: the task's own policy.
            **options: as for `app.task`.
        """
        if policy is not None:
            options["orchestrator"] = policy
        return self.app.task(*args, **options)

    # -- runs ---------------------------------------------------------------------------------------

    def start(self, primitive: Primitive, args: list[Any], kwargs: dict[str, Any], options: dict[str, Any]) -> Run:
        """Start a run of a primitive; what `apply_async` calls."""
        launcher = Launcher(self.app, self.store, self.codec, self.compiler, self.publisher)
        run = self.result(launcher.start(primitive, args, kwargs, options))
        parent = self.app.current_worker_task
        if parent is not None and options.get("add_to_parent", True):
            parent.add_trail(run)
        return run

    def run(self, id: str) -> Run:
        """Find a run.

        Raises:
            RunNotFound: no run has this id.
        """
        if self.reader.head_field(id, "status") in (None, b"CANCELLED"):
            raise RunNotFound(
                f"No run has the id {id!r}: it was never started here, was cancelled, or its retention is over."
            )
        return self.result(id)

    def result(self, id: str, **options: Any) -> Run:
        """The handle of a run, known or not, as `AsyncResult` is one of a task."""
        return Run(id, app=self.app, **options)

    def swarm(self, run: str, *, node: str = ROOT) -> RunningSwarm:
        """The handle that adds to a running swarm, from any process.

        Args:
            run: id of the run.
            node: id of the swarm, where it is not the whole run.
        """
        parts = Parts(self.store, self.reader, self.codec, self.compiler, self.publisher, self.workers)
        return RunningSwarm(run, parts, node)

    def check(
        self,
        sigs: Iterable[Signature],
        *,
        batch_size: int,
        atomic: bool,
        room: int | None,
        on_progress: Callable[[int, int | None], Any] | None,
    ) -> tuple[list[Signature], BulkReport]:
        """Check signatures for a swarm that is not applied yet.

        Args:
            sigs: what is to be added.
            batch_size: how many make a batch.
            atomic: all or none.
            room: how many there is room for; None without a bound.
            on_progress: told after each batch.

        Returns:
            Those that may be added, and the report, which counts them as added.

        Raises:
            BulkRejected: `atomic`, and at least one is not valid.
        """
        tally, kept = Tally(sigs, on_progress), list[Any]()
        found = Checker(self.compiler, {}, False, self.workers).valid(sigs, tally)
        for batch in in_chunks(found, check_batch_size(batch_size)):
            for item in batch:
                if not atomic and room is not None and len(kept) >= room:
                    tally.reject(item.number, item.signature, "it is over the swarm's max_items")
                else:
                    kept.append(item.signature)
            tally.batch(len(kept))
        if atomic:
            tally.check()
        tally.added = len(kept)
        return kept, tally.report()

    @property
    def aio(self) -> OrchestratorAio:
        """The same methods for asyncio: `await orchestrator.aio.runs()`; none blocks the event loop."""
        return cast("OrchestratorAio", Twin(self))

    # -- for the worker -----------------------------------------------------------------------------

    def outcome(self, run: str) -> Any:
        """The result of an ended run; raises its error if it failed, for a chord that of the task that failed.

        Raises:
            RunNotFound: no run has this id.
        """
        result, error = self.verdict(run, own=True)
        if error is not None:
            raise error
        return result

    def verdict(self, run: str, own: bool = False) -> tuple[Any, BaseException | None]:
        """The result of an ended run, or the error it failed with; raises nothing that is not the store's.

        Args:
            run: its id.
            own: the error of the task that failed; by default the error Celery stores, a `ChordError` for a chord.

        Raises:
            RunNotFound: no run has this id.
        """
        head = self.reader.head(run)
        if not head:
            raise RunNotFound(f"No run has the id {run!r}.")
        ref = head["ref"].decode()
        if head["status"] == b"SUCCEEDED":
            return self._outcome(run).result(ref), None
        outcome = self._outcome(run)
        return None, outcome.cause(ref) if own else outcome.error(ref)

    def error(self, run: str, ref: str) -> tuple[BaseException, dict[str, str]]:
        """The error a reference stands for, as an exception and in words."""
        outcome = self._outcome(run)
        return outcome.error(ref), outcome.error_words(ref)

    def worker_alive(self, incarnation: str) -> bool:
        """Whether one life of a worker goes on, as far as its lease says."""
        alive = self.registry.alive(self.store.now() * 1000)
        return any(member.endswith(f"/{incarnation}") for member in alive)

    def _outcome(self, run: str) -> Outcome:
        return Outcome(run, lambda nodes: self.reader.terminal(run, nodes), self.codec)
