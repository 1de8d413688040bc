"""Drives a run in a store, task by task, as workers would, and tells what is at work by the words of its graph."""

from __future__ import annotations

import time
from collections import Counter
from itertools import count
from typing import Any, NamedTuple

from celery import Celery

from orchestrator_celery import ConditionalGraph, Orchestrator
from orchestrator_celery.dispatch.publisher import Publisher
from orchestrator_celery.engine.outcome import Outcome
from orchestrator_celery.model.effects import CloseRun, Decide, Dispatch
from orchestrator_celery.model.ids import CLOSE, ROOT, Fence, LeafId
from orchestrator_celery.model.states import RunStatus
from orchestrator_celery.records.graphs.graph import GraphRecord, Undone
from orchestrator_celery.store import Effects
from orchestrator_celery.store.scripting.script_call import edge_context

from .behaviour import Bodies, plain
from .built import STEP

__all__ = ("Driver", "Work", "client_of")

_MOST = 9
_NUMBERS = count()


class Work(NamedTuple):
    """A task that runs, as graphs speak of it."""

    #: Nodes from the outermost in, each with the place of its element, or its router's, and what it is called with.
    word: str
    #: Which body of its node this is, at each level: tells those apart that look the same.
    turns: tuple[int, ...] = ()

    @classmethod
    def of(cls, names: Any, given: Any, inputs: Any, turns: Any = ()) -> Work:
        return cls(repr((tuple(names), plain(given), plain(inputs))), tuple(turns))


class Task(NamedTuple):
    """A message that was sent, or, without a call, an approval."""

    leaf: LeafId
    fence: Fence
    call: Any
    routing: Any = None
    running: bool = False
    looked_at: bool = False


class Recording(Publisher):
    """Sends nothing, and knows what it would have sent."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.sent: list[tuple[Dispatch, Any]] = []

    def _send_task(self, effect: Dispatch, origin: Any, producer: Any) -> None:
        self.sent.append((effect, self.with_arguments(effect, origin)))

    def _send_close(self, effect: CloseRun, origin: Any, producer: Any) -> None:
        """Nobody listens."""


def client_of(url: str) -> Celery:
    """An app whose runs are in a Redis, and whose messages nobody gets."""
    app = Celery("driven", set_as_current=False, broker="memory://", backend=url)
    app.conf.orchestrator_republish_after = 0.001
    app.task(_never, name=STEP, shared=False)
    made = Orchestrator(app)
    parts = made.container
    parts.__dict__["publisher"] = Recording(app, parts.store, parts.reader, parts.codec, parts.settings)
    return app


def _never(*args: Any, **kwargs: Any) -> None:
    raise AssertionError("Tasks of driven runs are not run.")


class Driver:
    """One run.

    Args:
        app: of `client_of`.
        definition: of its graph, as the interpreter reads it.
        graph: the same, built.
        value: what it is given.
    """

    def __init__(self, app: Celery, definition: dict[str, Any], graph: ConditionalGraph, value: Any) -> None:
        self.made: Any = Orchestrator.of(app)
        self.parts = self.made.container
        self.store, self.codec, self.publisher = self.parts.store, self.parts.codec, self.parts.publisher
        self.definition, self.bodies = definition, Bodies()
        self.run = f"r{next(_NUMBERS)}"  # of its own: what a run was given is remembered by its id
        self.store.client.flushdb()
        self.publisher.sent.clear()
        self.work: dict[Work, Task] = {}
        self.made._start(graph, [value], {}, {"task_id": self.run})
        self.collect()

    # -- what workers do ---------------------------------------------------------------------------

    def collect(self) -> None:
        """What was sent, or waits for a person, is there to be started; what was withdrawn is not any more."""
        for effect, leaf in self.publisher.sent:
            self.work[self.word(effect.leaf.node, leaf)] = Task(effect.leaf, effect.fence, leaf)
        self.publisher.sent.clear()
        live = self.parts.reader.live(self.run)
        for node in (node for node, raw in live.items() if raw[:1] == b"W"):
            self.work.setdefault(self.word(node), Task(LeafId(self.run, node, 1), Fence(), None))
        # What runs, the store is asked about by its end.
        self.work = {work: task for work, task in self.work.items() if task.running or task.leaf.node in live}

    def start(self, work: Work) -> None:
        """A message is delivered, and may run its body; of an approval, somebody looks at it."""
        task = self.work[work]
        routing = None
        if task.call is not None:
            answer = self.store.claim(task.leaf, task.fence, "w/1/a")
            assert answer.refused is None, answer
            routing = edge_context(answer.more)
        self.work[work] = task._replace(routing=routing, running=task.call is not None, looked_at=True)

    def end(self, work: Work, forget: bool = False) -> None:
        """A task runs, and ends; `forget`: its process dies before it has done what follows, and a sweep finds that."""
        leaf, fence, call, routing, *_ = self.work.pop(work)
        if call is None:
            return self.answer(leaf.node, forget)
        given = call.args[0] if call.args else None
        inputs = {name: value for name, value in call.kwargs.items() if name != "body"}
        try:
            result = self.bodies.real(call.kwargs["body"], given, inputs)
        except Exception as error:
            answer = self.store.fail(leaf, fence, self.codec.dump_error(error, ""))
        else:
            blob = self.codec.dump_result(result)
            chosen, relied = (
                self.publisher.choose_edges(leaf, routing, self.codec.load(blob)) if routing else (None, "")
            )
            answer = self.store.finish(leaf, fence, blob, chosen, relied)
        return self.follow(answer, forget)

    def answer(self, node: str, forget: bool) -> None:
        """A person answers, or does not in time."""
        _, entry, _ = self.entry(node)
        try:
            result = self.bodies.real(entry["body"], None, {})
        except Exception as error:
            answer = self.store.graphs.answer(self.run, node, self.codec.dump_error(error, ""), well=False)
        else:
            answer = self.store.graphs.answer(self.run, node, self.codec.dump_result(result))
        self.follow(answer, forget)

    def follow(self, answer: Effects, forget: bool) -> None:
        assert answer.refused is None, answer
        if forget:
            self.sweep([about(effect) for effect in answer.todo])
        else:
            self.publisher.act(answer.todo)
        self.collect()

    def lose(self, work: Work) -> None:
        """The process of a task is gone; it is started again, unless a graph fails: then it would be withdrawn."""
        if self.parts.reader.head_field(self.run, "withdrawn"):
            return
        leaf, fence, *_ = self.work.pop(work)
        answer = self.store.lost(leaf, fence, _MOST)
        assert answer.refused is None, answer
        self.publisher.act(answer.todo)
        self.collect()
        self.start(work)

    def sweep(self, order: list[str]) -> None:
        """What nobody has done, decisions and messages, is done by whoever looks at the run; in the order it came in."""
        while self.undone():
            time.sleep(0.002)
            [check] = self.store.due_index.check([self.run])
            effects = self.store.due_index.republish(self.run, list(check.overdue))
            self.publisher.act(sorted(effects, key=lambda effect: [*order, about(effect)].index(about(effect))))
            self.collect()

    def undone(self) -> list[str]:
        """Decisions that nobody has made, and messages that nobody has sent."""
        sent = {CLOSE, *(task.leaf.node for task in self.work.values())}
        live = self.parts.reader.live(self.run).items()
        return [node for node, raw in live if raw[:1] == b"E" or (raw[:1] == b"Q" and node not in sent)]

    # -- looks -------------------------------------------------------------------------------------

    def word(self, node: str, leaf: Any = None) -> Work:
        """A leaf by the names of its nodes."""
        names, _, turns = self.entry(node)
        kwargs = {name: value for name, value in leaf.kwargs.items() if name != "body"} if leaf else {}
        return Work.of(names, leaf.args[0] if leaf and leaf.args else None, kwargs, turns)

    def entry(self, node: str) -> tuple[list[tuple[str, str]], dict[str, Any], list[int]]:
        """Where a leaf is, by names; the entry of its node; which bodies it is in."""
        names, turns, at, entry = [], [], node.split(".")[1:], {"body": self.definition}
        while at:
            number, turn, *at = at
            name, entry, router = entry_of(entry["body"], int(number))
            item = at.pop(0) if "map_over" in entry and not router else ""
            names.append((name, router or item))
            turns.append(int(turn))
        return names, entry, turns

    @property
    def status(self) -> str:
        return str(RunStatus((self.parts.reader.head_field(self.run, "status") or b"").decode()).value)

    @property
    def value(self) -> Any:
        """The result of the run, or the class of its error."""
        read = Outcome(self.run, lambda nodes: self.parts.reader.terminal(self.run, nodes), self.codec)
        return read.result(ROOT) if self.status == "SUCCEEDED" else type(read.error(ROOT)).__name__

    def visits(self) -> dict[str, int]:
        """How often each node of the outermost graph was visited, or was to be, before the graph failed."""
        return self.by_name(self.state.visits)

    def withdrawn(self) -> dict[str, int]:
        """How many of these were withdrawn."""
        undone = self.state.undone.items()
        begun = (at.partition(".")[0] for at, visit in undone if visit.state is Undone.NOT_BEGUN)
        return self.by_name(Counter(begun))

    def skipped(self) -> set[str]:
        return set(self.by_name(self.state.skipped))

    @property
    def state(self) -> GraphRecord:
        return self.parts.reader.graph_state(self.run, ROOT)

    def by_name(self, found: dict[str, int]) -> dict[str, int]:
        """By the names of nodes, without routers."""
        nodes = [node["name"] for node in self.definition["nodes"]]
        return {nodes[int(at)]: n for at, n in found.items() if at.isdigit() and int(at) < len(nodes)}


def about(effect: Any) -> str:
    """The visit an effect is about."""
    return str(effect.visit if isinstance(effect, Decide) else effect.leaf.node if isinstance(effect, Dispatch) else "")


def entry_of(graph: dict[str, Any], number: int) -> tuple[str, dict[str, Any], str]:
    """A node by its number: its name, entry, and which router of it this is, if any; they come after the nodes."""
    if number < len(graph["nodes"]):
        entry = graph["nodes"][number]
        return entry["name"], entry, ""
    edge = [edge for edge in graph["edges"] if "router" in edge][number - len(graph["nodes"])]
    own = [other for other in graph["edges"] if other["from"] == edge["from"] and "router" in other]
    place = next(i for i, other in enumerate(own) if other is edge)
    return edge["from"], {"body": edge["router"]}, f"router{place}"
