"""Notices: sends the signatures of subscriptions after the status of a run has changed.

The transition writes into the run's head that notices are owed. The process that asked for it sends them; if that
process dies, the reconciler does. The signature is started as a run whose id belongs to the change and the
subscription. So a notice that is sent a second time starts nothing, and no task is lost with a worker or a message.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from celery.canvas import maybe_signature

from orchestrator_celery.canvas import ComplexSignature, Primitive
from orchestrator_celery.dispatch.broker_errors import TRANSIENT_ERRORS, sending
from orchestrator_celery.errors import OrchestratorError
from orchestrator_celery.model.clock import from_ms
from orchestrator_celery.model.filters.run_filter import RunFilter
from orchestrator_celery.model.observe.subscriptions import Notice
from orchestrator_celery.model.printing.safe_log import safe_logger
from orchestrator_celery.model.states import RunStatus
from orchestrator_celery.model.views import RunView
from orchestrator_celery.records.head.fields import HeadField
from orchestrator_celery.records.notices.pending import OwedChange, parse_owed
from orchestrator_celery.records.notices.rules import Rule
from orchestrator_celery.views.runs import is_wanted, matching_now, run_view

if TYPE_CHECKING:
    from orchestrator_celery.container import Container
    from orchestrator_celery.records.head.run_head import Head

__all__ = ("NOTICES", "Notices")

logger = safe_logger(__name__)

#: Field of a head: changes of status of which subscriptions are to be told.
NOTICES = HeadField.NOTICES.value
#: Start of the id of a run that a subscription starts. Such a run owes no notices: otherwise a workflow that tells of
#: failures, and fails, would start itself for ever.
_SENT = "notice-"
#: Category of these runs, unless the signature is a primitive with a category of its own.
_CATEGORY = "notice"
#: Seconds that the process which asked for a change has to send its notices, before the reconciler does.
_OWN = 2.0


class Notices:
    """Sends the notices of runs.

    Args:
        container: the parts of the orchestrator.
    """

    def __init__(self, container: Container) -> None:
        self._container = container
        self._reader = container.reader

    def send(self, run: str, changes: Sequence[OwedChange] = ()) -> None:
        """Send the notices that a run owes. Doing it twice is safe: the notices have the same keys.

        Args:
            run: the run.
            changes: only of these changes, which are this process's own; by default of all.

        Raises:
            kombu.exceptions.OperationalError, redis.exceptions.RedisError: the broker or the store cannot be used now;
                the notices are still owed.
        """
        head = self._reader.status_head(run)
        owed = _owed(head)
        self._send(run, head, [change for change in owed if not changes or change in changes])

    def send_left(self, run: str) -> None:
        """Send the notices that another process should have sent by now; come back soon for the others.

        Raises:
            kombu.exceptions.OperationalError, redis.exceptions.RedisError: as for `send`.
        """
        now = self._container.store.now() * 1000
        head = self._reader.status_head(run)
        owed = _owed(head)
        left = [change for change in owed if change.moment <= now - _OWN * 1000]
        self._send(run, head, left)
        if len(left) < len(owed):
            self._container.store.due_index.due_earlier({run: now + _OWN * 1000})

    def _send(self, run: str, head: Head, changes: list[OwedChange]) -> None:
        if changes:
            self._send_changes(run, self._view(run, head), changes)
            self._container.store.notices.sent(run, [change.text for change in changes])

    def _send_changes(self, run: str, view: RunView, changes: list[OwedChange]) -> None:
        if run.startswith(_SENT):
            return
        rules = self._container.rules.all()
        for change in changes:
            status = RunStatus(change.status)
            now = view.model_copy(update={"status": status})
            for rule in rules:
                if change.status in rule.on and rule.created <= change.moment and self._is_wanted(rule, now):
                    self._send_one(rule, change, now)

    def _is_wanted(self, rule: Rule, view: RunView) -> bool:
        try:
            wanted = RunFilter.parse(rule.where)
        except OrchestratorError as exc:  # written by a later release
            logger.warning("The subscription %r cannot be read here: %s", rule.name, exc, extra={"action": "notify"})
            return False
        return is_wanted(self._reader, wanted, view, matching_now(wanted, self._container.store))

    def _send_one(self, rule: Rule, change: OwedChange, view: RunView) -> None:
        known = hashlib.sha1(f"{rule.id} {view.id} {change.text}".encode(), usedforsecurity=False).hexdigest()
        notice = Notice(
            key=known, subscription=rule.name, status=view.status, time=from_ms(change.moment), run=view
        ).model_dump(mode="json")
        extra = {"action": "notify", "run": view.id}
        try:
            with sending():
                self._unit(rule).apply_async(
                    (notice,), task_id=f"{_SENT}{known}", parent_id=view.id, add_to_parent=False, ignore_result=True
                )
        except TRANSIENT_ERRORS:
            raise
        except Exception:  # it would fail again
            logger.exception("The notice of the subscription %r can never be sent.", rule.name, extra=extra)

    def _unit(self, rule: Rule) -> Primitive:
        app = self._container.app
        signature: Any = maybe_signature(self._container.codec.load(rule.signature), app=app)
        if isinstance(signature, Primitive):
            return signature
        return ComplexSignature(signature, app=app, name=rule.name, category=_CATEGORY)

    def _view(self, run: str, head: Head) -> RunView:
        kept = self._reader.head_field(run, HeadField.VIEW) if head.is_cancelled else None
        return RunView.model_validate_json(kept) if kept else run_view(run, head)


def _owed(head: Head) -> list[OwedChange]:
    return parse_owed(head.get(NOTICES, b""))
