"""From a signature, native or ours, to the tree of definitions.

A group that is followed by a step joins into it as a chord does. Callbacks of inner signatures become
nodes of their own, because Celery would publish them before the result is
stored, and a crash there would double them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from celery.canvas import Signature, _basemap, _chord, chunks, group
from celery.canvas import _chain as chain
from celery.local import maybe_evaluate
from celery.utils.functional import maybe_list

from orchestrator_celery.canvas.complex import ComplexSignature
from orchestrator_celery.canvas.graph import ConditionalGraph
from orchestrator_celery.canvas.primitive import Primitive
from orchestrator_celery.canvas.start_time import moment, seconds
from orchestrator_celery.canvas.swarm import Swarm
from orchestrator_celery.engine.batching import BATCH_TASK, Batching
from orchestrator_celery.engine.compile.graph import graph_tree
from orchestrator_celery.engine.compile.native_canvas import APPLICATION_OPTIONS, NativeCanvas
from orchestrator_celery.engine.compile.partial_arguments import with_given
from orchestrator_celery.errors import InvalidWorkflow
from orchestrator_celery.model.states import Priority
from orchestrator_celery.records.definitions import Tree, leaf_spec, pack, spec, with_attrs
from orchestrator_celery.records.leaf import Leaf, Role, write_leaf
from orchestrator_celery.records.levels import Levels
from orchestrator_celery.settings import TaskPolicy

if TYPE_CHECKING:
    from celery import Celery

    from orchestrator_celery.records.payload import Codec

__all__ = ("AT_START", "Compiler")

#: As the `eta` that a run hands to its first tasks: the time for which the run itself was meant.
AT_START = object()

#: Letter and role of what a swarm does after its items.
_AFTER = {
    "on_success": ("s", Role.ITEM_SUCCESS),
    "on_error": ("f", Role.ITEM_ERROR),
    "on_cleanup": ("c", Role.ITEM_CLEANUP),
}


class Compiler:
    """Compiles signatures of one app.

    Args:
        app: signatures bound to another app are refused.
        codec: encodes the leaves.
        batching: which items of a batched swarm go singly; None: those that have to.
    """

    def __init__(self, app: Celery, codec: Codec, batching: Batching | None = None) -> None:
        self._app = maybe_evaluate(app)
        self._canvas = NativeCanvas(self._app)
        self._codec = codec
        self._batching = batching

    def run(self, signature: Primitive, inherited: Mapping[str, Any]) -> tuple[dict[str, bytes], int]:
        """Compile a whole run.

        Args:
            signature: the primitive; its own `link` and `link_error` are Celery's, fired when the run closes.
            inherited: options every leaf gets, as a native group gives its own to its members.

        Returns:
            Definitions by node id, and the number of leaves.
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
            inherited: options it gets.
            own: its own callbacks by kind (`on_success`, `on_error`, `on_cleanup`), in place of the swarm's.
            batched: the swarm is.
        """
        tree = self._item(signature, dict(inherited), own or {}, batched)
        return pack(tree), tree.leaves

    def _item(self, signature: Any, inherited: dict[str, Any], own: Mapping[str, Sequence[Any]], batched: bool) -> Tree:
        tree = self._tree(signature, inherited, Role.PLAIN)
        if batched and tree.specs["."].startswith(b"L") and self._goes_singly(signature, inherited):
            tree = Tree({**tree.specs, ".": with_attrs(tree.specs["."], o=1)}, tree.leaves)
        if own:
            specs = self._after_item(own)
            counts = {_AFTER[kind][0]: len(given) for kind, given in own.items()}
            tree = Tree({**tree.specs, **specs, ".": with_attrs(tree.specs["."], **counts)}, tree.leaves)
        return tree

    def _goes_singly(self, signature: Any, inherited: dict[str, Any]) -> bool:
        return self._batching is not None and self._batching.needs_own_message(self.check(signature), inherited)

    def _after_item(self, callbacks: Mapping[str, Sequence[Any]]) -> dict[str, bytes]:
        """Definitions of what is done after an item, packed, under `s0`, `f0`, `c0` and so on."""
        return {
            f"{_AFTER[kind][0]}{index}": pack(self._tree(signature, {}, _AFTER[kind][1]))
            for kind, given in callbacks.items()
            for index, signature in enumerate(given)
        }

    def level(self, signature: Any, given: Priority | None) -> Priority:
        """Priority of an item: what it was given, else what its task's policy says, else MEDIUM."""
        if given is not None:
            return given
        task = self._app.tasks.get(signature["task"])
        policy = getattr(task, "orchestrator", None)
        said = policy.priority if isinstance(policy, TaskPolicy) else None
        return Priority.MEDIUM if said is None else said

    def _levels(self, swarm: Swarm) -> str:
        given = zip(swarm.tasks, swarm.item_levels, strict=True)
        return str(Levels(self.level(task, level) for task, level in given))

    def leaf(self, signature: Signature) -> bytes:
        """Compile one task signature, without callbacks, into a leaf's definition."""
        payload, start = self._leaf_payload(signature, {}, Role.PLAIN)
        return leaf_spec(payload, **start)

    def _tree(self, given: Any, inherited: dict[str, Any], role: Role) -> Tree:
        signature = self.check(given)
        if isinstance(signature, Primitive):
            return with_given(self._primitive(signature, inherited, role), *signature.partial_args, self._codec)
        if isinstance(signature, chain):
            return self._chain(signature, inherited, role)
        if signature["task"] == "celery.chunks":
            # It loses its type on its way through a message.
            return self._group(chunks.from_dict(signature, app=self._app).group(), inherited, role)
        if isinstance(signature, group):
            return self._group(signature, inherited, role)
        if isinstance(signature, _chord):
            return self._chord(signature, inherited, role)
        payload, start = self._leaf_payload(signature, inherited, role)
        links, errbacks = self._callbacks_of(signature)
        return self._node(lambda counts: leaf_spec(payload, *counts, **start), {}, 1, links, errbacks)

    def check(self, given: Any) -> Signature:
        """The signature itself, or one made of its dict.

        Raises:
            InvalidWorkflow: it is no signature.
            ForeignSignature: it is bound to another app.
        """
        return self._canvas.check(given)

    def _leaf_payload(
        self, signature: Signature, inherited: dict[str, Any], role: Role
    ) -> tuple[bytes, dict[str, Any]]:
        """What to send, and when: a delay is the store's to know, which must not take it for a lost message."""
        kwargs = dict(signature.kwargs)
        if isinstance(signature, _basemap):
            kwargs["it"] = list(kwargs["it"])
        options, start = signature.options, {}
        if options or inherited:
            options = {
                k: v for k, v in {**options, **inherited}.items() if k not in APPLICATION_OPTIONS and v is not None
            }
            start = self._start(options.pop("countdown", None), options.pop("eta", None))
        leaf = Leaf(signature["task"], list(signature.args), kwargs, options, bool(signature.immutable), role)
        return write_leaf(leaf, self._codec), start

    def _start(self, countdown: Any, eta: Any) -> dict[str, Any]:
        if eta is AT_START:  # as natively, in place of any delay of its own
            return {"begins": True}
        if countdown:
            return {"wait": max(0, int(seconds(countdown, "countdown") * 1000))}
        if eta:
            return {"eta": int(moment(eta, "eta").timestamp() * 1000)}
        return {}

    def _chain(self, steps: chain, inherited: dict[str, Any], role: Role) -> Tree:
        each = list(self._canvas.steps(steps))
        if not each:
            raise InvalidWorkflow("An empty chain has nothing to run: give it at least one step.")
        first, rest = each[0], each[1:]
        own = {k: v for k, v in steps.options.items() if k not in APPLICATION_OPTIONS}
        # A chain's own options are its first step's, as natively; those of the run are every task's.
        later = _without_delay(inherited)
        trees = [self._tree(first, {**own, **inherited}, role), *(self._tree(step, later, role) for step in rest)]
        links, errbacks = self._callbacks_of(steps)
        if len(trees) == 1 and not links and not errbacks:
            return trees[0]
        return self._sequence(trees, "chain", b"{}", links, errbacks)

    def _sequence(
        self, trees: list[Tree], kind: str, name: bytes, links: list[Any], errbacks: list[Any], **attrs: Any
    ) -> Tree:
        specs: dict[str, bytes] = {}
        for index, tree in enumerate(trees):
            last = index == len(trees) - 1
            own = tree.specs["."]
            if not last and own.startswith(b"P ") and b" k=group" in own.split(b"\n", 1)[0]:
                tree.specs["."] = own.replace(b"P ", b"P ch=1 ", 1)
            specs.update(tree.below(index))
        count = len(trees)
        return self._node(
            lambda c: spec("C", name, n=count, k=kind, **attrs, l=c[0] or None, e=c[1] or None),
            specs,
            sum(tree.leaves for tree in trees),
            links,
            errbacks,
        )

    def _group(self, members: group, inherited: dict[str, Any], role: Role) -> Tree:
        options = {**{k: v for k, v in members.options.items() if k not in APPLICATION_OPTIONS}, **inherited}
        items = [self._tree(task, options, role) for task in self._canvas.members(members)]
        return self._pool(items, {"k": "group"}, b"{}", [], [])

    def _chord(self, chord: _chord, inherited: dict[str, Any], role: Role) -> Tree:
        header = chord.tasks if isinstance(chord.tasks, group) else group(chord.tasks, app=self._app)
        own = {**{k: v for k, v in chord.options.items() if k not in APPLICATION_OPTIONS}, **inherited}
        trees = [self._group(header, own, role)]
        if chord.body is None:
            return trees[0]
        trees.append(self._tree(chord.body, _without_delay(own), role))
        links, errbacks = self._callbacks_of(chord)
        body_links, body_errbacks = self._callbacks_of(self.check(chord.body))
        links = [link for link in links if link not in body_links]
        errbacks = [errback for errback in errbacks if errback not in body_errbacks]
        return self._sequence(trees, "chord", b"{}", links, errbacks)

    def _primitive(self, signature: Primitive, inherited: dict[str, Any], role: Role, root: bool = False) -> Tree:
        if not root and signature.kwargs.get("deadline"):
            raise InvalidWorkflow(
                f"{signature!r} has a deadline and is part of a larger run: a deadline belongs to a whole run. "
                "Give it to the outermost signature, or start the inner one as a run of its own, from a task."
            )
        links, errbacks = ([], []) if root else self._callbacks_of(signature)
        options = {**{k: v for k, v in signature.options.items() if k not in APPLICATION_OPTIONS}, **inherited}
        facts: dict[str, Any] = {"name": signature.label}
        if isinstance(signature, Swarm) and not root and options and signature.kwargs.get("open"):
            # What items get that are added to it while it runs.
            facts["options"] = {k: v for k, v in options.items() if v is not AT_START}
        sealed = signature.immutable and not root  # it takes nothing from the step before it
        name = self._codec.dump(facts, None if "options" in facts else "json")
        if isinstance(signature, Swarm):
            return self._swarm(signature, options, name, links, errbacks, sealed)
        if isinstance(signature, ConditionalGraph):
            return self._graph(signature, options, facts, role, links, errbacks, sealed)
        assert isinstance(signature, ComplexSignature)
        tree = self._tree(self._canvas.unwrapped(signature.workflow), options, role)
        handlers = [*errbacks, *(_Handler(s) for s in signature.error_handlers)]
        return self._sequence([tree], "complex", name, [*links, *signature.success_handlers], handlers, im=sealed)

    def _graph(
        self,
        signature: ConditionalGraph,
        options: dict[str, Any],
        facts: dict[str, Any],
        role: Role,
        links: list[Any],
        errbacks: list[Any],
        sealed: bool,
    ) -> Tree:
        signature.validate()
        later = _without_delay(options)

        def body(task: Any, begins: bool) -> Tree:
            return self._tree(task, options if begins else later, role if begins else Role.PLAIN)

        specs, (attrs, start, leaves) = graph_tree(signature, body, self._codec)
        name = self._codec.dump({**facts, **start}, "json")
        return self._node(
            lambda c: spec("G", name, **attrs, im=sealed, l=c[0] or None, e=c[1] or None),
            specs,
            leaves,
            links,
            errbacks,
        )

    def _swarm(
        self,
        signature: Swarm,
        options: dict[str, Any],
        name: bytes,
        links: list[Any],
        errbacks: list[Any],
        sealed: bool,
    ) -> Tree:
        batch = signature.kwargs.get("batch")
        if batch and options.get("eta") is AT_START:  # one message for several items names no time
            options = _without_delay(options)
        own = signature.own_callbacks
        items = [self._item(task, options, own(i), bool(batch)) for i, task in enumerate(signature.tasks)]
        after = signature.item_callbacks
        counts = {f"a{_AFTER[kind][0]}": len(given) for kind, given in after.items()}
        levels = self._levels(signature)
        attrs = {**signature.pool_attrs(), "im": sealed, "lv": bool(levels), **counts}
        tree = self._pool(items, attrs, name, links, errbacks)
        kept = {f"a{path}": raw for path, raw in self._after_item(after).items()}
        if levels:
            kept["lv"] = levels.encode()
        if batch:
            kept["b"] = self._runner(batch, options)
        return Tree({**tree.specs, **kept}, tree.leaves)

    def _runner(self, batch: Any, options: dict[str, Any]) -> bytes:
        """The message that works off several items: it goes where theirs would go."""
        sent = {name: value for name, value in options.items() if name not in APPLICATION_OPTIONS and value is not None}
        leaf = Leaf(BATCH_TASK, [None if batch == "auto" else batch], {}, sent, True, Role.PLAIN)
        return leaf_spec(write_leaf(leaf, self._codec))

    def _pool(
        self, items: list[Tree], attrs: dict[str, Any], name: bytes, links: list[Any], errbacks: list[Any]
    ) -> Tree:
        specs = {str(index): pack(item) for index, item in enumerate(items)}
        count = len(items)
        return self._node(
            lambda c: spec("P", name, n=count, **attrs, l=c[0] or None, e=c[1] or None),
            specs,
            sum(item.leaves for item in items),
            links,
            errbacks,
        )

    def _callbacks_of(self, signature: Signature) -> tuple[list[Any], list[Any]]:
        options = signature.options
        if not options:
            return [], []
        return maybe_list(options.get("link")) or [], maybe_list(options.get("link_error")) or []

    def _node(self, own: Any, specs: dict[str, bytes], leaves: int, links: list[Any], errbacks: list[Any]) -> Tree:
        """A node with its callbacks, which hang below it under `l0, l1, ...` and `e0, e1, ...`."""
        for index, link in enumerate(links):
            specs.update(self._tree(link, {}, Role.PLAIN).below(f"l{index}"))
        for index, errback in enumerate(errbacks):
            handler = isinstance(errback, _Handler)
            tree = self._tree(errback.signature if handler else errback, {}, Role.HANDLER if handler else Role.ERRBACK)
            specs.update(tree.below(f"e{index}"))
        return Tree({".": own((len(links), len(errbacks))), **specs}, leaves)


class _Handler:
    """An error handler of ours, which gets a dict, among Celery's errbacks."""

    def __init__(self, signature: Any) -> None:
        self.signature = signature


def _without_delay(options: dict[str, Any]) -> dict[str, Any]:
    """What follows the tasks that an application's delay is for."""
    return {name: value for name, value in options.items() if name not in ("countdown", "eta")}
