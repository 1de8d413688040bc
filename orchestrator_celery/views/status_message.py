"""Explains in one sentence why a run does not move, and what to do."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from orchestrator_celery.model.printing.text import printable
from orchestrator_celery.model.states import NodeState, RunStatus
from orchestrator_celery.records.head.fields import HeadField
from orchestrator_celery.records.head.run_head import Head
from orchestrator_celery.records.live import Live, LiveState, live_state, parse_live
from orchestrator_celery.views.approvals import WaitingApprovals

if TYPE_CHECKING:
    from orchestrator_celery.container import Container

__all__ = ("explain",)

_LONG_WAIT = 2.0  # seconds that a message may wait before the workers are asked
_ASK = 1.0


def explain(container: Container, run: str) -> str:
    """Return the status of a run in one line that is safe to print.

    Args:
        container: the parts of the orchestrator.
        run: id of the run.
    """
    return printable(_explanation(container, run))


def _explanation(container: Container, run: str) -> str:
    head = container.reader.status_head(run)
    if not head:
        return "The run has no record: it has not started yet, or its retention is over."
    status = head.status
    if status is RunStatus.FAILED:
        return _why_it_failed(container, run, head)
    if status.ended:
        return f"{status}."
    if status is RunStatus.SUSPENDED:
        return "SUSPENDED: no more tasks start until `run.resume()`."
    if status is RunStatus.INTERRUPTED:
        return "INTERRUPTED: no more tasks start, and stopped tasks are held back, until `run.resume()`."
    return f"{status}: {_why_it_waits(container, run)}"


def _why_it_failed(container: Container, run: str, head: Head) -> str:
    try:
        _, words = container.results.error(run, head.ref)
    except LookupError:
        now = container.reader.status_head(run)
        if now and now.status is RunStatus.FAILED and now.get(HeadField.FINISHED) == head.get(HeadField.FINISHED):
            return "FAILED: the record of its error is missing."
        return _explanation(container, run)  # a retry took the error back after the head was read
    return f"FAILED: {words['type']}: {words['message']}"


def _why_it_waits(container: Container, run: str) -> str:
    stopped = _held_back(container, run)
    if stopped:
        return (
            f"{_counted(len(stopped), 'task')} held back by a rule of auto-resume after the loss of a worker: "
            f"{', '.join(stopped[:5])}. `orchestrator.resume_reports()` names the rule; `run.resume()` starts every "
            "task that is held back."
        )
    asked = WaitingApprovals(container).of(run)
    if asked and _only_approvals_left(container, run):
        names = ", ".join(f"{view.name!r} ({view.node})" for view in asked)
        return f"it waits for a person: {names}. Answer with `run.approve(node)` or `run.reject(node)`."
    waiting = _longest_waiting(container, run)
    if waiting is None:
        return "its tasks are running or on their way to a worker."
    node, seconds = waiting
    since = f"task {node} has waited {seconds:.0f} s for a worker"
    return f"{since}. {_worker_advice(container)}" if seconds >= _LONG_WAIT else since + "."


def _held_back(container: Container, run: str) -> list[str]:
    live = {node: parse_live(raw) for node, raw in container.reader.live(run).items()}
    return sorted(node for node, leaf in live.items() if leaf.state is NodeState.INTERRUPTED)


def _only_approvals_left(container: Container, run: str) -> bool:
    """Whether the run waits for approvals only."""
    return all(live_state(raw) is LiveState.AWAITING for raw in container.reader.live(run).values())


def _longest_waiting(container: Container, run: str) -> tuple[str, float] | None:
    records = container.reader.live(run).items()
    live: dict[str, Live] = {
        node: parse_live(raw) for node, raw in records if live_state(raw) is not LiveState.AWAITING
    }
    if not live or any(leaf.state is NodeState.RUNNING for leaf in live.values()):
        return None
    node, oldest = min(live.items(), key=lambda pair: pair[1].since)
    now = datetime.fromtimestamp(container.store.now(), timezone.utc)
    return node, (now - oldest.since).total_seconds()


def _worker_advice(container: Container) -> str:
    answered = [next(iter(reply)) for reply in container.app.control.ping(timeout=_ASK) or ()]
    if not answered:
        return "No worker answers: start one with `celery -A <project> worker`."
    now = container.store.now() * 1000
    lacking = sorted(set(answered) - _names(container.registry.alive(now)))
    other = sorted(_names(container.registry.of_other_apps(now)).intersection(lacking)) if lacking else []
    if other:
        return (
            f"These workers belong to other apps, so they do not run its tasks: {', '.join(other)}. This app is "
            f"{container.store.keys.app.label}: use the name and the broker URL of the workers, or set the same "
            "`orchestrator_app` in both."
        )
    if lacking:
        return (
            f"These workers lack the extension, so their tasks never report: {', '.join(lacking)}. "
            "Add `Orchestrator(app)` to the module that they load, and restart them."
        )
    if len(answered) == 1:
        return "1 worker answers: it is busy, or it does not consume the task's queue."
    return f"{len(answered)} workers answer: they are busy, or none of them consumes the task's queue."


def _names(members: Iterable[str]) -> set[str]:
    """Return the names of the workers of members of a registry."""
    return {member.rsplit("/", 3)[0] for member in members}


def _counted(count: int, noun: str) -> str:
    return f"1 {noun}" if count == 1 else f"{count} {noun}s"
