"""Every error of the package. All have one base class; the docstring is the default message.

A message says what was refused, why, and what to do. Data that a caller may use are attributes as well as text.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from celery.exceptions import Ignore

from orchestrator_celery.model.printing.text import printable, printable_lines
from orchestrator_celery.model.problems import Problem

if TYPE_CHECKING:
    from orchestrator_celery.model.observe.saved_graphs import GraphVersion
    from orchestrator_celery.model.views import BulkReport

__all__ = (
    "ApprovalTimeout",
    "BulkRejected",
    "ConditionError",
    "ConditionSyntaxError",
    "ConfirmationRequired",
    "DeadlineExceeded",
    "DefinitionMismatch",
    "ForeignRun",
    "ForeignSignature",
    "FormatTooNew",
    "FormatTooOld",
    "GraphChanged",
    "GraphInvalid",
    "GraphNotFound",
    "GraphRecursion",
    "Interrupted",
    "InvalidSettings",
    "InvalidSubscription",
    "InvalidTransition",
    "InvalidView",
    "InvalidWorkflow",
    "LeafIgnored",
    "NoRoute",
    "NodeNotFound",
    "NotInstalled",
    "NotificationFailed",
    "NotificationRefused",
    "OrchestratorError",
    "PayloadTooLarge",
    "PoisonedTask",
    "RunCancelled",
    "RunNotFound",
    "SignatureGone",
    "SignatureInUse",
    "StartUnconfirmed",
    "StoreNotConfigured",
    "StoreUnavailable",
    "SwarmClosed",
    "SwarmFailed",
    "SwarmFull",
    "UnknownOption",
    "ViewChanged",
)


class OrchestratorError(Exception):
    """The orchestrator refused a call."""

    _lines: ClassVar[bool] = False  # whether a message has several lines
    #: the entry of the class in the documentation: a page and its anchor
    docs: ClassVar[str] = "reference/errors.md#orchestratorerror"

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if cls.__module__.startswith("orchestrator_celery."):  # a project's own class has the entry of its base class
            cls.docs = f"reference/errors.md#{cls.__name__.lower()}"

    def __init__(self, *args: object) -> None:
        # A message quotes users and servers, so it may contain escape sequences and passwords.
        safe = printable_lines if self._lines else printable
        texts = args or ((self.__doc__ or "").split("\n", 1)[0],)
        super().__init__(*(safe(text) if isinstance(text, str) else text for text in texts))
        # A traceback prints notes, from Python 3.11 on.
        self.__dict__["__notes__"] = [f"See: docs/{self.docs}"] if type(self) is not OrchestratorError else []

    def __str__(self) -> str:
        return str(self.args[0])  # further arguments are data


class _NamesRun(OrchestratorError):
    """Base class of the errors that name a run."""

    def __init__(self, message: str = "", run: str = "") -> None:
        super().__init__(*([message] if message else []))
        self.run = run


class _OtherFormat(OrchestratorError):
    """Base class of the errors about runs whose formats this release does not read."""

    def __init__(self, *args: object, run: str = "", found: int = 0, known: int = 0) -> None:
        super().__init__(*args)
        self.run = run
        self.found = found
        self.known = known


class FormatTooNew(_OtherFormat):
    """The run was written by a later release, whose records this process cannot read: upgrade it.

    Args:
        run: the run's id.
        found: the version of its formats.
        known: the latest version that this release reads.
    """

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


class FormatTooOld(_OtherFormat):
    """The run has a graph that an earlier release started, whose records this process cannot read.

    Args:
        run: the run's id.
        found: the version of its formats.
        known: the earliest version whose graphs this release reads.
    """

    @classmethod
    def of(cls, run: str, found: int, known: int) -> FormatTooOld:
        """The error for one run."""
        return cls(
            f"The run {run!r} has a graph that an earlier release started (format {found}; this process reads graphs "
            f"from {known} on), so it was left alone. Let workers of that release end it, or cancel the run and apply "
            "its signature again.",
            run=run,
            found=found,
            known=known,
        )


class NotInstalled(OrchestratorError):
    """This Celery app has no orchestrator: add `Orchestrator(app)` in the module that makes the app."""


class InvalidSettings(OrchestratorError, ValueError):
    """A setting that begins with `orchestrator_`, or a `TaskPolicy`, is unknown, or its value is not allowed."""


class InvalidSubscription(OrchestratorError, ValueError):
    """A subscription is not allowed: its name is taken, its task is not known, or there are too many."""


class InvalidView(OrchestratorError, ValueError):
    """A saved view is not allowed: its name or its columns, or there are too many."""


class ViewChanged(OrchestratorError):
    """Another version of a saved view is stored, so nothing was changed: read it again."""


class NotificationFailed(OrchestratorError):
    """A webhook or an email could not be delivered now: it is tried again, as often as its signature says."""


class NotificationRefused(OrchestratorError):
    """A webhook or an email will never be delivered as it is, or a request was not made by `notify.webhook`."""


class UnknownOption(OrchestratorError, TypeError):
    """An option is unknown, so nothing would read it: the message names the option that you probably meant."""


class StoreNotConfigured(OrchestratorError):
    """No Redis is configured as the store: use a Redis result backend, or set `orchestrator_store_url`."""


class StoreUnavailable(OrchestratorError):
    """The store did not answer, and nothing was changed. Check that Redis is up, then call again."""


class StartUnconfirmed(_NamesRun, StoreUnavailable):
    """The store's answer was lost, so it is unknown whether the run was started: apply it again with the id `run`."""

    @classmethod
    def of(cls, run: str, cause: object) -> StartUnconfirmed:
        """Make the error for a caller that does not know whether its run was started."""
        return cls(
            f"It is unknown whether the run {run} was started: the store's answer was lost ({cause}). "
            f"Apply the same signature again with task_id={run!r}: it starts at most once, and you get the run.",
            run,
        )


class RunNotFound(OrchestratorError):
    """No run has this id: the run was never started here, was cancelled, or its retention is over."""

    @classmethod
    def by_id(cls, run: str) -> RunNotFound:
        """The error for one run."""
        return cls(f"No run has the id {run!r}: it was never started here, was cancelled, or its retention is over.")


class ForeignRun(RunNotFound):
    """The run belongs to another app on the same store, so this app does not touch it: use that app.

    Args:
        run: the run's id.
        owner: the app that the run belongs to.
    """

    def __init__(self, *args: object, run: str = "", owner: str = "") -> None:
        super().__init__(*args)
        self.run = run
        self.owner = owner

    @classmethod
    def of(cls, run: str, owner: str, own: str) -> ForeignRun:
        """Return the error for one run, with the names of its app and of this app."""
        return cls(
            f"{run!r} belongs to another app, {owner}, so it was left alone. This app is {own}. Use an app with the "
            "same name and the same broker URL. If both are the same app under two names or two host names, set the "
            "same `orchestrator_app` in all its processes.",
            run=run,
            owner=owner,
        )


class NodeNotFound(OrchestratorError):
    """The run has no node with this id: `run.tree()` shows the ids."""


class SignatureGone(OrchestratorError):
    """No signature has this id: it was never saved here, was deleted, or its purge has begun."""


class SignatureInUse(_NamesRun, OrchestratorError):
    """The signature cannot be deleted now, because `run` is live: wait for its end, cancel it, or use `delete()`."""


class RunCancelled(OrchestratorError):
    """The run was cancelled: it was stopped, and all its data is deleted."""

    @classmethod
    def of(cls, run: str) -> RunCancelled:
        """Make the error for callers that wait for the run."""
        return cls(f"The run {run} was cancelled: it was stopped, and all its data is deleted.")


class ConfirmationRequired(OrchestratorError):
    """Deleting needs a confirmation: pass `confirm=True`, or the token of the plan that you checked."""


class InvalidTransition(OrchestratorError):
    """The run's status does not allow this verb; the message names the status and the allowed verbs."""


class Interrupted(OrchestratorError, Ignore):
    """The run was interrupted: do not catch this error. The task ends and is held back until the run is resumed."""

    def __init__(self, message: str = "", task_id: str = "") -> None:
        super().__init__(*([message] if message else []))
        self.task_id = task_id


class InvalidWorkflow(OrchestratorError):
    """This workflow cannot be run; the message names the part and the reason."""


class DefinitionMismatch(_NamesRun, InvalidWorkflow):
    """A run with this id has another definition: use a new id, or apply the definition of that run."""


class ForeignSignature(InvalidWorkflow):
    """A signature is bound to another Celery app: build the signature from a task of the app that runs it."""


class GraphInvalid(InvalidWorkflow):
    """The graph cannot be run: `problems` lists every problem with a hint.

    Args:
        message: the problems as text.
        problems: node, message, hint and edge of each problem.
    """

    _lines = True

    def __init__(self, message: str = "", problems: Iterable[Sequence[Any]] = ()) -> None:
        found = [Problem(*problem) for problem in problems]
        super().__init__(message or (self.__doc__ or "").split("\n", 1)[0], found)
        self.problems = found

    @classmethod
    def of(cls, name: str | None, problems: Sequence[Problem]) -> GraphInvalid:
        """Make the error for the problems of a graph, with all of them in the message."""
        graph = f"The graph {name!r}" if name else "The graph"
        reasons = "1 reason" if len(problems) == 1 else f"{len(problems)} reasons"
        listed = (f"- {printable(problem)}" for problem in problems)
        lines = [f"{graph} cannot be run, for {reasons}:", *listed]
        return cls("\n".join(lines), problems)


class GraphNotFound(OrchestratorError):
    """No graph has this name, or the graph has no such version: it was never saved here, or was deleted."""


class GraphChanged(OrchestratorError):
    """Somebody has saved a newer version of the graph, `newest`, so nothing was saved: compare it, and save again."""

    def __init__(self, message: str = "", newest: GraphVersion | None = None) -> None:
        super().__init__(*([message] if message else []))
        self.newest = newest


class ConditionError(OrchestratorError):
    """An expression reads a value that is missing or cannot be compared: test it with `.exists()` first."""


class ConditionSyntaxError(InvalidWorkflow):
    """The text is not a condition: `reason` says what was expected at `position`.

    Args:
        message: the text, the position and the reason.
        position: the offset of the first wrong character.
        length: the number of wrong characters.
        reason: what was expected.
    """

    def __init__(self, message: str = "", position: int = 0, length: int = 0, reason: str = "") -> None:
        super().__init__(*([message] if message else []))
        self.position = position
        self.length = length
        self.reason = reason


class NoRoute(OrchestratorError):
    """No edge of a node matches its result: add `otherwise(...)` or `default=`; use END to end a path."""


class GraphRecursion(OrchestratorError):
    """A loop would visit a node more often than `max_visits`: add a condition on `visits`, or raise `max_visits`."""


class ApprovalTimeout(OrchestratorError):
    """Nobody answered an approval within its `timeout`: give more time, or another `on_timeout`."""


class PayloadTooLarge(OrchestratorError):
    """A payload is larger than `orchestrator_max_payload`: pass a reference instead, or raise the limit."""


class SwarmClosed(OrchestratorError):
    """The swarm accepts no more tasks, because it is closed or has ended: start a new one."""


class SwarmFull(OrchestratorError):
    """The swarm would hold more tasks than its `max_items`; none of them was added. Add fewer, or raise `max_items`."""


class BulkRejected(OrchestratorError):
    """Nothing was added, because some of the tasks were refused: `report` lists them with the reasons."""

    def __init__(self, message: str = "", report: BulkReport | None = None) -> None:
        super().__init__(*([message] if message else []))
        self.report = report


class SwarmFailed(OrchestratorError):
    """More items of a swarm failed than it tolerates. `failures` lists the first of them.

    Args:
        message: the failure as text.
        failures: one mapping per failed item with `index`, `type` and `message`.
    """

    def __init__(self, message: str = "", failures: Sequence[Mapping[str, Any]] = ()) -> None:
        super().__init__(message or (self.__doc__ or "").split("\n", 1)[0], list(failures))
        self.failures = list(failures)


class DeadlineExceeded(OrchestratorError):
    """The run took longer than its `deadline`: give it more time, or look for slow tasks in `run.tree()`."""


class PoisonedTask(OrchestratorError):
    """A task ended its worker process again and again; it is not started any more."""


class LeafIgnored(OrchestratorError):
    """A task of a run raised Ignore or Reject: it has no result, so no task can follow it."""
