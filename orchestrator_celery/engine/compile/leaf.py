"""Compiles single tasks."""

from __future__ import annotations

from typing import Any

from celery.canvas import Signature, _basemap

from orchestrator_celery.canvas.start_time import moment, seconds
from orchestrator_celery.engine.compile.options import AT_START, own_options
from orchestrator_celery.engine.compile.tree_compiler import TreeCompiler
from orchestrator_celery.records.leaf import Leaf, Role, write_leaf

__all__ = ("leaf_payload",)


def leaf_payload(
    compiler: TreeCompiler, signature: Signature, inherited: dict[str, Any], role: Role
) -> tuple[bytes, dict[str, Any]]:
    """Return the content of a task's message, and its delay.

    The store gets the delay, so that it does not take a delayed message for a lost one.
    """
    kwargs = dict(signature.kwargs)
    if isinstance(signature, _basemap):
        kwargs["it"] = list(kwargs["it"])
    options, start = signature.options, {}
    if options or inherited:
        options = {k: v for k, v in own_options({**options, **inherited}).items() if v is not None}
        start = _start(options.pop("countdown", None), options.pop("eta", None))
    leaf = Leaf(signature["task"], list(signature.args), kwargs, options, bool(signature.immutable), role)
    return write_leaf(leaf, compiler.codec), start


def _start(countdown: Any, eta: Any) -> dict[str, Any]:
    if eta is AT_START:  # as natively, the start of the run replaces any delay of the task itself
        return {"begins": True}
    if countdown:
        return {"wait": max(0, int(seconds(countdown, "countdown") * 1000))}
    if eta:
        return {"eta": int(moment(eta, "eta").timestamp() * 1000)}
    return {}
