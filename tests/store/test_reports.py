"""Resume reports: what a sweep leaves is small, however much it did, and only so many are kept."""

from __future__ import annotations

import pytest
from celery import Celery

from orchestrator_celery import Orchestrator
from orchestrator_celery.model.ids import LeafId
from orchestrator_celery.model.reports import LISTED, ResumeAction
from orchestrator_celery.store.worker_registry import Beat
from orchestrator_celery.worker.bodies.reporter import Reporter
from orchestrator_celery.worker.recovery.auto_resume import AutoResume


@pytest.fixture
def orchestrator(client, server):
    """An orchestrator on the store of these tests."""
    return Orchestrator(Celery("reports", set_as_current=False, broker="memory://", backend=server.url(db=0)))


def sweep(orchestrator, nodes):
    """A sweep that has treated so many nodes, half of them in each of two ways."""
    resume = AutoResume(orchestrator.container, Reporter(orchestrator.container))
    resume.member = "w@host/12345678/4321/abcdef01"
    with resume.session(Beat(1_700_000_000_000, True, ("w@host/12345678/1/00000000",))) as session:
        for number in range(nodes):
            leaf = LeafId(f"{number:036}", f"0.{number}", 3)
            action = (ResumeAction.RESUMED, ResumeAction.STARTED)[number % 2]
            session._note(leaf, "project.tasks.with_a_long_name", action, 3, owner="w@host/12345678/1/00000000")


@pytest.mark.parametrize("nodes", [1, 30, 200, 5000])
def test_a_report_is_small_and_counts_everything(orchestrator, client, nodes):
    """Given a sweep that treated any number of nodes, then its report is small, lists some, and counts all."""
    sweep(orchestrator, nodes)
    [raw] = client.lrange(orchestrator.container.store.keys.reports, 0, -1)
    assert len(raw) < 12_000
    [report] = orchestrator.resume_reports()
    assert sum(report.counts.values()) == nodes
    assert len(report.nodes) == min(nodes, 2 * LISTED)
    assert report.count(ResumeAction.RESUMED) == (nodes + 1) // 2


def test_only_so_many_are_kept(store, client):
    """Given more reports than are kept, then the newest are there."""
    for number in range(1005):
        store.keep_report(str(number).encode())
    kept = [int(raw) for raw in client.lrange(store.keys.reports, 0, -1)]
    assert kept == list(range(1004, 4, -1))


def test_a_report_of_an_older_release_still_counts(orchestrator, client):
    """Given a report without counts, as it was written before, then it is read, and counts what it lists."""
    node = '{"run":"r","node":"0.1","task":"t","action":"resumed","attempt":2}'
    old = f'{{"time":"2026-01-01T00:00:00Z","worker":"w","dead":[],"looked_at":3,"nodes":[{node},{node}]}}'
    client.lpush(orchestrator.container.store.keys.reports, old)
    [report] = orchestrator.resume_reports()
    assert report.count(ResumeAction.RESUMED) == 2
    assert str(report) == "2 resumed; 3 runs checked, 0 workers found dead"
