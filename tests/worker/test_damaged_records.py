"""One damaged record among many never stops a reader: it goes on with the others, and tells of the damaged one."""

import json
from contextlib import closing
from itertools import islice

import pytest

from orchestrator_celery import END, START, ConditionalGraph, OrchestratorError, RunStatus
from orchestrator_celery.model.changes import ChangesMissed, RunChanged
from orchestrator_celery.model.events import UnknownEvent
from tests.dashboard.conftest import Browser
from tests.kit.commands import call
from tests.kit.waiting import wait_for

#: What a bad disk, a careless script or another program may leave in a record.
DAMAGED = {
    "empty": b"", "no text": b"\xff\xfe\x00", "cut": b'[1700000000000,"INF', "another kind": b"{}", "a number": b"5",
    "too short": b"[1,2]", "wrong types": json.dumps([[], {}, None, 3, 4, 5, 6, 7, 8]).encode(),
    "out of range": json.dumps([1e300, "INFO", "l", "m", "", "0.0", 1, "t", "w"]).encode(),
    "too deep": b"[" * 100_000, "half a character": b'[1,"\\ud800","","","","",1,"",""]',
}  # fmt: skip
each_damage = pytest.mark.parametrize("damage", DAMAGED.values(), ids=[*DAMAGED])


@pytest.fixture
def store(shop):
    return shop.orchestrator.container.store


@pytest.fixture(scope="module")
def done(shop):
    """A run that has ended and has log lines."""
    run = shop.run(shop.tasks("logs", 1, lines=2))
    run.get(timeout=60)
    wait_for(lambda: run.id in dict(shop.orchestrator.container.logged_runs.since(0)), what="the run to be recorded")
    return run


@pytest.fixture(scope="module")
def page(shop):
    """The dashboard of the stand."""
    from orchestrator_celery.dashboard import create_dashboard  # the extra may be missing

    with closing(Browser(create_dashboard(shop.app))) as browser:
        browser.begin()
        yield browser


@each_damage
def test_log_lines(shop, store, done, page, damage):
    """Given a damaged line, then a warning stands at its place for every reader, and the other lines are there."""
    good = [line.message for line in done.logs() if line.logger != "orchestrator_celery"]
    place = store.client.xadd(store.keys.logs(done.id), {"l": damage}).decode()
    store.client.zadd(store.keys.logged, {done.id: store.now() * 1000})
    [bad] = [line for line in done.logs() if line.id == place]
    assert (bad.level, bad.logger, bad.node) == ("WARNING", "orchestrator_celery", "")
    assert bad.message == f"The record of this line is damaged ({len(damage):,} bytes) and cannot be read."
    assert [line.message for line in done.logs() if line.logger != "orchestrator_celery"] == good
    assert place in [line["id"] for line in page.read(f"runs/{done.id}/logs", limit=1000)["lines"]]
    with closing(shop.orchestrator.logs(search="damaged", level="WARNING")) as found:
        assert place in [line.id for line in found]
    with closing(shop.orchestrator.logs(search="plain")) as found:
        assert [line.message for line in found] == ["plain 1"]
    store.client.xdel(store.keys.logs(done.id), place)


def test_the_command_prints_the_other_lines(shop, store, done):
    """Given a damaged line, then `logs` and `logs --json` print it as a warning between the others."""
    place = store.client.xadd(store.keys.logs(done.id), {"l": b"\x1b[31m{"})
    told = call(shop, "logs", done.id)
    assert (told.returncode, told.stderr) == (0, "")
    assert "plain 1" in told.stdout
    assert "damaged" in told.stdout
    assert "\x1b[31m" not in told.stdout
    assert json.loads(call(shop, "logs", done.id, "--json").stdout)[-1]["level"] == "WARNING"
    store.client.xdel(store.keys.logs(done.id), place)


@each_damage
def test_events(store, done, page, damage):
    """Given a damaged event, then it is an `UnknownEvent`, and the events before and after it are there."""
    before = [event.id for event in done.events()]
    fields = {"t": "started", "n": b"0.0", "a": damage or b"x", damage or b"y": damage}
    place = store.client.xadd(store.keys.events(done.id), fields).decode()
    after = store.client.xadd(store.keys.events(done.id), {"t": "closed", "n": "$", "s": "SUCCEEDED"}).decode()
    found = {event.id: event for event in done.events()}
    assert list(found) == [*before, place, after]
    assert isinstance(found[place], UnknownEvent) or damage.isdigit()
    assert [event.id for event in done.watch(after=before[-1])] == [place, after]
    assert place in str(page.read(f"runs/{done.id}/events", limit=500))
    store.client.xdel(store.keys.events(done.id), place, after)


@each_damage
@pytest.mark.parametrize("field", ["n", "e"])
def test_the_feed(shop, store, field, damage):
    """Given a damaged entry of the feed, then `watch` tells that changes are missing, and yields the next ones."""
    number = int(store.client.xrevrange(store.keys.feed, count=1)[0][1][b"n"]) + 1
    changes = shop.orchestrator.watch()
    follower = shop.orchestrator.follower()
    follower.follow(["runs"])
    begin = shop.orchestrator.container.feed_stream.newest()
    store.client.xadd(store.keys.feed, {"n": number, "e": '["status","r","$","FAILED","5-1",""]', field: damage})
    store.client.xadd(store.keys.feed, {"n": number + 1, "e": json.dumps(["status", "r2", "$", "FAILED", "5-1", ""])})
    assert follower.read(100).missed
    read = shop.orchestrator.container.feed_stream.after(begin, None)
    assert len(read) == 2
    changes.close()
    *missed, last = _until_r2(shop.orchestrator.watch(after=begin.id))
    assert any(isinstance(change, ChangesMissed) for change in missed)
    assert isinstance(last, RunChanged)
    store.client.xdel(store.keys.feed, *[place.id for place, _ in read])


def _until_r2(changes):
    for change in changes:
        yield change
        if getattr(change, "run", "") == "r2":
            return


@pytest.mark.parametrize("value", ["no status", '{"nodes": 5}'])
@pytest.mark.parametrize("kind", ["status", "report", "awaiting"])
@pytest.mark.parametrize("view", ["", "no view"])
def test_values_in_the_feed(shop, store, kind, value, view):
    """Given an entry whose value or view is damaged, then `watch` goes on."""
    begin = shop.orchestrator.container.feed_stream.newest()
    entry = json.dumps([kind, "r", "0.0", value, "5-1", view])
    places = [store.client.xadd(store.keys.feed, {"n": begin.number + 1, "e": entry})]
    last = json.dumps(["status", "r2", "$", "FAILED", "5-1", ""])
    places.append(store.client.xadd(store.keys.feed, {"n": begin.number + 2, "e": last}))
    first, second = islice(shop.orchestrator.watch(after=begin.id), 2)
    assert isinstance(first, ChangesMissed) or kind == "awaiting"
    assert second.run == "r2"
    store.client.xdel(store.keys.feed, *places)


@each_damage
def test_the_audit_trail(shop, store, page, damage):
    """Given a damaged entry, then the list shows that there was one, and the others."""
    run = shop.run(shop.tasks("add", 1, 2))
    run.get(timeout=60)
    with pytest.raises(OrchestratorError):
        run.suspend()
    place = store.client.xadd(store.keys.audit, {"entry": damage}).decode()
    bad, refused = shop.orchestrator.audit(limit=2)
    assert (bad.id, bad.verb, bad.run) == (place, "unreadable", "")
    assert bad.reason == f"The record of this entry is damaged ({len(damage):,} bytes) and cannot be read."
    assert (refused.run, refused.verb) == (run.id, "suspend")
    assert [entry.verb for entry in shop.orchestrator.audit(run=run.id)] == ["suspend"]
    assert page.get("/api/audit").status_code == 200
    store.client.xdel(store.keys.audit, place)


@each_damage
def test_resume_reports(shop, store, page, damage, caplog):
    """Given a damaged report, then it is left out, and the log tells of it."""
    good = shop.orchestrator.resume_reports()[:3]
    store.client.lpush(store.keys.reports, damage)
    assert shop.orchestrator.resume_reports()[:3] == good
    assert "A record is left out, because it cannot be read (a resume report)" in caplog.text
    assert page.get("/api/resume-reports").status_code == 200
    store.client.lrem(store.keys.reports, 1, damage)


@each_damage
def test_progress_reports_and_durations(shop, store, ledger, page, damage):
    """Given damaged reports of a running task, then tree, progress, events and pages are read without them."""
    run = shop.run(shop.tasks("half_done", 1, "gate"))
    wait_for(lambda: run.tree().children[0].progress, what="the report of the task")
    task = run.tree().children[0].name
    store.client.hset(store.keys.progress(run.id), mapping={"0.0": damage, f"*{task}": damage})
    assert run.tree().children[0].progress is None
    assert run.progress().running == 1
    assert [event.node for event in run.events()].count("0.0") > 0
    assert page.get(f"/api/runs/{run.id}/tree").status_code == 200
    ledger.redis.set("gate", 1)
    assert run.get(timeout=60) == 1, "the end of the task reads its last report"
    assert run.status is RunStatus.SUCCEEDED


@pytest.mark.parametrize("damage", [b"\xff\xfe\x00", b"{", b"\0nothing\nx"], ids=["no text", "cut", "serializer"])
def test_checkpoints(shop, store, ledger, page, damage):
    """Given a damaged checkpoint, then the task fails with an error that says so, and pages show that it is there."""
    run = shop.run(shop.tasks("watchful", 5))
    wait_for(lambda: store.client.hexists(store.keys.checkpoints(run.id), "0.0"), what="the first checkpoint")
    run.interrupt(grace=10)
    store.client.hset(store.keys.checkpoints(run.id), "0.0", damage)
    assert "this checkpoint cannot be read" in page.read(f"runs/{run.id}/nodes/0.0")["checkpoint"]["value"]
    run.resume()
    with pytest.raises(OrchestratorError, match=r"The checkpoint of the task .* cannot be read"):
        run.get(timeout=60)


@each_damage
def test_statistics(shop, store, done, damage):
    """Given damaged counters, then the others are counted."""
    wait_for(lambda: shop.orchestrator.stats(task="*logs").succeeded, what="the statistics")
    hour = shop.orchestrator.container.statistics.hour()
    key = f"{store.keys.statistics}:{hour}"
    store.client.sadd(key, damage)
    assert shop.orchestrator.stats().succeeded > 0
    store.client.srem(key, damage)


@each_damage
def test_subscriptions_and_saved_views(shop, store, damage):
    """Given a damaged rule and a damaged view, then runs change their status, and the others are listed."""
    shop.orchestrator.subscribe("", shop.tasks("add", 1), name="good", on=["FAILED"])
    shop.orchestrator.views.save("good", "tag:eu", shared=True)
    for key in (store.keys.subscriptions, store.keys.views(None)):
        store.client.hset(key, "bad", damage)
    rules = shop.orchestrator.container.rules
    rules._read = None
    run = shop.run(shop.tasks("add", 1, 2))
    assert run.get(timeout=60) == 3
    assert rules.statuses() == "FAILED"
    assert [one.name for one in shop.orchestrator.subscriptions()] == ["good"]
    assert [one.name for one in shop.orchestrator.views] == ["good"]
    for key in (store.keys.subscriptions, store.keys.views(None)):
        store.client.delete(key)


@pytest.mark.parametrize("field", ["status", "kind", "total", "created", "tags", "format"])
def test_heads_in_lists(shop, store, page, field):
    """Given a run whose head is damaged, then lists show the other runs."""
    good, bad = (shop.run(shop.tasks("add", 1, number)) for number in range(2))
    for run in (good, bad):
        run.get(timeout=60)
    kept = store.client.hget(store.keys.root(bad.id), field)
    store.client.hset(store.keys.root(bad.id), field, b"\xff")
    listed = [run.id for run in shop.orchestrator.runs()[:5]]
    assert good.id in listed
    assert bad.id not in listed
    assert page.get("/api/runs").status_code == 200
    if kept is None:
        store.client.hdel(store.keys.root(bad.id), field)
    else:
        store.client.hset(store.keys.root(bad.id), field, kept)


def test_saved_graphs(shop, store):
    """Given a damaged version, and a graph that a later release has saved, then a page has as many graphs as asked for."""
    graphs = shop.orchestrator.graphs
    for name in "abcd":
        graph = ConditionalGraph(name, app=shop.app).add_node("x", shop.tasks("add", 1, 2))
        graphs.save(graph.add_edge(START, "x").add_edge("x", END))
    store.client.hset(f"{store.keys.graphs}:c", "1", b"5 {")
    store.client.hset(f"{store.keys.graphs}:d", "format", 99)
    assert [one.name for one in graphs.newest(limit=2)] == ["b", "a"]
    assert [one.name for one in graphs.newest(offset=1, limit=2)] == ["a"]
    assert [one.name for one in graphs] == ["b", "a"]
