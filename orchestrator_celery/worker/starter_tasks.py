"""The tasks that start the primitives by name, as beat and `send_task` do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from celery import Task, signals
from celery.utils.time import maybe_iso8601, maybe_make_aware

from orchestrator_celery.canvas import ComplexSignature, ConditionalGraph, Primitive, Swarm

if TYPE_CHECKING:
    from celery import Celery

__all__ = ("register_starters",)

_PRIMITIVES: tuple[type[Primitive], ...] = (Swarm, ComplexSignature, ConditionalGraph)
#: Header in which the message of a starter carries the delay, which the store holds and not the broker.
_ETA = "orchestrator_eta"


class StarterTask(Task):
    """Starts a primitive. If the sender has the extension, as beat has, the run is on record when the call returns."""

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
        """Start the primitive here; arguments as of `Task.apply_async`."""
        own = {"task_id": task_id, "link": link, "link_error": link_error, "shadow": shadow}
        given = {name: value for name, value in own.items() if value is not None}
        return self.signature_of(args, kwargs).apply_async(**given, **options)

    def signature_of(self, args: Any, kwargs: Any) -> Primitive:
        """The primitive a message stands for."""
        message = {"task": self.name, "args": tuple(args or ()), "kwargs": dict(kwargs or {})}
        return self.primitive.from_dict(message, app=self.app)


def register_starters(app: Celery, options: dict[str, Any]) -> None:
    """Register a task for each primitive.

    Args:
        app: the Celery app.
        options: what the internal tasks have in common.
    """
    for primitive in _PRIMITIVES:
        _register(app, primitive, options)
        signals.before_task_publish.connect(_hand_over_delay, sender=primitive.task_name, weak=False)


def _register(app: Celery, primitive: type[Primitive], options: dict[str, Any]) -> None:
    @app.task(name=primitive.task_name, base=StarterTask, primitive=primitive, **options)
    def start(self: Any, *args: Any, **kwargs: Any) -> Any:
        """Starts the primitive in a worker: whoever sent the message has called `send_task`."""
        signature = self.signature_of(args, kwargs)
        if eta := self.request.get(_ETA):
            eta = maybe_make_aware(maybe_iso8601(eta), app.timezone)
            signature.set(eta=eta, expires=maybe_iso8601(self.request.expires))
        return self.replace(signature)


def _hand_over_delay(headers: Any = None, **_: Any) -> None:
    """The message goes at once, and the run is recorded with its delay as soon as a worker takes it."""
    if isinstance(headers, dict) and headers.get("eta"):
        headers[_ETA], headers["eta"] = headers["eta"], None
