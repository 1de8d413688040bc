"""Compiles chains, and other composites whose children run one after the other."""

from __future__ import annotations

from typing import Any

from celery.canvas import _chain as chain

from orchestrator_celery.engine.compile.callbacks import Callbacks, callbacks_of, composite
from orchestrator_celery.engine.compile.options import own_options, without_delay
from orchestrator_celery.engine.compile.tree_compiler import TreeCompiler
from orchestrator_celery.errors import InvalidWorkflow
from orchestrator_celery.model.states import NodeKind
from orchestrator_celery.records.definitions import Shape, parse_definition, shape_of, with_attributes
from orchestrator_celery.records.leaf import Role
from orchestrator_celery.records.packed import Tree

__all__ = ("chain_tree", "sequence")


def chain_tree(compiler: TreeCompiler, signature: chain, inherited: dict[str, Any], role: Role) -> Tree:
    """Compile a chain.

    Raises:
        InvalidWorkflow: the chain is empty.
    """
    steps = list(compiler.canvas.steps(signature))
    if not steps:
        raise InvalidWorkflow("An empty chain has nothing to run: give it at least one step.")
    # As natively, a chain's own options go to its first step; the options of the run go to every task.
    first = compiler.tree(steps[0], {**own_options(signature.options), **inherited}, role)
    trees = [first, *(compiler.tree(step, without_delay(inherited), role) for step in steps[1:])]
    callbacks = callbacks_of(signature)
    if len(trees) == 1 and not any(callbacks):
        return first
    return sequence(compiler, trees, "chain", b"{}", callbacks)


def sequence(
    compiler: TreeCompiler, trees: list[Tree], kind: str, payload: bytes, callbacks: Callbacks, **attrs: Any
) -> Tree:
    """Make a composite whose children run one after the other; a group before another child joins like a chord."""
    specs: dict[str, bytes] = {}
    for index, tree in enumerate(trees):
        last = index == len(trees) - 1
        own = tree.specs["."]
        if not last and shape_of(own) is Shape.POOL and parse_definition(own).kind is NodeKind.GROUP:
            tree.specs["."] = with_attributes(own, chord_header=True)
        specs.update(tree.below(index))
    leaves = sum(tree.leaves for tree in trees)
    return composite(
        compiler, Shape.STEPS, {"size": len(trees), "kind": kind, **attrs}, payload, (specs, leaves), callbacks
    )
