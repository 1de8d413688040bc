"""Approve or reject: records a person's answer to a waiting approval."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from orchestrator_celery.errors import InvalidTransition, RunNotFound
from orchestrator_celery.lifecycle.audit import acting, record
from orchestrator_celery.model.ids import ROOT
from orchestrator_celery.model.states import RunStatus
from orchestrator_celery.model.views import ApprovalView
from orchestrator_celery.records.head.fields import HeadField
from orchestrator_celery.store import Refused
from orchestrator_celery.views.approvals import WaitingApprovals
from orchestrator_celery.views.tree import TreeReader

if TYPE_CHECKING:
    from orchestrator_celery.container import Container

__all__ = ("Approver",)

#: Most children of a node to search for an answered approval.
_LISTED = 100


class Approver:
    """Records the answers to approvals.

    Args:
        container: the parts of the orchestrator.
    """

    def __init__(self, container: Container) -> None:
        self._container = container
        self._reader = container.reader
        self._waiting = WaitingApprovals(container)

    def answer(self, run: str, node: str, decision: str, by: str | None, note: str) -> None:
        """Answer an approval. Only the first answer counts.

        Args:
            run: the run.
            node: id of the approval, or the name of the graph's node.
            decision: `approved` or `rejected`.
            by: the person who answers; None for the actor of this call.
            note: the reason.

        Raises:
            RunNotFound: there is no such run.
            InvalidTransition: no such approval waits.
        """
        verb = "approve" if decision == "approved" else "reject"
        entry = record(verb, run, before=self._status(run), reason=note)
        who = entry.actor if by is None else by
        with acting(who, entry.channel):
            entry = record(verb, run, before=self._status(run), reason=note)
        try:
            view = self._find(run, node, verb)
            self._put(run, view.node, {"decision": decision, "by": who, "note": note, "timed_out": False}, verb)
        except (RunNotFound, InvalidTransition) as exc:
            self._write(entry.model_copy(update={"after": entry.before, "outcome": str(exc)}))
            raise
        self._write(entry.model_copy(update={"after": self._status(run), "name": view.name}))

    def _put(self, run: str, node: str, result: dict[str, Any], verb: str) -> None:
        effects = self._container.store.graphs.answer(run, node, self._container.codec.dump_result(result))
        if effects.refused is Refused.GONE:
            raise _gone(run, verb)
        if effects.refused is not None:
            raise InvalidTransition(
                f"The approval {node} of the run {run} does not wait any more: it was answered a moment ago, its time "
                "is over, or its graph has failed. `run.tree()` shows the outcome."
            )
        self._container.publisher.act(effects.todo)

    def _find(self, run: str, node: str, verb: str) -> ApprovalView:
        if self._reader.head_field(run, HeadField.STATUS) in (None, b"CANCELLED"):
            raise _gone(run, verb)
        waiting = self._waiting.of(run)
        found = [view for view in waiting if node == view.node] or [view for view in waiting if node == view.name]
        if len(found) == 1:
            return found[0]
        if found:
            raise InvalidTransition(
                f"{len(found)} waiting approvals of the run {run} are called {node!r}. Use the id of one: "
                f"{_listed(view.node for view in found)}."
            )
        answered = self._answered(run, node)
        if answered is not None:
            raise InvalidTransition(f"The approval {node!r} of the run {run} is already answered: {answered}.")
        instead = f"Waiting now: {_listed(f'{view.name!r} ({view.node})' for view in waiting)}."
        raise InvalidTransition(
            f"No approval {node!r} of the run {run} waits for an answer: none has this id or name, its time is over, "
            f"or the run has not reached it. {instead if waiting else 'No approval of the run waits now.'}"
        )

    def _answered(self, run: str, node: str) -> str | None:
        """Return the latest answer to an approval of this id or name as text; None if there is none."""
        container, status = self._container, self._status(run)
        if status is None:
            return None
        views = [TreeReader(container.reader, container.codec, run, status).view(ROOT, _LISTED, None)]
        for view in views:  # the loop appends to the list
            if view.answer is not None and node in (view.id, view.name):
                return f"{view.answer}, at {view.finished:%Y-%m-%d %H:%M:%S} UTC"
            views.extend(view.children)
        return None

    def _status(self, run: str) -> RunStatus | None:
        status = self._reader.head_field(run, HeadField.STATUS)
        return RunStatus(status.decode()) if status else None

    def _write(self, entry: Any) -> None:
        self._container.audit_stream.append(entry.model_dump_json())


def _gone(run: str, verb: str) -> RunNotFound:
    return RunNotFound(f"No run has the id {run!r}, so nothing can be {verb}{'d' if verb[-1] == 'e' else 'ed'}.")


def _listed(words: Iterable[str]) -> str:
    return ", ".join(words)
