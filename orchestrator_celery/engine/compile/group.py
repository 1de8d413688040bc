"""Compiles groups, and other pools whose items run side by side."""

from __future__ import annotations

from typing import Any

from celery.canvas import group

from orchestrator_celery.engine.compile.callbacks import Callbacks, composite
from orchestrator_celery.engine.compile.options import own_options
from orchestrator_celery.engine.compile.tree_compiler import TreeCompiler
from orchestrator_celery.records.definitions import Shape
from orchestrator_celery.records.leaf import Role
from orchestrator_celery.records.packed import Tree, pack

__all__ = ("group_tree", "pool")


def group_tree(compiler: TreeCompiler, signature: group, inherited: dict[str, Any], role: Role) -> Tree:
    """Compile a group."""
    options = {**own_options(signature.options), **inherited}
    items = [compiler.tree(task, options, role) for task in compiler.canvas.members(signature)]
    return pool(compiler, items, {"kind": "group"}, b"{}", Callbacks())


def pool(
    compiler: TreeCompiler, items: list[Tree], attrs: dict[str, Any], payload: bytes, callbacks: Callbacks
) -> Tree:
    """Make a pool; each item is packed into one value and unpacked when it starts."""
    specs = {str(index): pack(item) for index, item in enumerate(items)}
    leaves = sum(item.leaves for item in items)
    return composite(compiler, Shape.POOL, {"size": len(items), **attrs}, payload, (specs, leaves), callbacks)
