"""What a run should do, in plain Python: the model `test_machine.py` compares the store with.

It knows trees of objects and one event after the other; no Redis, no ids to parse, no records.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from orchestrator_celery.model.ids import Fence
from orchestrator_celery.records.packed import Tree

from . import trees

__all__ = ("STOPPED", "Model", "Node", "Shape", "message")


class Shape(NamedTuple):
    """A tree as it is drawn: `leaf`, `chain`, `complex`, `group` or `swarm`, with what is in it."""

    kind: str
    children: tuple[Shape, ...] = ()
    links: tuple[Shape, ...] = ()
    errbacks: tuple[Shape, ...] = ()
    bounds: tuple[tuple[str, Any], ...] = ()

    def tree(self, header: bool = False) -> Tree:
        """The same as definitions; a group that is a chord's header is marked."""
        hung: dict[str, Any] = {"links": [s.tree() for s in self.links], "errbacks": [s.tree() for s in self.errbacks]}
        if self.kind == "leaf":
            return trees.leaf(**hung)
        if self.kind in ("chain", "complex"):
            last = len(self.children) - 1
            steps = [s.tree(header=s.kind == "group" and i < last) for i, s in enumerate(self.children)]
            return trees.chain(*steps, kind=self.kind, **hung)
        items = [s.tree() for s in self.children]
        return trees.swarm(*items, kind=self.kind, chord_header=header, **hung, **dict(self.bounds))


class Node:
    """A node under way."""

    def __init__(self, shape: Shape, id: str, parent: Node | None, index: int = 0) -> None:
        self.shape, self.id, self.parent, self.index = shape, id, parent, index
        self.bounds = dict(shape.bounds)
        self.children = [Node(s, f"{id}.{i}", self, i) for i, s in enumerate(shape.children)]
        self.callbacks = {
            letter: [Node(s, f"{id}.{letter}{i}", None) for i, s in enumerate(shapes)]
            for letter, shapes in (("l", shape.links), ("e", shape.errbacks))
        }
        # then queued, running, stopping (running, and to be stopped), held, S, F or K; composites: active, S, F or K
        self.state = "waiting"
        self.begun = False
        self.attempt, self.free, self.fence, self.given = 1, 0, Fence(), ""  # free: attempts that were no loss
        self.first = 1  # attempt at its last start
        self.ref = id  # where its result or error comes from
        self.result: Any = None
        # of a pool
        self.line: list[Node] = []
        self.size = len(self.children)  # as defined
        self.live = self.failed = 0
        self.open, self.stopped = bool(self.bounds.get("open")), False
        self.lined_up = False  # a retry has put its items in line: its definition does not say all about a new start
        self.failing: str | None = None  # the error that what is below it gets: it starts nothing more

    @property
    def is_leaf(self) -> bool:
        return self.shape.kind == "leaf"

    @property
    def is_pool(self) -> bool:
        return self.shape.kind in ("group", "swarm")

    @property
    def ended(self) -> bool:
        return self.state in ("S", "F", "K")

    @property
    def counts(self) -> bool:
        """Whether it is part of the tree, and no callback."""
        return "l" not in self.id and "e" not in self.id

    def all(self) -> Iterator[Node]:
        """Itself and everything below it."""
        yield self
        for node in (*self.children, *self.callbacks["l"], *self.callbacks["e"]):
            yield from node.all()

    def leaves(self) -> int:
        """Tasks that count."""
        if self.state == "K":
            return 0
        return 1 if self.is_leaf else sum(child.leaves() for child in self.children)

    def pending(self) -> int:
        """Tasks that have not ended, and are not skipped."""
        if self.ended:
            return 0
        return 1 if self.is_leaf else sum(child.pending() for child in self.children)

    def above(self) -> Iterator[Node]:
        """What it is part of, the innermost first."""
        if self.parent is not None:
            yield self.parent
            yield from self.parent.above()

    def withdrawn(self) -> str | None:
        """The error of the innermost failing pool that it is part of."""
        return next((node.failing for node in self.above() if node.failing is not None), None)

    def source(self) -> str:
        """Where its result is read."""
        return self.id if self.is_leaf or self.is_pool else self.ref

    def value(self) -> Any:
        """Its result, None if it failed."""
        if self.state != "S":
            return None
        if self.is_leaf:
            return self.result
        if self.is_pool:
            return [child.value() for child in self.children]
        return next((child.value() for child in reversed(self.children) if child.state == "S"), None)


def message(node: Node) -> tuple[Any, ...]:
    """What is sent for a leaf."""
    return node.id, node.attempt, node.fence, node.given


#: Statuses in which nothing may start.
STOPPED = ("SUSPENDED", "INTERRUPTED")


class Model:
    """One run. Each event answers what is to be sent: node, attempt, fence and where its input comes from."""

    def __init__(self, shape: Shape, window: int) -> None:
        self.window = window
        self.root = Node(shape, "0", None)
        self.status = "PENDING"
        self.total, self.done, self.failed = self.root.leaves(), 0, 0
        self.closing, self.closings = "waiting", 0  # then queued, running, told
        self._before = ""
        self._sent: list[tuple[Any, ...]] = []
        self.unreleased: list[tuple[Node, tuple[str, int, Fence]]] = []  # each as it was when the release began

    # -- looking ------------------------------------------------------------------------------------

    def nodes(self) -> dict[str, Node]:
        """Every node by its id."""
        return {node.id: node for node in self.root.all()}

    def leaves(self, *states: str) -> list[Node]:
        """Leaves in one of these states."""
        return [node for node in self.root.all() if node.is_leaf and node.state in states]

    def open_pools(self) -> list[Node]:
        """Pools that take items."""
        return [n for n in self.root.all() if n.is_pool and n.state == "active" and n.open and not n.stopped]

    # -- events -------------------------------------------------------------------------------------

    def start(self) -> list[tuple[Any, ...]]:
        """The run is created."""
        self._activate(self.root, "in")
        return self._take()

    def claim(self, node: Node, fence: Fence) -> None:
        """A message of the leaf is let through."""
        node.state, node.fence = "running", fence
        self._forget_release(node)  # the same message may come again
        if self.status == "PENDING":
            self.status = "RUNNING"

    def end(self, node: Node, state: str, result: Any) -> list[tuple[Any, ...]]:
        """The leaf has ended."""
        node.result = result
        if node.counts:
            self.done += state == "S"
            self.failed += state == "F"
        self._end(node, state, node.id)
        return self._take()

    def requeue(self, node: Node, later: Fence) -> list[tuple[Any, ...]]:
        """The leaf waits for a later message."""
        node.state, node.fence = "queued", later
        return self._take()

    def hold(self, node: Node) -> list[tuple[Any, ...]]:
        """A rule holds the leaf back."""
        node.state = "held"
        return self._take()

    def lose(self, node: Node) -> list[tuple[Any, ...]]:
        """The leaf starts again, or is held where it was to be stopped."""
        if node.state == "stopping":
            return self.stop(node)
        node.attempt, node.fence, node.state = node.attempt + 1, Fence(), "queued"
        self._send(node)
        return self._take()

    def add(self, pool: Node, shapes: list[Shape]) -> list[tuple[Any, ...]]:
        """Items come to an open pool."""
        for shape in shapes:
            index = len(pool.children)
            pool.children.append(Node(shape, f"{pool.id}.{index}", pool, index))
            pool.line.append(pool.children[-1])
            self.total += pool.children[-1].leaves()
        self._pump(pool)
        return self._take()

    def close(self, pool: Node) -> list[tuple[Any, ...]]:
        """A pool takes no more."""
        pool.open = False
        self._drain(pool)
        return self._take()

    def suspend(self) -> None:
        """Nothing more starts."""
        self._before, self.status = self.status, "SUSPENDED"

    def interrupt(self) -> None:
        """Nothing more starts, and what runs is to be stopped."""
        if self.status not in STOPPED:
            self._before = self.status
        self.status = "INTERRUPTED"
        for node in self.leaves("running"):
            node.state = "stopping"

    def stop(self, node: Node) -> list[tuple[Any, ...]]:
        """A signal has ended the body: it is held, or it was not for this one, which starts again."""
        if node.state == "stopping":
            node.state = "held"
        else:
            self._again(node)
        return self._take()

    def resume(self) -> list[tuple[Any, ...]]:
        """What nobody stopped goes on. The rest is released in slices, which the caller tells."""
        queued = self.leaves("queued") if self.status in STOPPED else []
        if self.status in STOPPED:
            self.status = self._before
        self._begin_release(queued)
        return self._take()

    def release(self, node: Node) -> list[tuple[Any, ...]]:
        """A slice has come to a node: what is in the outbox is sent again, what was held starts again."""
        self._forget_release(node)
        if node.state == "held":
            self._again(node)
        else:
            self._send(node)
        return self._take()

    def to_release(self) -> list[Node]:
        """Nodes that no slice has come to, and that are as they were when the release began."""
        return [node for node, was in self.unreleased if (node.state, node.attempt, node.fence) == was]

    def retry(self, node: Node | None = None) -> list[tuple[Any, ...]]:
        """What has failed goes on: all of it, or one node with what it is part of."""
        self.status, self.closing = "RUNNING", "waiting"
        for composite in () if node is None else node.above():
            composite.state = "waiting"
        self._take_back(self.root if node is None else node)
        self._activate(self.root, "in")
        return self._take()

    def skip(self, node: Node) -> list[tuple[Any, ...]]:
        """A node that has not started is taken out."""
        self.total -= node.pending()
        pool = node.parent
        if node.state == "queued":
            self._pass_over(node, node.given)
        elif pool is not None and pool.is_pool and pool.state == "active":
            node.state = "K"
            pool.line.remove(node)
            self._drain(pool)
        else:
            node.state = "K"
        return self._take()

    def may_be_skipped(self, node: Node) -> bool:
        """Whether it has not started, and still may."""
        waits = node.state in ("waiting", "queued") and not any(each.ended for each in node.above())
        return waits and node.counts and node is not self.root

    def may_go_on(self, node: Node) -> bool:
        """Whether it failed by itself, and what it is part of with it."""
        return node.counts and node.begun and all(each.state == "F" for each in (node, *node.above()))

    # -- rules --------------------------------------------------------------------------------------

    def _take_back(self, node: Node) -> None:
        if node.state != "F":
            return
        node.state = "waiting"
        if node.is_leaf and node.begun:
            self.failed -= 1
            node.free, node.attempt = node.attempt, node.attempt + 1
        node.lined_up = node.is_pool
        for child in node.children:
            self._take_back(child)

    def _renew(self, node: Node) -> None:
        """A callback is called once more."""
        if node.state == "waiting":
            return
        node.state, node.open = "waiting", bool(node.bounds.get("open"))
        if node.is_leaf:
            node.free, node.attempt = node.attempt, node.attempt + 1
        for child in node.children:
            self._renew(child)

    def _pass_over(self, node: Node, given: str) -> None:
        """It is skipped; what follows gets what it would have got."""
        node.state, node.ref = "K", node.id
        if node.parent is not None:
            (self._item_ended if node.parent.is_pool else self._step_ended)(node.parent, node, "K", given)
        else:
            self._end(node, "K", node.id)

    def _withdraw(self) -> None:
        """What waits below a failing pool does not start. The end of that pool may make another one fail."""
        before: list[str] = []
        while before != (states := [node.state for node in self.nodes().values()]):
            before = states
            self._withdraw_once()

    def _withdraw_once(self) -> None:
        for node in [*self.leaves("queued"), *self.leaves("held")]:
            if node.state in ("queued", "held") and node.withdrawn() is not None:
                if node.attempt > node.first or node.fence != Fence():
                    node.free = node.attempt
                node.state = "waiting"
                self._not_begun(node)
        for pool in [node for node in self.root.all() if node.is_pool and node.state == "active"]:
            if pool.state == "active" and pool.withdrawn() is not None:
                self._drain(pool)

    def _not_begun(self, node: Node) -> None:
        parent = node.parent
        assert parent is not None
        if parent.is_pool:
            parent.live -= 1
            parent.line.append(node)
            self._drain(parent)
        elif node.index > 0 or parent is self.root:
            self._end(parent, "F", node.withdrawn() or "")
        else:
            parent.state = "waiting"
            self._not_begun(parent)

    def _activate(self, node: Node, given: str) -> None:
        if node.withdrawn() is not None:
            self._not_begun(node)
            return
        node.failing = None
        node.given, node.begun = given, True
        if node.is_leaf:
            self._forget_release(node)  # a retry may give a withdrawn leaf its first attempt again
            node.state, node.attempt, node.fence = "queued", node.free + 1, Fence()
            node.first = node.attempt
            self._send(node)
            return
        node.state = "active"
        if node.is_pool:
            node.line = [child for child in node.children if not child.ended]
            node.live, node.failed = 0, sum(child.state == "F" for child in node.children)
            node.stopped = node.failed >= node.bounds.get("stop_after", 1000)
            self._pump(node)
            self._drain(node)
        else:
            self._go_on(node, 0, given)

    def _go_on(self, chain: Node, index: int, given: str) -> None:
        """The next step that has not ended."""
        for child in chain.children[index:]:
            if not child.ended:
                self._activate(child, given)
                return
            if child.state == "S":
                given = child.source()
        kept = any(child.state == "S" for child in chain.children)
        if kept:
            self._end(chain, "S", given)
        else:
            self._pass_over(chain, given)

    def _pump(self, pool: Node) -> None:
        cap = pool.bounds.get("max_concurrency")
        if cap is None and pool.live and pool.live > self.window * 3 / 4:
            return
        stays = pool.stopped or pool.withdrawn() is not None
        while not (pool.ended or stays or pool.stopped) and pool.line and pool.live < (cap or self.window):
            pool.live += 1
            self._activate(pool.line.pop(0), pool.given)

    def _drain(self, pool: Node) -> None:
        why = pool.withdrawn()
        through = pool.stopped or why is not None or not (pool.line or pool.open)
        if pool.state != "active" or pool.live or not through:
            return
        is_as_defined = pool.size == len(pool.children) and not pool.lined_up
        if why is not None and not any(child.ended for child in pool.children) and is_as_defined:
            pool.state = "waiting"
            self._not_begun(pool)
            return
        if why is not None and (pool.line or pool.open):
            self._end(pool, "F", why)
            return
        tolerance = pool.bounds.get("max_failures") or 0
        allowed = tolerance * len(pool.children) if tolerance < 1 else tolerance
        if not pool.stopped and pool.failed <= allowed:
            self._end(pool, "S", pool.id)
        elif pool.shape.kind == "group":
            self._end(pool, "F", next(child.id for child in pool.children if child.state == "F"))
        else:
            self._end(pool, "F", f"swarm:{pool.id}")

    def _end(self, node: Node, state: str, ref: str) -> None:
        node.state, node.ref, node.failing = state, ref, None
        for callback in node.callbacks[{"S": "l", "F": "e"}[state]] if state != "K" else ():
            self._renew(callback)
            self._activate(callback, ref if state == "S" else f"e:{ref}")
        parent = node.parent
        if parent is not None:
            (self._item_ended if parent.is_pool else self._step_ended)(parent, node, state, ref)
        elif node is self.root:
            was_suspended = self.status in STOPPED
            self.status = "FAILED" if state == "F" else "SUCCEEDED"
            if was_suspended:
                self._begin_release(self.leaves("queued"))
            self.closing, self.closings = "queued", self.closings + 1
            self._sent.append(("close",))

    def _item_ended(self, pool: Node, item: Node, state: str, ref: str) -> None:
        pool.live -= 1
        if state == "F":
            pool.failed += 1
            stop = pool.bounds.get("stop_after")
            if stop is not None and pool.failed >= stop and not pool.stopped:
                pool.stopped, pool.failing = True, item.id if pool.live else None
        self._pump(pool)
        self._drain(pool)

    def _step_ended(self, chain: Node, step: Node, state: str, ref: str) -> None:
        following = chain.children[step.index + 1 :]
        if state == "K" or (state == "S" and following):
            self._go_on(chain, step.index + 1, ref)
            return
        if state == "F" and following and step.shape.kind == "group" and not following[0].ended:
            ref = f"chord:{ref}"
            for errback in following[0].callbacks["e"]:  # a chord: its body does not run, and its errbacks are called
                self._renew(errback)
                self._activate(errback, f"e:{ref}")
        self._end(chain, state, ref)

    def _again(self, node: Node) -> None:
        node.attempt, node.free, node.fence, node.state = node.attempt + 1, node.free + 1, Fence(), "queued"
        self._send(node)

    def _begin_release(self, queued: list[Node]) -> None:
        for node in [*queued, *self.leaves("held")]:
            self.unreleased.append((node, (node.state, node.attempt, node.fence)))
        for node in self.leaves("stopping"):
            node.state = "running"

    def _forget_release(self, node: Node) -> None:
        """A release that goes on has nothing to do with what the leaf does from now on."""
        self.unreleased = [each for each in self.unreleased if each[0] is not node]

    def _send(self, node: Node) -> None:
        if self.status not in STOPPED and node.withdrawn() is None:
            self._sent.append(message(node))

    def _take(self) -> list[tuple[Any, ...]]:
        self._withdraw()
        sent, self._sent = self._sent, []
        return sent
