"""Compiles callbacks: of single nodes, and of a swarm's items.

A callback becomes a node of its own. Celery would publish it before the
result is stored, and a crash between the two would run it twice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from celery.canvas import Signature
from celery.utils.functional import maybe_list

from orchestrator_celery.engine.compile.tree_compiler import TreeCompiler
from orchestrator_celery.records.definitions import Shape, write_definition
from orchestrator_celery.records.leaf import Role
from orchestrator_celery.records.packed import Tree, pack

__all__ = ("Callbacks", "ErrorHandler", "callbacks_of", "composite", "item_callback_counts", "item_callbacks", "node")


class _AfterItem(NamedTuple):
    """Callbacks after an item: their letter, their role, and the event in the names of their counts."""

    letter: str
    role: Role
    event: str


_AFTER_ITEM = {
    "on_success": _AfterItem("s", Role.ITEM_SUCCESS, "success"),
    "on_error": _AfterItem("f", Role.ITEM_ERROR, "error"),
    "on_cleanup": _AfterItem("c", Role.ITEM_CLEANUP, "cleanup"),
}


class ErrorHandler(NamedTuple):
    """An error handler of a `ComplexSignature`: unlike one of Celery's errbacks, it gets the error as a dict."""

    signature: Any


class Callbacks(NamedTuple):
    """The callbacks of one signature.

    Args:
        links: called with the result.
        errbacks: called after a failure; Celery's, or an `ErrorHandler`.
    """

    links: Sequence[Any] = ()
    errbacks: Sequence[Any] = ()


def callbacks_of(signature: Signature) -> Callbacks:
    """Return the `link` and `link_error` of a signature."""
    options = signature.options
    if not options:
        return Callbacks()
    return Callbacks(maybe_list(options.get("link")) or [], maybe_list(options.get("link_error")) or [])


def node(
    compiler: TreeCompiler,
    own: Callable[[int, int], bytes],
    specs: dict[str, bytes],
    leaves: int,
    callbacks: Callbacks,
) -> Tree:
    """Make a node with its callbacks, which stand below it as `l0, l1, ...` and `e0, e1, ...`.

    Args:
        compiler: compiles the callbacks.
        own: makes the node's definition from the numbers of links and errbacks.
        specs: definitions below the node.
        leaves: the number of leaves below the node.
        callbacks: the node's callbacks.
    """
    for index, link in enumerate(callbacks.links):
        specs.update(compiler.tree(link, {}, Role.PLAIN).below(f"l{index}"))
    for index, errback in enumerate(callbacks.errbacks):
        if isinstance(errback, ErrorHandler):
            tree = compiler.tree(errback.signature, {}, Role.HANDLER)
        else:
            tree = compiler.tree(errback, {}, Role.ERRBACK)
        specs.update(tree.below(f"e{index}"))
    return Tree({".": own(len(callbacks.links), len(callbacks.errbacks)), **specs}, leaves)


def composite(
    compiler: TreeCompiler,
    shape: Shape,
    attrs: Mapping[str, Any],
    payload: bytes,
    below: tuple[dict[str, bytes], int],
    callbacks: Callbacks,
) -> Tree:
    """Make a composite node with its callbacks.

    Args:
        compiler: compiles the callbacks.
        shape: how the node is run.
        attrs: the attributes of the node's definition.
        payload: the payload of the node's definition.
        below: definitions below the node, and the number of leaves in them.
        callbacks: the node's callbacks.
    """
    return node(
        compiler,
        lambda links, errbacks: write_definition(
            shape, payload, **attrs, links=links or None, errbacks=errbacks or None
        ),
        *below,
        callbacks,
    )


def item_callbacks(compiler: TreeCompiler, callbacks: Mapping[str, Sequence[Any]]) -> dict[str, bytes]:
    """Return the packed callbacks after an item, under `s0`, `f0`, `c0` and so on."""
    return {
        f"{_AFTER_ITEM[kind].letter}{index}": pack(compiler.tree(signature, {}, _AFTER_ITEM[kind].role))
        for kind, signatures in callbacks.items()
        for index, signature in enumerate(signatures)
    }


def item_callback_counts(callbacks: Mapping[str, Sequence[Any]], prefix: str = "own") -> dict[str, int]:
    """Return the numbers of callbacks after an item, as attributes of its definition, or (`each`) of its swarm's."""
    return {f"{prefix}_{_AFTER_ITEM[kind].event}": len(signatures) for kind, signatures in callbacks.items()}
