"""`Task.add_to_chord` for a task in the header of a chord: adds an item to the header while the task runs."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from celery.canvas import Signature

from orchestrator_celery.canvas import ComplexSignature, Primitive
from orchestrator_celery.dispatch.publisher import NO_ORIGIN
from orchestrator_celery.errors import Interrupted
from orchestrator_celery.records.head.fields import HeadField
from orchestrator_celery.store import Refused
from orchestrator_celery.worker.bodies.claimed_message import ClaimedMessage, claimed_by
from orchestrator_celery.worker.recovery.patience import patiently

if TYPE_CHECKING:
    from orchestrator_celery.container import Container
    from orchestrator_celery.worker.bodies.reporter import Reporter

__all__ = ("ChordAdditions",)


class ChordAdditions:
    """Adds items to chords that are part of runs.

    Args:
        container: the parts of the orchestrator.
        reporter: sends the added tasks that may start at once.
    """

    def __init__(self, container: Container, reporter: Reporter) -> None:
        self._container = container
        self._reporter = reporter

    def add(self, task: Any, sig: Signature, lazy: bool, original: Callable[..., Any]) -> Any:
        """Add a signature to the chord, as `Task.add_to_chord` does. Outside a run, call Celery's method.

        The n-th addition of a body is made once, even if the body runs again because its process was lost.

        Args:
            task: the task that adds.
            sig: the added signature. The chord's body gets its result after those of the header's own members.
            lazy: only return the signature. It is added when this body applies it.
            original: Celery's method.

        Raises:
            ValueError: the task is not a member of a chord.
            Interrupted: this attempt was superseded, or its run was cancelled; nothing was added.
        """
        message = claimed_by(task.request)
        if message is None:
            return original(task, sig, lazy)
        if not lazy:
            return self._apply(task, message, sig)
        later = sig.clone()
        # `delay` and a call of the signature use `apply_async`, for every kind of signature.
        later.apply_async = lambda args=(), kwargs=None, **options: self._apply(  # type: ignore[method-assign, unused-ignore]
            task, message, sig.clone(args, kwargs, **options)
        )
        return later

    def _apply(self, task: Any, message: ClaimedMessage, sig: Signature) -> Any:
        container, (leaf, fence) = self._container, message.claims[-1]
        blob = container.reader.head_field(leaf.run, HeadField.LEAF)
        item, leaves = container.compiler.item(_sealed(sig, task.app), container.codec.load(blob) if blob else {})
        message.added += 1
        add = partial(container.store.add_to_chord, leaf, fence, message.added, item, leaves)
        answer = patiently(container, add)
        if answer.refused is Refused.CLOSED:
            raise ValueError("Current task is not member of any chord")
        if answer.refused is not None:
            raise Interrupted(
                f"A newer attempt has superseded task {leaf}, so nothing was added to its chord.", task_id=str(leaf)
            )
        self._reporter.send(answer, NO_ORIGIN, {"action": "add_to_chord", "run": leaf.run, "node": leaf.node})
        return container.app.AsyncResult(f"{leaf.run}:{answer.detail.decode()}:1")


def _sealed(sig: Signature, app: Any) -> Signature:
    """Return the signature with its own arguments only: the input of the header is for its own members."""
    if sig.subtask_type and not isinstance(sig, Primitive):
        sig = ComplexSignature(sig, app=app)
    return sig.clone().set(immutable=True)
