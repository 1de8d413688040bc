"""Random lives of random runs, compared with a model step by step.

At least 300 transitions at the desk, 2,000 with `HYPOTHESIS_PROFILE=ci`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from redis import Redis

from orchestrator_celery import OrchestratorSettings
from orchestrator_celery.engine.outcome import Outcome
from orchestrator_celery.model.effects import Begun, CloseRun, Release, Withdraw
from orchestrator_celery.model.ids import CLOSE, Fence, LeafId, is_callback
from orchestrator_celery.records.head.fields import HeadField
from orchestrator_celery.records.live import parse_live
from orchestrator_celery.store import Effects, Refused, Store
from orchestrator_celery.store.scripting import scripts

from .conftest import PROFILE
from .model import STOPPED, Model, Node, Shape, message
from .play import Play

WINDOW = 4
LIMIT = 3  # most resumes
AT_WORK = ("running", "stopping")
LIVE = ("queued", "held", *AT_WORK)
#: What a body reports that nobody waits for.
LATE: dict[str, tuple[Any, ...]] = {
    "finish": (b"1",),
    "fail": (b"{}",),
    "lost": (LIMIT,),
    "requeue": (Fence(retries=9), "retry"),
    "stopped": ("terminated",),
}

# -- shapes --------------------------------------------------------------------------------------------

plain = st.just(Shape("leaf"))
callbacks = st.lists(plain, max_size=1).map(tuple)
leaves = st.tuples(callbacks, callbacks).map(lambda hung: Shape("leaf", (), *hung))
bounds = st.fixed_dictionaries(
    {},
    optional={
        "max_concurrency": st.integers(1, 3),
        "stop_after": st.integers(1, 2),
        "max_failures": st.sampled_from([1, 2, 0.5]),
        "open": st.just(True),
        "max_items": st.integers(8, 10),
    },
).map(lambda drawn: tuple(drawn.items()))


def larger(inner: st.SearchStrategy[Shape]) -> st.SearchStrategy[Shape]:
    """Composites of what there is."""
    several, hung = st.lists(inner, max_size=5).map(tuple), st.tuples(callbacks, callbacks)
    steps = st.lists(inner, min_size=1, max_size=4).map(tuple)
    chains = st.tuples(steps, hung).map(lambda drawn: Shape("chain", drawn[0], *drawn[1]))
    units = st.tuples(inner, hung).map(lambda drawn: Shape("complex", (drawn[0],), *drawn[1]))
    groups = several.map(lambda items: Shape("group", items))
    swarms = st.tuples(several, hung, bounds).map(lambda drawn: Shape("swarm", drawn[0], *drawn[1], drawn[2]))
    return chains | units | groups | swarms | swarms


shapes = st.recursive(leaves, larger, max_leaves=10)
runs = larger(shapes)


class Lives(RuleBasedStateMachine):
    """One run per example."""

    client: Redis
    steps = 0

    @initialize(shape=runs)
    def start(self, shape: Shape) -> None:
        self.client.flushdb()
        self.play = Play(Store(self.client, OrchestratorSettings(window=WINDOW, retention=100, republish_after=0.001)))
        self.model = Model(shape, WINDOW)
        self.old: list[tuple[LeafId, Fence | None, Callable[[], Effects]]] = []
        self.bodies: list[tuple[Node, int, Fence]] = []
        self.records: dict[bytes, bytes] = {}
        self.took(self.play.start(shape.tree(), input=b"[[], {}]"), self.model.start())

    # -- what workers do ------------------------------------------------------------------------------

    def pick(self, data: st.DataObject, *states: str) -> Node:
        """Some leaf in one of these states."""
        return data.draw(st.sampled_from(self.model.leaves(*states)), label="leaf")

    @precondition(lambda self: self.model.leaves("queued"))
    @rule(data=st.data())
    def claim(self, data: st.DataObject) -> None:
        """Given a queued leaf, its message is let through."""
        self.let_through(self.pick(data, "queued"))

    @precondition(lambda self: self.model.leaves(*AT_WORK))
    @rule(data=st.data(), well=st.sampled_from([True, True, False]))
    def end(self, data: st.DataObject, well: bool) -> None:
        """Given a running leaf, it ends; also one that is to be stopped, if its end comes first."""
        node = self.pick(data, *AT_WORK)
        result = data.draw(st.integers(0, 99), label="result")
        verb, payload = ("finish", json.dumps(result).encode()) if well else ("fail", b"{}")
        effects = self.say(verb, node, node.fence, payload)
        self.took(effects, self.model.end(node, "S" if well else "F", result))

    @precondition(lambda self: self.model.leaves("queued", "held"))
    @rule(data=st.data())
    def never_start(self, data: st.DataObject) -> None:
        """Given a queued leaf, its message can never be sent, or nobody knows its fence: it fails."""
        node = self.pick(data, "queued", "held")
        self.took(self.say("fail", node, None, b"{}"), self.model.end(node, "F", None))

    @precondition(lambda self: self.model.leaves(*AT_WORK))
    @rule(data=st.data(), why=st.sampled_from(["retry", "replace", "requeue"]))
    def hand_on(self, data: st.DataObject, why: str) -> None:
        """Given a running leaf, it hands itself on to a later message."""
        node = self.pick(data, *AT_WORK)
        later = later_than(node.fence, why)
        effects = self.say("requeue", node, node.fence, later, why)
        self.took(effects, self.model.requeue(node, later))
        if why == "requeue":  # the very same message runs again, so what was said of it may become true again
            again = (self.play.leaf(node.id, node.attempt), node.fence)
            self.old = [entry for entry in self.old if entry[:2] != again]

    @precondition(lambda self: self.model.leaves(*AT_WORK))
    @rule(data=st.data(), why=st.sampled_from(["retry", "replace"]))
    def overtake(self, data: st.DataObject, why: str) -> None:
        """Given a running leaf, its retry or replacement is claimed before it has ended."""
        node = self.pick(data, *AT_WORK)
        later = later_than(node.fence, why)
        self.let_through(node, later)

    @precondition(lambda self: self.model.leaves(*AT_WORK))
    @rule(data=st.data())
    def lose(self, data: st.DataObject) -> None:
        """Given a running leaf, its process is gone; too often, and it is poisoned and failed."""
        node = self.pick(data, *AT_WORK)
        effects = self.say("lost", node, node.fence, LIMIT)
        if node.state == "running" and node.attempt - node.free > LIMIT:
            assert effects.refused is Refused.POISONED
            self.took(self.say("fail", node, node.fence, b"{}"), self.model.end(node, "F", None))
        else:
            self.took(effects, self.model.lose(node))

    @precondition(lambda self: self.model.leaves(*AT_WORK))
    @rule(data=st.data())
    def lose_by_rule(self, data: st.DataObject) -> None:
        """Given a running leaf, its process is gone, and a rule forbids to start it again: it is held."""
        node = self.pick(data, *AT_WORK)
        effects = self.say("lost", node, node.fence, LIMIT, 0.0, True)
        self.took(effects, self.model.hold(node))

    @precondition(lambda self: self.model.leaves(*AT_WORK))
    @rule(data=st.data())
    def strike(self, data: st.DataObject) -> None:
        """Given a running leaf, the signal of an interruption has ended it: the one it was for, or another."""
        node = self.pick(data, *AT_WORK)
        self.took(self.say("stopped", node, node.fence, "terminated"), self.model.stop(node))

    def let_through(self, node: Node, fence: Fence | None = None) -> None:
        """A message is delivered; it may run unless the run is suspended or interrupted."""
        fence = node.fence if fence is None else fence
        if self.model.status in STOPPED:
            leaf = self.play.leaf(node.id, node.attempt)
            self.refused(Refused.HELD, lambda: self.play.store.claim(leaf, fence, "w"))
            return
        self.took(self.say("claim", node, fence, "w"), [])
        self.model.claim(node, fence)
        self.bodies.append((node, node.attempt, fence))

    def pools(self) -> list[Node]:
        return [node for node in self.model.nodes().values() if node.is_pool]

    # -- what users do --------------------------------------------------------------------------------

    @precondition(lambda self: self.pools())
    @rule(data=st.data(), extra=st.lists(leaves | shapes, min_size=1, max_size=3))
    def add(self, data: st.DataObject, extra: list[Shape]) -> None:
        """Items are added to any pool; those that take none refuse."""
        pool = data.draw(st.sampled_from(self.pools()), label="pool")
        room = pool.bounds.get("max_items", 1000) - len(pool.children)
        expected = (
            Refused.CLOSED if pool not in self.model.open_pools() else Refused.FULL if len(extra) > room else None
        )
        trees = [shape.tree() for shape in extra]
        if expected is not None:
            self.refused(expected, lambda: self.play.add(*trees, pool=pool.id))
            return
        first = len(pool.children)
        effects = self.play.add(*trees, pool=pool.id)
        assert effects.detail == first
        self.took(effects, self.model.add(pool, extra))

    @rule(data=st.data())
    def close(self, data: st.DataObject) -> None:
        """Any node is closed; what is no open pool refuses."""
        node = data.draw(st.sampled_from(list(self.model.nodes().values())), label="node")
        if node.is_pool and node.state == "active" and node.open:
            self.took(self.play.store.swarms.close_swarm("r", node.id), self.model.close(node))
        else:
            self.refused(Refused.CLOSED, lambda: self.play.store.swarms.close_swarm("r", node.id))

    @rule()
    def suspend(self) -> None:
        """The run is suspended; what is not under way refuses."""
        if self.model.status in ("PENDING", "RUNNING"):
            self.took(self.play.store.suspend("r"), [])
            self.model.suspend()
        else:
            self.refused(Refused.STATE, lambda: self.play.store.suspend("r"))

    @rule()
    def interrupt(self) -> None:
        """The run is interrupted; what has ended refuses, and what is interrupted and has nothing that runs."""
        if self.model.status in ("PENDING", "RUNNING", "SUSPENDED") or (
            self.model.status == "INTERRUPTED" and self.model.leaves("stopping")
        ):
            effects = self.play.store.interrupt("r")
            self.took(effects, [])
            self.model.interrupt()
            told = {raw.decode() for raw in effects.detail[1][::2]}
            assert told == {node.id for node in self.model.leaves("stopping")}
        else:
            self.refused(Refused.STATE, lambda: self.play.store.interrupt("r"))

    @rule()
    def resume(self) -> None:
        """The run is resumed; what is not stopped refuses, unless a task of it is held back."""
        if self.model.status in STOPPED or self.model.leaves("held"):
            expected = self.model.resume()
            self.took(self.play.store.resume("r"), expected)
        else:
            self.refused(Refused.STATE, lambda: self.play.store.resume("r"))

    @precondition(lambda self: self.releasing)
    @rule()
    def go_on_release(self) -> None:
        """The next slice of a release; a run that is held again refuses."""
        if self.model.status in STOPPED:
            self.refused(Refused.HELD, lambda: self.play.store.go_on_release("r"))
        else:
            self.took(self.play.store.go_on_release("r"), [])

    @property
    def releasing(self) -> bool:
        """Whether a slice of a release is left."""
        return bool(self.client.hexists(self.play.store.keys.root("r"), HeadField.RELEASE.value))

    @rule(data=st.data(), alone=st.booleans())
    def retry(self, data: st.DataObject, alone: bool) -> None:
        """The run is retried, as a whole or one node of it; what has not failed refuses."""
        node = data.draw(st.sampled_from(list(self.model.nodes().values())), label="node") if alone else None
        said = node.id if node else ""
        if self.model.status != "FAILED":
            self.refused(Refused.STATE, lambda: self.play.retry(said))
        elif self.model.closing == "running":
            self.refused(Refused.HELD, lambda: self.play.retry(said))
        elif node is not None and not self.model.may_go_on(node):
            self.refused(Refused.NODE, lambda: self.play.retry(said))
        else:
            effects = self.play.retry(said)
            self.records = {}
            self.took(effects, self.model.retry(node))

    @rule(data=st.data())
    def skip(self, data: st.DataObject) -> None:
        """Any node is skipped; what has started, or never will, refuses."""
        node = data.draw(st.sampled_from(list(self.model.nodes().values())), label="node")
        if self.model.status in ("SUCCEEDED", "FAILED"):
            self.refused(Refused.STATE, lambda: self.play.skip(node.id))
        elif not self.model.may_be_skipped(node) or self.is_packed(node):
            self.refused(Refused.NODE, lambda: self.play.skip(node.id))
        else:
            self.took(self.play.skip(node.id), self.model.skip(node))

    def is_packed(self, node: Node) -> bool:
        """Whether it is inside an item that has not started, and so is not known by its id."""
        return not self.client.hexists(self.play.store.keys.definitions("r"), node.id)

    # -- what goes wrong ------------------------------------------------------------------------------

    @precondition(lambda self: self.old)
    @rule(data=st.data())
    def repeat(self, data: st.DataObject) -> None:
        """Something that was said before is said again."""
        _, _, call = data.draw(st.sampled_from(self.old), label="old")
        self.refused((Refused.STALE, Refused.DUPLICATE, Refused.HELD), call)

    @precondition(lambda self: self.model.leaves("waiting", "queued", "held", "S", "F"))
    @rule(data=st.data(), verb=st.sampled_from(["finish", "lost", "requeue", "stopped"]))
    def lie(self, data: st.DataObject, verb: str) -> None:
        """A body nobody let through reports something."""
        node = self.pick(data, "waiting", "queued", "held", "S", "F")
        more = LATE[verb]
        leaf = self.play.leaf(node.id, node.attempt)
        self.refused(Refused.STALE, lambda: getattr(self.play.store, verb)(leaf, node.fence, *more))

    @precondition(lambda self: self.superseded())
    @rule(data=st.data(), verb=st.sampled_from(["finish", "fail", "lost", "requeue", "stopped"]))
    def speak_late(self, data: st.DataObject, verb: str) -> None:
        """A body that was superseded, or whose process was taken for dead, reports something after all."""
        node, attempt, fence = data.draw(st.sampled_from(self.superseded()), label="body")
        more = LATE[verb]
        leaf = self.play.leaf(node.id, attempt)
        self.refused(Refused.STALE, lambda: getattr(self.play.store, verb)(leaf, fence, *more))

    def superseded(self) -> list[tuple[Node, int, Fence]]:
        """Bodies that were let through, and are not what their node waits for any more."""
        return [
            body
            for body in self.bodies
            if body[0].ended or body[0].state == "held" or body[1:] != (body[0].attempt, body[0].fence)
        ]

    @rule()
    def use_the_id_again(self) -> None:
        """The run is created again."""
        before = self.snapshot()
        assert self.play.start(Shape("chain", (Shape("leaf"),)).tree()).refused is Refused.EXISTS
        assert self.snapshot() == before

    @rule()
    def look(self) -> None:
        """A sweep sends again what waits; nothing else, and under the same ids."""
        [check] = self.play.store.due_index.check(["r"])
        waiting = set() if self.model.status in STOPPED else set(map(message, self.model.leaves("queued")))
        waiting |= {("close",)} if self.model.closing == "queued" else set()
        assert {sent(effect) for effect in self.play.store.due_index.republish("r", list(check.overdue))} <= waiting
        running = {node.id for node in self.model.leaves(*AT_WORK)}
        assert check.running.keys() == running | ({CLOSE} if self.model.closing == "running" else set())

    @precondition(lambda self: self.model.closing in ("queued", "running"))
    @rule()
    def tell(self) -> None:
        """Celery is told the outcome, in two steps."""
        attempt = self.play.live()[CLOSE].attempt
        if self.model.closing == "queued":
            assert self.play.claim(CLOSE, attempt).refused is None
            self.model.closing = "running"
            return
        assert self.play.store.ended(self.play.leaf(CLOSE, attempt)).refused is None
        self.model.closing = "told"

    # -- comparing ------------------------------------------------------------------------------------

    def say(self, verb: str, node: Node, *args: Any) -> Effects:
        """Report something of the node's attempt, and remember it: it may be said again."""
        leaf, store = self.play.leaf(node.id, node.attempt), self.play.store

        def call() -> Effects:
            return getattr(store, verb)(leaf, *args)

        self.old.append((leaf, args[0], call))  # every report begins with the fence of who makes it
        return call()

    def took(self, effects: Effects, expected: list[tuple[Any, ...]]) -> None:
        """What the store wants to be sent is what the model does."""
        assert effects.refused is None
        todo = [effect for effect in effects.todo if not isinstance(effect, Withdraw)]
        if len(todo) < len(effects.todo):
            todo += self.play.withdraw()
        todo = [effect for effect in todo if not isinstance(effect, (Begun, Release))]
        found = self.without_released(list(map(sent, todo)), expected)
        assert sorted(map(repr, found)) == sorted(map(repr, expected))
        Lives.steps += 1

    def without_released(self, found: list[tuple[Any, ...]], expected: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
        """What a call wants to be sent, without what a slice of a release sends; after the last slice nothing waits for it."""
        rest = list(expected)
        left = []
        for one in found:
            if one in rest:
                rest.remove(one)
                left.append(one)
                continue
            # What a rule holds back while a release goes on may start with a later slice of that release.
            for node in [*self.model.to_release(), *self.model.leaves("held")]:
                if node.id == one[0]:
                    assert self.model.release(node) == [one]
                    break
            else:
                # What came into the outbox in the millisecond in which the release began may be sent twice.
                if one not in map(message, self.model.leaves("queued")):
                    left.append(one)
        if not self.releasing and self.model.status not in STOPPED:
            assert self.model.to_release() == []
            self.model.unreleased.clear()
        return left

    def refused(self, word: Refused | tuple[Refused, ...], call: Callable[[], Effects]) -> None:
        """The call is refused, and changes nothing but the stream of events (invariant 4)."""
        before = self.snapshot()
        effects = call()
        assert effects.refused in (word if isinstance(word, tuple) else (word,))
        assert effects.todo == ()
        assert self.snapshot() == before
        Lives.steps += 1

    def snapshot(self) -> dict[str, bytes]:
        return self.play.snapshot(but=[self.play.events_key, self.play.store.keys.due])

    @invariant()
    def the_run_is_as_expected(self) -> None:
        """Status and counts."""
        assert self.play.status == self.model.status
        assert self.play.counts() == (self.model.total, self.model.done, self.model.failed)

    @invariant()
    def what_lives_is_as_expected(self) -> None:
        """Queued and running leaves, with attempt and fence."""
        running = "stopping" if self.model.status == "INTERRUPTED" else "running"
        words = {"Q": "queued", "R": running, "H": "held"}
        raws = self.play.reader.live("r")
        state = {node: words[raw[:1].decode()] for node, raw in raws.items()}
        found = {node: parse_live(raw) for node, raw in raws.items()}
        closing = found.pop(CLOSE, None)
        assert (state[CLOSE] if closing else "none") == {"waiting": "none", "told": "none"}.get(
            self.model.closing, self.model.closing
        )
        assert {node: (state[node], live.attempt, live.fence) for node, live in found.items()} == {
            node.id: (node.state, node.attempt, node.fence) for node in self.model.leaves(*LIVE)
        }

    @invariant()
    def what_has_ended_stays_as_it_is(self) -> None:
        """Invariant 1: each node has one terminal record, the expected one, which never changes; but what a retried
        run calls at its next end is called anew."""
        records = self.client.hgetall(self.play.store.keys.terminal("r"))
        records = {node: raw for node, raw in records.items() if b":" not in node}
        assert {node: raw for node, raw in records.items() if node in self.records} == self.records
        again = self.model.closings > 0
        self.records = {node: raw for node, raw in records.items() if not (again and is_callback(node.decode()))}
        expected = {node.id: node.state for node in self.model.root.all() if node.ended}
        assert {n.decode(): raw[:1].decode() for n, raw in records.items()} == expected

    @invariant()
    def no_bound_is_exceeded(self) -> None:
        """Invariant 5: by what the store itself says, no pool has more live items than it may."""
        live = [node for node in self.play.reader.live("r") if not is_callback(node)]
        for pool in (node for node in self.model.root.all() if node.is_pool and not is_callback(node.id)):
            prefix = pool.id + "."
            items = {node[len(prefix) :].split(".")[0] for node in live if node.startswith(prefix)}
            assert len(items) <= pool.bounds.get("max_concurrency", WINDOW)

    @invariant()
    def it_expires_when_nothing_is_under_way(self) -> None:
        """Invariant 7: a run is history once Celery knows its outcome and its callbacks have ended, not before."""
        over = self.model.closing == "told" and not self.model.leaves("queued", *AT_WORK) and not self.releasing
        assert {self.client.ttl(key) >= 0 for key in self.play.keys()} == {over}

    @invariant()
    def it_never_stops_half_way(self) -> None:
        """A run that has not ended has something live, or waits for items."""
        if self.model.status in ("PENDING", "RUNNING"):
            assert self.play.live() or self.model.open_pools()

    def teardown(self) -> None:
        """Whatever happened, the run comes to its end, and its result is the model's."""
        if not hasattr(self, "model"):
            return
        if self.model.status in STOPPED or self.model.leaves("held"):
            self.resume()
        while self.releasing:
            self.go_on_release()
        self.drain()
        while pools := self.model.open_pools():
            self.took(self.play.store.swarms.close_swarm("r", pools[0].id), self.model.close(pools[0]))
            self.drain()
        assert self.play.status == self.model.status
        assert self.model.status in ("SUCCEEDED", "FAILED")
        if self.model.status == "SUCCEEDED":
            assert self.outcome("0") == self.model.root.value()

    def drain(self) -> None:
        while left := self.model.leaves("queued", "running"):
            node = left[0]
            if node.state == "queued":
                assert self.say("claim", node, node.fence, "w").refused is None
                self.model.claim(node, node.fence)
            self.took(self.say("finish", node, node.fence, b"7"), self.model.end(node, "S", 7))

    def outcome(self, ref: str) -> Any:
        return Outcome("r", lambda nodes: self.play.reader.terminal("r", nodes), Plain()).result(ref)


class Plain:
    """Results of these runs are numbers in JSON."""

    def load(self, blob: bytes) -> Any:
        return json.loads(blob)


def later_than(fence: Fence, why: str) -> Fence:
    """The fence of the message that follows."""
    if why == "retry":
        return fence._replace(retries=fence.retries + 1)
    return fence._replace(nesting=fence.nesting + 1) if why == "replace" else fence


def sent(effect: Any) -> tuple[Any, ...]:
    """An effect as the model has it."""
    if isinstance(effect, CloseRun):
        return ("close",)
    return (effect.leaf.node, effect.leaf.attempt, effect.fence, effect.input_ref)


@pytest.fixture
def short_slices(monkeypatch: pytest.MonkeyPatch, client: Redis) -> Iterator[None]:
    """Release one or two nodes with a call, so that everything happens between two slices."""
    setting = "hash-max-ziplist-entries"  # a hash that is stored as a list comes as a whole; servers know both names
    before = client.config_get(setting)[setting]
    client.config_set(setting, 0)
    load = scripts.load
    assert "MOST_RELEASED = 200" in load("resume").text

    def shortened(name: str) -> scripts.Script:
        script = load(name)
        text = script.text.replace("MOST_RELEASED = 200", "MOST_RELEASED = 1")
        return script._replace(text=text, sha=hashlib.sha1(text.encode()).hexdigest())

    monkeypatch.setattr(scripts, "load", shortened)
    yield
    client.config_set(setting, before)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.usefixtures("short_slices")
def test_random_lives(client: Redis) -> None:
    """Given random runs, when anything happens to them, then they do what the model does, and end."""
    Lives.client = client
    Lives.steps = 0
    run_state_machine_as_test(Lives, settings=PROFILE)
    print(f"{Lives.steps} transitions compared")
    assert Lives.steps >= 12 * PROFILE.max_examples


@pytest.mark.usefixtures("short_slices")
def test_a_retry_during_a_release_sends_its_leaves_itself(client: Redis) -> None:
    """Given a release that goes on, when the run fails and is retried, then the release sends nothing a second time."""
    Lives.client = client
    life = Lives()
    life.start(shape=Shape("swarm", (Shape("leaf"),) * WINDOW, bounds=(("stop_after", 1),)))
    life.suspend()
    life.resume()
    node = life.model.leaves("queued")[-1]
    life.let_through(node)
    life.took(life.say("fail", node, node.fence, b"{}"), life.model.end(node, "F", None))
    assert life.model.status == "FAILED" and life.releasing
    life.tell()
    life.tell()
    life.took(life.play.retry(""), life.model.retry())
    life.teardown()
