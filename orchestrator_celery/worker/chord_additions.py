"""`Task.add_to_chord` of a task in a chord's header: the header takes one more item while the task is at work."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from celery.canvas import Signature

from orchestrator_celery.canvas import ComplexSignature, Primitive
from orchestrator_celery.dispatch.publisher import NO_ORIGIN
from orchestrator_celery.errors import Interrupted
from orchestrator_celery.store import Refused
from orchestrator_celery.worker.claimed_message import ClaimedMessage, claimed_by
from orchestrator_celery.worker.patience import patiently

if TYPE_CHECKING:
    from orchestrator_celery.container import Container
    from orchestrator_celery.worker.reporter import Reporter

__all__ = ("ChordAdditions",)


class ChordAdditions:
    """Adds to chords that are part of runs.

    Args:
        container: the parts of the orchestrator.
        reporter: sends what may start at once.
    """

    def __init__(self, container: Container, reporter: Reporter) -> None:
        self._container = container
        self._reporter = reporter

    def add(self, task: Any, sig: Signature, lazy: bool, original: Callable[..., Any]) -> Any:
        """As `Task.add_to_chord`; outside a run it is Celery's own.

        The n-th addition of a body is made once, also where the body runs again after its process was lost.

        Args:
            task: the task that adds.
            sig: what is added; the chord's body gets its result after those of the header's own members.
            lazy: only return the signature; it is added when it is applied, which has to be in this body.
            original: Celery's method.

        Raises:
            ValueError: the task is no member of a chord.
            Interrupted: this body was superseded, or its run was cancelled; nothing was added.
        """
        held = claimed_by(task.request)
        if held is None:
            return original(task, sig, lazy)
        if not lazy:
            return self._apply(task, held, sig)
        later = sig.clone()
        # Whatever kind of signature it is, `delay` and calling it come down to this.
        later.apply_async = lambda args=(), kwargs=None, **options: self._apply(
            task, held, sig.clone(args, kwargs, **options)
        )
        return later

    def _apply(self, task: Any, held: ClaimedMessage, sig: Signature) -> Any:
        container, (leaf, fence) = self._container, held.claims[-1]
        blob = container.reader.head_field(leaf.run, "leaf")
        item, leaves = container.compiler.item(_sealed(sig, task.app), container.codec.load(blob) if blob else {})
        held.added += 1
        add = partial(container.store.add_to_chord, leaf, fence, held.added, item, leaves)
        answer = patiently(container, add)
        if answer.refused is Refused.CLOSED:
            raise ValueError("Current task is not member of any chord")
        if answer.refused is not None:
            raise Interrupted(f"Task {leaf} was superseded: nothing was added to its chord.", task_id=str(leaf))
        self._reporter.send(answer, NO_ORIGIN, {"action": "add_to_chord", "run": leaf.run, "node": leaf.node})
        return container.app.AsyncResult(f"{leaf.run}:{answer.detail.decode()}:1")


def _sealed(sig: Signature, app: Any) -> Signature:
    """The signature with nothing but its own arguments: what the header is given is for its own members."""
    if sig.subtask_type and not isinstance(sig, Primitive):
        sig = ComplexSignature(sig, app=app)
    return sig.clone().set(immutable=True)
