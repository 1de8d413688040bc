"""Every error of the package: one base, the docstring is the default message.

A message says what was refused, why, and what to do. Data a caller may want
to act on are attributes, never only words.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from celery.exceptions import Ignore

from orchestrator_celery.model.problems import Problem

if TYPE_CHECKING:
    from orchestrator_celery.model.views import BulkReport

__all__ = (
    "ApprovalTimeout",
    "BulkRejected",
    "ConditionError",
    "ConfirmationRequired",
    "DeadlineExceeded",
    "ForeignSignature",
    "FormatTooNew",
    "GraphInvalid",
    "GraphRecursion",
    "Interrupted",
    "InvalidSettings",
    "InvalidTransition",
    "InvalidWorkflow",
    "LeafIgnored",
    "NoRoute",
    "NodeNotFound",
    "NotInstalled",
    "OrchestratorError",
    "PayloadTooLarge",
    "PoisonedTask",
    "RunCancelled",
    "RunNotFound",
    "SignatureGone",
    "SignatureInUse",
    "StoreNotConfigured",
    "StoreUnavailable",
    "SwarmClosed",
    "SwarmFailed",
    "SwarmFull",
)


class OrchestratorError(Exception):
    """The orchestrator refused a call."""

    def __init__(self, *args: object) -> None:
        super().__init__(*(args or ((self.__doc__ or "").split("\n", 1)[0],)))


class FormatTooNew(OrchestratorError):
    """The run was written by a later release, whose records this process cannot read: upgrade it.

    Args:
        run: the run's id.
        found: the version of its formats.
        known: the latest version that this release reads.
    """

    def __init__(self, *args: object, run: str = "", found: int = 0, known: int = 0) -> None:
        super().__init__(*args)
        self.run = run
        self.found = found
        self.known = known

    @classmethod
    def of(cls, run: str, found: int, known: int) -> FormatTooNew:
        """The error for one run."""
        return cls(
            f"The run {run!r} was written by a later release (format {found}; this process reads up to {known}), so it "
            "was left alone. Upgrade this process to the release of the workers that started the run.",
            run=run,
            found=found,
            known=known,
        )


class NotInstalled(OrchestratorError):
    """This Celery app has no orchestrator: add `Orchestrator(app)` where the app is made."""


class InvalidSettings(OrchestratorError):
    """A setting that begins with `orchestrator_` is unknown or has a value that is not allowed."""


class StoreNotConfigured(OrchestratorError):
    """No Redis to keep runs in: use a Redis result backend or set `orchestrator_store_url`."""


class StoreUnavailable(OrchestratorError):
    """The store did not answer; nothing was changed. Check that Redis is up, then call again."""


class RunNotFound(OrchestratorError):
    """No run has this id: it was never started here, was cancelled, or its retention is over."""


class NodeNotFound(OrchestratorError):
    """The run has no node of this id: `run.tree()` shows the ids there are."""


class SignatureGone(OrchestratorError):
    """No signature has this id: it was never saved here, was deleted, or its purge has begun."""


class SignatureInUse(OrchestratorError):
    """The signature cannot be deleted now: `run` goes on. Wait for its end, cancel it, or mark the signature."""

    def __init__(self, message: str = "", run: str = "") -> None:
        super().__init__(*([message] if message else []))
        self.run = run


class RunCancelled(OrchestratorError):
    """The run was cancelled: it was stopped and everything it held is deleted."""

    @classmethod
    def of(cls, run: str) -> RunCancelled:
        """What those get who wait for a run."""
        return cls(f"The run {run} was cancelled: it was stopped and everything it held is deleted.")


class ConfirmationRequired(OrchestratorError):
    """Deleting needs a confirmation: pass `confirm=True`, or the token of the plan you looked at."""


class InvalidTransition(OrchestratorError):
    """The run's status does not allow this; the message names the status and what is possible."""


class Interrupted(OrchestratorError, Ignore):
    """The run was interrupted: let this error end the task, which is held back until the run is resumed."""

    def __init__(self, message: str = "", task_id: str = "") -> None:
        super().__init__(*([message] if message else []))
        self.task_id = task_id


class InvalidWorkflow(OrchestratorError):
    """This workflow cannot be run as it is; the message names the part and the reason."""


class ForeignSignature(InvalidWorkflow):
    """A signature is bound to another Celery app: build it from a task of the app that runs it."""


class GraphInvalid(InvalidWorkflow):
    """The graph cannot be run as it is: `problems` lists all that is wrong with it, each with a hint.

    Args:
        message: what is wrong, in words.
        problems: one per mistake: node, message and hint.
    """

    def __init__(self, message: str = "", problems: Iterable[Sequence[str]] = ()) -> None:
        found = [Problem(*problem) for problem in problems]
        super().__init__(message or (self.__doc__ or "").split("\n", 1)[0], found)
        self.problems = found

    def __str__(self) -> str:
        return str(self.args[0])

    @classmethod
    def of(cls, name: str | None, problems: Sequence[Problem]) -> GraphInvalid:
        """What is raised for the problems of a graph: all of them, in words as well."""
        which = f"The graph {name!r}" if name else "The graph"
        reasons = "1 reason" if len(problems) == 1 else f"{len(problems)} reasons"
        lines = [f"{which} cannot be run as it is, for {reasons}:", *(f"- {problem}" for problem in problems)]
        return cls("\n".join(lines), problems)


class ConditionError(OrchestratorError):
    """An expression asks for what is not there, or cannot be compared: ask for it with `.exists()` first."""


class NoRoute(OrchestratorError):
    """Nothing that was declared for a node fits its result: add `otherwise(...)` or `default=`; END ends a path."""


class GraphRecursion(OrchestratorError):
    """A loop would visit a node more often than `max_visits`: end it by a condition on `visits`, or raise that."""


class ApprovalTimeout(OrchestratorError):
    """Nobody answered an approval within its `timeout`: give it more time, or another `on_timeout`."""


class PayloadTooLarge(OrchestratorError):
    """A payload is over `orchestrator_max_payload`: pass a reference instead, or raise the limit."""


class SwarmClosed(OrchestratorError):
    """The swarm takes no more tasks: it is closed, or it has ended. Start a new one."""


class SwarmFull(OrchestratorError):
    """The swarm would hold more tasks than its `max_items`; none of them was added."""


class BulkRejected(OrchestratorError):
    """Nothing was added: some of the tasks were refused. `report` says which, and why."""

    def __init__(self, message: str = "", report: BulkReport | None = None) -> None:
        super().__init__(*([message] if message else []))
        self.report = report


class SwarmFailed(OrchestratorError):
    """More items of a swarm failed than it tolerates. `failures` lists the first of them.

    Args:
        message: what happened, in words.
        failures: one mapping per failed item with `index`, `type` and `message`.
    """

    def __init__(self, message: str = "", failures: Sequence[Mapping[str, Any]] = ()) -> None:
        super().__init__(message or (self.__doc__ or "").split("\n", 1)[0], list(failures))
        self.failures = list(failures)

    def __str__(self) -> str:
        return str(self.args[0])


class DeadlineExceeded(OrchestratorError):
    """The run took longer than its `deadline`: give it more time, or look for what is slow in `run.tree()`."""


class PoisonedTask(OrchestratorError):
    """A task took its worker process down again and again; it is not started once more."""


class LeafIgnored(OrchestratorError):
    """A task of a run raised Ignore or Reject: it has no result, and nothing can follow it."""
