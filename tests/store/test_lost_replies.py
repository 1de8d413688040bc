"""Every transition that writes, its first answer lost and its command sent again: as if nothing had been lost."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from redis import Redis

from orchestrator_celery import OrchestratorSettings
from orchestrator_celery.canvas.approval import Approval
from orchestrator_celery.model.ids import CLOSE, Fence
from orchestrator_celery.records.catalogs.graph_versions import Facts
from orchestrator_celery.records.definitions import leaf_definition
from orchestrator_celery.records.notices.rules import Rule
from orchestrator_celery.records.packed import Tree, pack
from orchestrator_celery.records.statistics import Durations
from orchestrator_celery.records.streams.feed import FeedEntry
from orchestrator_celery.store import Effects, Refused, Store
from orchestrator_celery.store.audit_stream import AuditTrail
from orchestrator_celery.store.catalogs.saved_graphs import SavedGraphs
from orchestrator_celery.store.catalogs.saved_views import ViewStore
from orchestrator_celery.store.feed.stream import FeedStream
from orchestrator_celery.store.notices.rules import Rules
from orchestrator_celery.store.run_index import IndexEntry
from orchestrator_celery.store.scripting import scripts
from orchestrator_celery.store.transitions.swarms import Ended
from orchestrator_celery.store.worker_registry import WorkerRegistry
from tests.kit.resending import resending_client

from .play import Play, names
from .trees import chain, chord, definitions, graph, leaf, swarm, unit

#: The tree of each primitive, and its first task.
PRIMITIVES: dict[str, tuple[Callable[[], Tree], str]] = {
    "swarm": (lambda: swarm(leaf(), leaf(), leaf(), open=True, max_concurrency=1, links=[leaf()]), "0.0"),
    "graph": (lambda: graph("START>a a>b b>END", links=[leaf()]), "0.0.0"),
    "complex": (lambda: unit(chain(leaf(), leaf()), links=[leaf()]), "0.0.0"),
}
APPROVAL = graph("START>a a>b b>END", {"a": Approval()})
OWNER = "w/1/a"
RULE = Rule("n", "a1", "", ("FAILED",), "t", b"{}")
VERSION = Facts("s:1", "ann", "", 1, 2)
SETTINGS = OrchestratorSettings(window=8, retention=100)


class Lost(NamedTuple):
    """One call.

    Args:
        call: makes it, for the first task of the run.
        before: what happens before it.
        only: the primitives that have it; a tree of its own for the others.
        may_refuse: the second answer may be this refusal.
    """

    call: Callable[[Play, str], Any]
    before: Callable[[Play, str], Any] = lambda play, first: None
    only: tuple[str, ...] = tuple(PRIMITIVES)
    tree: Tree | None = None
    may_refuse: Refused | None = None


def claimed(play: Play, first: str) -> None:
    assert play.claim(first).refused is None


def failed(play: Play, first: str) -> None:
    play.store.overdue("r", b"late", inner=True)
    play.tell()


def closing(play: Play, first: str) -> None:
    failed(play, first)
    play.store.retry("r")
    play.store.overdue("r", b"late", inner=True)
    assert play.claim(CLOSE, play.live()[CLOSE].attempt).refused is None


def batched(count: int) -> Tree:
    tree = swarm(*[leaf()] * count, batch=10)
    return Tree({**tree.specs, "b": leaf_definition(b"runner")}, tree.leaves)


def take(play: Play, first: str, want: int = 2, ended: tuple[str, ...] = ()) -> Effects:
    done = [Ended(play.leaf(node), Fence(), True, b"1") for node in ended]
    return play.store.swarms.take(play.leaf("0.b0"), Fence(), OWNER, want, ended=done)


def runner(play: Play, first: str) -> None:
    assert play.claim("0.b0").refused is None


def retry_begun(play: Play, first: str) -> None:
    """A retry of many failures, whose first slice is done."""
    runner(play, first)
    take(play, first, 300)
    ended = [Ended(play.leaf(f"0.{index}"), Fence(), False, b"1") for index in range(300)]
    play.store.swarms.take(play.leaf("0.b0"), Fence(), OWNER, 0, ended=ended)
    assert play.store._run("retry", "r", "").detail == 1


def with_records(play: Play) -> Effects:
    """Create a run of which one item has ended."""
    token = play.store.upload_records("new", [("0.1", b"S|1|1|1|w\n1"), ("0:ahead", b"")])
    head = {"kind": "swarm", "total": 3, "done": 1}
    return play.store.create("new", definitions(swarm(leaf(), leaf(), leaf())), head, token, ["0"])


def start_all(play: Play) -> None:
    while play.store.start_more("r").detail:
        pass


def release_begun(play: Play, first: str) -> None:
    """The release of many queued nodes, whose first slice is done."""
    start_all(play)
    play.store.suspend("r")
    assert "release" in names(play.store.resume("r"))


def save(play: Play, first: str) -> None:
    play.store.signatures.save("s:1", [("0", b"x")], {"name": "n"}, None)


def saved_view(play: Play, filter: str = "tag:a", base: int | None = None) -> int:
    """Save a view; return its version."""
    answer = ViewStore(play.redis, play.store.keys).save("v", filter, (), owner="a", shared=True, base=base)
    assert answer.refused is None
    return answer.view.version


CALLS: dict[str, Lost] = {
    "create": Lost(lambda play, first: Play(play.store, "new").start(PRIMITIVES[play.kind][0]())),
    "create empty": Lost(lambda play, first: Play(play.store, "new").start(swarm()), only=("swarm",)),
    "create with records": Lost(lambda play, first: with_records(play), only=("complex",)),
    "create approval": Lost(lambda play, first: Play(play.store, "new").start(APPROVAL), only=("graph",)),
    "begin": Lost(
        lambda play, first: play.store.begin("new", b"expired"),
        before=lambda play, first: play.delayed(),
    ),
    "suspend": Lost(lambda play, first: play.store.suspend("r"), claimed),
    "resume": Lost(lambda play, first: play.store.resume("r"), lambda play, first: play.store.suspend("r")),
    "resume stopped": Lost(
        lambda play, first: play.store.resume("r"),
        lambda play, first: (claimed(play, first), play.store.interrupt("r"), stopped(play, first)),
    ),
    "interrupt": Lost(lambda play, first: play.store.interrupt("r"), claimed),
    "stopped": Lost(
        lambda play, first: stopped(play, first), lambda play, first: (claimed(play, first), play.store.interrupt("r"))
    ),
    "stopped after resume": Lost(lambda play, first: stopped(play, first), claimed),
    "cancel": Lost(lambda play, first: play.store.cancel("r", "entry"), claimed),
    "retry": Lost(lambda play, first: play.store.retry("r"), failed),
    "go_on_retry": Lost(
        lambda play, first: play.store._run("go_on_retry", "r"), retry_begun, only=("swarm",), tree=batched(300)
    ),
    "go_on_release": Lost(
        lambda play, first: play.store.go_on_release("r"),
        release_begun,
        only=("swarm",),
        tree=swarm(*[leaf()] * 900, max_concurrency=900),
    ),
    "skip": Lost(lambda play, first: play.store.skip("r", {"graph": "0.1"}.get(play.kind, first[:-1] + "1"))),
    "skip the first": Lost(lambda play, first: play.store.skip("r", first), only=("swarm", "complex")),
    "detach": Lost(lambda play, first: play.store.skip("r", first, "other"), only=("swarm", "complex")),
    "overdue": Lost(lambda play, first: play.store.overdue("r", b"late", inner=True), claimed),
    "go_on_overdue": Lost(
        lambda play, first: play.store._run("go_on_overdue", "r"),
        lambda play, first: (start_all(play), play.store.overdue("r", b"late", inner=True)),
        only=("swarm",),
        tree=swarm(*[leaf()] * 600, max_concurrency=600),
    ),
    "set_priority": Lost(lambda play, first: play.store.swarms.set_priority("r", "0", 3, [(1, 2)]), only=("swarm",)),
    "add_items": Lost(lambda play, first: play.add(leaf(), leaf()), only=("swarm",)),
    "add_items uploaded": Lost(lambda play, first: play.add(*[leaf()] * 1001), only=("swarm",)),
    "add_items sent at once": Lost(lambda play, first: play.add(leaf()), only=("swarm",), tree=swarm(open=True)),
    "close_swarm": Lost(lambda play, first: play.store.swarms.close_swarm("r", "0"), only=("swarm",)),
    "close_swarm ends it": Lost(
        lambda play, first: play.store.swarms.close_swarm("r", "0"), only=("swarm",), tree=swarm(open=True)
    ),
    "note": Lost(lambda play, first: play.store.swarms.note_tasks("r", {"t": b"x"}), only=("swarm",)),
    "take": Lost(take, runner, only=("swarm",), tree=batched(5)),
    "take and report": Lost(
        lambda play, first: take(play, first, 9, ("0.0", "0.1")),
        lambda play, first: (runner(play, first), take(play, first)),
        only=("swarm",),
        tree=batched(5),
    ),
    "take the last": Lost(
        lambda play, first: take(play, first, 9, ("0.0", "0.1")),
        lambda play, first: (runner(play, first), take(play, first)),
        only=("swarm",),
        tree=batched(2),
    ),
    "answer": Lost(lambda play, first: play.store.graphs.answer("r", "0.0.0", b"{}"), only=("graph",), tree=APPROVAL),
    "answer late": Lost(
        lambda play, first: play.store.graphs.answer("r", "0.0.0", b"{}", well=False), only=("graph",), tree=APPROVAL
    ),
    "decide": Lost(
        lambda play, first: play.decide("0.0.0", "go", "1"),
        lambda play, first: (claimed(play, first), play.finish(first)),
        only=("graph",),
        tree=graph("START>a a?b,c b>END c>END"),
    ),
    "add_to_chord": Lost(
        lambda play, first: play.store.add_to_chord(play.leaf("0.0.0.0"), Fence(), 1, pack(leaf()), 1),
        lambda play, first: claimed(play, "0.0.0.0"),
        only=("complex",),
        tree=unit(chord([leaf(), leaf()], leaf())),
    ),
    "claim": Lost(lambda play, first: play.claim(first), may_refuse=Refused.DUPLICATE),
    "finish": Lost(lambda play, first: play.finish(first), claimed, may_refuse=Refused.STALE),
    "fail": Lost(lambda play, first: play.fail(first), claimed, may_refuse=Refused.STALE),
    "requeue": Lost(lambda play, first: play.requeue(first, Fence(retries=1)), claimed, may_refuse=Refused.STALE),
    "replace": Lost(
        lambda play, first: play.requeue(first, Fence(nesting=1), why="replace", definition=b"Ly"),
        claimed,
        may_refuse=Refused.STALE,
    ),
    "delegate": Lost(
        lambda play, first: play.requeue(first, Fence(nesting=1), why="delegate"), claimed, may_refuse=Refused.STALE
    ),
    "delegate while held": Lost(
        lambda play, first: play.requeue(first, Fence(nesting=1), why="delegate"),
        lambda play, first: (claimed(play, first), play.store.suspend("r")),
        may_refuse=Refused.STALE,
    ),
    "lost": Lost(lambda play, first: play.lost(first), claimed),
    "lost and held back": Lost(lambda play, first: play.lost(first, hold=True), claimed),
    "postpone": Lost(lambda play, first: play.store.outbox.postpone(play.leaf(first), Fence(), "t", 60.0, b"{}")),
    "postpone for the last time": Lost(
        lambda play, first: play.store.outbox.postpone(play.leaf(first), Fence(), "t", 0.0, b"{}")
    ),
    "withdraw": Lost(
        lambda play, first: play.store.withdraw("r"),
        lambda play, first: (claimed(play, first), play.fail(first)),
        only=("graph",),
        tree=graph("START>bad START>s bad>END s>END", {"s": swarm(leaf(), leaf(), leaf())}),
    ),
    "checkpoint": Lost(lambda play, first: play.store.checkpoint(play.leaf(first), Fence(), b"x"), claimed),
    "progress": Lost(lambda play, first: play.store.progress(play.leaf(first), Fence(), "1", "2", "half"), claimed),
    "start_more": Lost(
        lambda play, first: play.store.start_more("r"),
        only=("swarm",),
        tree=swarm(*[leaf()] * 200, max_concurrency=150),
    ),
    "log": Lost(lambda play, first: play.store.logs.append("r", [b"[1]", b"[2]"])),
    "tally": Lost(lambda play, first: play.store.tally("r", {"a": Durations(1, 2.0, 4.0)})),
    "ended": Lost(
        lambda play, first: play.store.ended(play.leaf(CLOSE, play.live()[CLOSE].attempt)),
        closing,
        may_refuse=Refused.STALE,
    ),
    "settled": Lost(
        lambda play, first: play.store.settled("r", "reset"),
        lambda play, first: (failed(play, first), play.store.retry("r")),
    ),
    "discard": Lost(lambda play, first: play.store.discard("r"), may_refuse=Refused.GONE),
    "go_on_cancel": Lost(
        lambda play, first: play.store.forget_cancelled("r"),
        lambda play, first: (start_all(play), play.store.cancel("r", "entry")),
        only=("swarm",),
        tree=swarm(*[leaf()] * 600, max_concurrency=600),
        may_refuse=Refused.STALE,
    ),
    "erase": Lost(
        lambda play, first: play.store.erase("r"),
        lambda play, first: play.store.cancel("r", ""),
        may_refuse=Refused.GONE,
    ),
    "audit_written": Lost(
        lambda play, first: play.store.audit_written("r"), lambda play, first: play.store.cancel("r", "entry")
    ),
    "save": Lost(save),
    "save for a time": Lost(lambda play, first: play.store.signatures.save("s:1", [("0", b"x")], {"name": "n"}, 60.0)),
    "register": Lost(lambda play, first: play.store.signatures.register("s:1", "x"), save),
    "registered": Lost(
        lambda play, first: play.store.signatures.registered("s:1", "x", created=True),
        lambda play, first: (save(play, first), play.store.signatures.register("s:1", "x")),
    ),
    "mark": Lost(lambda play, first: play.store.signatures.mark("r", 60.0, None)),
    "restore": Lost(
        lambda play, first: play.store.signatures.restore("r"),
        lambda play, first: play.store.signatures.mark("r", 60.0, None),
    ),
    "doom": Lost(lambda play, first: play.store.signatures.doom("r", "0", True, "entry"), failed),
    "purge": Lost(
        lambda play, first: play.store.signatures.purge("r", signature=True),
        lambda play, first: (failed(play, first), play.store.signatures.doom("r", "0", True, "")),
        may_refuse=Refused.GONE,
    ),
    "append_audit": Lost(lambda play, first: AuditTrail(play.redis, play.store.keys, 100, 100).append("entry")),
    "append_feed": Lost(
        lambda play, first: FeedStream(play.redis, play.store.keys, 100).append([FeedEntry("status", "r")])
    ),
    "subscribe": Lost(lambda play, first: Rules(play.redis, play.store.keys).add(RULE)),
    "unsubscribe": Lost(
        lambda play, first: (Rules(play.redis, play.store.keys).remove(RULE.name, RULE.id), None)[1],
        lambda play, first: Rules(play.redis, play.store.keys).add(RULE),
    ),
    "save_view": Lost(lambda play, first: saved_view(play, base=0)),
    "save_view again": Lost(
        lambda play, first: saved_view(play, "tag:b", base=1), lambda play, first: saved_view(play)
    ),
    "save_version": Lost(
        lambda play, first: SavedGraphs(play.redis, play.store.keys).add("n", 0, VERSION).number,
    ),
    "drop_version": Lost(
        lambda play, first: SavedGraphs(play.redis, play.store.keys).drop("n", VERSION.signature),
        lambda play, first: [
            SavedGraphs(play.redis, play.store.keys).add("n", None, facts)
            for facts in (VERSION._replace(signature="s:0"), VERSION)
        ],
    ),
    "remove_view": Lost(
        lambda play, first: (ViewStore(play.redis, play.store.keys).remove("v", owner="a", shared=True, base=1), None)[
            1
        ],
        lambda play, first: saved_view(play),
    ),
    "noticed": Lost(
        lambda play, first: play.store.notices.sent("r", ["FAILED@1-0"]),
        lambda play, first: play.redis.hset(
            play.store.keys.root("r"), mapping={"notices": "FAILED@1-0 RUNNING@2-0", "owed": 1}
        ),
    ),
    "index_runs": Lost(
        lambda play, first: play.store.due_index.run_index.put([IndexEntry("x", "1-1", "RUNNING", "5", ["tag:a"])])
    ),
    "keep_report": Lost(lambda play, first: play.store.keep_report(b"report")),
    "awaits": Lost(lambda play, first: play.store.graphs.awaits("r", 5.0)),
    "beat": Lost(lambda play, first: WorkerRegistry(play.redis, play.store.keys).beat("w/a", 30, ["x"]).leads),
    "leave": Lost(
        lambda play, first: WorkerRegistry(play.redis, play.store.keys).leave("w/a", finished=True),
        lambda play, first: WorkerRegistry(play.redis, play.store.keys).beat("w/a", 30, ["x"]),
    ),
}
CASES = [(name, kind) for name, lost in CALLS.items() for kind in lost.only]


def stopped(play: Play, first: str) -> Effects:
    return play.store.stopped(play.leaf(first), Fence(), "terminated")


class Kind(Play):
    """A run of one primitive."""

    kind: str = ""

    def delayed(self) -> None:
        """Another run, whose time has come without anyone noticing."""
        other = Play(self.store, "new")
        other.start(PRIMITIVES[self.kind][0](), eta=int((self.store.now() + 60) * 1000))
        self.redis.hset(self.store.keys.root("new"), "eta", 1)


@pytest.fixture
def losing(client: Redis) -> Iterator[Redis]:
    """A client that loses every first answer."""
    with resending_client(client) as redis:
        yield redis


def played(client: Redis, caller: Redis, lost: Lost, kind: str) -> tuple[Any, dict[str, Any]]:
    """Prepare with one client, and call with another; what the caller gets, and what the store holds."""
    client.flushall()
    tree, first = PRIMITIVES[kind]
    play = Kind(Store(client, SETTINGS))
    play.kind = kind
    play.start(lost.tree or tree())
    lost.before(play, first)
    by = Kind(Store(caller, SETTINGS))
    by.kind = kind
    answer = lost.call(by, first)
    return answer, {plain(key): plain(value) for key, value in play.snapshot().items()}


def plain(value: Any) -> Any:
    """A value without times and random ids."""
    if isinstance(value, bytes):
        value = value.decode("latin-1")
    if isinstance(value, str):
        value = re.sub(r"[0-9a-f]{32}", "H", value)  # before times: an id may have many digits in a row
        value = re.sub(r"(?<!\d)\d{13,}(\.\d+)?(-\d+)?", "T", value)
        if "\x1e" in value:  # texts of runs, whose order depends on the times
            value = "\x1e".join(sorted(value.split("\x1e")))
        return re.sub(r"\+\d+,\d+ ", "+W ", value)  # how long a leaf waited
    if isinstance(value, float) and value > 1e12:
        return "T"
    if isinstance(value, dict):
        return {plain(key): "T" if key == b"rested" else plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        has_order = not isinstance(value, (set, frozenset)) and not is_sorted_set(value)
        items = [plain(item) for item in value]
        return items if has_order else sorted(items)
    return value


def is_sorted_set(value: Any) -> bool:
    """Whether these are the entries of a sorted set, whose order depends on the times."""
    return isinstance(value, list) and all(isinstance(item, tuple) and isinstance(item[-1], float) for item in value)


def without_vetoes(stored: dict[str, Any]) -> dict[str, Any]:
    """A refused second claim writes that it was refused."""
    return {
        key: [
            [entry for entry in value[0] if entry[1].get("e") != "vetoed" and "vetoed" not in entry[1].values()],
            value[1],
        ]
        if key.endswith(":e")
        else value
        for key, value in stored.items()
    }


@pytest.mark.parametrize(("name", "kind"), CASES, ids=lambda part: part.replace(" ", "-"))
def test_a_lost_reply_changes_nothing(client, losing, name, kind):
    """Given a call whose first answer is lost, then its answer and all that the store holds are as without the loss."""
    lost = CALLS[name]
    expected, kept = played(client, client, lost, kind)
    got, stored = played(client, losing, lost, kind)
    assert without_vetoes(stored) == without_vetoes(kept)
    if isinstance(expected, Effects):
        assert expected.refused is None
        if got.refused is Refused.STALE and name.startswith(("requeue", "replace", "delegate")):
            assert got.detail is not None, "the store knows that the same was reported before"
        if got.refused is Refused.STALE and name in ("finish", "fail"):
            got = got._replace(
                todo=Store(client, SETTINGS).followed(Play(Store(client, SETTINGS)).leaf(PRIMITIVES[kind][1])).todo
            )
        assert sorted(names(got)) == sorted(names(expected))
        assert got.refused in (None, lost.may_refuse)
        if got.refused is None or name.startswith("delegate"):
            assert plain(got.detail or None) == plain(expected.detail or None)
            assert plain(got.more) == plain(expected.more)
    else:
        assert got == expected


def test_every_script_has_its_case():
    """Given the scripts that write, then each is called by a case."""
    text = Path(__file__).read_text()
    # A repeated `republish` finds nothing overdue; `schedule` is a part of other calls; `requeue` has three other names.
    apart = {"republish", "schedule", "requeue", *scripts.READING}
    assert {
        name for name in scripts.names() if name not in apart and name not in CALLS and f".{name}(" not in text
    } == set()
