"""Why a run does not move, in one sentence that says what to do."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING

from orchestrator_celery.model.states import NodeState, RunStatus
from orchestrator_celery.model.text import printable
from orchestrator_celery.records.live import Live, LiveState, live_state, parse_live
from orchestrator_celery.views.approvals import WaitingApprovals

if TYPE_CHECKING:
    from orchestrator_celery.container import Container

__all__ = ("explain",)

_WORTH_A_LOOK = 2.0  # seconds a message may wait before the workers are asked
_ASK = 1.0


def explain(container: Container, run: str) -> str:
    """Say how a run stands, in one line that is safe to print.

    Args:
        container: the parts of the orchestrator.
        run: its id.
    """
    return printable(_explanation(container, run))


def _explanation(container: Container, run: str) -> str:
    head = container.reader.head(run)
    if not head:
        return "The run has no record: it has not started yet, or its retention is over."
    status = RunStatus(head["status"].decode())
    if status is RunStatus.FAILED:
        _, words = container.results.error(run, head["ref"].decode())
        return f"FAILED: {words['type']}: {words['message']}"
    if status.ended:
        return f"{status}."
    if status is RunStatus.SUSPENDED:
        return "SUSPENDED: nothing more starts until `run.resume()`."
    if status is RunStatus.INTERRUPTED:
        return "INTERRUPTED: nothing more starts, and what was stopped is held, until `run.resume()`."
    return f"{status}: {_why_it_waits(container, run)}"


def _why_it_waits(container: Container, run: str) -> str:
    stopped = _held_back(container, run)
    if stopped:
        return (
            f"{len(stopped)} tasks ({', '.join(stopped[:5])}) lost their worker and are held back by a rule of "
            "auto-resume, which `orchestrator.resume_reports()` names; `run.resume()` starts them again."
        )
    asked = WaitingApprovals(container).of(run)
    if asked and _nothing_else(container, run):
        names = ", ".join(f"{view.name!r} ({view.node})" for view in asked)
        return f"it waits for a person: {names}. Answer with `run.approve(node)` or `run.reject(node)`."
    waiting = _longest_waiting(container, run)
    if waiting is None:
        return "tasks are under way."
    node, seconds = waiting
    since = f"task {node} has waited {seconds:.0f} s for a worker"
    return f"{since}. {_about_workers(container)}" if seconds >= _WORTH_A_LOOK else since + "."


def _held_back(container: Container, run: str) -> list[str]:
    live = {node: parse_live(raw) for node, raw in container.reader.live(run).items()}
    return sorted(node for node, leaf in live.items() if leaf.state is NodeState.INTERRUPTED)


def _nothing_else(container: Container, run: str) -> bool:
    """Whether all that is left of a run are approvals."""
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


def _about_workers(container: Container) -> str:
    answered = [next(iter(reply)) for reply in container.app.control.ping(timeout=_ASK)]
    if not answered:
        return "No worker answers: start one with `celery -A <project> worker`."
    alive = container.registry.alive(container.store.now() * 1000)
    extended = {member.rsplit("/", 3)[0] for member in alive}
    lacking = sorted(set(answered) - extended)
    if lacking:
        return (
            f"These workers lack the extension, so what they run never reports: {', '.join(lacking)}. "
            "Add `Orchestrator(app)` to the module they load and restart them."
        )
    return f"{len(answered)} workers answer: they are busy, or none of them consumes the task's queue."
