"""What the handles show: trees, progress, items, reports."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict

from orchestrator_celery.model.states import NodeKind, NodeState, Priority, RunStatus
from orchestrator_celery.model.text import printable

__all__ = (
    "AnswerView",
    "ApprovalView",
    "BulkReport",
    "ErrorView",
    "ItemView",
    "NodeProgress",
    "NodeView",
    "Progress",
    "Rejection",
    "RunView",
)


class _View(BaseModel):
    model_config = ConfigDict(frozen=True)


class ErrorView(_View):
    """An error in words."""

    type: str
    message: str
    traceback: str = ""


class NodeProgress(_View):
    """How far a task says it is, by `current_node().progress()`.

    Args:
        done: how much of it is done, in whatever the task counts.
        total: how much there is; None where the task does not know.
        message: what it says of it.
        at: when it said so.
    """

    done: float
    total: float | None
    message: str
    at: datetime

    @property
    def fraction(self) -> float | None:
        """Share that is done, 0 to 1; None where the total is not known."""
        return None if self.total is None else min(1.0, self.done / self.total)


class AnswerView(_View):
    """How an approval was answered.

    Args:
        decision: `approved` or `rejected`.
        by: who answered; '' where nobody did in time.
        note: why.
        timed_out: nobody answered in time.
    """

    decision: str
    by: str = ""
    note: str = ""
    timed_out: bool = False

    def __str__(self) -> str:
        who = f" by {self.by}" if self.by else ""
        why = ", for nobody answered in time" if self.timed_out else f" ({self.note})" if self.note else ""
        return printable(f"{self.decision}{who}{why}")


class NodeView(_View):
    """One node of `run.tree()`.

    Of a graph's node it is the newest visit, under the node's name; `visits` says how many there were, and `earlier`
    holds what ran before, tries included; of an approval, `answer` is how it was answered. `state` is the node's own;
    `inner` counts the states of its children, as far as they are on this page. `progress` is what its task said last; a
    new attempt begins without.
    """

    id: str
    kind: NodeKind
    name: str
    state: NodeState
    attempts: int = 0
    started: datetime | None = None
    finished: datetime | None = None
    worker: str | None = None
    error: ErrorView | None = None
    progress: NodeProgress | None = None
    children: tuple[NodeView, ...] = ()
    children_total: int = 0
    callbacks: tuple[NodeView, ...] = ()
    visits: int = 1
    earlier: tuple[NodeView, ...] = ()
    answer: AnswerView | None = None

    @property
    def inner(self) -> dict[NodeState, int]:
        """How many of the children listed are in which state."""
        counts: dict[NodeState, int] = {}
        for child in self.children:
            counts[child.state] = counts.get(child.state, 0) + 1
        return counts

    def __str__(self) -> str:
        return "\n".join(self._lines(""))

    def _lines(self, indent: str) -> list[str]:
        more = self.children_total - len(self.children)
        error = f" {self.error.type}" if self.error else ""
        often = f" ({self.visits} visits)" if self.visits > 1 else ""
        if len(self.earlier) >= self.visits > 0:
            often += f" ({len(self.earlier) + 1} tries)"
        if self.answer is not None:
            often += f" {self.answer}"
        lines = [indent + printable(f"{self.name} [{self.kind}] {self.state}{error}{often}")]
        for child in (*self.children, *self.callbacks):
            lines.extend(child._lines(indent + "  "))
        if more > 0:
            lines.append(f"{indent}  ... {more} more")
        return lines


class Progress(_View):
    """How far a run is, in tasks; callbacks do not count.

    Args:
        total: tasks known now; grows while an open swarm is added to.
        done: tasks that succeeded.
        failed: tasks that failed for good.
        fraction: share that has ended, 0 to 1.
        rate: tasks ended per second since the run started.
        eta: seconds to the end at that rate; None while nothing can be said.
    """

    total: int
    done: int
    failed: int
    running: int
    waiting: int
    fraction: float
    rate: float
    eta: float | None


class ItemView(_View):
    """One item of a swarm.

    `callbacks` are those of the swarm, or its own, that were called after it, as nodes: `.s0` on success, `.f0` on
    failure, `.c0` in any case.
    """

    index: int
    node: str
    task: str
    state: NodeState
    priority: Priority = Priority.MEDIUM
    attempts: int = 0
    started: datetime | None = None
    finished: datetime | None = None
    worker: str | None = None
    error: ErrorView | None = None
    progress: NodeProgress | None = None
    callbacks: tuple[NodeView, ...] = ()


class ApprovalView(_View):
    """An approval that waits for an answer.

    Args:
        run: id of the run.
        run_name: its name.
        node: id of the node, by which `run.approve()` finds it.
        name: the graph's name for it.
        message: what those who are asked are shown.
        given: what the node was given, to judge by.
        since: from when it waits.
        until: when nobody needs to answer any more; None for never.
        on_timeout: what happens then.
    """

    run: str
    run_name: str
    node: str
    name: str
    message: str = ""
    given: Any = None
    since: datetime
    until: datetime | None = None
    on_timeout: str | None = None


class Rejection(_View):
    """One task that was not added, and why."""

    index: int
    task: str
    reason: str


class BulkReport(_View):
    """What a bulk addition did, or would do.

    Args:
        requested: how many tasks were given.
        added: how many of them were added; 0 of a dry run.
        rejected: those that were not, with the reason; the first thousand.
        rejected_count: how many were not.
        seconds: how long it took.
        tasks_per_second: how many were added in a second.
        batches: in how many parts.
    """

    requested: int
    added: int
    rejected: tuple[Rejection, ...] = ()
    rejected_count: int = 0
    seconds: float
    tasks_per_second: float
    batches: int


class RunView(_View):
    """One line of `orchestrator.runs()`.

    Args:
        category: what it was filed under when it was applied.
        tags: the tags it was given.
        tasks: names of the tasks it calls, those of items added to a swarm as well.
        signature: id of the `StoredSignature` it is a run of; its own id where it was applied without one.
        rerun_of: the run it was started again from.
    """

    id: str
    name: str
    kind: NodeKind
    status: RunStatus
    category: str | None = None
    tags: tuple[str, ...] = ()
    tasks: tuple[str, ...] = ()
    signature: str = ""
    rerun_of: str | None = None
    created: datetime
    started: datetime | None = None
    finished: datetime | None = None
    total: int = 0
    done: int = 0
    failed: int = 0
