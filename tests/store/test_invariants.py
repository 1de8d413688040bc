"""What holds whatever is delivered, killed or lost: invariants 1, 4, 5 and 8, on the level of the store."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable

import pytest
from redis import Redis

from orchestrator_celery import OrchestratorSettings
from orchestrator_celery.model.events import CompositeFailed, CompositeSucceeded, NodeFailed, NodeSucceeded
from orchestrator_celery.model.ids import CLOSE, Fence, is_callback
from orchestrator_celery.store import Effects, Store

from .play import Play, names
from .trees import chain, chord, group, leaf, swarm, unit

# -- invariant 1: one terminal state, once; a join, a callback, a continuation fires once ----------------

TREES = {
    "chord": lambda: unit(chord([leaf(), leaf(errbacks=[leaf()]), chain(leaf(), leaf())], leaf(links=[leaf()]))),
    "swarm": lambda: swarm(
        *[leaf(links=[leaf()])] * 4, chain(leaf(), group(leaf(), leaf())), max_concurrency=2, max_failures=9
    ),
    "nested": lambda: unit(
        chain(swarm(swarm(leaf(), leaf(), max_concurrency=1), leaf(), max_failures=1), leaf()), links=[leaf()]
    ),
    "stopping": lambda: unit(swarm(*[leaf()] * 6, max_concurrency=2, stop_after=1), errbacks=[leaf()]),
}


class Storm:
    """Reports everything several times, out of order, and with stale attempts, as a bad day does."""

    def __init__(self, play: Play, seed: int) -> None:
        self.play = play
        self.dice = random.Random(seed)
        self.sent: Counter[str] = Counter()
        self.old: list[Callable[[], Effects]] = []

    def blow(self, tree) -> None:
        """Run the tree to its end."""
        self.take(self.play.start(tree))
        while queued := self.play.queued():
            self.one(self.dice.choice(queued))
            self.repeat()

    def one(self, node: str) -> None:
        """Somebody works off one leaf, and may lose its process or retry before."""
        live = self.play.live()[node]
        leaf, fence = self.play.leaf(node, live.attempt), live.fence
        store, dice = self.play.store, self.dice
        assert store.claim(leaf, fence, "w").refused is None
        kind = dice.choice(["finish", "finish", "fail", "lost", "retry"])
        if node == CLOSE:
            self.report(lambda: store.ended(leaf))
        elif kind == "finish":
            self.report(lambda: store.finish(leaf, fence, b"%d" % dice.randrange(1000)))
        elif kind == "fail":
            self.report(lambda: store.fail(leaf, dice.choice([fence, None]), b"{}"))
        elif kind == "lost":
            self.report(lambda: store.lost(leaf, fence, 99))
        else:
            self.report(lambda: store.requeue(leaf, fence, fence._replace(retries=fence.retries + 1), "retry"))
        self.old.append(lambda: store.claim(leaf, fence, "other"))

    def report(self, call: Callable[[], Effects]) -> None:
        self.take(call())
        self.old.append(call)

    def repeat(self) -> None:
        """Several things that were said before are said again."""
        for call in self.dice.sample(self.old, min(4, len(self.old))):
            status = self.play.status
            effects = call()
            assert effects.todo == ()
            assert effects.refused is not None or status in ("SUCCEEDED", "FAILED")

    def take(self, effects: Effects) -> None:
        found = names(effects)
        if "withdraw" in found:
            found = [name for name in found if name != "withdraw"] + names(self.play.withdraw())
        self.sent.update(found)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("tree", TREES)
def test_everything_happens_once(play, tree, seed):
    """Given reports that come twice, late and out of order, then each node ends once, each message is sent once."""
    storm = Storm(play, seed)
    storm.blow(TREES[tree]())
    assert set(storm.sent.values()) == {1}
    ended = Counter(
        event.node
        for event in play.events()
        if isinstance(event, (NodeSucceeded, NodeFailed, CompositeSucceeded, CompositeFailed))
    )
    assert set(ended.values()) == {1}
    assert play.states().keys() == ended.keys()
    assert [event for event in play.told("$") if event == "StatusChanged"] == ["StatusChanged"] * 3
    total, done, failed = play.counts()
    ran = [node for node in play.states() if not is_callback(node) and play.ended(node).ref is None]
    assert done + failed == len(ran) <= total


@pytest.mark.parametrize("order", [("finish", "fail"), ("fail", "finish"), ("finish", "lost"), ("fail", "requeue")])
def test_the_first_word_counts(play, order):
    """Given two contradicting reports of one body, then the first stands, and the second changes no byte."""
    play.start(unit(chain(leaf(), leaf())))
    play.claim("0.0.0")
    calls = {
        "finish": lambda: play.finish("0.0.0"),
        "fail": lambda: play.fail("0.0.0"),
        "lost": lambda: play.lost("0.0.0"),
        "requeue": lambda: play.requeue("0.0.0", Fence(retries=1)),
    }
    assert calls[order[0]]().refused is None
    before = play.snapshot()
    assert calls[order[1]]().refused is not None
    assert play.snapshot() == before


def test_a_join_fires_once_among_many(play):
    """Given a chord of fifty, when every end is reported three times in a random order, then the body is sent once."""
    play.start(unit(chord([leaf()] * 50, leaf())), window=100)
    reports = [f"0.0.0.{i}" for i in range(50)] * 3
    random.Random(1).shuffle(reports)
    for node in dict.fromkeys(reports):
        play.claim(node)
    sent = [name for node in reports for name in names(play.finish(node))]
    assert sent == ["0.0.1"]


# -- invariant 5: max_concurrency is never exceeded ------------------------------------------------------


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("cap", [1, 3, 7])
def test_live_items_never_exceed_the_bound(client, cap, seed):
    """Given random ends, losses, retries and additions, then never more items live than may, and no slot is idle."""
    dice = random.Random(seed)
    play = Play(Store(client, OrchestratorSettings()))
    play.start(swarm(*[leaf()] * 5, chain(leaf(), leaf()), max_concurrency=cap, open=True, max_failures=10_000))
    added = 6
    for _ in range(250):
        live = sorted(play.live())
        items = {node.split(".")[1] for node in live}
        assert len(items) <= cap
        started = {node.split(".")[1] for node in [*live, *play.states()] if node != "0"}
        assert len(items) == cap or len(started) == added
        kind = dice.choice(["end", "end", "end", "lost", "retry", "add"])
        if kind == "add":
            extra = [dice.choice([leaf(), chain(leaf(), leaf())]) for _ in range(dice.randrange(4))]
            added += len(extra)
            play.add(*extra)
        elif live:
            step(play, dice.choice(live), kind, dice)


def step(play: Play, node: str, kind: str, dice: random.Random) -> None:
    """Something happens to one live leaf."""
    live = play.live()[node]
    play.claim(node, live.attempt, live.fence)
    if kind == "lost":
        play.lost(node, live.attempt, live.fence, limit=10_000)
    elif kind == "retry":
        play.requeue(node, live.fence._replace(retries=live.fence.retries + 1), live.attempt, live.fence)
    else:
        dice.choice([play.finish, play.fail])(node, live.attempt, live.fence)


# -- invariant 8: the cost per leaf is constant ----------------------------------------------------------


class Cost:
    """Commands Redis runs (those inside scripts as well) and bytes it reads, for one call."""

    def __init__(self, client: Redis) -> None:
        self.client = client

    def of(self, call: Callable[[], Effects]) -> tuple[int, dict[str, int], int]:
        self.client.config_resetstat()
        assert call().refused is None
        stats, net = self.client.info("commandstats"), self.client.info("stats")
        calls = {name.removeprefix("cmdstat_"): entry["calls"] for name, entry in stats.items()}
        scripts_run = calls.pop("evalsha", 0)
        for ours in ("config|resetstat", "info"):
            calls.pop(ours, None)
        return scripts_run, calls, net["total_net_input_bytes"]


def middle_of(client: Redis, tree, node: str) -> list[tuple[int, dict[str, int], int]]:
    """The cost of the claim and of the finish of one leaf in the middle of things."""
    client.flushdb()
    play, cost = Play(Store(client, OrchestratorSettings())), Cost(client)
    [first, *_] = play.start(tree).todo
    before = first.leaf.node
    while before != node:
        [before] = [name for name in play.succeed(before) if not is_callback(name)]
    return [cost.of(lambda: play.claim(node)), cost.of(lambda: play.finish(node))]


@pytest.mark.parametrize(
    "make",
    [
        lambda n: (swarm(*[leaf()] * n, max_concurrency=1), "0.5"),
        lambda n: (swarm(*[leaf(links=[leaf()])] * n, max_concurrency=1, max_failures=3), "0.5"),
        lambda n: (swarm(*[chain(leaf(), leaf())] * n, max_concurrency=1), "0.3.1"),
        lambda n: (unit(chain(*[leaf()] * n)), "0.0.5"),
    ],
    ids=["swarm", "callbacks", "chains", "chain"],
)
def test_a_leaf_costs_the_same_in_a_long_run(client, make):
    """Given ten parts or thousands, then claim and finish are one call each, the same commands, the same bytes."""
    client.script_flush()
    middle_of(client, *make(10))  # loads the scripts
    small, large = middle_of(client, *make(10)), middle_of(client, *make(5000))
    for (scripts_small, calls_small, bytes_small), (scripts_large, calls_large, bytes_large) in zip(
        small, large, strict=True
    ):
        assert scripts_small == scripts_large == 1
        assert calls_small == calls_large
        assert abs(bytes_small - bytes_large) < 16
    claim, finish = large
    assert sum(claim[1].values()) <= 8
    assert sum(finish[1].values()) <= 25


def test_the_last_leaf_of_a_long_run_costs_the_same(client):
    """Given long chains, then their last step is no more expensive: an end is not a walk."""
    costs = []
    for length in (10, 2000):
        client.flushdb()
        play, cost = Play(Store(client, OrchestratorSettings())), Cost(client)
        play.start(unit(chain(*[leaf()] * length)))
        for index in range(length - 1):
            play.succeed(f"0.0.{index}")
        last = f"0.0.{length - 1}"
        play.claim(last)
        costs.append(cost.of(lambda play=play, last=last: play.finish(last))[1])
    assert costs[0] == costs[1]


def test_an_unbounded_swarm_costs_the_same_per_item(client):
    """Given an unbounded swarm, whose refills are uneven, then a whole run's commands per item do not grow."""
    averages = []
    for size in (300, 3000):
        client.flushdb()
        play = Play(Store(client, OrchestratorSettings()))
        client.config_resetstat()
        waiting = names(play.start(swarm(*[leaf()] * size)))
        sent = 0
        while waiting:
            node = waiting.pop(0)
            sent += 1
            if node != "close":
                waiting.extend(play.succeed(node))
        assert sent == size + 1
        stats = client.info("commandstats")
        averages.append(sum(entry["calls"] for entry in stats.values()) / size)
    assert averages[1] <= averages[0] * 1.05


def test_late_items_cost_the_same(client):
    """Given items that came in bulk, then a claim and a finish of one cost the same in a pool of any size."""
    costs = []
    for size in (1001, 5000):
        client.flushdb()
        play, cost = Play(Store(client, OrchestratorSettings())), Cost(client)
        play.start(swarm(max_concurrency=1, open=True))
        play.add(*[leaf()] * size)
        play.succeed("0.0")
        costs.append((cost.of(lambda p=play: p.claim("0.1"))[:2], cost.of(lambda p=play: p.finish("0.1"))[:2]))
    assert costs[0] == costs[1]
