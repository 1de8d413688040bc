"""A list of runs with the control verbs, which reports an outcome for each run."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, cast

from orchestrator_celery.errors import ConfirmationRequired, OrchestratorError, RunNotFound, StoreUnavailable
from orchestrator_celery.handles.async_twins import ListTwin
from orchestrator_celery.handles.lazy_list import LazyList
from orchestrator_celery.model.answers import BulkCancelPlan, RunAnswer
from orchestrator_celery.model.audit import CancelPlan
from orchestrator_celery.model.printing.notebook import table

if TYPE_CHECKING:
    from orchestrator_celery.handles.async_twins import RunListAio
    from orchestrator_celery.handles.run import Run

__all__ = ("RunList",)

#: Most runs of the table in a notebook.
_SHOWN = 20


class RunList(LazyList["Run"]):
    """The result of `orchestrator.runs(...)`: a lazy list of `Run`s, with verbs that change them.

    Each run carries its view, `run.view`: a page of runs is one read. A verb applies to every run that matches at the
    time of the call. If `runs` was called with `offset`, `limit` or `after`, it applies to the listed runs only. A
    refusal by one run does not stop the others. Every attempt is in the audit trail.

    Args:
        first: the runs of the first page.
        rest: reads the other runs; None if there are none.
        matching: finds the ids of the runs for the verbs; None for the listed runs.
        handle: creates the handle of a run.
    """

    def __init__(
        self,
        first: Sequence[Run],
        rest: Callable[[], Iterator[Run]] | None,
        matching: Callable[[], Iterable[str]] | None,
        handle: Callable[[str], Run],
    ) -> None:
        super().__init__(first, rest)
        self._matching = matching
        self._handle = handle

    @property
    def aio(self) -> RunListAio:
        """The same methods for asyncio: `await runs.aio.suspend()`, `async for run in runs.aio`.

        None of them blocks the event loop.
        """
        return cast("RunListAio", ListTwin(self))

    def _repr_html_(self) -> str | None:
        """Return what a notebook shows: the first runs as a table. None if they cannot be read: it shows the `repr`."""
        try:
            views = [run.view for run in islice(self, _SHOWN + 1)]
        except OrchestratorError:
            return None
        rows = [
            (view.name, str(view.status), f"{view.done}/{view.total}", f"{view.created:%Y-%m-%d %H:%M:%S}", view.id)
            for view in views[:_SHOWN]
        ]
        more = f"The first {_SHOWN} runs; iterate over the list for more." if len(views) > _SHOWN else ""
        return table(("name", "status", "done", "created", "id"), rows, more)

    def suspend(self) -> list[RunAnswer]:
        """Call `Run.suspend` for each run.

        Raises:
            StoreUnavailable: the store went away; the verb was applied to some of the runs.
        """
        return self._each("suspend", lambda run: run.suspend())

    def interrupt(self, signal: str = "SIGTERM", grace: float = 10.0) -> list[RunAnswer]:
        """Call `Run.interrupt` for each run, one after the other; `RunAnswer.result` is its report.

        Args:
            signal: the first signal for the processes.
            grace: seconds until SIGKILL.

        Raises:
            StoreUnavailable: the store went away; the verb was applied to some of the runs.
        """
        return self._each("interrupt", lambda run: run.interrupt(signal, grace))

    def resume(self, stagger: float = 0.0) -> list[RunAnswer]:
        """Call `Run.resume` for each run, the oldest first.

        Args:
            stagger: seconds between two runs, so that their tasks do not all start at once.

        Raises:
            StoreUnavailable: the store went away; the verb was applied to some of the runs.
        """
        return self._each("resume", lambda run: run.resume(), stagger)

    def retry(self) -> list[RunAnswer]:
        """Call `Run.retry` for each run.

        Raises:
            StoreUnavailable: the store went away; the verb was applied to some of the runs.
        """
        return self._each("retry", lambda run: run.retry())

    def rerun(self) -> list[RunAnswer]:
        """Call `Run.rerun` for each run; `RunAnswer.result` is the new run.

        Raises:
            StoreUnavailable: the store went away; the verb was applied to some of the runs.
        """
        return self._each("rerun", lambda run: run.rerun())

    def cancel_plan(self) -> BulkCancelPlan:
        """Return what `cancel` would stop and delete, without doing it."""
        plans = []
        for run in self._ids():
            try:
                plans.append(self._handle(run).cancel_plan())
            except RunNotFound:
                continue  # the run was deleted meanwhile
        return BulkCancelPlan(plans=tuple(plans), token=_token(plans))

    def cancel(self, confirm: bool | str | None = None, reason: str = "") -> list[RunAnswer]:
        """Call `Run.cancel` for each run.

        Args:
            confirm: True, or the token of `cancel_plan()`. With a token, no run may have changed since.
            reason: the reason for the audit trail.

        Raises:
            ConfirmationRequired: the call is not confirmed, or the plan is out of date; nothing was done.
            StoreUnavailable: the store went away; the verb was applied to some of the runs.
        """
        if confirm is True:
            return self._each("cancel", lambda run: run.cancel(confirm=True, reason=reason))
        if not (confirm and isinstance(confirm, str)):
            raise ConfirmationRequired(
                "Cancelling runs deletes all their data: confirm it with `confirm=True`, or with the token of "
                "`cancel_plan()` of this list."
            )
        plan = self.cancel_plan()
        if plan.token != confirm:
            raise ConfirmationRequired(
                f"The runs have changed since the plan, so nothing was cancelled (matching runs: {len(plan.plans)}). "
                "Read `cancel_plan()` again."
            )
        tokens = {found.run: found.token for found in plan.plans}
        return self._each("cancel", lambda run: run.cancel(confirm=tokens[run.id], reason=reason), runs=list(tokens))

    def _ids(self) -> list[str]:
        return [run.id for run in self] if self._matching is None else list(self._matching())

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
        raise  # the store cannot answer for the other runs, either
    except OrchestratorError as exc:
        return RunAnswer(run=run.id, verb=verb, done=False, refusal=str(exc), error=type(exc).__name__)


def _token(plans: Iterable[CancelPlan]) -> str:
    return hashlib.sha1(" ".join(sorted(plan.token for plan in plans)).encode()).hexdigest()[:12]
