"""What a run should do, in plain Python: the model `test_machine.py` compares the store with.

It knows trees of objects and one event after the other; no Redis, no ids to parse, no records.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from orchestrator_celery.engine.specs import Tree
from orchestrator_celery.model.ids import Fence

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
        return trees.swarm(*items, kind=self.kind, ch=header, **hung, **dict(self.bounds))


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
        # then queued, running, stopping (running, and to be stopped), held, S or F; composites: active, S or F
        self.state = "waiting"
        self.attempt, self.free, self.fence, self.given = 1, 0, Fence(), ""  # free: attempts that were no loss
        self.ref = id  # where its result or error comes from
        self.result: Any = None
        # of a pool
        self.next = self.done = self.failed = 0
        self.first_failed: int | None = None
        self.open, self.stopped = bool(self.bounds.get("open")), False

    @property
    def is_leaf(self) -> bool:
        return self.shape.kind == "leaf"

    @property
    def is_pool(self) -> bool:
        return self.shape.kind in ("group", "swarm")

    @property
    def ended(self) -> bool:
        return self.state in ("S", "F")

    def all(self) -> Iterator[Node]:
        """Itself and everything below it."""
        yield self
        for node in (*self.children, *self.callbacks["l"], *self.callbacks["e"]):
            yield from node.all()

    def leaves(self) -> int:
        """Tasks that count."""
        return 1 if self.is_leaf else sum(child.leaves() for child in self.children)

    def value(self) -> Any:
        """Its result, None if it failed."""
        if self.state != "S":
            return None
        if self.is_leaf:
            return self.result
        return [child.value() for child in self.children] if self.is_pool else self.children[-1].value()


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
        self.closing = "waiting"  # then queued, running, told
        self._before, self.was_suspended = "", False
        self._sent: list[tuple[Any, ...]] = []

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
        if self.status == "PENDING":
            self.status = "RUNNING"

    def end(self, node: Node, state: str, result: Any) -> list[tuple[Any, ...]]:
        """The leaf has ended."""
        node.result = result
        if "l" not in node.id and "e" not in node.id:
            self.done += state == "S"
            self.failed += state == "F"
        self._end(node, state, node.id)
        return self._take()

    def requeue(self, node: Node, later: Fence) -> None:
        """The leaf waits for a later message."""
        node.state, node.fence = "queued", later

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
        """Everything in the outbox is sent again, what was held starts again, what nobody stopped goes on."""
        if self.status in STOPPED:
            self.status = self._before
            for node in self.leaves("queued"):
                self._send(node)
        self._release()
        return self._take()

    # -- rules --------------------------------------------------------------------------------------

    def _activate(self, node: Node, given: str) -> None:
        node.given = given
        if node.is_leaf:
            node.state = "queued"
            self._send(node)
            return
        node.state = "active"
        if node.is_pool:
            self._pump(node)
            self._drain(node)
        else:
            self._activate(node.children[0], given)

    def _pump(self, pool: Node) -> None:
        cap = pool.bounds.get("cap")
        live = pool.next - pool.done
        if cap is None and live and live > self.window * 3 / 4:
            return
        while (
            not (pool.ended or pool.stopped)
            and pool.next < len(pool.children)
            and pool.next - pool.done < (cap or self.window)
        ):
            pool.next += 1
            self._activate(pool.children[pool.next - 1], pool.given)

    def _drain(self, pool: Node) -> None:
        through = pool.stopped or (pool.next == len(pool.children) and not pool.open)
        if pool.ended or pool.done < pool.next or not through:
            return
        tolerance = pool.bounds.get("tol") or 0
        allowed = tolerance * len(pool.children) if tolerance < 1 else tolerance
        if not pool.stopped and pool.failed <= allowed:
            self._end(pool, "S", pool.id)
        elif pool.shape.kind == "group":
            self._end(pool, "F", f"{pool.id}.{pool.first_failed}")
        else:
            self._end(pool, "F", f"swarm:{pool.id}")

    def _end(self, node: Node, state: str, ref: str) -> None:
        node.state, node.ref = state, ref
        for callback in node.callbacks["l" if state == "S" else "e"]:
            self._activate(callback, ref if state == "S" else f"e:{ref}")
        parent = node.parent
        if parent is not None:
            (self._item_ended if parent.is_pool else self._step_ended)(parent, node, state, ref)
        elif node is self.root:
            self.was_suspended = self.status in STOPPED
            self.status = "SUCCEEDED" if state == "S" else "FAILED"
            if self.was_suspended:
                self._release()
            self.closing = "queued"
            self._sent.append(("close",))

    def _item_ended(self, pool: Node, item: Node, state: str, ref: str) -> None:
        pool.done += 1
        if state == "F":
            pool.failed += 1
            pool.first_failed = item.index if pool.first_failed is None else min(pool.first_failed, item.index)
            stop = pool.bounds.get("stop")
            pool.stopped = pool.stopped or (stop is not None and pool.failed >= stop)
        self._pump(pool)
        self._drain(pool)

    def _step_ended(self, chain: Node, step: Node, state: str, ref: str) -> None:
        following = chain.children[step.index + 1 :]
        if state == "S" and following:
            self._activate(following[0], ref)
            return
        if state == "F" and following and step.shape.kind == "group":
            body = following[0]  # a chord: its body has failed as well, without having run
            ref = f"chord:{ref}"
            body.state, body.ref = "F", ref
            for errback in body.callbacks["e"]:
                self._activate(errback, f"e:{ref}")
        self._end(chain, state, ref)

    def _again(self, node: Node) -> None:
        node.attempt, node.free, node.fence, node.state = node.attempt + 1, node.free + 1, Fence(), "queued"
        self._send(node)

    def _release(self) -> None:
        for node in self.leaves("held"):
            self._again(node)
        for node in self.leaves("stopping"):
            node.state = "running"

    def _send(self, node: Node) -> None:
        if self.status not in STOPPED:
            self._sent.append(message(node))

    def _take(self) -> list[tuple[Any, ...]]:
        sent, self._sent = self._sent, []
        return sent
