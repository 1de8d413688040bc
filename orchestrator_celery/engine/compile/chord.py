"""Compiles chords."""

from __future__ import annotations

from typing import Any

from celery.canvas import _chord, group  # type: ignore[attr-defined, unused-ignore]

from orchestrator_celery.engine.compile.callbacks import Callbacks, callbacks_of
from orchestrator_celery.engine.compile.chain import sequence
from orchestrator_celery.engine.compile.group import group_tree
from orchestrator_celery.engine.compile.options import own_options, without_delay
from orchestrator_celery.engine.compile.tree_compiler import TreeCompiler
from orchestrator_celery.records.leaf import Role
from orchestrator_celery.records.packed import Tree

__all__ = ("chord_tree",)


def chord_tree(compiler: TreeCompiler, signature: _chord, inherited: dict[str, Any], role: Role) -> Tree:
    """Compile a chord: its header as a group, then its body; without a body, only the header."""
    header = signature.tasks if isinstance(signature.tasks, group) else group(signature.tasks, app=compiler.app)
    options = {**own_options(signature.options), **inherited}
    trees = [group_tree(compiler, header, options, role)]
    if signature.body is None:
        return trees[0]
    trees.append(compiler.tree(signature.body, without_delay(options), role))
    own, of_body = callbacks_of(signature), callbacks_of(compiler.canvas.check(signature.body))
    # Celery copies a chord's callbacks to its body; they are compiled there.
    links = [link for link in own.links if link not in of_body.links]
    errbacks = [errback for errback in own.errbacks if errback not in of_body.errbacks]
    return sequence(compiler, trees, "chord", b"{}", Callbacks(links, errbacks))
