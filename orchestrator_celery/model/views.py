"""The data that handles return for reading: trees, progress, items, reports."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict

from orchestrator_celery.model.ids import RunPlace
from orchestrator_celery.model.lifecycle import VerbChoice, choices
from orchestrator_celery.model.printing.folding import folded, is_named
from orchestrator_celery.model.printing.notebook import block
from orchestrator_celery.model.printing.text import printable
from orchestrator_celery.model.states import NodeKind, NodeState, Priority, RunStatus

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
    """An error as text."""

    type: str
    message: str
    traceback: str = ""


class NodeProgress(_View):
    """The progress that a task reported by `current_node().progress()`, or the progress of a composite.

    Args:
        done: the amount done, in the task's own units; of a composite, the tasks that are done.
        total: the whole amount; None if the task does not know it.
        message: the task's message.
        at: the time of the report; None of a composite.
    """

    done: float
    total: float | None
    message: str
    at: datetime | None

    @property
    def fraction(self) -> float | None:
        """The share that is done, 0 to 1; None if the total is unknown."""
        return None if self.total is None else min(1.0, self.done / self.total)


class AnswerView(_View):
    """The answer of an approval.

    Args:
        decision: `approved` or `rejected`.
        by: the person who answered; '' after a timeout.
        note: the person's reason.
        timed_out: whether nobody answered in time.
    """

    decision: str
    by: str = ""
    note: str = ""
    timed_out: bool = False

    def __str__(self) -> str:
        person = f" by {self.by}" if self.by else ""
        reason = ", because nobody answered in time" if self.timed_out else f" ({self.note})" if self.note else ""
        return printable(f"{self.decision}{person}{reason}")


class NodeView(_View):
    """One node of `run.tree()`.

    `state` is the node's own state. `inner` counts the states of the children on this page. `progress` is the last
    report of the node's task, and a new attempt begins without it; of a composite it is the number of tasks below it
    that are done. For a graph's node the view shows the newest visit under the node's name: `visits` is the number of
    visits, and `earlier` holds the previous visits, retries included. For an approval, `answer` is its answer. `open`
    says whether a swarm takes items now. `replaced_by` is the id of the run that stands in for a task that replaced
    itself by a canvas, and `replacement` is the root of that run; ids below it are those of its own nodes.
    `NodeTimes` describes the times.
    """

    id: str
    kind: NodeKind
    name: str
    state: NodeState
    attempts: int = 0
    queued: datetime | None = None
    published: datetime | None = None
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
    open: bool = False
    replaced_by: str | None = None
    replacement: NodeView | None = None

    @property
    def inner(self) -> dict[NodeState, int]:
        """The number of listed children by state."""
        counts: dict[NodeState, int] = {}
        for child in self.children:
            counts[child.state] = counts.get(child.state, 0) + 1
        return counts

    def __str__(self) -> str:
        return "\n".join(self._lines(""))

    def _repr_html_(self) -> str:
        """Return what a notebook shows: the tree as `print` shows it."""
        return block(str(self))

    def _lines(self, indent: str, count: int = 1) -> list[str]:
        more = self.children_total - len(self.children)
        number = f" x {count}" if count > 1 else f" <{self.id}>" if is_named(self) else ""
        error = f" {self.error.type}" if self.error else ""
        notes = f" ({self.visits} visits)" if self.visits > 1 else ""
        if len(self.earlier) >= self.visits > 0:
            notes += f" ({len(self.earlier) + 1} tries)"
        if self.answer is not None:
            notes += f" {self.answer}"
        lines = [indent + printable(f"{self.name} [{self.kind}] {self.state}{number}{error}{notes}")]
        for views in folded([*self.children, *self.callbacks]):
            lines.extend(views[0]._lines(indent + "  ", len(views)))
        if more > 0:
            lines.append(f"{indent}  ... {more} more")
        if self.replaced_by is not None:
            lines.append(indent + printable(f"  replaced by the run {self.replaced_by}"))
        if self.replacement is not None:
            lines += self.replacement._lines(indent + "    ")
        return lines


class Progress(_View):
    """The progress of a run in tasks; callbacks do not count.

    Args:
        total: the tasks known now; the number grows when items are added to an open swarm.
        done: the tasks that succeeded.
        failed: the tasks that failed after all retries.
        fraction: the share that is done, 0 to 1: ended tasks, and the shares that running tasks have reported.
        rate: the tasks ended per second since the run started, without the time that it was suspended.
        eta: the estimated seconds to the end; None if no estimate is possible, and while the run is suspended.
        eta_low: a lower bound. The end lies between the bounds in four of five runs.
        eta_high: an upper bound.
        grows: whether items may be added to the swarm. Then the estimate is that of the known tasks.
    """

    total: int
    done: int
    failed: int
    running: int
    waiting: int
    fraction: float
    rate: float
    eta: float | None
    eta_low: float | None = None
    eta_high: float | None = None
    grows: bool = False


class ItemView(_View):
    """One item of a swarm.

    `callbacks` are the callbacks that were called after the item, as nodes: `.s0` on success, `.f0` on
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
        run: the id of the run.
        run_name: the name of the run.
        node: the id of the node, for `run.approve()`.
        name: the node's name in the graph.
        message: the text that the person sees.
        given: the node's input, as a basis for the decision.
        since: the begin of the wait.
        until: the end of the time to answer; None for no limit, and while the run is suspended: the time stands still.
        on_timeout: the decision after the timeout.
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
    """One task that was not added, with the reason."""

    index: int
    task: str
    reason: str


class BulkReport(_View):
    """The report of a bulk addition, or of its dry run.

    Args:
        requested: the number of tasks passed in.
        added: the number of added tasks; 0 in a dry run.
        rejected: the rejected tasks with their reasons; the first thousand.
        rejected_count: the number of rejected tasks.
        seconds: the duration.
        tasks_per_second: the tasks added per second.
        batches: the number of batches.
    """

    requested: int
    added: int
    rejected: tuple[Rejection, ...] = ()
    rejected_count: int = 0
    seconds: float
    tasks_per_second: float
    batches: int


class RunView(_View):
    """One run as `orchestrator.runs()` lists it.

    Args:
        name: the name of the workflow; without one, the name of its first task.
        category: the category given when the run was started.
        tags: the tags given when the run was started.
        tasks: the names of its tasks, including those of items added to a swarm.
        signature: the id of the run's `StoredSignature`; the run's own id if it was applied without one.
        rerun_of: the run of which this is a rerun.
        eta: when the run starts, or was to start, by its `countdown` or `eta`; None for a run without a delay.
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
    eta: datetime | None = None
    started: datetime | None = None
    finished: datetime | None = None
    total: int = 0
    done: int = 0
    failed: int = 0

    @property
    def place(self) -> str:
        """The place of the run in lists, for `orchestrator.runs(after=...)`; it stays valid if the run is deleted."""
        return str(RunPlace(round(self.created.timestamp() * 1000), self.id))

    @property
    def verbs(self) -> tuple[VerbChoice, ...]:
        """Each verb, and whether the status allows it."""
        return choices(self.id, self.status)
