"""Many runs at once: a list that takes the control verbs, and answers for each run."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, cast

from orchestrator_celery.canvas.async_twin import Twin
from orchestrator_celery.errors import ConfirmationRequired, OrchestratorError, RunNotFound, StoreUnavailable
from orchestrator_celery.model.answers import BulkCancelPlan, RunAnswer
from orchestrator_celery.model.audit import CancelPlan
from orchestrator_celery.model.views import RunView

if TYPE_CHECKING:
    from orchestrator_celery.handles.async_twins import RunListAio
    from orchestrator_celery.handles.run import Run

__all__ = ("RunList",)


class RunList(list[RunView]):
    """What `orchestrator.runs(...)` lists; a list of `RunView`, whose verbs steer the runs themselves.

    The verbs reach every run that matches at the moment of the call, not only the page that is listed; with
    `offset` or `limit` in the question, just the runs listed. Each run answers for itself: one that refuses
    does not keep the others from it, and every attempt is in the audit trail.

    Args:
        page: the lines.
        matching: finds the runs the verbs are for.
        handle: makes the handle of one.
    """

    def __init__(
        self, page: Iterable[RunView], matching: Callable[[], list[RunView]], handle: Callable[[str], Run]
    ) -> None:
        super().__init__(page)
        self._matching = matching
        self._handle = handle

    @property
    def aio(self) -> RunListAio:
        """The same methods for asyncio: `await runs.aio.suspend()`; none blocks the event loop."""
        return cast("RunListAio", Twin(self))

    def suspend(self) -> list[RunAnswer]:
        """`Run.suspend` of each.

        Raises:
            StoreUnavailable: the store went away; what was done is done.
        """
        return self._each("suspend", lambda run: run.suspend())

    def interrupt(self, signal: str = "SIGTERM", grace: float = 10.0) -> list[RunAnswer]:
        """`Run.interrupt` of each, one after the other; `RunAnswer.result` is its report.

        Args:
            signal: what processes get first.
            grace: seconds until SIGKILL.

        Raises:
            StoreUnavailable: the store went away; what was done is done.
        """
        return self._each("interrupt", lambda run: run.interrupt(signal, grace))

    def resume(self, stagger: float = 0.0) -> list[RunAnswer]:
        """`Run.resume` of each, the oldest first.

        Args:
            stagger: seconds between two of them, so that what they set free does not come all at once.

        Raises:
            StoreUnavailable: the store went away; what was done is done.
        """
        return self._each("resume", lambda run: run.resume(), stagger)

    def retry(self) -> list[RunAnswer]:
        """`Run.retry` of each.

        Raises:
            StoreUnavailable: the store went away; what was done is done.
        """
        return self._each("retry", lambda run: run.retry())

    def rerun(self) -> list[RunAnswer]:
        """`Run.rerun` of each; `RunAnswer.result` is the new run.

        Raises:
            StoreUnavailable: the store went away; what was done is done.
        """
        return self._each("rerun", lambda run: run.rerun())

    def cancel_plan(self) -> BulkCancelPlan:
        """What `cancel` would stop and delete; nothing is done."""
        plans = []
        for run in self._ids():
            try:
                plans.append(self._handle(run).cancel_plan())
            except RunNotFound:
                continue  # it has ended its life meanwhile
        return BulkCancelPlan(plans=tuple(plans), token=_token(plans))

    def cancel(self, confirm: bool | str | None = None, reason: str = "") -> list[RunAnswer]:
        """`Run.cancel` of each.

        Args:
            confirm: True, or the token of `cancel_plan()`; then the runs must still be what that plan says.
            reason: for the audit trail.

        Raises:
            ConfirmationRequired: not confirmed, or the plan is out of date; nothing is done.
            StoreUnavailable: the store went away; what was done is done.
        """
        if confirm is True:
            return self._each("cancel", lambda run: run.cancel(confirm=True, reason=reason))
        if not (confirm and isinstance(confirm, str)):
            raise ConfirmationRequired(
                "Cancelling runs deletes everything they hold: pass `confirm=True`, or look at `cancel_plan()` of this "
                "list and pass its token."
            )
        plan = self.cancel_plan()
        if plan.token != confirm:
            raise ConfirmationRequired(
                f"These are no longer the runs of the plan ({len(plan.plans)} match now): look at its plan again."
            )
        tokens = {found.run: found.token for found in plan.plans}
        return self._each("cancel", lambda run: run.cancel(confirm=tokens[run.id], reason=reason), runs=list(tokens))

    def _ids(self) -> list[str]:
        return [view.id for view in self._matching()]

    def _each(
        self, verb: str, call: Callable[[Run], Any], stagger: float = 0.0, runs: list[str] | None = None
    ) -> list[RunAnswer]:
        answers: list[RunAnswer] = []
        for run in reversed(self._ids() if runs is None else runs):
            if stagger and any(answer.done for answer in answers):
                time.sleep(stagger)
            answers.append(_answer(self._handle(run), verb, call))
        return answers


def _answer(run: Run, verb: str, call: Callable[[Run], Any]) -> RunAnswer:
    try:
        return RunAnswer(run=run.id, verb=verb, done=True, result=call(run))
    except StoreUnavailable:
        raise  # of the others, too, nothing can be said
    except OrchestratorError as exc:
        return RunAnswer(run=run.id, verb=verb, done=False, refusal=str(exc), error=type(exc).__name__)


def _token(plans: Iterable[CancelPlan]) -> str:
    return hashlib.sha1(" ".join(sorted(plan.token for plan in plans)).encode()).hexdigest()[:12]
