"""ComplexSignature: makes any workflow one durable unit."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from celery.canvas import Signature

from orchestrator_celery.canvas.children import rebuilt
from orchestrator_celery.canvas.handlers import Form, handler_list
from orchestrator_celery.canvas.options import check_options
from orchestrator_celery.canvas.primitive import Primitive, R_co, app_of, deadline_in_seconds, registered
from orchestrator_celery.errors import InvalidWorkflow
from orchestrator_celery.model.printing.safe_text import safe_repr
from orchestrator_celery.model.printing.text import printable

if TYPE_CHECKING:
    from celery import Celery

__all__ = ("ComplexSignature",)


@registered
class ComplexSignature(Primitive[R_co]):
    """Makes any workflow, native or ours, one durable unit with one id, one status and one result.

    Use it to make native canvas durable:
    `ComplexSignature(chain(a.s(), group(b.s(), c.s()), d.s()))`. Every step is
    recorded, every join fires, and the result equals the native result of the
    workflow.

    Args:
        workflow: any signature: task, chain, group, chord, map, starmap, chunks, a primitive.
        name: the name in lists and trees.
        on_success: signature, or a list: called with the result after the whole workflow has succeeded.
        on_error: signature, or a list: called with a dict (type, message, traceback) after the workflow has failed.
        deadline: the longest time the run may take, in seconds or as a timedelta. A run that takes longer ends
            FAILED with `DeadlineExceeded`.
        category: the category of its runs; `orchestrator.runs(category=...)` lists them.
        tags: the tags of its runs; `orchestrator.runs(tag=...)` lists them.
        **options: execution options, as for any signature.
    """

    _task_name = "orchestrator.complex"
    _fields = ("workflow", "name", "on_success", "on_error", "deadline", "category", "tags")

    def __init__(
        self,
        workflow: Signature[R_co],
        *,
        name: str | None = None,
        on_success: Any = None,
        on_error: Any = None,
        deadline: float | timedelta | None = None,
        category: str | None = None,
        tags: Iterable[str] = (),
        app: Celery | None = None,
        **options: Any,
    ) -> None:
        check_options(ComplexSignature, options, lambda: app or app_of([workflow]), built=False)
        if not isinstance(workflow, dict):
            raise InvalidWorkflow(
                f"{safe_repr(workflow)} is not a signature: pass task.s(...) or a canvas of signatures to "
                "ComplexSignature."
            )
        definition = {
            "workflow": workflow,
            "name": name,
            "on_success": handler_list(on_success, "on_success", Form.RESULT),
            "on_error": handler_list(on_error, "on_error", Form.ERROR),
            "deadline": deadline_in_seconds(deadline),
        }
        kept = {k: v for k, v in definition.items() if v or k == "workflow"}
        super().__init__(kept, app=app, category=category, tags=tags, **options)

    @property
    def workflow(self) -> Signature[R_co]:
        """The workflow to run."""
        workflow: Signature[R_co] = self.kwargs["workflow"]
        return workflow

    @property
    def _success_handlers(self) -> list[Signature]:
        """The signatures that are called with the result."""
        return list(self.kwargs.get("on_success", ()))

    @property
    def _error_handlers(self) -> list[Signature]:
        """The signatures that are called with the error as a dict."""
        return list(self.kwargs.get("on_error", ()))

    def _nested(self) -> list[Any]:
        """The workflow and the callbacks."""
        return [self.workflow, *self._success_handlers, *self._error_handlers]

    def _restore(self, app: Celery | None) -> None:
        kwargs = self.kwargs
        kwargs["workflow"] = rebuilt(kwargs["workflow"], app)
        for name in ("on_success", "on_error"):
            if kwargs.get(name):
                kwargs[name] = [rebuilt(sig, app) for sig in kwargs[name]]

    def __repr__(self) -> str:
        return f"ComplexSignature({printable(repr(self.workflow))})"
