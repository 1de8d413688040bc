"""A failed graph, and a swarm that stops, withdraw all that is queued below them, at any depth."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator_celery.canvas.approval import Approval
from orchestrator_celery.model.effects import Withdraw
from orchestrator_celery.model.ids import Fence
from orchestrator_celery.model.states import NodeState, RunStatus
from orchestrator_celery.records.definitions import leaf_definition
from orchestrator_celery.records.leaf import Leaf, Role, write_leaf
from orchestrator_celery.records.live import LiveState
from orchestrator_celery.records.packed import Tree
from orchestrator_celery.store import Refused
from orchestrator_celery.store.reader import Reader
from orchestrator_celery.store.transitions.swarms import Ended, taken_items
from orchestrator_celery.views.tree import TreeReader

from .costs import scripts_of
from .play import Play
from .trees import CODEC, chain, chord, graph, group, leaf, swarm, unit


def task(name: str = "t", **start: int) -> Tree:
    """A task that can be read back."""
    return leaf(write_leaf(Leaf(name, [], {}, {}, False, Role.PLAIN), CODEC), **start)


def many(count: int, **bounds: Any) -> Tree:
    """A swarm of tasks."""
    return swarm(*(task() for _ in range(count)), **bounds)


def batched(count: int) -> Tree:
    """A swarm whose items go by runners."""
    tree = many(count, batch=20)
    return Tree({**tree.specs, "b": leaf_definition(b"runner")}, tree.leaves)


#: Nodes beside the one that fails, by name: what is there, and the leaves of it that a worker has claimed.
SIBLINGS: dict[str, tuple[Tree | Approval, tuple[str, ...]]] = {
    "leaf queued": (task(), ()),
    "leaf running": (task(), ("",)),
    "leaf delayed": (task(wait=3_600_000), ()),
    "approval": (Approval(), ()),
    "approval with timeout": (Approval(timeout=3600), ()),
    "swarm": (many(600), ("0", "3")),
    "swarm not begun": (many(600), ()),
    "open swarm": (many(0, open=True), ()),
    "bounded swarm": (many(600, max_concurrency=5), ("1",)),
    "batched swarm": (batched(600), ()),
    "nested graph": (graph("START>a a>b b>END", {"a": task(), "b": task()}), ("0.0",)),
    "nested approval": (graph("START>a a>END", {"a": Approval()}), ()),
    "approval two graphs down": (graph("START>a a>END", {"a": graph("START>b b>END", {"b": Approval()})}), ()),
    "approval in a swarm": (swarm(graph("START>a a>END", {"a": Approval()}), task()), ()),
    "chain": (chain(task(), task(), task()), ("0",)),
    "chain not begun": (chain(task(), task()), ()),
    "chord": (chord([task(), task(), task()], task()), ("0.1",)),
    "group of chains": (group(chain(task(), task()), chain(task(), task())), ("0.0",)),
    "complex": (unit(chain(task(), many(100))), ("0.0",)),
}


def in_graph(sibling: Tree | Approval) -> tuple[Tree, str, str]:
    """A graph fails: the tree, the node that fails, the sibling."""
    return graph("START>bad START>s bad>END s>END", {"bad": task("bad"), "s": sibling}), "0.0.0", "0.1.0"


def in_nested_graph(sibling: Tree | Approval) -> tuple[Tree, str, str]:
    """A graph below a graph fails."""
    inner, _, _ = in_graph(sibling)
    return graph("START>g g>END", {"g": inner}), "0.0.0.0.0", "0.0.0.1.0"


def in_chain(sibling: Tree | Approval) -> tuple[Tree, str, str]:
    """A graph fails that is the first step of a chain."""
    inner, _, _ = in_graph(sibling)
    return unit(chain(inner, task("after"))), "0.0.0.0.0", "0.0.0.1.0"


def in_swarm(sibling: Tree | Approval) -> tuple[Tree, str, str]:
    """A swarm stops after its first failure."""
    item = graph("START>s s>END", {"s": sibling}) if isinstance(sibling, Approval) else sibling
    return swarm(task("bad"), item, stop_after=1), "0.0", "0.1.0.0" if isinstance(sibling, Approval) else "0.1"


def beside_a_graph(sibling: Tree | Approval) -> tuple[Tree, str, str]:
    """A node fails beside a graph that contains the sibling."""
    inner = graph("START>s s>END", {"s": sibling})
    return graph("START>bad START>g bad>END g>END", {"bad": task("bad"), "g": inner}), "0.0.0", "0.1.0.0.0"


PARENTS = {made.__name__: made for made in (in_graph, in_nested_graph, in_chain, in_swarm, beside_a_graph)}


def act(play: Play, effects: Any) -> list[Any]:
    """Do what follows, as the publisher does: passes at once; returns the rest."""
    todo = list(effects.todo)
    while any(isinstance(effect, Withdraw) for effect in todo):
        todo = [*(effect for effect in todo if not isinstance(effect, Withdraw)), *play.withdraw()]
    return todo


@pytest.mark.parametrize("sibling", SIBLINGS)
@pytest.mark.parametrize("parent", PARENTS)
def test_what_fails_takes_along_what_is_beside(play: Play, parent: str, sibling: str) -> None:
    """Given a node beside the one that fails, then nothing of it starts, and the run fails with the right error."""
    body, running = SIBLINGS[sibling]
    tree, bad, beside = PARENTS[parent](body)
    play.start(tree)
    claimed = [f"{beside}.{path}".rstrip(".") for path in running]
    for node in [bad, *claimed]:
        assert play.claim(node).refused is None
    queued = {node: live.attempt for node, live in play.live().items() if live.phase is LiveState.QUEUED}
    failed = play.fail(bad, error=CODEC.dump_error(ValueError("bad")))
    for node, attempt in queued.items():  # before the pass, as if its process had died
        assert play.claim(node, attempt).refused is Refused.STALE
    assert not [effect for effect in act(play, failed) if hasattr(effect, "spec")]
    assert sorted(play.live()) == sorted({*claimed} if claimed else {"$"})
    for node in claimed:
        effects = play.finish(node, result=CODEC.dump_result(1))
        assert effects.refused is None, "what runs may finish"
        assert not [effect for effect in act(play, effects) if hasattr(effect, "spec")], "nothing follows it"
    assert (play.status, sorted(play.live())) == ("FAILED", ["$"])
    assert play.redis.hmget(play.store.keys.root("r"), "withdrawn", "withdraw", "owed") == [None, None, None]
    reason = play.reader.head_field("r", "ref").decode()
    if parent == "in_swarm":
        assert reason == "swarm:0"
    else:
        assert reason == "0" if play.ended(reason) is None else CODEC.load_error(_origin(play, reason)).args == ("bad",)
    _check_tree(play)


def _origin(play: Play, node: str) -> bytes:
    """The payload with the error that a reference leads to."""
    record = play.ended(node)
    while record.ref is not None:
        record = play.ended(record.ref)
    return record.payload


def _check_tree(play: Play) -> None:
    """No node of an ended run waits or runs."""
    over = {NodeState.SUCCEEDED, NodeState.FAILED, NodeState.SKIPPED}

    def walk(view: Any) -> None:
        assert view.state in over, view.id
        for child in view.children:
            walk(child)

    walk(TreeReader(Reader(play.redis, play.store.keys), CODEC, play.run, RunStatus.FAILED).view("0", 20, None))


@pytest.mark.parametrize("sibling", SIBLINGS)
@pytest.mark.parametrize("parent", PARENTS)
def test_a_retry_starts_what_was_withdrawn(play: Play, parent: str, sibling: str) -> None:
    """Given a run that failed so, then a retry runs what had not ended, and the run succeeds."""
    body, running = SIBLINGS[sibling]
    tree, bad, beside = PARENTS[parent](body)
    play.start(tree)
    claimed = [f"{beside}.{path}".rstrip(".") for path in running]
    for node in [bad, *claimed]:
        play.claim(node)
    act(play, play.fail(bad, error=CODEC.dump_error(ValueError("bad"))))
    for node in claimed:
        act(play, play.finish(node, result=CODEC.dump_result(1)))
    assert play.status == "FAILED"
    assert play.retry().refused is None
    for _ in range(2):  # an open swarm takes items again, until it is closed
        while nodes := [node for node in play.live() if node != "$"]:
            for node in nodes:
                assert node not in claimed, "it has its result"
                work_off(play, node)
        if sibling == "open swarm":
            play.store.swarms.close_swarm("r", beside)
    assert play.status == "SUCCEEDED"
    total, done, failed = play.counts()
    assert (done, failed) == (total, 0)


def work_off(play: Play, node: str) -> None:
    """Somebody does what a live node waits for."""
    live = play.live().get(node)
    if live is None:
        return
    if live.phase is LiveState.AWAITING:
        play.answer(node)
    elif ".b" in node:
        runs_batch(play, node, live.attempt)
    elif live.phase is LiveState.QUEUED:
        play.claim(node, live.attempt)
        play.finish(node, live.attempt)


def runs_batch(play: Play, node: str, attempt: int) -> None:
    """A runner takes items until none waits."""
    play.claim(node, attempt)
    ended: list[Ended] = []
    while taken := taken_items(play.store.swarms.take(play.leaf(node, attempt), Fence(), "w/1/a", 50, ended=ended)):
        ended = [Ended(play.leaf(item.node, item.attempt), Fence(), True, b"1") for item in taken]
    if node in play.live():
        play.finish(node, attempt)


def test_a_script_that_withdraws_is_short(play: Play) -> None:
    """Given 3,000 queued tasks below a failing graph, then no script takes longer than 20 ms, and slices do it all."""
    beside = swarm(*(group(*(task() for _ in range(100))) for _ in range(30)), max_concurrency=30)
    play.start(graph("START>bad START>s bad>END s>END", {"bad": task(), "s": beside}), window=200)
    play.start_more()
    for node in [node for node in play.queued() if node.startswith("0.1")][:1]:
        play.claim(node)
    play.claim("0.0.0")
    assert len(play.queued()) > 1500
    place, slices = "", 0
    assert any(isinstance(effect, Withdraw) for effect in play.fail("0.0.0").todo)
    with scripts_of(play) as found:
        while True:
            effects, slices = play.store.withdraw("r", place), slices + 1
            if not effects.detail:
                break
            place = effects.detail.decode()
    assert slices > 10
    assert len(play.live()) == 1
    assert found.slowest <= 20


def test_a_pass_goes_on_where_a_process_died(play: Play) -> None:
    """Given a process that dies in the middle of a pass, then another process finishes it."""
    beside = swarm(*(group(*(task() for _ in range(60))) for _ in range(10)))
    play.start(graph("START>bad START>s bad>END s>END", {"bad": task(), "s": beside}), window=600)
    play.start_more()
    assert len(play.queued()) > 500
    play.claim("0.0.0")
    play.fail("0.0.0")
    first = play.store.withdraw("r")
    assert first.detail, "one slice is not enough"
    play.store.withdraw("r", first.detail.decode())  # and the process dies
    assert play.redis.hget(play.store.keys.root("r"), "owed") == b"1"
    act(play, _pass())
    assert play.status == "FAILED"


def _pass() -> Any:
    class Todo:
        todo = (Withdraw("r"),)

    return Todo


def test_a_running_task_that_wants_a_retry_is_withdrawn(play: Play) -> None:
    """Given a body that runs while its graph fails, and asks for a retry, then it does not start again."""
    play.start(graph("START>bad START>s bad>END s>END", {"bad": task(), "s": task()}))
    play.claim("0.0.0")
    play.claim("0.1.0")
    play.fail("0.0.0")
    again = Fence(retries=1)
    assert play.claim("0.1.0", fence=again).refused is Refused.STALE  # the message is quicker than the report
    act(play, play.requeue("0.1.0", again))
    assert (play.status, play.live().keys()) == ("FAILED", {"$"})
    assert play.claim("0.1.0", fence=again).refused is Refused.STALE


def test_a_lost_task_is_withdrawn(play: Play) -> None:
    """Given a body whose worker dies while its graph fails, then it does not start again."""
    play.start(graph("START>bad START>s bad>END s>END", {"bad": task(), "s": chain(task(), task())}))
    play.claim("0.0.0")
    play.claim("0.1.0.0")
    act(play, play.fail("0.0.0"))
    assert play.status == "RUNNING"
    act(play, play.lost("0.1.0.0"))
    assert play.status == "FAILED"


def test_a_runner_gives_back_what_it_has_not_begun(play: Play) -> None:
    """Given a runner with items in hand when its swarm is withdrawn, then it is told to stop, and the items do not run."""
    play.start(graph("START>bad START>s bad>END s>END", {"bad": task(), "s": batched(30)}))
    play.claim("0.0.0")
    runner = play.leaf("0.1.0.b0")
    play.claim(runner.node)
    taken = taken_items(play.store.swarms.take(runner, Fence(), "w/1/a", 3))
    first, *others = [item.node for item in taken]
    act(play, play.fail("0.0.0"))
    told = play.store.swarms.take(runner, Fence(), "w/1/a", 3, ended=[Ended(play.leaf(first), Fence(), True, b"1")])
    assert told.refused is Refused.HELD
    act(play, told)
    act(play, play.store.swarms.take(runner, Fence(), "w/1/a", 0, back=others))
    act(play, play.finish(runner.node))
    assert (play.status, play.ended(others[0])) == ("FAILED", None)
    assert play.states()[first] == "S"


def test_callbacks_of_what_was_withdrawn_run(play: Play) -> None:
    """Given items of a swarm that have ended, then their cleanup runs while and after the graph fails."""
    beside = swarm(task(), task(), each_cleanup=1)
    beside = Tree({**beside.specs, "ac0": task("cleanup").specs["."]}, beside.leaves)
    play.start(graph("START>bad START>s bad>END s>END", {"bad": task(), "s": beside}))
    play.claim("0.0.0")
    play.claim("0.1.0.0")
    act(play, play.fail("0.0.0"))
    act(play, play.finish("0.1.0.0"))
    assert play.status == "FAILED"
    assert play.claim("0.1.0.0.c0").refused is None
