"""Prepares a native canvas as Celery does: nested chains are spliced, groups unrolled, empty groups dropped."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any, cast

from celery.canvas import Signature, _chord, group, maybe_signature  # type: ignore[attr-defined, unused-ignore]
from celery.canvas import _chain as chain
from celery.local import maybe_evaluate

from orchestrator_celery.canvas.primitive import Primitive
from orchestrator_celery.engine.compile.options import own_options
from orchestrator_celery.errors import ForeignSignature, InvalidWorkflow
from orchestrator_celery.model.printing.safe_text import safe_repr

if TYPE_CHECKING:
    from celery import Celery

__all__ = ("NativeCanvas",)


class NativeCanvas:
    """Reads the native canvas of one app.

    Args:
        app: the app; a signature that is bound to another app is refused.
    """

    def __init__(self, app: Celery) -> None:
        self._app = app

    def check(self, signature: Any) -> Signature:
        """Return the signature, or make one from its dict.

        Raises:
            InvalidWorkflow: the value is not a signature.
            ForeignSignature: the signature is bound to another app.
        """
        if not isinstance(signature, dict):
            raise InvalidWorkflow(
                f"{safe_repr(signature)} is not a signature: pass task.s(...), task.si(...) or a canvas of them."
            )
        if not isinstance(signature, Signature):
            found: Signature[Any] = cast("Any", maybe_signature(signature, app=self._app))
            return found
        bound = cast("Any", signature)._app
        if bound is not None and maybe_evaluate(bound) is not self._app:
            raise ForeignSignature(
                f"{safe_repr(signature)} is bound to the app {bound.main!r}, but this run belongs to "
                f"{self._app.main!r}: build the signature from a task of that app."
            )
        return signature

    def steps(self, signature: chain) -> Iterator[Signature]:
        """Yield the steps as Celery runs them: plain chains spliced, groups of one unrolled, empty groups dropped."""
        steps = [self.check(task) for task in signature.tasks]
        spliced: list[Signature] = []
        for step in steps:
            if isinstance(step, chain) and not _has_callbacks(step):
                spliced.extend(self.steps(step))
            else:
                spliced.append(step)
        kept = [s for s in spliced if not (isinstance(s, group) and not isinstance(s, Primitive) and not list(s.tasks))]
        for step in kept or spliced[-1:]:
            yield self.check(cast("Any", step).tasks[0]) if _is_single(step) else step

    def members(self, signature: group) -> Iterator[Signature]:
        """Yield the members as Celery runs them: nested groups spliced, empty chains dropped."""
        for task in signature.tasks:
            member = self.check(task)
            if isinstance(member, group) and not isinstance(member, Primitive):
                yield from self.members(member)
            elif not (isinstance(member, chain) and not member.tasks):
                yield member

    def unwrapped(self, workflow: Signature) -> Signature:
        """Unwrap a group of one whose member returns a list: natively this list is the group's result."""
        workflow = self.check(workflow)
        if not isinstance(workflow, group) or isinstance(workflow, Primitive):
            return workflow
        members = list(islice(self.members(workflow), 2))
        if len(members) != 1 or not self._ends_in_a_group(members[0]):
            return workflow
        return members[0].clone().set(**{**members[0].options, **own_options(workflow.options)})

    def _ends_in_a_group(self, signature: Any) -> bool:
        signature = self.check(signature)
        if isinstance(signature, Primitive):
            return False
        if isinstance(signature, chain):
            steps = list(self.steps(signature))
            return bool(steps) and self._ends_in_a_group(steps[-1])
        if isinstance(signature, _chord):
            return signature.body is not None and self._ends_in_a_group(signature.body)
        return isinstance(signature, group) and not _is_single(signature)


def _has_callbacks(signature: Signature) -> bool:
    return bool(signature.options.get("link") or signature.options.get("link_error"))


def _is_single(step: Signature) -> bool:
    """Whether a step is a group of one, which runs as the task itself in a chain, as in `maybe_unroll_group`."""
    return isinstance(step, group) and not isinstance(step, Primitive) and len(list(step.tasks)) == 1
