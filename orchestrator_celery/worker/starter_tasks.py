"""The tasks that start primitives and stored signatures by name, as beat and `send_task` do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from celery import Task, signals
from celery.utils.time import maybe_iso8601, maybe_make_aware

from orchestrator_celery.canvas import ComplexSignature, ConditionalGraph, Primitive, Swarm
from orchestrator_celery.canvas.primitive import installed

if TYPE_CHECKING:
    from celery import Celery

__all__ = ("register_starters",)

RUN_SIGNATURE_TASK = "orchestrator.run_signature"

_PRIMITIVES: tuple[type[Primitive], ...] = (Swarm, ComplexSignature, ConditionalGraph)
#: Header with the delay of a starter's message. The store keeps the delay instead of the broker.
_ETA = "orchestrator_eta"


class StarterTask(Task):  # type: ignore[type-arg, unused-ignore]
    """Starts a primitive. If the sender has the extension, as beat does, the run is recorded when the call returns."""

    abstract = True
    primitive: ClassVar[type[Primitive]]

    def apply_async(
        self,
        args: Any = None,
        kwargs: Any = None,
        task_id: str | None = None,
        producer: Any = None,
        link: Any = None,
        link_error: Any = None,
        shadow: str | None = None,
        **options: Any,
    ) -> Any:
        """Start the primitive in this process. The arguments are those of `Task.apply_async`."""
        own = {"task_id": task_id, "link": link, "link_error": link_error, "shadow": shadow}
        given = {name: value for name, value in own.items() if value is not None}
        return self.signature_of(args, kwargs).apply_async(**given, **options)

    def signature_of(self, args: Any, kwargs: Any) -> Primitive:
        """Return the primitive with the arguments of a message."""
        message = {"task": self.name, "args": tuple(args or ()), "kwargs": dict(kwargs or {})}
        return self.primitive.from_dict(message, app=self.app)


def register_starters(app: Celery, options: dict[str, Any]) -> None:
    """Register a task for each primitive, and one for stored signatures.

    Args:
        app: the Celery app.
        options: the options that all internal tasks share.
    """
    for primitive in _PRIMITIVES:
        _register(app, primitive, options)
        signals.before_task_publish.connect(_hand_over_delay, sender=primitive._task_name, weak=False)

    @app.task(name=RUN_SIGNATURE_TASK, **options)
    def run_signature(self: Any, signature: str, /, *args: Any, **kwargs: Any) -> str:
        """Start a run of the stored signature with this id, and return the id of the run."""
        started: str = installed(app).signature(signature).run(*args, **kwargs).id
        return started


def _register(app: Celery, primitive: type[Primitive], options: dict[str, Any]) -> None:
    @app.task(name=primitive._task_name, base=StarterTask, primitive=primitive, **options)
    def start(self: Any, *args: Any, **kwargs: Any) -> Any:
        """Start the primitive in a worker, because the message was sent with `send_task`."""
        signature = self.signature_of(args, kwargs)
        if eta := self.request.get(_ETA):
            eta = maybe_make_aware(maybe_iso8601(eta), app.timezone)  # type: ignore[arg-type, unused-ignore]
            signature.set(eta=eta, expires=maybe_iso8601(self.request.expires))
        return self.replace(signature)


def _hand_over_delay(headers: Any = None, **_: Any) -> None:
    """Send the message now, and move its delay into a header; a worker records the run with this delay."""
    if isinstance(headers, dict) and headers.get("eta"):
        headers[_ETA], headers["eta"] = headers["eta"], None
