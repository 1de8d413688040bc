"""Compiles a signature, native or ours, to the tree of definitions.

The preparation of a canvas that Celery repeats in each process is done here
once, see `native_canvas`. Each kind of signature has a module of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from celery.canvas import Signature, _chord, chunks, group  # type: ignore[attr-defined, unused-ignore]
from celery.canvas import _chain as chain
from celery.local import maybe_evaluate

from orchestrator_celery.canvas.complex import ComplexSignature
from orchestrator_celery.canvas.graphs.graph import ConditionalGraph
from orchestrator_celery.canvas.primitive import Primitive
from orchestrator_celery.canvas.swarm import Swarm
from orchestrator_celery.engine.compile.callbacks import Callbacks, ErrorHandler, callbacks_of, composite, node
from orchestrator_celery.engine.compile.chain import chain_tree, sequence
from orchestrator_celery.engine.compile.chord import chord_tree
from orchestrator_celery.engine.compile.graph import graph_tree
from orchestrator_celery.engine.compile.group import group_tree
from orchestrator_celery.engine.compile.leaf import leaf_payload
from orchestrator_celery.engine.compile.native_canvas import NativeCanvas
from orchestrator_celery.engine.compile.options import AT_START, own_options, without_delay
from orchestrator_celery.engine.compile.partial_arguments import with_partial_arguments
from orchestrator_celery.engine.compile.swarm import SwarmCompiler
from orchestrator_celery.errors import InvalidWorkflow
from orchestrator_celery.model.printing.safe_text import safe_repr
from orchestrator_celery.records.definitions import Shape, leaf_definition
from orchestrator_celery.records.leaf import Role
from orchestrator_celery.records.packed import Tree, pack

if TYPE_CHECKING:
    from celery import Celery

    from orchestrator_celery.engine.batching import Batching
    from orchestrator_celery.model.states import Priority
    from orchestrator_celery.records.payload import Codec

__all__ = ("Compiler",)


class Compiler:
    """Compiles the signatures of one app.

    Args:
        app: the app; a signature that is bound to another app is refused.
        codec: encodes the leaves.
        batching: decides which items of a batched swarm need a message of their own; None: only composites do.
    """

    def __init__(self, app: Celery, codec: Codec, batching: Batching | None = None) -> None:
        self.app: Celery = maybe_evaluate(app)
        self.canvas = NativeCanvas(self.app)
        self.codec = codec
        self._swarms = SwarmCompiler(self, batching)

    def run(self, signature: Primitive, inherited: Mapping[str, Any]) -> tuple[dict[str, bytes], int]:
        """Compile a whole run.

        Args:
            signature: the primitive; Celery itself calls its `link` and `link_error` when the run closes.
            inherited: options for every leaf, as a native group passes its own to its members.

        Returns:
            The definitions by node id, and the number of leaves.
        """
        tree = self._primitive(signature, dict(inherited), Role.PLAIN, root=True)
        return {("0" if path == "." else f"0.{path}"): raw for path, raw in tree.specs.items()}, tree.leaves

    def item(
        self,
        signature: Any,
        inherited: Mapping[str, Any],
        own: Mapping[str, Sequence[Any]] | None = None,
        batched: bool = False,
    ) -> tuple[bytes, int]:
        """Compile one item of a pool into one value, and count its leaves.

        Args:
            signature: the item.
            inherited: options for the item.
            own: the item's own callbacks by kind (`on_success`, `on_error`, `on_cleanup`), which replace the swarm's.
            batched: whether the swarm is batched.
        """
        tree = self._swarms.item(signature, dict(inherited), own or {}, batched)
        return pack(tree), tree.leaves

    def level(self, signature: Any, priority: Priority | None) -> Priority:
        """Return the priority of an item: its own, else the priority of its task's policy, else MEDIUM."""
        return self._swarms.level(signature, priority)

    def leaf(self, signature: Signature) -> bytes:
        """Compile one task signature, without callbacks, into a leaf's definition."""
        payload, start = leaf_payload(self, signature, {}, Role.PLAIN)
        return leaf_definition(payload, **start)

    def tree(self, signature: Any, inherited: dict[str, Any], role: Role) -> Tree:
        """Compile a signature of any kind.

        Args:
            signature: the signature.
            inherited: options for its tasks.
            role: how its first tasks are called.
        """
        signature = self.check(signature)
        if isinstance(signature, Primitive):
            tree = self._primitive(signature, inherited, role)
            return with_partial_arguments(tree, *signature._partial_args, self.codec)
        if isinstance(signature, chain):
            return chain_tree(self, signature, inherited, role)
        if signature["task"] == "celery.chunks":
            # The signature loses its class when it travels in a message.
            return group_tree(self, chunks.from_dict(signature, app=self.app).group(), inherited, role)  # type: ignore[attr-defined, unused-ignore]
        if isinstance(signature, group):
            return group_tree(self, signature, inherited, role)
        if isinstance(signature, _chord):
            return chord_tree(self, signature, inherited, role)
        payload, start = leaf_payload(self, signature, inherited, role)
        return node(self, lambda *counts: leaf_definition(payload, *counts, **start), {}, 1, callbacks_of(signature))

    def check(self, signature: Any) -> Signature:
        """Return the signature, or make one from its dict.

        Raises:
            InvalidWorkflow: the value is not a signature.
            ForeignSignature: the signature is bound to another app.
        """
        return self.canvas.check(signature)

    def _primitive(self, signature: Primitive, inherited: dict[str, Any], role: Role, root: bool = False) -> Tree:
        if not root and signature.kwargs.get("deadline"):
            raise InvalidWorkflow(
                f"{safe_repr(signature)} has a deadline and is part of a larger run, but only a whole run can have "
                "one: "
                "give it to the outermost signature, or start the inner one as a run of its own, from a task."
            )
        callbacks = Callbacks() if root else callbacks_of(signature)
        options = {**own_options(signature.options), **inherited}
        facts: dict[str, Any] = {"name": signature.label}
        if isinstance(signature, Swarm) and not root and options and signature.kwargs.get("open"):
            # The options for items that are added while the swarm runs.
            facts["options"] = {k: v for k, v in options.items() if v is not AT_START}
        immutable = signature.immutable and not root  # an immutable inner primitive takes no input from its predecessor
        payload = self.codec.dump(facts, None if "options" in facts else "json")
        if isinstance(signature, Swarm):
            return self._swarms.tree(signature, options, payload, callbacks, immutable)
        if isinstance(signature, ConditionalGraph):
            return self._graph(signature, options, facts, role, callbacks, immutable)
        assert isinstance(signature, ComplexSignature)
        tree = self.tree(self.canvas.unwrapped(signature.workflow), options, role)
        links = [*callbacks.links, *signature._success_handlers]
        errbacks = [*callbacks.errbacks, *(ErrorHandler(handler) for handler in signature._error_handlers)]
        return sequence(self, [tree], "complex", payload, Callbacks(links, errbacks), immutable=immutable)

    def _graph(
        self,
        signature: ConditionalGraph,
        options: dict[str, Any],
        facts: dict[str, Any],
        role: Role,
        callbacks: Callbacks,
        immutable: bool,
    ) -> Tree:
        signature.validate()
        later = without_delay(options)

        def body(task: Any, begins: bool) -> Tree:
            return self.tree(task, options if begins else later, role if begins else Role.PLAIN)

        specs, (attrs, start, leaves) = graph_tree(signature, body, self.codec)
        payload = self.codec.dump({**facts, **start}, "json")
        return composite(self, Shape.GRAPH, {**attrs, "immutable": immutable}, payload, (specs, leaves), callbacks)
