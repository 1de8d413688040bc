"""What steering many runs at once answers."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict

from orchestrator_celery.model.audit import CancelPlan
from orchestrator_celery.model.text import printable

__all__ = ("BulkCancelPlan", "RunAnswer")


class RunAnswer(BaseModel):
    """What one of many runs answered to a verb.

    Args:
        run: its id.
        verb: what was asked for.
        done: whether it was done.
        refusal: why not, in words; '' if it was done.
        error: name of the error's class; '' if it was done.
        result: what the verb gave back, where it gives something back.
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
    """What cancelling several runs would stop and delete; nothing is done yet.

    Args:
        plans: one for each run.
        token: confirms just this: `runs.cancel(confirm=plan.token)`.
    """

    model_config = ConfigDict(frozen=True)

    plans: tuple[CancelPlan, ...]
    token: str

    @property
    def keys(self) -> int:
        """Keys in Redis that would be deleted."""
        return sum(plan.keys for plan in self.plans)

    @property
    def running(self) -> int:
        """Bodies that would be stopped."""
        return sum(plan.running for plan in self.plans)

    @property
    def queued(self) -> int:
        """Messages that would find nothing to do."""
        return sum(plan.queued for plan in self.plans)

    def __str__(self) -> str:
        return (
            f"Cancelling {len(self.plans)} runs stops {self.running} running and {self.queued} queued tasks and "
            f"deletes {self.keys} keys, {sum(plan.bytes for plan in self.plans):,} bytes."
        )
