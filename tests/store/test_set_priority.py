"""set_priority, and the order of items: the highest level that waits, first come first served inside it (invariant 5)."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestrator_celery import OrchestratorSettings
from orchestrator_celery.model.events import PriorityChanged
from orchestrator_celery.model.states import Priority
from orchestrator_celery.records.packed import Tree
from orchestrator_celery.records.pools.levels import Levels
from orchestrator_celery.store import Refused, Store
from tests.kit.waiting import wait_for

from .play import Play, names
from .trees import chain, leaf, swarm

HIGH, MEDIUM, LOW = Priority.HIGH, Priority.MEDIUM, Priority.LOW


def prioritised(levels: list[Priority], **bounds) -> Tree:
    """A swarm whose items have these priorities."""
    text = str(Levels(levels))
    tree = swarm(*[leaf()] * len(levels), priorities=bool(text), **bounds)
    return Tree({**tree.specs, **({"lv": text.encode()} if text else {})}, tree.leaves)


def order(play: Play) -> list[str]:
    """Run everything, one after the other; in which order it was sent."""
    sent = [node for node in play.queued() if node != "$"]
    for node in sent:
        sent.extend(name for name in play.succeed(node) if name != "close")
    return [node.removeprefix("0.") for node in sent]


def test_the_highest_goes_first(play):
    """Given items of several priorities, when one may run at a time, then they go by level, and inside by place."""
    play.start(prioritised([LOW, MEDIUM, HIGH, LOW, HIGH, MEDIUM], max_concurrency=1))
    assert order(play) == ["2", "4", "1", "5", "0", "3"]


def test_without_priorities_nothing_is_kept(play):
    """Given items without priorities, then they go by place, and no line is kept."""
    play.start(prioritised([MEDIUM] * 4, max_concurrency=1))
    assert not any(":q:" in key for key in play.keys())
    assert order(play) == ["0", "1", "2", "3"]


def test_what_is_added_gets_in_line(play):
    """Given a swarm without priorities, when items with some are added, then they overtake what waits."""
    play.start(swarm(*[leaf()] * 3, max_concurrency=1, open=True))
    play.store.swarms.add_items("r", "0", [b"L\nx"] * 3, 3, str(Levels([LOW, HIGH, MEDIUM])))
    play.add(leaf())
    assert order(play) == ["0", "4", "1", "2", "5", "6", "3"]


def test_changing_one_several_and_back(play):
    """Given waiting items, when their priority is changed, then their place in the line is that of their arrival."""
    play.start(swarm(*[leaf()] * 7, max_concurrency=1))
    assert play.store.swarms.set_priority("r", "0", HIGH, [(4, 5)]).detail == 2
    assert play.store.swarms.set_priority("r", "0", LOW, [(1, 1)]).detail == 1
    assert play.store.swarms.set_priority("r", "0", MEDIUM, [(4, 4)]).detail == 1
    assert order(play) == ["0", "5", "2", "3", "4", "6", "1"]


def test_what_has_started_keeps_its_priority(play):
    """Given items that run or have ended, when their priority is changed, then nothing happens."""
    play.start(swarm(*[leaf()] * 3, max_concurrency=1))
    play.succeed("0.0")
    assert play.store.swarms.set_priority("r", "0", HIGH, [(0, 2)]).detail == 1
    assert order(play) == ["1", "2"]


def test_a_message_knows_its_level(play):
    """Given items with priorities, when they are sent, and sent again, then with their own level; in a run without, with
    none."""
    play.start(prioritised([LOW, HIGH, MEDIUM], max_concurrency=3))
    soon = Store(play.redis, OrchestratorSettings(republish_after=0.001))
    [check] = wait_for(lambda: (found := soon.due_index.check(["r"]))[0].overdue and found, what="overdue messages")
    assert {effect.leaf.node: effect.level for effect in soon.due_index.republish("r", list(check.overdue))} == {
        "0.0": LOW,
        "0.1": HIGH,
        "0.2": MEDIUM,
    }
    other = Play(play.store, "other")
    assert [effect.level for effect in other.start(swarm(leaf())).todo] == [None]


def test_the_level_goes_down_to_the_steps(play):
    """Given a chain as an item, when its steps are sent, then with the level of the item."""
    tree = swarm(chain(leaf(), leaf()), priorities=True, max_concurrency=1)
    effects = play.start(Tree({**tree.specs, "lv": b"3:0-0"}, tree.leaves))
    assert [effect.level for effect in effects.todo] == [HIGH]
    play.claim("0.0.0")
    assert [effect.level for effect in play.finish("0.0.0").todo] == [HIGH]


def test_places_are_kept_for_a_level(play):
    """Given two of four places kept for HIGH, when much of LOW waits, then two places are free for what comes at HIGH."""
    play.start(prioritised([LOW] * 6, max_concurrency=4, open=True, slots="2,0,0"))
    assert play.queued() == ["0.0", "0.1"]
    effects = play.store.swarms.add_items("r", "0", [b"L\nx"] * 3, 3, str(Levels([HIGH] * 3)))
    assert names(effects) == ["0.6", "0.7"]
    assert play.succeed("0.6") == ["0.8"]
    assert play.succeed("0.0") == ["0.2"]
    assert play.succeed("0.8") == []
    assert play.succeed("0.7") == []


def test_a_level_may_have_more_than_its_places(play):
    """Given a place kept for LOW, when nothing but HIGH waits, then HIGH has the rest; and LOW its place when it comes."""
    play.start(prioritised([HIGH] * 6, max_concurrency=3, open=True, slots="0,0,1"))
    assert play.queued() == ["0.0", "0.1"]
    effects = play.store.swarms.add_items("r", "0", [b"L\nx"], 1, str(Levels([LOW])))
    assert names(effects) == ["0.6"]


def test_a_new_level_may_start_at_once(play):
    """Given a place kept for HIGH, when a waiting item becomes HIGH, then it starts."""
    play.start(prioritised([LOW] * 3, max_concurrency=2, slots="1,0,0"))
    assert play.queued() == ["0.0"]
    assert names(play.store.swarms.set_priority("r", "0", HIGH, [(2, 2)])) == ["0.2"]


def test_it_is_told(play):
    """Given waiting items, when their priority is changed, then there is an event with their number."""
    play.start(swarm(*[leaf()] * 3, max_concurrency=1))
    play.store.swarms.set_priority("r", "0", LOW, [(1, 2)])
    last = play.events()[-1]
    assert isinstance(last, PriorityChanged)
    assert (last.node, last.count, last.priority) == ("0", 2, LOW)


def test_where_nothing_waits_it_is_refused(play):
    """Given no such run, or a pool that has ended, when a priority is changed, then nothing is."""
    assert play.store.swarms.set_priority("r", "0", LOW, [(0, 0)]).refused is Refused.GONE
    play.start(swarm(leaf()))
    play.succeed("0.0")
    before = play.snapshot()
    assert play.store.swarms.set_priority("r", "0", LOW, [(0, 0)]).refused is Refused.CLOSED
    assert play.snapshot() == before


def test_nothing_of_the_line_is_left(play):
    """Given a swarm that stops at a failure, when it has ended, then the line of what was skipped is gone."""
    play.start(prioritised([LOW, HIGH, LOW], max_concurrency=1, stop_after=1))
    play.break_("0.1")
    assert play.status == "FAILED"
    assert not any(":q:" in key for key in play.keys())


def test_a_cancelled_run_leaves_no_line(play):
    """Given items in line, when their run is cancelled, then nothing is left of it."""
    play.start(prioritised([LOW, HIGH, LOW], max_concurrency=1))
    play.store.cancel("r", "{}")
    assert play.keys() == [play.store.keys.root("r")]


def test_levels_can_be_read(play):
    """Given items that wait, run and have ended, when their levels are read, then each has its own."""
    play.start(prioritised([LOW, HIGH, MEDIUM, LOW, HIGH], max_concurrency=1))
    play.succeed("0.1")
    assert play.reader.levels("r", "0", range(5)) == {0: LOW, 1: HIGH, 3: LOW, 4: HIGH}
    assert play.reader.levels("r", "0", [1, 2]) == {1: HIGH}
    play.store.swarms.set_priority("r", "0", MEDIUM, [(0, 0)])
    assert play.reader.levels("r", "0", range(5)) == {1: HIGH, 3: LOW, 4: HIGH}


LEVELS = st.sampled_from(list(Priority))
STEP = st.one_of(
    st.tuples(st.just("add"), st.lists(LEVELS, min_size=1, max_size=6)),
    st.tuples(st.just("bulk"), st.lists(LEVELS, min_size=1, max_size=9)),
    st.tuples(st.just("set"), LEVELS, st.integers(0, 30), st.integers(0, 8)),
    st.tuples(st.just("end"), st.integers(0, 10), st.booleans()),
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    first=st.lists(LEVELS, max_size=8),
    cap=st.integers(3, 5),
    kept=st.sampled_from([(0, 0, 0), (2, 0, 0), (1, 1, 0), (1, 0, 1), (0, 2, 0), (1, 1, 1)]),
    steps=st.lists(STEP, max_size=30),
)
def test_it_is_as_a_plain_model_says(store, first, cap, kept, steps):
    """Given any additions, changes and ends, then what has started is what a list of waiting items and a rule say."""
    store.client.flushdb()
    play = Play(store)
    play.start(
        prioritised(first, max_concurrency=cap, open=True, slots=",".join(map(str, kept)) if any(kept) else None)
    )
    model = _Model(cap, kept)
    model.add(first)
    for kind, *facts in steps:
        if kind == "add":
            play.store.swarms.add_items("r", "0", [b"L\nx"] * len(facts[0]), len(facts[0]), str(Levels(facts[0])))
            model.add(facts[0])
        elif kind == "bulk":  # as many items are added: brought first, and then visible at once
            store.swarms.upload("r", f"{model.count:032x}", [b"L\nx"] * len(facts[0]), 0)
            store.swarms.add_uploaded(
                "r", "0", f"{model.count:032x}", len(facts[0]), len(facts[0]), str(Levels(facts[0]))
            )
            model.add(facts[0])
        elif kind == "set":
            level, begin, length = facts
            play.store.swarms.set_priority("r", "0", level, [(begin, begin + length)])
            model.change(level, range(begin, begin + length + 1))
        elif model.live:
            index = sorted(model.live)[facts[0] % len(model.live)]
            (play.succeed if facts[1] else play.break_)(f"0.{index}")
            model.end(index)
        assert play.queued() == sorted(f"0.{index}" for index in model.live)


class _Model:
    def __init__(self, cap: int, kept: tuple[int, int, int]) -> None:
        self.cap, self.kept = cap, dict(zip((HIGH, MEDIUM, LOW), kept, strict=True))
        self.waiting: dict[int, Priority] = {}
        self.live: dict[int, Priority] = {}
        self.count = 0

    def add(self, levels: list[Priority]) -> None:
        for level in levels:
            self.waiting[self.count] = level
            self.count += 1
        self.fill()

    def change(self, level: Priority, indexes: range) -> None:
        self.waiting.update({index: level for index in indexes if index in self.waiting})
        self.fill()

    def end(self, index: int) -> None:
        del self.live[index]
        self.fill()

    def fill(self) -> None:
        while len(self.live) < self.cap:
            for index in sorted(self.waiting, key=lambda i: (-self.waiting[i], i)):
                if self.allowed(self.waiting[index]):
                    self.live[index] = self.waiting.pop(index)
                    break
            else:
                return

    def allowed(self, level: Priority) -> bool:
        held = {each: sum(other == each for other in self.live.values()) for each in Priority}
        return held[level] < self.kept[level] or self.cap > sum(max(held[each], self.kept[each]) for each in Priority)
