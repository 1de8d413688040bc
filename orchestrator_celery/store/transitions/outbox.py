"""Transitions of messages that wait in the outbox."""

from __future__ import annotations

from collections.abc import Sequence

from orchestrator_celery.model.ids import Fence, LeafId
from orchestrator_celery.store.availability import raises_store_unavailable
from orchestrator_celery.store.schedule import schedule
from orchestrator_celery.store.scripting.script_call import Effects, Transitions

__all__ = ("FAILED", "OutboxTransitions")

#: The answer of `postpone` after the patience.
FAILED = -1


@raises_store_unavailable
class OutboxTransitions(Transitions):
    """Changes of messages in the outbox."""

    def postpone(
        self, leaf: LeafId, fence: Fence, task: str, patience: float | None, error: bytes, back: Sequence[str] = ()
    ) -> Effects:
        """Record that a worker got a message and lacks its task.

        The message is sent again after a pause that grows. After the patience the node fails.

        Args:
            leaf: the node and the attempt.
            fence: the message's place in the attempt.
            task: the name of the task.
            patience: seconds from the first such record until the node fails; None if a live worker can run the task.
            error: the encoded error with which the node fails.
            back: items that a runner has taken and gives back; the first one needs the task.

        Returns:
            Effects with `detail`: the milliseconds until the message is sent again, or `FAILED`. A runner does not
            fail: after the patience it keeps its items, and has to fail those that need the task.
        """
        pauses = (int(self._settings.republish_after * 1000), int(self._settings.republish_longest * 1000))
        limit = "" if patience is None else int(patience * 1000)
        effects = self._run(
            "postpone",
            leaf.run,
            leaf.node,
            leaf.attempt,
            fence.retries,
            fence.nesting,
            task,
            limit,
            *pauses,
            error,
            *back,
        )
        if effects.refused is None and effects.detail != FAILED:
            # The index is derived. If the process dies before this line, the next routine check finds the message.
            schedule(self.client, self.keys.due, leaf.run, after=effects.detail, only="XX", earlier=True)
        return effects
