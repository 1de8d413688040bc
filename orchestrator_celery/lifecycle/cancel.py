"""Cancels a run: plans the cancellation, deletes the run, and finishes the cancellation outside the run's records.

The store deletes the run in one script and leaves a remainder. The remainder
lists the pending work: bodies to stop, nested runs to cancel, the audit entry
to write, and the outcome to store in Celery. The nodes of a large run stay until
the pending work about them is done, because no script may take long. The caller
finishes the work at once; if the caller dies, the reconciler does. Each part may
be repeated. At the end the remainder is erased.
"""

from __future__ import annotations

import hashlib
import uuid
from typing import TYPE_CHECKING

from celery.states import REVOKED

from orchestrator_celery.dispatch.broker_errors import TRANSIENT_ERRORS, sending
from orchestrator_celery.dispatch.celery_copy import forget_copy, store_copy
from orchestrator_celery.engine.item_callbacks import item_facts
from orchestrator_celery.errors import (
    ConfirmationRequired,
    OrchestratorError,
    RunCancelled,
    RunNotFound,
    StoreUnavailable,
)
from orchestrator_celery.lifecycle.audit import owed_event, record
from orchestrator_celery.lifecycle.side_effects.notices import NOTICES, Notices
from orchestrator_celery.model.audit import CancelPlan
from orchestrator_celery.model.ids import RESULT_ONLY, is_callback, is_runner, parse_leaf_id
from orchestrator_celery.model.printing.safe_log import safe_logger
from orchestrator_celery.model.states import NodeKind, NodeState, Priority, RunStatus
from orchestrator_celery.records.definitions import Shape, shape_of, write_definition
from orchestrator_celery.records.head.cancelled import CancelledPart, Cleanup, part_of_head
from orchestrator_celery.records.head.fields import HeadField
from orchestrator_celery.records.head.run_head import Head
from orchestrator_celery.records.live import parse_live
from orchestrator_celery.records.packed import unpack
from orchestrator_celery.store import Confirmed, Refused
from orchestrator_celery.store.worker_registry import StopTasks
from orchestrator_celery.views.runs import run_view

if TYPE_CHECKING:
    from orchestrator_celery.container import Container

__all__ = ("Cancellation",)

logger = safe_logger(__name__)

#: Options with which Celery waits for the run, until a message with the run's id ends the wait.
_WAITING_OPTIONS = ("chain", "chord", "link_error")


class Cancellation:
    """Cancels runs of one orchestrator.

    Args:
        container: the parts of the orchestrator.
    """

    def __init__(self, container: Container) -> None:
        self._container = container
        self._reader = container.reader
        self._store = container.store

    def plan(self, run: str) -> CancelPlan:
        """Count what a cancellation would stop and delete.

        Raises:
            RunNotFound: there is no such run.
        """
        head = self._head(run)
        live = {node: parse_live(raw) for node, raw in self._reader.live(run).items() if not is_runner(node)}
        sizes = self._reader.sizes(run)
        return CancelPlan(
            run=run,
            name=head.name,
            status=head.status,
            total=head.total,
            done=head.done,
            failed=head.failed,
            running=sum(leaf.state is NodeState.RUNNING for leaf in live.values()),
            queued=sum(leaf.state is NodeState.QUEUED for leaf in live.values()),
            runs=tuple(f"{run}:{node}:{live[node].attempt}" for node in self._reader.delegated(run)),
            keys=len(sizes),
            bytes=sum(sizes.values()),
            token=_token(run, _confirmed(head)),
        )

    def cancel(self, run: str, confirm: bool | str | None, reason: str = "") -> None:
        """Stop a run and delete it.

        Args:
            run: id of the run.
            confirm: True, or the token of a plan.
            reason: the reason for the audit trail.

        Raises:
            ConfirmationRequired: the call is not confirmed, or the run has changed since the plan.
            RunNotFound: there is no such run.
        """
        try:
            self._cancel(run, confirm, reason)
        except StoreUnavailable:
            raise  # the audit trail is in the same store
        except OrchestratorError as exc:
            status = self._reader.head_field(run, HeadField.STATUS)
            before = RunStatus(status.decode()) if status else None
            self._container.audit_stream.append(
                record("cancel", run, before=before, after=before, reason=reason, outcome=str(exc)).model_dump_json()
            )
            raise

    def finish(self, run: str) -> None:
        """Do the pending work of a cancellation. Doing it twice is safe.

        Raises:
            redis.exceptions.RedisError: the store went away; the next sweep continues.
        """
        head = self._reader.head(run)
        while head.is_cancelled and HeadField.BODIES not in head:  # a large run
            for part in self._store.parts_of_cancelled(run):
                self._finish_part(run, head, part)
            self._store.forget_cancelled(run)
            head = self._reader.head(run)
        if not head.is_cancelled:
            return
        self._finish_part(run, head, part_of_head(head))
        if head.get(HeadField.AUDIT):
            self._container.audit_stream.append(head[HeadField.AUDIT], event=owed_event(run, head))
            self._store.audit_written(run)
        if head.signature is not None:
            self._store.signatures.registered(head.signature, run, created=False)
        if NOTICES in head:
            self._container.notices.flush()  # a thread of this process may just be sending some
            Notices(self._container).send(run)
        if not self._notify_celery(run, head):
            self._store.erase(run)

    def _finish_part(self, run: str, head: Head, part: CancelledPart) -> None:
        """Stop bodies, cancel nested runs, and call the cleanups of swarms."""
        self._stop_bodies(run, part.bodies)
        for inner in [*part.inner, *self._unreported(part.bodies)]:
            if not inner.startswith(RESULT_ONLY):
                self._store.cancel(inner, "", view=self._view(inner))
                self.finish(inner)
            forget_copy(self._container.app.backend, inner.removeprefix(RESULT_ONLY))
        for owed in part.cleanups:
            self._clean_up(run, head, owed)

    def _unreported(self, bodies: list[str]) -> list[str]:
        """Return runs by which bodies replaced themselves without having reported it; the stop may hit them before."""
        return [body for body, ended in zip(bodies, self._reader.ended(bodies), strict=True) if ended is not None]

    def _clean_up(self, run: str, head: Head, owed: Cleanup) -> None:
        """Start a cleanup callback of a swarm once for an item that ran, as a run of its own."""
        codec = self._container.codec
        facts = item_facts(run, owed.node, owed.definition, None, codec, int(owed.priority or Priority.MEDIUM))
        facts.update(attempt=owed.attempt, state=RunStatus.CANCELLED.value)
        below = unpack(owed.callback)
        definitions = {("0.0" if path == "." else f"0.0.{path}"): raw for path, raw in below.items()}
        definitions["0"] = write_definition(
            Shape.STEPS, codec.dump({"name": "cleanup"}, "json"), size=1, kind="complex"
        )
        # The time of creation distinguishes the run from a later run of the same id.
        known = str(uuid.uuid5(uuid.NAMESPACE_OID, f"{run}:{head[HeadField.CREATED].decode()}:{owed.place}"))
        effects = self._store.create(
            known,
            definitions,
            {
                HeadField.NAME: "cleanup",
                HeadField.KIND: NodeKind.COMPLEX.value,
                HeadField.TOTAL: sum(
                    shape_of(raw) is Shape.LEAF and not is_callback(path) for path, raw in below.items()
                ),
                HeadField.CLOSE: codec.dump({"root_id": known, "ignore_result": True}),
                HeadField.INPUT: codec.dump([[facts], {}]),
            },
        )
        self._container.publisher.act(effects.todo)

    def _cancel(self, run: str, confirm: bool | str | None, reason: str) -> None:
        head = self._head(run)
        if confirm is not True and not (confirm and isinstance(confirm, str)):
            raise ConfirmationRequired(
                f"Cancelling the run {run} deletes all its data: confirm it with `confirm=True`, or with the token "
                "of `run.cancel_plan()`."
            )
        before = head.status
        counts = {"total": head.total, "done": head.done, "failed": head.failed}
        entry = record(
            "cancel",
            run,
            name=head.name,
            before=before,
            after=RunStatus.CANCELLED,
            counts=counts,
            reason=reason,
        )
        confirmed = None if confirm is True else _confirmed(head)
        if confirmed is not None and confirm != _token(run, confirmed):
            raise _changed(run, before, counts["total"])
        view = run_view(run, head).model_dump_json()
        effects = self._store.cancel(run, entry.model_dump_json(), confirmed, view)
        if effects.refused is Refused.GONE:
            raise _not_found(run)
        if effects.refused is Refused.CHANGED:
            raise _changed(run, before, counts["total"])
        if self._container.traces is not None:
            self._container.traces.run_ended(run, head, RunStatus.CANCELLED)
        try:
            self.finish(run)
        except TRANSIENT_ERRORS as exc:
            # The run is cancelled. The reconciler does the pending work.
            logger.warning("A worker finishes the cancellation later: %r", exc, extra={"action": "cancel", "run": run})

    def _notify_celery(self, run: str, head: Head) -> bool:
        """Store the cancellation in Celery, and fail the task that the run replaced.

        Returns:
            Whether a message was sent that erases the remainder later.
        """
        container = self._container
        error = RunCancelled.of(run)
        outer = parse_leaf_id(head.outer) if head.outer else None
        if outer is not None:
            # The run replaced a task of another run, and that task fails.
            effects = self._store.fail(outer, None, container.codec.dump_error(error))
            container.publisher.act(effects.todo)
        options = container.codec.load(head[HeadField.CLOSE]) if HeadField.CLOSE in head else {}
        backend = container.app.backend
        forget_copy(backend, run)  # Celery never overwrites a success
        if outer is None and not options.get("ignore_result"):
            store_copy(backend, run, error, REVOKED)
        if head.keys() & {HeadField.CLOSED, HeadField.RETOLD} or not any(
            options.get(name) for name in _WAITING_OPTIONS
        ):
            return False
        container.publisher.send_cancelled(run, options)
        return True

    def _stop_bodies(self, run: str, bodies: list[str]) -> None:
        """Stop the running bodies, if possible. The reports of bodies that continue are refused."""
        if not bodies:
            return
        # A worker that does not hear the command gets the order with its next heartbeat.
        self._container.registry.order_stop(StopTasks("", tuple(bodies)))
        try:
            with sending():
                self._container.app.control.broadcast("orchestrator_stop", arguments={"ids": bodies})
        except TRANSIENT_ERRORS as exc:
            logger.warning(
                "Tasks of a cancelled run cannot be stopped now; number of tasks: %d, error: %r",
                len(bodies),
                exc,
                extra={"action": "cancel", "run": run},
            )

    def _view(self, run: str) -> str:
        """Return the view of a nested run, JSON, if a subscription asks for cancellations."""
        if RunStatus.CANCELLED.value not in self._container.rules.statuses():
            return ""
        head = self._reader.status_head(run)
        return "" if head.is_gone else run_view(run, head).model_dump_json()

    def _head(self, run: str) -> Head:
        head = self._reader.head(run)
        if head.is_gone:
            raise _not_found(run)
        return head


def _confirmed(head: Head) -> Confirmed:
    return Confirmed(head[HeadField.STATUS], head[HeadField.CREATED], head[HeadField.TOTAL])


def _token(run: str, confirmed: Confirmed) -> str:
    """The token of a plan: it is valid as long as these facts are."""
    return hashlib.sha1(b" ".join([run.encode(), *confirmed])).hexdigest()[:12]


def _changed(run: str, status: RunStatus, total: int) -> ConfirmationRequired:
    return ConfirmationRequired(
        f"The run {run} has changed since this plan, so nothing was cancelled (status: {status}, tasks: {total}). Read "
        "`run.cancel_plan()` again."
    )


def _not_found(run: str) -> RunNotFound:
    return RunNotFound(f"No run has the id {run!r}, so there is nothing to cancel.")
