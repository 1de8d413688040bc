"""Driving one run: short verbs, and looks at everything it keeps."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from orchestrator_celery.engine.outcome import Outcome
from orchestrator_celery.model.effects import (
    Await,
    Begun,
    CloseRun,
    Decide,
    Decision,
    Effect,
    FailRest,
    Release,
    Withdraw,
)
from orchestrator_celery.model.events import Event
from orchestrator_celery.model.ids import CLOSE, ROOT, Fence, LeafId
from orchestrator_celery.records.ended import Ended, parse_ended
from orchestrator_celery.records.graphs.graph import GraphRecord
from orchestrator_celery.records.live import Live, parse_live
from orchestrator_celery.records.packed import Tree, pack
from orchestrator_celery.records.streams.events import parse_event
from orchestrator_celery.store import Effects, Store
from orchestrator_celery.store.reader import Reader

from .trees import definitions

__all__ = ("FIRST", "Play", "contents", "names")

#: The first message of an attempt.
FIRST = Fence()


def names(effects: Effects | Iterable[Any]) -> list[str]:
    """What is to be done, in order: nodes to be sent, with their attempt after the first, `close`, decisions, `await`, `withdraw`.

    Also `failrest` and `release`.
    """
    todo: Iterable[Any] = effects.todo if isinstance(effects, Effects) else effects
    return [_name(effect) for effect in todo if not isinstance(effect, Begun)]


def _name(effect: Effect) -> str:
    if isinstance(effect, Decide):
        return f"decide {effect.visit}"
    if isinstance(effect, Await):
        return "await"
    if isinstance(effect, (FailRest, Release, Withdraw)):
        return type(effect).__name__.lower()
    attempt = f":{effect.leaf.attempt}" if effect.leaf.attempt > 1 else ""
    return ("close" if isinstance(effect, CloseRun) else effect.leaf.node) + attempt


#: The end of a key that holds the last answers to the threads of clients.
_ANSWERS = "}:k"
#: The beginning of the key of the feed, which tells of runs that are gone.
_FEED = "orc:feed"

_READ: dict[bytes, Callable[[Any, str], Any]] = {
    b"hash": lambda redis, key: redis.hgetall(key),
    b"stream": lambda redis, key: redis.xrange(key),
    b"zset": lambda redis, key: redis.zrange(key, 0, -1, withscores=True),
    b"list": lambda redis, key: redis.lrange(key, 0, -1),
    b"set": lambda redis, key: redis.smembers(key),
    b"string": lambda redis, key: redis.get(key),
}


def everything(redis: Any) -> list[str]:
    """Every key there is, but not the last answers to callers, which soon expire, and the feed of all runs."""
    names = (key.decode() for key in redis.scan_iter())
    return sorted(name for name in names if not name.endswith(_ANSWERS) and not name.startswith(_FEED))


def contents(redis: Any, key: str) -> tuple[Any, bool]:
    """What a key holds, and whether it has a time to live."""
    return _READ[redis.type(key)](redis, key), redis.ttl(key) >= 0


class Play:
    """One run in a store.

    Args:
        store: where it is kept.
        run: its id.
    """

    def __init__(self, store: Store, run: str = "r") -> None:
        self.store = store
        self.run = run
        self.reader = Reader(store.client, store.keys)
        self.redis = store.client

    # -- verbs ------------------------------------------------------------------------------------

    def start(self, tree: Tree, **head: Any) -> Effects:
        """Create the run."""
        kind = {b"P": "swarm", b"G": "graph"}.get(tree.specs["."][:1], "complex")
        return self.store.create(self.run, definitions(tree), {"kind": kind, "name": "", "total": tree.leaves, **head})

    def leaf(self, node: str, attempt: int = 1) -> LeafId:
        """One attempt of a node."""
        return LeafId(self.run, node, attempt)

    def claim(self, node: str, attempt: int = 1, fence: Fence = FIRST, owner: str = "w/1/a") -> Effects:
        """Ask to run the body."""
        return self.store.claim(self.leaf(node, attempt), fence, owner)

    def finish(
        self, node: str, attempt: int = 1, fence: Fence = FIRST, result: bytes = b"1", targets: str | None = None
    ) -> Effects:
        """The body returned."""
        return self.store.finish(self.leaf(node, attempt), fence, result, targets)

    def decide(self, visit: str, kind: str, argument: Any = "", elements: bytes = b"") -> Effects:
        """A decision was made."""
        return self.store.graphs.decide(self.run, visit, Decision(kind, argument, elements))

    def answer(self, node: str, result: bytes = b'{"decision": "approved"}', **how: bool) -> Effects:
        """Somebody answers an approval."""
        return self.store.graphs.answer(self.run, node, result, **how)

    def fail(self, node: str, attempt: int = 1, fence: Fence | None = FIRST, error: bytes = b"{}") -> Effects:
        """The body raised."""
        return self.store.fail(self.leaf(node, attempt), fence, error)

    def requeue(
        self, node: str, later: Fence, attempt: int = 1, fence: Fence = FIRST, why: str = "retry", **more: Any
    ) -> Effects:
        """The body handed its node on."""
        return self.store.requeue(self.leaf(node, attempt), fence, later, why, **more)

    def lost(self, node: str, attempt: int = 1, fence: Fence = FIRST, limit: int = 2, **more: Any) -> Effects:
        """The process is gone."""
        return self.store.lost(self.leaf(node, attempt), fence, limit, **more)

    def withdraw(self) -> list[Effect]:
        """Finish the pending pass that withdraws queued nodes; what follows."""
        found: list[Effect] = []
        place = ""
        while True:
            effects = self.store.withdraw(self.run, place)
            found += [effect for effect in effects.todo if not isinstance(effect, Withdraw)]
            if effects.refused is not None:
                return found
            if not effects.detail and not any(isinstance(effect, Withdraw) for effect in effects.todo):
                return found
            place = effects.detail.decode()

    def start_more(self) -> None:
        """Start items until no pool has free places, as claims do one after the other."""
        while self.store.start_more(self.run).detail == 1:
            pass

    def retry(self, node: str = "") -> Effects:
        """The failed run goes on."""
        return self.store.retry(self.run, node)

    def skip(self, node: str, to: str = "") -> Effects:
        """A node is taken out."""
        return self.store.skip(self.run, node, to)

    def add(self, *items: Tree, pool: str = ROOT) -> Effects:
        """Add items to a pool."""
        return self.store.swarms.add_items(
            self.run, pool, [pack(item) for item in items], sum(item.leaves for item in items)
        )

    def succeed(self, node: str, attempt: int = 1, result: bytes = b"1", targets: str | None = None) -> list[str]:
        """Claim and finish; what follows."""
        assert self.claim(node, attempt).refused is None
        effects = self.finish(node, attempt, result=result, targets=targets)
        assert effects.refused is None
        return names(effects)

    def break_(self, node: str, attempt: int = 1) -> list[str]:
        """Claim and fail; what follows."""
        assert self.claim(node, attempt).refused is None
        effects = self.fail(node, attempt)
        assert effects.refused is None
        return names(effects)

    def run_out(self) -> None:
        """Everything that is queued, and what follows from it, succeeds."""
        while waiting := [node for node in self.queued() if node != CLOSE]:
            for node in waiting:
                self.succeed(node, self.live()[node].attempt)

    def tell(self) -> Effects:
        """Celery is told the outcome: the closing message is claimed, and has ended."""
        attempt = self.live()[CLOSE].attempt
        assert self.claim(CLOSE, attempt).refused is None
        return self.store.ended(self.leaf(CLOSE, attempt))

    # -- looks ------------------------------------------------------------------------------------

    @property
    def status(self) -> str | None:
        """Status of the run."""
        found = self.reader.head_field(self.run, "status")
        return found.decode() if found else None

    def counts(self) -> tuple[int, int, int]:
        """Total, done and failed tasks."""
        head = self.reader.head(self.run)
        return int(head["total"]), int(head["done"]), int(head["failed"])

    def live(self) -> dict[str, Live]:
        """Leaves that are queued or running."""
        return {node: parse_live(raw) for node, raw in self.reader.live(self.run).items()}

    def queued(self) -> list[str]:
        """Nodes in the outbox."""
        return sorted(node for node, raw in self.reader.live(self.run).items() if raw[:1] == b"Q")

    def ended(self, node: str) -> Ended | None:
        """How a node has ended."""
        [raw] = self.reader.terminal(self.run, [node])
        return parse_ended(raw) if raw else None

    def states(self) -> dict[str, str]:
        """Nodes that have ended, each with S or F."""
        found = self.redis.hgetall(self.store.keys.terminal(self.run))
        return {
            node.decode(): raw[:1].decode()
            for node, raw in found.items()
            if b"|" in raw.split(b"\n")[0] and b":" not in node
        }

    def result(self, codec: Any, node: str = ROOT) -> Any:
        """A node's result as the handles read it."""
        return Outcome(self.run, lambda nodes: self.reader.terminal(self.run, nodes), codec).result(node)

    def events(self) -> list[Event]:
        """What happened, oldest first."""
        return [parse_event(self.run, *entry) for entry in self.reader.events(self.run, "0", None)]

    def told(self, node: str) -> list[str]:
        """Types of the events of one node."""
        return [type(event).__name__ for event in self.events() if event.node == node]

    def waiting(self) -> list[str]:
        """What is neither sent nor run: approvals without an answer, and decisions that are not recorded."""
        return sorted(node for node, raw in self.reader.live(self.run).items() if raw[:1] in (b"W", b"E"))

    def graph(self, node: str = ROOT) -> GraphRecord:
        """The tokens of a graph, or as it has ended."""
        return self.reader.graph_state(self.run, node)

    def keys(self) -> list[str]:
        """Every key of the run, but not the last answers to callers, which soon expire."""
        return [key for key in everything(self.redis) if self._own(key)]

    def answers(self) -> dict[str, Any]:
        """The last answers to the threads of clients."""
        return dict(self.redis.hgetall(f"{self.store.keys.root(self.run)}:k"))

    def snapshot(self, but: Iterable[str] = ()) -> dict[str, Any]:
        """All that Redis holds, to the last byte, and whether it expires; the order inside a hash means nothing."""
        left_out = set(but)
        return {key: contents(self.redis, key) for key in everything(self.redis) if key not in left_out}

    @property
    def events_key(self) -> str:
        """The one key a veto may write to."""
        return self.store.keys.events(self.run)

    def _own(self, key: str) -> bool:
        root = self.store.keys.root(self.run)
        return key == root or key.startswith(root + ":")
