"""The page Logs searches all runs, not only the newest."""

import pytest
from playwright.sync_api import expect

from orchestrator_celery import RunStatus
from tests.kit.waiting import wait_for


@pytest.fixture
def talked(shop, tmp_path, monkeypatch):
    """Runs that have logged, more of them than the page follows."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))  # of the index of a search
    tasks = shop.stand.tasks
    runs = [shop.run(tasks("logs", f"turn {number} of many", lines=1), "chatty") for number in range(14)]
    for run in runs:
        wait_for(lambda run=run: run.status is RunStatus.SUCCEEDED, what=f"{run} to end")
    return runs


def test_all_runs_are_searched(page, address, talked):
    """Given more runs than are followed, then the tail lacks the oldest, and the search of all runs has it."""
    lines = page.get_by_role("log")
    page.goto(f"{address}/logs?filter=name:chatty")
    expect(lines.get_by_text("plain turn 13 of many").first).to_be_visible()
    page.get_by_label("Search the lines").fill("plain turn 0")
    expect(page.get_by_text("No line matches")).to_be_visible()
    page.get_by_role("radio", name="All runs").click()
    expect(lines.locator("mark").first).to_be_visible()
    expect(lines.get_by_text("turn 0 of many").first).to_be_visible()
    page.get_by_label("Search the lines").fill("printed turn*")
    expect(page.get_by_text("14 lines")).to_be_visible()
    page.get_by_label("Search the lines").fill("")
    page.get_by_label("Lowest level").select_option("ERROR")
    expect(page.get_by_text("14 lines")).to_be_visible()
    page.complaints.expected.add(400)
    page.get_by_label("Search the lines").fill("AND")
    expect(page.get_by_text("cannot be read")).to_be_visible()
