"""Cancelling a run: what it would do, doing it, and its consequences.

The store deletes everything in one script and leaves a remainder that names
what is still to be done: the bodies to stop, the runs inside, the audit
entry, and Celery, which has to be told. Whoever cancelled does that at once;
where it dies, a sweep does. Each part may be done twice. At last the
remainder is erased.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

from celery.states import REVOKED

from orchestrator_celery.dispatch.broker_errors import TRANSIENT_ERRORS, sending
from orchestrator_celery.engine.item_callbacks import item_facts
from orchestrator_celery.errors import (
    ConfirmationRequired,
    OrchestratorError,
    RunCancelled,
    RunNotFound,
    StoreUnavailable,
)
from orchestrator_celery.lifecycle.audit import record
from orchestrator_celery.model.audit import CancelPlan
from orchestrator_celery.model.ids import RESULT_ONLY, is_callback, is_runner, parse_leaf_id
from orchestrator_celery.model.safe_log import safe_logger
from orchestrator_celery.model.states import NodeState, Priority, RunStatus
from orchestrator_celery.records.definitions import Shape, shape_of, write_definition
from orchestrator_celery.records.head import parse_cleanup
from orchestrator_celery.records.live import parse_live
from orchestrator_celery.records.packed import unpack
from orchestrator_celery.store import Confirmed, Refused

if TYPE_CHECKING:
    from orchestrator_celery.container import Container

__all__ = ("Cancellation",)

logger = safe_logger(__name__)

#: Options by which Celery has something waiting for the run that only a message with its id can end.
_SURROUNDINGS = ("chain", "chord", "link_error")


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
        """Count what would go.

        Raises:
            RunNotFound: there is no such run.
        """
        head = self._head(run)
        live = {node: parse_live(raw) for node, raw in self._reader.live(run).items() if not is_runner(node)}
        sizes = self._reader.sizes(run)
        return CancelPlan(
            run=run,
            name=head.get("name", b"").decode(),
            status=RunStatus(head["status"].decode()),
            total=int(head["total"]),
            done=int(head["done"]),
            failed=int(head["failed"]),
            running=sum(leaf.state is NodeState.RUNNING for leaf in live.values()),
            queued=sum(leaf.state is NodeState.QUEUED for leaf in live.values()),
            runs=tuple(f"{run}:{node}:{live[node].attempt}" for node in self._reader.delegated(run)),
            keys=len(sizes),
            bytes=sum(sizes.values()),
            token=_token(run, _confirmed(head)),
        )

    def cancel(self, run: str, confirm: bool | str | None, reason: str = "") -> None:
        """Stop a run and delete everything.

        Args:
            run: its id.
            confirm: True, or the token of a plan.
            reason: for the audit trail.

        Raises:
            ConfirmationRequired: not confirmed, or the run is no longer what the plan said.
            RunNotFound: there is no such run.
        """
        try:
            self._cancel(run, confirm, reason)
        except StoreUnavailable:
            raise  # nobody can be told
        except OrchestratorError as exc:
            status = self._reader.head_field(run, "status")
            before = RunStatus(status.decode()) if status else None
            self._container.audit_stream.append(
                record("cancel", run, before=before, after=before, reason=reason, outcome=str(exc)).model_dump_json()
            )
            raise

    def conclude(self, run: str) -> None:
        """Draw the consequences of a cancellation, as far as nobody has; may be repeated.

        Raises:
            redis.exceptions.RedisError: the store went away; the next sweep goes on.
        """
        head = self._reader.head(run)
        if head.get("status") != b"CANCELLED":
            return
        self._stop_bodies(run, list(json.loads(head["bodies"])))
        for inner in json.loads(head["inner"]):
            if not inner.startswith(RESULT_ONLY):
                self._store.cancel(inner, "")
                self.conclude(inner)
            with suppress(NotImplementedError):
                self._container.app.backend.forget(inner.removeprefix(RESULT_ONLY))
        self._clean_up(run, head)
        if head.get("audit"):
            self._container.audit_stream.append(head["audit"])
            self._store.audit_written(run)
        if "signature" in head:
            self._store.signatures.registered(head["signature"].decode(), run, created=False)
        if not self._told_by_message(run, head):
            self._store.erase(run)

    def _clean_up(self, run: str, head: dict[str, bytes]) -> None:
        """What a swarm does after its items is done for those that ran, each as a run of its own, once."""
        number = 1
        while (owed := parse_cleanup(head, number)) is not None:
            codec = self._container.codec
            facts = item_facts(run, owed.node, owed.definition, None, codec, int(owed.priority or Priority.MEDIUM))
            facts.update(attempt=owed.attempt, state=RunStatus.CANCELLED.value)
            below = unpack(owed.callback)
            definitions = {("0.0" if path == "." else f"0.0.{path}"): raw for path, raw in below.items()}
            definitions["0"] = write_definition(
                Shape.STEPS, codec.dump({"name": "cleanup"}, "json"), size=1, kind="complex"
            )
            known = str(uuid.uuid5(uuid.NAMESPACE_OID, f"{run}:{owed.node}:{number}"))
            effects = self._store.create(
                known,
                definitions,
                {
                    "name": "cleanup",
                    "kind": "complex",
                    "total": sum(shape_of(raw) is Shape.LEAF and not is_callback(path) for path, raw in below.items()),
                    "close": codec.dump({"root_id": known, "ignore_result": True}),
                    "input": codec.dump([[facts], {}]),
                },
            )
            self._container.publisher.act(effects.todo)
            number += 1

    def _cancel(self, run: str, confirm: bool | str | None, reason: str) -> None:
        head = self._head(run)
        if confirm is not True and not (confirm and isinstance(confirm, str)):
            raise ConfirmationRequired(
                f"Cancelling the run {run} deletes everything it holds: pass `confirm=True`, or look at "
                "`run.cancel_plan()` and pass its token."
            )
        before = RunStatus(head["status"].decode())
        counts = {name: int(head[name]) for name in ("total", "done", "failed")}
        entry = record(
            "cancel",
            run,
            name=head.get("name", b"").decode(),
            before=before,
            after=RunStatus.CANCELLED,
            counts=counts,
            reason=reason,
        )
        confirmed = None if confirm is True else _confirmed(head)
        if confirmed is not None and confirm != _token(run, confirmed):
            raise _changed(run, before, counts["total"])
        effects = self._store.cancel(run, entry.model_dump_json(), confirmed)
        if effects.refused is Refused.GONE:
            raise _not_found(run)
        if effects.refused is Refused.CHANGED:
            raise _changed(run, before, counts["total"])
        try:
            self.conclude(run)
        except TRANSIENT_ERRORS as exc:
            # It is cancelled; a worker draws the consequences.
            logger.warning("A cancellation waits for a worker: %r", exc, extra={"action": "cancel", "run": run})

    def _told_by_message(self, run: str, head: dict[str, bytes]) -> bool:
        """Let everybody who waits know; tells whether a message is under way that will erase the remainder."""
        container = self._container
        error = RunCancelled.of(run)
        outer = parse_leaf_id(head["outer"].decode()) if "outer" in head else None
        if outer is not None:
            # It stood in for a task of another run, which fails with this.
            effects = self._store.fail(outer, None, container.codec.dump_error(error))
            container.publisher.act(effects.todo)
        options = container.codec.load(head["close"]) if "close" in head else {}
        backend = container.app.backend
        with suppress(NotImplementedError):  # not every backend can
            backend.forget(run)  # Celery never replaces a success by something else
        if outer is None and not options.get("ignore_result"):
            backend.store_result(run, error, REVOKED)
        if head.keys() & {"closed", "retold"} or not any(options.get(name) for name in _SURROUNDINGS):
            return False
        container.publisher.send_cancelled(run, options)
        return True

    def _stop_bodies(self, run: str, bodies: list[str]) -> None:
        """Best effort: what runs on is fenced off anyway."""
        if not bodies:
            return
        try:
            with sending():
                self._container.app.control.broadcast("orchestrator_stop", arguments={"ids": bodies})
        except TRANSIENT_ERRORS as exc:
            logger.warning(
                "%d tasks of a cancelled run cannot be stopped now: %r",
                len(bodies),
                exc,
                extra={"action": "cancel", "run": run},
            )

    def _head(self, run: str) -> dict[str, bytes]:
        head = self._reader.head(run)
        if not head or head.get("status") == b"CANCELLED":
            raise _not_found(run)
        return head


def _confirmed(head: Mapping[str, bytes]) -> Confirmed:
    return Confirmed(head["status"], head["created"], head["total"])


def _token(run: str, confirmed: Confirmed) -> str:
    """The token of a plan: it is valid as long as these facts are."""
    return hashlib.sha1(b" ".join([run.encode(), *confirmed])).hexdigest()[:12]


def _changed(run: str, status: RunStatus, total: int) -> ConfirmationRequired:
    return ConfirmationRequired(
        f"The run {run} is no longer what this plan says (its status is {status} and it has {total} tasks): look at "
        "`run.cancel_plan()` again."
    )


def _not_found(run: str) -> RunNotFound:
    return RunNotFound(f"No run has the id {run!r}: there is nothing to cancel.")
