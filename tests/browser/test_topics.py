"""Pages that show workers, deletions and the audit trail follow the event stream."""

from playwright.sync_api import expect

from orchestrator_celery import acting


def row(page, text):
    return page.get_by_role("row").filter(has_text=text)


def test_deletions_and_the_audit_trail_come_by_themselves(opened, address, shop):
    """Given open pages, when somebody else deletes and restores, then the rows come and go without a reload."""
    saved = shop.stand.orchestrator.save(shop.stand.complex(shop.stand.tasks("add", 1)), name="comes and goes")
    deleted, audit, graphs = opened(), opened(), opened()
    deleted.goto(f"{address}/deleted")
    audit.goto(f"{address}/audit?actor=somebody%20else")
    graphs.goto(f"{address}/graphs")
    expect(row(graphs, "comes and goes")).to_be_visible()
    expect(audit.get_by_text("No entry")).to_be_visible()
    with acting("somebody else"):
        saved.delete(after=3600)
    expect(row(deleted, "comes and goes")).to_be_visible()
    expect(row(audit, "somebody else")).to_have_count(1)
    expect(row(graphs, "comes and goes")).to_have_count(0)
    with acting("somebody else"):
        saved.restore()
    expect(row(deleted, "comes and goes")).to_have_count(0)
    expect(row(audit, "somebody else")).to_have_count(2)
    expect(row(graphs, "comes and goes")).to_be_visible()
    saved.purge(confirm=True)


def test_a_worker_comes_and_goes(page, address, shop):
    page.goto(f"{address}/workers")
    expect(row(page, "alive")).to_have_count(1)
    with shop.stand.worker(concurrency=1) as worker:
        expect(row(page, "alive")).to_have_count(2)
        worker.stop()
    expect(row(page, "alive")).to_have_count(1)
