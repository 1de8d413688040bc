"""A Redis user with the rules of the page about security can do all that the extension does, and no smaller one starts."""

import json
import re
from pathlib import Path

import pytest
import redis
from celery import chain, group

from orchestrator_celery import RunStatus, StoreUnavailable
from orchestrator_celery.canvas.approval import Approval
from orchestrator_celery.canvas.graphs.graph import END, START, ConditionalGraph
from orchestrator_celery.dashboard import create_dashboard
from orchestrator_celery.metrics import exposition
from orchestrator_celery.model.checks import CheckLevel
from orchestrator_celery.store.embedded import EmbeddedRedis
from orchestrator_celery.store.permissions import NEEDED
from orchestrator_celery.store.scripting.scripts import FOLDER
from tests.dashboard.conftest import Browser
from tests.kit.commands import call
from tests.kit.servers import redis_6_2
from tests.kit.waiting import wait_for
from tests.kit.workers import ROOT

PAGE = Path(ROOT, "docs/discussions/security.md")
#: Of the rules: `ACL SETUSER <user> on ><password> <rest>`, over several lines.
RULE = re.compile(r"^ACL SETUSER (\w+) on >(\S+)\s([^`]+)", re.MULTILINE)
RULES = {user: [f">{password}", *rest.split()] for user, password, rest in RULE.findall(PAGE.read_text())}
STORE, CELERY = "orchestrator", "celery"
OLD_IN_FULL = pytest.param(redis_6_2, marks=pytest.mark.full)
PASSWORD = "a-long-password"


def allow(admin, user, *changes):
    """Set a user as the page says it, and then change it."""
    admin.execute_command("ACL", "SETUSER", user, "reset", "on", *RULES[user], *changes)


def url_of(server, user, db):
    return f"redis://{user}:{PASSWORD}@127.0.0.1:{server.port}/{db}"


@pytest.fixture
def server(request):
    with getattr(request, "param", EmbeddedRedis)() as started:
        yield started


@pytest.fixture
def admin(server):
    with server.client() as client:
        yield client


def refusals(admin):
    """What users were refused, by the server's own log; redis-py asks for a name of the client, and goes on without."""
    found = {(entry["username"], entry["reason"], entry["object"]) for entry in admin.acl_log()}
    return {one for one in found if not one[2].lower().startswith("client")}


def story(stand):
    """One of each, and every verb: returns the runs."""
    t, orchestrator = stand.tasks, stand.orchestrator
    run = stand.run(chain(t("add", 1, 2), group(t("add", 1), t("add", 2)), t("xsum")), countdown=0.2)
    swarm = stand.swarm([t("logs", i, lines=1) for i in range(6)], max_concurrency=2).apply_async()
    graph = ConditionalGraph("order", app=stand.app).add_node("review", Approval(message="Pay?", timeout=3600))
    graph.add_node("pay", t("identity")).add_edge(START, "review").add_edge("review", "pay").add_edge("pay", END)
    asked = graph.apply_async((1,))
    waiting = stand.swarm([t("nap", i, seconds=0.05) for i in range(40)], max_concurrency=1).apply_async()
    waiting.suspend()
    wait_for(asked.approvals, what="an approval")
    asked.approve("review", by="ada")
    waiting.resume()
    waiting.interrupt(grace=20)
    waiting.cancel(confirm=True)
    broken = stand.run(t("fail"))
    with pytest.raises(ValueError, match="no good"):
        broken.get(timeout=120)
    broken.retry()
    broken.watch()
    assert run.get(timeout=120) == 9
    assert swarm.get(timeout=120) == list(range(6))
    assert asked.get(timeout=120)["by"] == "ada"
    assert orchestrator.run(run.id).status is RunStatus.SUCCEEDED
    return run, swarm, asked, broken


@pytest.mark.parametrize("server", [EmbeddedRedis, OLD_IN_FULL], ids=["redis", "redis 6.2"], indirect=True)
def test_the_rules_of_the_page_are_enough(server, admin, make_stand, tmp_path):
    """Given users with the rules of the page, when everything is done once, then the server has refused nothing."""
    allow(admin, STORE)
    allow(admin, CELERY)
    settings = {"orchestrator_store_url": url_of(server, STORE, 2), "orchestrator_heartbeat": 0.3,
                "orchestrator_log_index": str(tmp_path / "logs.sqlite")}  # fmt: skip
    stand = make_stand(url_of(server, CELERY, 0), url_of(server, CELERY, 1), **settings)
    admin.acl_log_reset()
    with stand.worker() as worker:
        runs = story(stand)
        wait_for(lambda: list(stand.orchestrator.logs(search="plain")), what="lines of the log")
        pages(stand, runs[1])
        pages(stand, runs[2])
        done = call(stand, "show", runs[0].id, TEST_SETTINGS=json.dumps(settings))
        assert (done.returncode, done.stderr) == (0, "")
        assert "orchestrator_up 1.0" in exposition(stand.orchestrator).decode()
        checks = {check.name: check for check in stand.orchestrator.doctor()}
        assert (checks["permissions"].level, checks["workers"].level) == (CheckLevel.OK, CheckLevel.OK)
        worker.stop()
    assert refusals(admin) == set()


def pages(stand, run):
    """Read all that the dashboard's pages read."""
    document = json.loads((ROOT / "docs/dashboard/openapi.json").read_text())["paths"]
    paths = {path for path, verbs in document.items() if "get" in verbs}
    plain = {path for path in paths if "{" not in path} - {"/api/stream", "/api/login", "/api/login/callback"}
    of_run = {path for path in paths if path.startswith("/api/runs/{run}")}
    browser = Browser(create_dashboard(stand.app))
    try:
        browser.begin()
        for path in plain | {path.format(run=run.id, node="0.0") for path in of_run}:
            answer = browser.get(path, params={"search": "plain"} if path == "/api/logs" else {})
            assert answer.status_code in (200, 400), (path, answer.text)  # 400: a graph has no items
    finally:
        browser.close()


def test_the_rule_of_the_store_is_what_the_store_uses():
    """Given the rule, the scripts and the clients, then all name the same commands."""
    listed = {word[1:].upper().replace("|", " ") for word in RULES[STORE] if word.startswith("+")}
    assert listed - {"CONFIG GET"} == set(NEEDED)
    scripts = {name for file in FOLDER.rglob("*.lua") for name in re.findall(r"'([A-Z]{3,})'", file.read_text())}
    clients = "\n".join(file.read_text() for file in FOLDER.parents[1].rglob("*.py") if file.name != "permissions.py")
    spelled = {name: name.lower().replace(" ", "_") for name in NEEDED}
    unused = {name for name, method in spelled.items() if name not in scripts and f".{method}(" not in clients
              and f".{method}_iter(" not in clients}  # fmt: skip
    assert unused <= {"MULTI", "DISCARD", "SELECT"}  # sent by redis-py, and by the check itself
    called = {name for file in FOLDER.rglob("*.lua") for name in re.findall(r"redis\.p?call\('([A-Z]+)'", file.read_text())}  # fmt: skip
    assert called <= set(NEEDED)


@pytest.mark.parametrize("server", [EmbeddedRedis, redis_6_2], ids=["redis", "redis 6.2"], indirect=True)
def test_a_missing_command_is_named_before_anything_is_done(server, admin, make_stand):
    """Given a user that lacks one of the commands, then a start is refused by name, and leaves nothing."""
    stand = make_stand(server.url(0), server.url(1), orchestrator_store_url=url_of(server, STORE, 2))
    for name in NEEDED:
        allow(admin, STORE, *([f"-{name.lower()}"] if " " not in name else ["-script", "-memory"]))
        swarm = stand.swarm([stand.tasks("add", 1, 2)] * 3)
        with pytest.raises(StoreUnavailable, match=rf"may not run .*\b{name}\b.*security\.md"):
            swarm.apply_async()
    errors = [check for check in stand.orchestrator.doctor() if check.level is CheckLevel.ERROR]
    assert [(check.name, name in check.found) for check in errors] == [("permissions", True)]
    allow(admin, STORE, "resetkeys", "~other:*")
    with pytest.raises(StoreUnavailable, match=r"may not use the keys orc:"):
        swarm.apply_async()
    with redis.Redis(port=server.port, db=2) as store:
        assert store.keys("*") == []
    allow(admin, STORE)
    assert swarm.apply_async().status is RunStatus.PENDING


def test_a_worker_with_a_smaller_user_does_not_start(make_stand):
    """Given a user that lacks a command, then the worker ends and names it."""
    with EmbeddedRedis() as server, server.client() as admin:
        allow(admin, STORE, "-zadd")
        stand = make_stand(server.url(0), server.url(1), orchestrator_store_url=url_of(server, STORE, 2))
        with stand.worker(ready=False) as worker:
            assert worker.process.wait(60) != 0
            assert "The worker does not start: the Redis user of the store may not run ZADD." in worker.log


def test_a_command_that_is_taken_away_is_an_outage(make_stand, ledger):
    """Given a run at work, when its user loses a command for a while, then its tasks wait, and none fails."""
    with EmbeddedRedis() as server, server.client() as admin:
        allow(admin, STORE)
        settings = {"orchestrator_store_url": url_of(server, STORE, 2), "orchestrator_heartbeat": 0.3}
        stand = make_stand(server.url(0), server.url(1), **settings)
        with stand.worker():
            run = stand.swarm([stand.tasks("nap", i, seconds=0.05) for i in range(40)]).apply_async()
            wait_for(lambda: len(ledger.entries("end")) > 4, what="some ends")
            admin.acl_log_reset()
            allow(admin, STORE, "-hset", "-hdel")
            wait_for(lambda: len(refusals(admin)) > 0, what="a refusal")
            with pytest.raises(StoreUnavailable, match=r"refused for now: .*doctor"):
                run.suspend()
            allow(admin, STORE)
            assert run.get(timeout=120) == list(range(40))
            assert len(ledger.entries("end")) == 40
