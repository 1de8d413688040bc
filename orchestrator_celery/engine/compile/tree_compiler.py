"""The interface by which the modules of the kinds compile the children of a signature."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from celery import Celery

    from orchestrator_celery.engine.compile.native_canvas import NativeCanvas
    from orchestrator_celery.records.leaf import Role
    from orchestrator_celery.records.packed import Tree
    from orchestrator_celery.records.payload import Codec

__all__ = ("TreeCompiler",)


class TreeCompiler(Protocol):
    """Compiles signatures of any kind; `Compiler` implements it.

    Args:
        app: the app of the signatures.
        canvas: reads native canvas.
        codec: encodes the leaves.
    """

    app: Celery
    canvas: NativeCanvas
    codec: Codec

    def tree(self, signature: Any, inherited: dict[str, Any], role: Role) -> Tree:
        """Compile a signature of any kind."""
