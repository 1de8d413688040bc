"""The answers of verbs that are applied to many runs at once."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict

from orchestrator_celery.model.audit import CancelPlan
from orchestrator_celery.model.printing.text import printable

__all__ = ("BulkCancelPlan", "RunAnswer")


class RunAnswer(BaseModel):
    """The answer of one of many runs to a verb.

    Args:
        run: the id of the run.
        verb: the verb.
        done: whether the verb was applied.
        refusal: the reason of a refusal, in words; '' if the verb was applied.
        error: the name of the error's class; '' if the verb was applied.
        result: the return value of the verb, if it has one.
    """

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)

    run: str
    verb: str
    done: bool
    refusal: str = ""
    error: str = ""
    result: Any = None

    def __str__(self) -> str:
        return printable(f"{self.run}: {self.verb} {'done' if self.done else f'refused: {self.refusal}'}")


class BulkCancelPlan(BaseModel):
    """A dry run of cancelling several runs: the tasks to stop and the data to delete.

    Args:
        plans: one plan for each run.
        token: confirms exactly this plan: `runs.cancel(confirm=plan.token)`.
    """

    model_config = ConfigDict(frozen=True)

    plans: tuple[CancelPlan, ...]
    token: str

    @property
    def keys(self) -> int:
        """The number of keys in Redis to delete."""
        return sum(plan.keys for plan in self.plans)

    @property
    def running(self) -> int:
        """The number of running tasks to stop."""
        return sum(plan.running for plan in self.plans)

    @property
    def queued(self) -> int:
        """The number of queued messages that will be ignored."""
        return sum(plan.queued for plan in self.plans)

    def __str__(self) -> str:
        return (
            f"Cancelling {len(self.plans)} runs stops {self.running} running and {self.queued} queued tasks and "
            f"deletes {self.keys} keys, {sum(plan.bytes for plan in self.plans):,} bytes."
        )
