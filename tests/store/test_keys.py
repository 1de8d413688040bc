"""The key map: what a run keeps is documented, lies in one slot, and expires (invariant 7)."""

from __future__ import annotations

import re

import pytest
from redis.crc import key_slot

from orchestrator_celery import OrchestratorSettings
from orchestrator_celery.model.ids import Fence
from orchestrator_celery.records.catalogs.graph_versions import Facts
from orchestrator_celery.records.notices.rules import Rule
from orchestrator_celery.records.statistics import Kind
from orchestrator_celery.records.streams.feed import FeedEntry
from orchestrator_celery.store import Store, keys
from orchestrator_celery.store.audit_stream import AuditTrail
from orchestrator_celery.store.catalogs.saved_graphs import SavedGraphs
from orchestrator_celery.store.catalogs.saved_views import ViewStore
from orchestrator_celery.store.feed.stream import FeedStream
from orchestrator_celery.store.keys import Keys
from orchestrator_celery.store.logged_runs import LoggedRuns
from orchestrator_celery.store.notices.rules import Rules
from orchestrator_celery.store.run_index import IndexEntry
from orchestrator_celery.store.statistics.counters import StatisticsStore
from orchestrator_celery.store.transitions.upload import upload
from orchestrator_celery.store.worker_registry import Skills, StopTasks, WorkerRegistry

from .play import Play, contents
from .trees import chain, leaf, swarm, unit

#: Patterns of keys, with their types, out of the module's own table.
DOCUMENTED = {
    re.escape(name)
    .replace(re.escape("<run>"), r"[^{}]+")
    .replace(re.escape(":<app>"), "(:[0-9a-f]{12})?")
    .replace(re.escape("<token>"), "[0-9a-f]{32}")
    .replace("<pool>", r"[\d.]+")
    .replace("<name>", ".+")
    .replace("<time>", r"(-inf|\d{15})")
    .replace("<word>", "(status|task|tag|category|name):.*")
    .replace("<hour>", r"(\d+|all)")
    .replace("<digest>", "[0-9a-f]{16,20}"): kind
    for name, kind in re.findall(r"^`(orc:[^`]+)`\s+(\w+)\s", keys.__doc__, re.MULTILINE)
}


def everything(store: Store, run: str = "some-run") -> Play:
    """A run with all kinds of keys, and workers."""
    play = Play(store, run)
    play.start(swarm(leaf(links=[chain(leaf(), leaf())]), chain(leaf(), leaf()), open=True), input=b"[[1], {}]")
    play.claim("0.0")
    play.store.progress(play.leaf("0.0"), Fence(), "1", "2", "half")
    play.store.logs.append(run, [b"[]"])
    play.add(*[leaf()] * 1001)
    play.store.swarms.set_priority(run, "0", 3, [(500, 600)])
    play.succeed("0.1.0")
    play.finish("0.0")
    play.claim("0.2")
    play.fail("0.2")
    play.claim("0.1.1")
    play.store.checkpoint(play.leaf("0.1.1"), Fence(), b"x")
    play.requeue("0.1.1", Fence(nesting=1), why="replace")
    store.signatures.register(run, "again")
    store.graphs.awaits(run)
    store.due_index.run_index.put([IndexEntry("unknown", "1-1", "RUNNING")])
    Play(store, "later").start(unit(leaf()), eta=int((store.now() + 60) * 1000))
    store.signatures.save("s:1", [("0", b"x")], {"name": "n"}, None)
    store.signatures.save_version("s:2", [("0", b"x")], {"name": "n"}, {"document": b"{}"})
    SavedGraphs(store.client, store.keys).add("orders", 0, Facts("s:2", "ann", "", 1, 2))
    for shared in (True, False):
        ViewStore(store.client, store.keys).save("v", "", (), owner="ann", shared=shared, base=None)
    store.signatures.mark(run, 60, None)
    store.keep_report(b"{}")
    AuditTrail(store.client, store.keys, 100, 100).append("{}")
    FeedStream(store.client, store.keys, 100).append([FeedEntry("status", run)])
    Rules(store.client, store.keys).add(Rule("n", "a1", "", ("FAILED",), "t", b"{}"))
    LoggedRuns(store.client, store.keys, 100).mark([run])
    StatisticsStore(store.client, store.keys, 100).add(495000, {Kind("proj.task"): {"s": 1}})
    workers = WorkerRegistry(store.client, store.keys)
    workers.beat("w/b", 30, [])
    workers.leave("w/b", finished=True)
    handed = store.client.dump(f"{store.keys.workers}:handed")
    workers.order_stop(StopTasks("", ("some-run:0.0:1",)))
    workers.beat("w/a", 30, [], skills=Skills(frozenset({"proj.task"}), frozenset({"celery"})))
    store.client.restore(f"{store.keys.workers}:handed", 0, handed, replace=True)
    return play


def test_every_key_is_documented_with_its_type(store):
    """Given a run that uses everything, then each key of the store is in the table, with the type it has."""
    everything(store)
    upload(store.client, store.keys, "some-run", "0" * 32, [("0", b"x")])
    found = {key.decode(): store.client.type(key).decode() for key in store.client.scan_iter()}
    for key, kind in found.items():
        literal = DOCUMENTED.get(re.escape(key))
        matching = [literal] if literal else [k for pattern, k in DOCUMENTED.items() if re.fullmatch(pattern, key)]
        assert matching == [kind], key


def test_every_documented_key_is_used(store):
    """Given a run that uses everything, then no key of the table is a relic."""
    everything(store)
    found = [key.decode() for key in store.client.scan_iter()]
    assert [p for p in DOCUMENTED if not any(re.fullmatch(p, key) for key in found)] == []
    assert len(DOCUMENTED) >= 10


@pytest.mark.parametrize("run", ["r", "a:b:c", "outer:0.1:2", "{x}", "a}b", "run with spaces", "\u2603"])
def test_all_keys_of_a_run_share_a_slot(store, run):
    """Given a run of any name, then all its keys are in one slot of a cluster."""
    play = everything(store, run)
    assert len(play.keys()) == 14
    assert len({key_slot(key.encode()) for key in [*play.keys(), f"{store.keys.root(run)}:k"]}) == 1


def test_answers_that_are_kept_share_a_slot_with_their_subject(store, client):
    """Given calls on a run and on the audit trail, then their answers are in the slots of these, and soon expire."""
    everything(store)
    ours = [store.keys.root("some-run"), store.keys.root("s:1"), "orc:audit"]
    kept = [key.decode() for key in client.scan_iter("*}:k")]
    assert {key_slot(key.encode()) for key in kept} >= {key_slot(key.encode()) for key in ours}
    assert all(0 < client.ttl(key) <= 600 for key in kept)


def test_the_workers_keys_share_a_slot():
    """Given the workers' keys, which one script touches, then they are in one slot."""
    root = Keys("orc").workers
    assert len({key_slot(f"{root}{end}".encode()) for end in ("", ":active", ":leader", ":handed")}) == 1


def test_the_versions_of_graphs_share_a_slot():
    """Given the names of graphs and their versions, which one script touches, then they are in one slot."""
    root = Keys("orc").graphs
    assert len({key_slot(f"{root}{end}".encode()) for end in ("", ":orders", ":{x}", ":}{")}) == 1


@pytest.mark.parametrize("run", ["workers", "runs", "due", "reports"])
def test_a_run_may_have_any_name(store, run):
    """Given a run whose id (the user's choice) is a word of ours, then it meets none of our own keys."""
    everything(store)
    play = Play(store, run)
    assert play.start(unit(leaf())).refused is None
    assert play.succeed("0.0") == ["close"]


def test_no_key_of_one_run_is_anothers(store):
    """Given runs whose ids begin alike, then they share no key."""
    runs = [everything(store, run) for run in ("r", "r1", "r1:0.0:1", "r:d")]
    found = [key for play in runs for key in play.keys()]
    assert len(found) == len(set(found)) == 14 * len(runs)


def test_a_prefix_of_its_own(client):
    """Given another key prefix, then every key begins with it: projects may share a server."""
    store = Store(client, OrchestratorSettings(key_prefix="proj:orc"))
    everything(store)
    assert all(key.startswith(b"proj:orc:") for key in client.scan_iter())


def test_scripts_touch_one_run(play, store, client):
    """Given two runs, when one goes through its life, then not one byte of the other changes."""
    other = everything(store, "other")
    before = {key: contents(client, key) for key in other.keys()}
    play.start(unit(chain(leaf(), swarm(leaf(), open=True))))
    play.succeed("0.0.0")
    play.add(leaf(), pool="0.0.1")
    play.store.swarms.close_swarm("r", "0.0.1")
    play.claim("0.0.1.0")
    play.lost("0.0.1.0")
    play.succeed("0.0.1.0", 2)
    play.break_("0.0.1.1")
    play.tell()
    store.due_index.check(["r"])
    assert {key: contents(client, key) for key in other.keys()} == before


def test_a_run_is_bounded_in_what_it_tells(client):
    """Given very many events, then the stream keeps about as many as it may (invariant 9)."""
    play = Play(Store(client, OrchestratorSettings(max_events=100)))
    play.start(swarm(*[leaf()] * 1000))
    play.run_out()
    assert client.xlen(play.events_key) <= 300
