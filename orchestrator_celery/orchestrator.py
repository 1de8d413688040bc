"""Orchestrator: installs the extension into a Celery app, and finds runs and signatures."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from celery import Celery

from orchestrator_celery.canvas.options import spelled
from orchestrator_celery.canvas.primitive import Primitive, installed
from orchestrator_celery.container import Container
from orchestrator_celery.errors import InvalidSettings
from orchestrator_celery.handles.async_twins import OrchestratorTwin
from orchestrator_celery.handles.catalogs.graph_catalog import GraphCatalog
from orchestrator_celery.handles.catalogs.saved_views import SavedViews
from orchestrator_celery.handles.eager.run import EagerRun
from orchestrator_celery.handles.finding import Finding
from orchestrator_celery.handles.lazy_list import LazyList, lazily
from orchestrator_celery.handles.operations import Operations
from orchestrator_celery.handles.run import Run
from orchestrator_celery.handles.running_swarm import RunningSwarm
from orchestrator_celery.handles.signature_catalog import SignatureCatalog, SignatureFilter
from orchestrator_celery.handles.telling.subscriptions import Subscribing
from orchestrator_celery.handles.watching import Watching
from orchestrator_celery.lifecycle.audit import list_audit
from orchestrator_celery.lifecycle.bulk_add import check_bulk
from orchestrator_celery.lifecycle.eager.start import start_eagerly
from orchestrator_celery.lifecycle.start import Starter
from orchestrator_celery.model.filters.words import filter_word
from orchestrator_celery.model.ids import ROOT, HasId, id_of
from orchestrator_celery.model.printing.safe_text import safe_repr
from orchestrator_celery.model.states import SignatureStatus
from orchestrator_celery.records.head.run_head import Head
from orchestrator_celery.settings import OrchestratorSettings, TaskPolicy
from orchestrator_celery.views.approvals import WaitingApprovals
from orchestrator_celery.views.runs import check_aware
from orchestrator_celery.views.statistics import read_statistics
from orchestrator_celery.worker import install

if TYPE_CHECKING:
    from celery.canvas import Signature

    from orchestrator_celery.handles.async_twins import Call, Each
    from orchestrator_celery.handles.stored_signature import StoredSignature
    from orchestrator_celery.model.audit import AuditEntry
    from orchestrator_celery.model.observe.statistics import Statistics
    from orchestrator_celery.model.views import ApprovalView, BulkReport

__all__ = ("Orchestrator",)


@spelled("save", "signatures", "subscribe")
class Orchestrator(Finding, Operations, Watching, Subscribing):
    """Makes the canvas primitives of a Celery app durable. Install it where you create the app.

    Calling `Orchestrator(app)` twice is safe: the second call returns the installed one. No setting is read and no
    connection is opened before it is needed.

    Args:
        app: the project's Celery app.
    """

    app: Celery

    def __new__(cls, app: Celery) -> Orchestrator:
        """Install an orchestrator, or return the installed one.

        Raises:
            InvalidSettings: the value is not a Celery app.
        """
        if not isinstance(app, Celery):
            raise InvalidSettings(
                f"Orchestrator({safe_repr(app)}) is not allowed: pass the Celery app of your project, as in "
                'app = Celery("proj", ...); Orchestrator(app).'
            )
        known = getattr(app, "orchestrator", None)
        if isinstance(known, Orchestrator):
            return known
        self = super().__new__(cls)
        self.app = app
        self.container = Container(app)
        app.orchestrator = self  # type: ignore[attr-defined, unused-ignore]
        install(self.container)
        return self

    @staticmethod
    def of(app: Celery) -> Orchestrator:
        """Return the orchestrator of an app.

        Raises:
            NotInstalled: the app has none.
        """
        found: Orchestrator = installed(app)
        return found

    @property
    def settings(self) -> OrchestratorSettings:
        """The settings, read from `app.conf` when they are first used.

        Raises:
            InvalidSettings: names every key that is unknown or has a value that is not allowed.
        """
        return self.container.settings

    @property
    def aio(self) -> OrchestratorAio:
        """The same methods for asyncio: `await orchestrator.aio.runs()`. None of them blocks the event loop."""
        return cast("OrchestratorAio", OrchestratorTwin(self))

    def task(self, *args: Any, policy: TaskPolicy | None = None, **options: Any) -> Any:
        """Register a task with a policy; without a policy, the same as `app.task`.

        Args:
            *args: as for `app.task`.
            policy: the policy of the task.
            **options: as for `app.task`.

        Raises:
            InvalidSettings: the policy is not a `TaskPolicy`.
        """
        if policy is not None and not isinstance(policy, TaskPolicy):
            raise InvalidSettings(f"policy={safe_repr(policy)} is not allowed: give policy=TaskPolicy(...).")
        if policy is not None:
            options["orchestrator"] = policy
        return self.app.task(*args, **options)

    # -- lists --------------------------------------------------------------------------------------

    def approvals(self) -> LazyList[ApprovalView]:
        """List the approvals of all runs that wait for a person, newest first.

        Answer with `run.approve()` or `run.reject()`.
        """
        return LazyList(WaitingApprovals(self.container).all())

    @property
    def views(self) -> SavedViews:
        """Saved views of the list of runs: filters with a name, of one person or shared."""
        return SavedViews(self.container)

    def audit(
        self,
        *,
        run: HasId | str | None = None,
        signature: HasId | str | None = None,
        verb: str | None = None,
        actor: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        offset: int = 0,
        limit: int | None = None,
    ) -> LazyList[AuditEntry]:
        """List the audit trail, newest first: who called which verb on which run, including refused calls.

        The list is read page by page; `len()` of a long list reads all of it. Entries are kept for
        `orchestrator_audit_retention`, by default 90 days.

        Args:
            run: only entries of this run, or of the run of this id, which may be deleted.
            signature: only entries of this stored signature, or of its id.
            verb: only this verb, such as `suspend`, `resume`, `cancel`, `deadline`.
            actor: only entries of this actor.
            since: written at or after this time, an aware datetime.
            until: written at or before this time, an aware datetime.
            offset: number of matches to leave out.
            limit: most entries to list; by default all.

        Raises:
            OrchestratorError: a datetime has no time zone.
        """
        check_aware(since, until)
        about = {"run": run, "signature": signature}
        ids = {field: None if given is None else id_of(given) for field, given in about.items()}
        asked = {"verb": verb, "actor": actor, **ids}

        def read(before: Sequence[AuditEntry]) -> Iterator[AuditEntry]:
            start = offset + len(before)
            return list_audit(self.container.audit_stream, asked, since=since, until=until, offset=start)

        return lazily(read, limit, lambda: sum(1 for _ in read(())))

    def stats(
        self,
        *,
        task: str | None = None,
        category: str | None = None,
        since: datetime | timedelta | str = "24h",
    ) -> Statistics:
        """Return how often and how long tasks of runs ran; the newest seconds may be missing.

        Args:
            task: only this task; `*` stands for any characters.
            category: only runs of this category; '' for runs without one.
            since: only the whole hours since this time, an aware datetime, or an age such as `2h`.

        Raises:
            OrchestratorError: `since` cannot be read, or has no time zone.
        """
        return read_statistics(self.container, task, category, since)

    # -- stored signatures --------------------------------------------------------------------------

    def save(
        self,
        sig: Signature,
        *,
        name: str | None = None,
        category: str | None = None,
        tags: Iterable[str] = (),
        ttl: float | timedelta | None = None,
    ) -> StoredSignature:
        """Save a workflow, to run it many times. It is compiled now, so later changes of your code do not change it.

        Args:
            sig: any signature: a task, chain, group, chord or primitive.
            name: name for lists; by default the name of the primitive.
            category: category of its runs.
            tags: tags of its runs.
            ttl: how long it is kept, in seconds or as a timedelta. It is marked for deletion at once.

        Raises:
            InvalidWorkflow: a part of it cannot be run, or it has a delay or an expiry, which belong to a single run.
            ForeignSignature: the signature, or a signature in it, is bound to another app.
            StoreUnavailable: the store did not answer; nothing was saved.
        """
        return SignatureCatalog(self).save(sig, name, category, tags, ttl)

    def signature(self, id: HasId | str) -> StoredSignature:
        """Find a stored signature: a saved signature, or the signature that a run brought, by the run or its id.

        Raises:
            SignatureGone: there is no such signature.
        """
        return SignatureCatalog(self).find(id_of(id))

    def signatures(
        self,
        *,
        status: SignatureStatus | str | None = None,
        saved: bool | None = None,
        category: str | None = None,
        tag: str | None = None,
        name: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        text: str | None = None,
        offset: int = 0,
        limit: int | None = None,
    ) -> LazyList[StoredSignature]:
        """List stored signatures, newest first. The list is read page by page; `len()` of a long list reads all of it.

        Args:
            status: only ACTIVE signatures, or only signatures MARKED_FOR_DELETION.
            saved: True: only saved signatures; False: only signatures of runs.
            category: only signatures of this category.
            tag: only signatures with this tag.
            name: only signatures of this name.
            since: saved, or their run created, at or after this time, an aware datetime.
            until: saved, or their run created, at or before this time, an aware datetime.
            text: part of the id or the name.
            offset: number of matches to leave out.
            limit: most signatures to list; by default all.

        Raises:
            OrchestratorError: the status is not known, or a datetime has no time zone.
        """
        check_aware(since, until)
        wanted = SignatureFilter(
            filter_word(SignatureStatus, "status", status), saved, category, tag, name, since, until, text
        )
        read = partial(SignatureCatalog(self).matching, wanted)
        return lazily(lambda before: read(offset + len(before)), limit, lambda: sum(1 for _ in read(offset)))

    @property
    def graphs(self) -> GraphCatalog:
        """The graphs that are saved under names, with a version for every save."""
        return GraphCatalog(self)

    # -- for the handles and the primitives ---------------------------------------------------------

    def _start(self, primitive: Primitive, args: list[Any], kwargs: dict[str, Any], options: dict[str, Any]) -> Run:
        """Start a run of a primitive; `apply_async` calls this."""
        run = self.result(Starter(self.container).start(primitive, args, kwargs, options))
        run._seen = True
        self.container.worker_survey.look(primitive, options)
        parent = self.app.current_worker_task
        if parent is not None and options.get("add_to_parent", True):
            parent.add_trail(run)
        return run

    def _start_eagerly(
        self,
        primitive: Primitive,
        args: list[Any],
        kwargs: dict[str, Any],
        options: dict[str, Any],
        rerun_of: str | None = None,
    ) -> EagerRun:
        """Run a primitive in this process, and call its `link` or `link_error`; `apply` calls this."""
        parts = start_eagerly(self.container, primitive, args, kwargs, options, rerun_of)
        again = {name: value for name, value in options.items() if name != "task_id"}
        run = EagerRun(parts, lambda: self._start_eagerly(primitive, args, kwargs, again, run.id))
        primitive._eager_callbacks(run.state, run.result if run.successful() else run.id, options)
        if self.app.conf.task_eager_propagates:
            run.get(disable_sync_subtasks=False)
        return run

    def result(self, id: HasId | str, **options: Any) -> Run:
        """Return the handle of a run, whether or not the run exists, as `AsyncResult` does for a task."""
        return Run(id_of(id), app=self.app, **options)

    def swarm(self, run: HasId | str, *, node: str = ROOT) -> RunningSwarm:
        """Return the handle that adds items to a running swarm, from any process.

        Args:
            run: the run, or its id.
            node: id or name of the swarm's node, if the swarm is not the whole run.

        Raises:
            NodeNotFound: no node has the name, or several have it.
        """
        return RunningSwarm(id_of(run), self.container, self.result(run)._node_id(node))

    def _signature_of(self, run: str, head: Head) -> StoredSignature:
        """Return the signature from which a run was started, or the run's own if that signature was deleted."""
        return SignatureCatalog(self).of_run(run, head)

    def _check(
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
            sigs: the signatures to add.
            batch_size: number of signatures in a batch.
            atomic: add all signatures or none.
            room: number of signatures that the swarm can take; None without a limit.
            on_progress: called after each batch.

        Returns:
            The valid signatures, and the report, which counts them as added.

        Raises:
            BulkRejected: `atomic` is true, and at least one signature is not valid.
        """
        return check_bulk(
            self.container, sigs, batch_size=batch_size, atomic=atomic, room=room, on_progress=on_progress
        )


if TYPE_CHECKING:

    class OrchestratorAio:
        """`orchestrator.aio`."""

        approvals = Call(Orchestrator.approvals)
        audit = Call(Orchestrator.audit)
        doctor = Each(Orchestrator.doctor)
        note_done = Call(Orchestrator.note_done)
        note_refusal = Call(Orchestrator.note_refusal)
        resume_reports = Call(Orchestrator.resume_reports)
        run = Call(Orchestrator.run)
        runs = Call(Orchestrator.runs)
        save = Call(Orchestrator.save)
        signature = Call(Orchestrator.signature)
        signatures = Call(Orchestrator.signatures)
        stats = Call(Orchestrator.stats)
        subscribe = Call(Orchestrator.subscribe)
        subscriptions = Call(Orchestrator.subscriptions)
        tasks = Call(Orchestrator.tasks)
        logs = Each(Orchestrator.logs)
        watch = Each(Orchestrator.watch)
        workers = Call(Orchestrator.workers)
