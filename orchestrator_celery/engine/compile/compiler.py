"""From a signature, native or ours, to the tree of definitions.

What Celery does when it prepares a canvas is done here once: nested chains
are spliced, empty groups in a chain dropped, a group that is followed by a
step joins into it as a chord does. Callbacks of inner signatures become
nodes of their own, because Celery would publish them before the result is
stored, and a crash there would double them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from celery.canvas import Signature, _basemap, _chord, chunks, group, maybe_signature
from celery.canvas import _chain as chain
from celery.local import maybe_evaluate
from celery.utils.functional import maybe_list
from celery.utils.time import maybe_iso8601, maybe_make_aware

from orchestrator_celery.canvas.complex import ComplexSignature
from orchestrator_celery.canvas.graph import ConditionalGraph
from orchestrator_celery.canvas.primitive import Primitive
from orchestrator_celery.canvas.swarm import Swarm
from orchestrator_celery.engine.batching import BATCH_TASK, Batching
from orchestrator_celery.engine.compile.graph import graph_tree
from orchestrator_celery.engine.compile.item_callbacks import ITEM_CALLBACKS
from orchestrator_celery.engine.compile.partial_arguments import with_given
from orchestrator_celery.errors import ForeignSignature, InvalidWorkflow
from orchestrator_celery.model.states import NodeKind, Priority
from orchestrator_celery.records.definitions import (
    Shape,
    leaf_definition,
    parse_definition,
    shape_of,
    with_attributes,
    write_definition,
)
from orchestrator_celery.records.leaf import Leaf, Role, write_leaf
from orchestrator_celery.records.levels import Levels
from orchestrator_celery.records.names import Place
from orchestrator_celery.records.packed import Tree, pack
from orchestrator_celery.settings import TaskPolicy

if TYPE_CHECKING:
    from celery import Celery

    from orchestrator_celery.records.payload import Codec

__all__ = ("Compiler",)

#: Options that belong to one application of a signature, not to what it runs.
_APPLIED = frozenset(
    "task_id group_id group_index chord chain link link_error root_id parent_id reply_to replaced_task_nesting "
    "producer publisher connection add_to_parent app ignore_result task_type".split()
)


class Compiler:
    """Compiles signatures of one app.

    Args:
        app: signatures bound to another app are refused.
        codec: encodes the leaves.
        batching: which items of a batched swarm go singly; None: those that have to.
    """

    def __init__(self, app: Celery, codec: Codec, batching: Batching | None = None) -> None:
        self._app = maybe_evaluate(app)
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
        if batched and shape_of(tree.specs["."]) is Shape.LEAF and self._goes_singly(signature, inherited):
            tree = Tree({**tree.specs, ".": with_attributes(tree.specs["."], singly=True)}, tree.leaves)
        if own:
            specs = self._after_item(own)
            counts = {f"own_{ITEM_CALLBACKS[kind].after}": len(given) for kind, given in own.items()}
            tree = Tree({**tree.specs, **specs, ".": with_attributes(tree.specs["."], **counts)}, tree.leaves)
        return tree

    def _goes_singly(self, signature: Any, inherited: dict[str, Any]) -> bool:
        return self._batching is not None and self._batching.goes_singly(self._check(signature), inherited)

    def _after_item(self, callbacks: Mapping[str, Sequence[Any]]) -> dict[str, bytes]:
        """Definitions of what is done after an item, packed, under `s0`, `f0`, `c0` and so on."""
        return {
            f"{ITEM_CALLBACKS[kind].letter}{index}": pack(self._tree(signature, {}, ITEM_CALLBACKS[kind].role))
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
        return leaf_definition(payload, **start)

    def _tree(self, given: Any, inherited: dict[str, Any], role: Role) -> Tree:
        signature = self._check(given)
        if isinstance(signature, Primitive):
            return with_given(self._primitive(signature, inherited, role), *signature.given, self._codec)
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
        return self._node(lambda counts: leaf_definition(payload, *counts, **start), {}, 1, links, errbacks)

    def _check(self, given: Any) -> Signature:
        if not isinstance(given, dict):
            raise InvalidWorkflow(f"{given!r} is not a signature: pass task.s(...), task.si(...) or a canvas of them.")
        if not isinstance(given, Signature):
            return maybe_signature(given, app=self._app)
        bound = given._app
        if bound is not None and maybe_evaluate(bound) is not self._app:
            raise ForeignSignature(
                f"{given!r} is bound to the app {bound.main!r}, this run belongs to {self._app.main!r}: "
                "build the signature from a task of that app."
            )
        return given

    def _leaf_payload(
        self, signature: Signature, inherited: dict[str, Any], role: Role
    ) -> tuple[bytes, dict[str, int]]:
        """What to send, and when: a delay is the store's to know, which must not take it for a lost message."""
        kwargs = dict(signature.kwargs)
        if isinstance(signature, _basemap):
            kwargs["it"] = list(kwargs["it"])
        options, start = signature.options, {}
        if options or inherited:
            options = {k: v for k, v in {**options, **inherited}.items() if k not in _APPLIED and v is not None}
            start = self._start(options.pop("countdown", None), options.pop("eta", None))
        leaf = Leaf(signature["task"], list(signature.args), kwargs, options, bool(signature.immutable), role)
        return write_leaf(leaf, self._codec), start

    def _start(self, countdown: float | None, eta: datetime | str | None) -> dict[str, int]:
        if countdown:
            return {"wait": int(countdown * 1000)}
        if eta:
            moment = maybe_make_aware(maybe_iso8601(eta), self._app.timezone)
            return {"eta": int(moment.timestamp() * 1000)}
        return {}

    def _chain(self, steps: chain, inherited: dict[str, Any], role: Role) -> Tree:
        each = list(self._steps(steps))
        if not each:
            raise InvalidWorkflow("An empty chain has nothing to run: give it at least one step.")
        first, rest = each[0], each[1:]
        own = {k: v for k, v in steps.options.items() if k not in _APPLIED}
        # A chain's own options are its first step's, as natively; those of the run are every task's.
        later = {k: v for k, v in inherited.items() if k not in ("countdown", "eta")}
        trees = [self._tree(first, {**own, **inherited}, role), *(self._tree(step, later, role) for step in rest)]
        links, errbacks = self._callbacks_of(steps)
        if len(trees) == 1 and not links and not errbacks:
            return trees[0]
        return self._sequence(trees, "chain", b"{}", links, errbacks)

    def _steps(self, given: chain) -> Iterator[Signature]:
        """The steps as Celery runs them: nested plain chains spliced, groups of one unrolled, empty ones dropped."""
        steps = [self._check(task) for task in given.tasks]
        spliced: list[Signature] = []
        for step in steps:
            if isinstance(step, chain) and not any(self._callbacks_of(step)):
                spliced.extend(self._steps(step))
            else:
                spliced.append(step)
        kept = [s for s in spliced if not (isinstance(s, group) and not isinstance(s, Primitive) and not list(s.tasks))]
        for step in kept or spliced[-1:]:
            yield self._check(step.tasks[0]) if _is_single(step) else step

    def _sequence(
        self, trees: list[Tree], kind: str, name: bytes, links: list[Any], errbacks: list[Any], **attrs: Any
    ) -> Tree:
        specs: dict[str, bytes] = {}
        for index, tree in enumerate(trees):
            last = index == len(trees) - 1
            own = tree.specs["."]
            if not last and shape_of(own) is Shape.POOL and parse_definition(own).kind is NodeKind.GROUP:
                tree.specs["."] = with_attributes(own, chord_header=True)
            specs.update(tree.below(index))
        count = len(trees)
        return self._node(
            lambda c: _composite(Shape.STEPS, name, c, size=count, kind=kind, **attrs),
            specs,
            sum(tree.leaves for tree in trees),
            links,
            errbacks,
        )

    def _group(self, members: group, inherited: dict[str, Any], role: Role) -> Tree:
        options = {**{k: v for k, v in members.options.items() if k not in _APPLIED}, **inherited}
        items = [self._tree(task, options, role) for task in self._members(members)]
        return self._pool(items, {"kind": "group"}, b"{}", [], [])

    def _members(self, members: group) -> Iterator[Signature]:
        for task in members.tasks:
            signature = self._check(task)
            if isinstance(signature, group) and not isinstance(signature, Primitive):
                yield from self._members(signature)
            elif not (isinstance(signature, chain) and not signature.tasks):
                yield signature

    def _chord(self, chord: _chord, inherited: dict[str, Any], role: Role) -> Tree:
        header = chord.tasks if isinstance(chord.tasks, group) else group(chord.tasks, app=self._app)
        own = {**{k: v for k, v in chord.options.items() if k not in _APPLIED}, **inherited}
        trees = [self._group(header, own, role)]
        if chord.body is None:
            return trees[0]
        trees.append(self._tree(chord.body, {k: v for k, v in own.items() if k not in ("countdown", "eta")}, role))
        links, errbacks = self._callbacks_of(chord)
        body_links, body_errbacks = self._callbacks_of(self._check(chord.body))
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
        options = {**{k: v for k, v in signature.options.items() if k not in _APPLIED}, **inherited}
        facts: dict[str, Any] = {"name": signature.label}
        if isinstance(signature, Swarm) and not root and options and signature.kwargs.get("open"):
            facts["options"] = options  # what items get that are added to it while it runs
        sealed = signature.immutable and not root  # it takes nothing from the step before it
        name = self._codec.dump(facts, None if "options" in facts else "json")
        if isinstance(signature, Swarm):
            return self._swarm(signature, options, name, links, errbacks, sealed)
        if isinstance(signature, ConditionalGraph):
            return self._graph(signature, options, facts, role, links, errbacks, sealed)
        assert isinstance(signature, ComplexSignature)
        tree = self._tree(signature.workflow, options, role)
        handlers = [*errbacks, *(_Handler(s) for s in signature.error_handlers)]
        return self._sequence(
            [tree], "complex", name, [*links, *signature.success_handlers], handlers, immutable=sealed
        )

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
        later = {k: v for k, v in options.items() if k not in ("countdown", "eta")}

        def body(task: Any, begins: bool) -> Tree:
            return self._tree(task, options if begins else later, role if begins else Role.PLAIN)

        specs, (attrs, start, leaves) = graph_tree(signature, body, self._codec)
        name = self._codec.dump({**facts, **start}, "json")
        return self._node(
            lambda c: _composite(Shape.GRAPH, name, c, **attrs, immutable=sealed),
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
        own = signature.own_callbacks
        items = [self._item(task, options, own(i), bool(batch)) for i, task in enumerate(signature.tasks)]
        after = signature.item_callbacks
        counts = {f"each_{ITEM_CALLBACKS[kind].after}": len(given) for kind, given in after.items()}
        levels = self._levels(signature)
        attrs = {**signature.pool_attrs(), "immutable": sealed, "priorities": bool(levels), **counts}
        tree = self._pool(items, attrs, name, links, errbacks)
        kept = {f"{Place.EACH.value}{path}": raw for path, raw in self._after_item(after).items()}
        if levels:
            kept[Place.PRIORITIES.value] = levels.encode()
        if batch:
            kept[Place.RUNNER.value] = self._runner(batch, options)
        return Tree({**tree.specs, **kept}, tree.leaves)

    def _runner(self, batch: Any, options: dict[str, Any]) -> bytes:
        """The message that works off several items: it goes where theirs would go."""
        sent = {name: value for name, value in options.items() if name not in _APPLIED and value is not None}
        leaf = Leaf(BATCH_TASK, [None if batch == "auto" else batch], {}, sent, True, Role.PLAIN)
        return leaf_definition(write_leaf(leaf, self._codec))

    def _pool(
        self, items: list[Tree], attrs: dict[str, Any], name: bytes, links: list[Any], errbacks: list[Any]
    ) -> Tree:
        specs = {str(index): pack(item) for index, item in enumerate(items)}
        count = len(items)
        return self._node(
            lambda c: _composite(Shape.POOL, name, c, size=count, **attrs),
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


def _composite(shape: Shape, payload: bytes, counts: tuple[int, int], **attributes: Any) -> bytes:
    """The definition of a composite with numbers of callbacks and errbacks."""
    links, errbacks = counts
    return write_definition(shape, payload, **attributes, links=links or None, errbacks=errbacks or None)


class _Handler:
    """An error handler of ours, which gets a dict, among Celery's errbacks."""

    def __init__(self, signature: Any) -> None:
        self.signature = signature


def _is_single(step: Signature) -> bool:
    """A group of one in a chain runs as the task itself, as `maybe_unroll_group` has it."""
    return isinstance(step, group) and not isinstance(step, Primitive) and len(list(step.tasks)) == 1
