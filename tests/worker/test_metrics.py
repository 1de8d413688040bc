"""Metrics for Prometheus: a real scrape after real work, and a Grafana dashboard that asks for nothing else."""

import json
import re
import signal
import subprocess
import urllib.request
from contextlib import suppress

import pytest
from celery import chain
from prometheus_client.parser import text_string_to_metric_families

from orchestrator_celery.metrics import CONTENT_TYPE, exposition, serve
from orchestrator_celery.store.embedded import EmbeddedRedis
from tests.kit.commands import COMMAND, call
from tests.kit.waiting import wait_for
from tests.kit.workers import ROOT, environment
from tests.worker.support import Stand

DASHBOARD = ROOT / "docs" / "grafana-dashboard.json"
ADD = {"task": "tests.kit.project.add", "category": "eu"}


def scraped(text):
    """The samples of a scrape, by name and labels."""
    families = text_string_to_metric_families(text if isinstance(text, str) else text.decode())
    return {(sample.name, tuple(sorted(sample.labels.items()))): sample.value for f in families for sample in f.samples}


def value(samples, name, **labels):
    return samples[name, tuple(sorted(labels.items()))]


@pytest.fixture(scope="module")
def shop(ledger_server):
    """A stand whose worker has run a few tasks, and written its statistics."""
    with EmbeddedRedis() as server, Stand(server.url(0), server.url(1)) as stand:
        t = stand.tasks
        with stand.worker() as worker:
            # A process that dies takes what it has counted and not written with it, so it runs first.
            dead = stand.complex(t("suicide_once", 5)).apply_async()
            assert dead.get(timeout=120) == 5
            good = stand.complex(chain(t("add", 1, 1), t("add", 2), t("nap", seconds=0.2)), category="eu").apply_async()
            bad = stand.complex(t("fail"), category="eu").apply_async()
            assert good.get(timeout=60) == 4
            with suppress(ValueError):
                bad.get(timeout=60)
            worker.stop()
        stand.run(t("add", 1, 1))
        stand.run(t("add", 2, 2)).suspend()
        yield stand


def test_a_scrape_tells_what_happened(shop):
    samples = scraped(exposition(shop.orchestrator))
    assert value(samples, "orchestrator_up") == 1
    assert value(samples, "orchestrator_task_started_total", **ADD) == 2
    assert value(samples, "orchestrator_task_succeeded_total", **ADD) == 2
    assert value(samples, "orchestrator_task_failed_total", task="tests.kit.project.fail", category="eu") == 1
    dead = {"task": "tests.kit.project.suicide_once", "category": ""}
    assert value(samples, "orchestrator_task_lost_total", **dead) == 1
    assert value(samples, "orchestrator_task_resumed_total", **dead) == 1
    assert value(samples, "orchestrator_task_duration_seconds_count", **ADD) == 2
    nap = {"task": "tests.kit.project.nap", "category": "eu"}
    assert value(samples, "orchestrator_task_duration_seconds_bucket", le="0.1", **nap) == 0
    assert value(samples, "orchestrator_task_duration_seconds_bucket", le="+Inf", **nap) == 1
    assert value(samples, "orchestrator_task_duration_seconds_sum", **nap) >= 0.2
    assert value(samples, "orchestrator_runs", status="PENDING") == 1
    assert value(samples, "orchestrator_runs", status="SUSPENDED") == 1
    assert value(samples, "orchestrator_nodes", state="QUEUED") == 2
    assert value(samples, "orchestrator_queue_age_seconds") > 0
    assert value(samples, "orchestrator_runs_kept") == 5
    assert value(samples, "orchestrator_runs_not_looked_at") == 0
    assert value(samples, "orchestrator_log_lines_dropped_total") == 0
    assert 0 < value(samples, "orchestrator_store_latency_seconds") < 5


def metrics_in(query):
    """The names of metrics in a query, after a check that its parts fit together."""
    assert all(query.count(left) == query.count(right) for left, right in ("()", "[]", "{}"))
    bare = re.sub(r"\{[^{}]*\}|\[\w+\]|\"[^\"]*\"", " ", query)
    bare = re.sub(r"\b(?:by|without|on|ignoring)\s*\([^()]*\)", " ", bare)
    names = re.findall(r"\b[a-zA-Z_:][\w:]*\b(?!\s*\()", bare)
    return [name for name in names if name not in ("sum", "max", "min", "avg")]


def test_the_dashboard_asks_for_metrics_that_exist(shop):
    """Given the Grafana dashboard, then each metric and label in its queries is one of a real scrape."""
    samples = scraped(exposition(shop.orchestrator))
    names = {name for name, _ in samples}
    labels = {label for _, pairs in samples for label, _ in pairs}
    dashboard = json.loads(DASHBOARD.read_text())
    queries = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    assert len(queries) >= 15
    for query in queries:
        found = metrics_in(query)
        assert found, query
        assert set(found) <= names, query
        asked = re.findall(r"(\w+)\s*=~?\s*\"", query) + re.findall(r"by \(([^)]*)\)", query)
        assert {label.strip() for part in asked for label in part.split(",")} <= labels, query
    shown = {name for query in queries for name in metrics_in(query)}
    families = {re.sub(r"_(total|bucket|sum|count|created)$", "", name) for name in names}
    left_out = {"orchestrator_scrape_seconds", "orchestrator_runs_not_looked_at", "orchestrator_task_started"}
    assert families - {re.sub(r"_(total|bucket|sum|count)$", "", name) for name in shown} == left_out


def test_a_server_gives_them_to_prometheus(shop):
    server, thread = serve(shop.orchestrator, 0)
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{server.server_port}/metrics", timeout=30) as answer:
            assert answer.headers["Content-Type"].split(";")[0] == CONTENT_TYPE.split(";")[0]
            assert value(scraped(answer.read()), "orchestrator_up") == 1
    finally:
        server.shutdown()
        server.server_close()
        thread.join(30)


def test_a_store_that_is_away_is_a_metric(make_stand):
    stand = make_stand(broker="redis://127.0.0.1:1/0", backend="redis://127.0.0.1:1/1")
    assert scraped(exposition(stand.orchestrator)) == {("orchestrator_up", ()): 0}


def test_the_command(shop):
    done = call(shop, "metrics", "--once")
    assert (done.returncode, value(scraped(done.stdout), "orchestrator_up")) == (0, 1)
    with subprocess.Popen(
        [*COMMAND, "metrics", "--port", "0"], cwd=ROOT, env={**environment_of(shop)}, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            url = process.stdout.readline().strip()
            assert url.startswith("http://127.0.0.1:")
            with urllib.request.urlopen(url, timeout=30) as answer:
                assert value(scraped(answer.read()), "orchestrator_workers") == 0
        finally:
            process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL


def environment_of(stand):
    import os

    return {**os.environ, **environment(stand.broker, stand.backend, **stand.settings)}


def test_totals_forget_tasks_that_are_gone(shop):
    """Given a task whose counters expired, then it is no metric any more, and its name goes too."""
    container = shop.orchestrator.container
    client, base = container.store.client, container.store.keys.statistics
    before = client.scard(f"{base}:all")
    client.sadd(f"{base}:all", b'["old.task",""]')
    assert "old.task" not in exposition(shop.orchestrator).decode()
    wait_for(lambda: client.scard(f"{base}:all") == before, what="the name to go")
