"""The verbs of an open swarm from its page: add tasks, change priorities, close."""

import re
import uuid

from playwright.sync_api import expect

from tests.browser.test_pages import is_accessible
from tests.kit.waiting import wait_for


def form(page):
    page.get_by_role("button", name="Add tasks…").click()
    return page.get_by_role("dialog", name="Add tasks to growing")


def test_an_open_swarm_grows_changes_its_priorities_and_is_closed(page, address, shop, ledger):
    """Given an item that holds the only place, when items are added, one is preferred and the swarm is closed, then it goes first."""
    tasks, gate = shop.stand.tasks, uuid.uuid4().hex
    waiting = tasks("identity").task
    run = shop.stand.swarm([tasks("gated", 0, gate)], name="growing", open=True, max_concurrency=1).apply_async()
    wait_for(lambda: run.progress().running == 1, what="the first item to run")
    page.goto(f"{address}/runs/{run.id}?tab=items")
    items = page.get_by_role("list", name="Items").get_by_role("listitem")
    dialog = form(page)
    dialog.get_by_label(re.compile("^Task")).fill(waiting)
    dialog.get_by_label(re.compile("^value")).fill("1")
    dialog.get_by_role("button", name="Add 1 task").click()
    expect(items).to_have_count(2)
    dialog = form(page)
    dialog.get_by_label(re.compile("^Task")).fill(waiting)
    dialog.get_by_role("radio", name="Many tasks").click()
    dialog.get_by_label("Arguments").fill('[2]\n{"value": 3\n')
    expect(dialog.get_by_text("Line 2:")).to_be_visible()
    expect(dialog.get_by_role("button", name="Add 1 task")).to_be_disabled()
    is_accessible(page)
    dialog.get_by_label("Arguments").fill('[2]\n{"value": 3}\n4')
    dialog.get_by_role("button", name="Add 3 tasks").click()
    expect(items).to_have_count(5)

    page.get_by_role("button", name="Priority…").click()
    dialog = page.get_by_role("dialog", name="Priority of waiting items")
    dialog.get_by_label("All waiting items").fill(waiting)
    dialog.get_by_label("New priority").select_option("Low")
    dialog.get_by_role("button", name="Change").click()
    expect(items.filter(has_text="low")).to_have_count(4)
    expect(page.get_by_role("checkbox", name="Select item 0")).to_have_count(0)
    page.get_by_role("checkbox", name="Select item 4").check()
    page.get_by_role("button", name="Priority", exact=True).click()
    page.get_by_role("menuitem", name="High").click()
    expect(items.filter(has_text="high")).to_have_count(1)
    is_accessible(page)

    page.get_by_role("button", name="Close…").click()
    page.get_by_role("menuitem", name="Now").click()
    page.get_by_role("dialog", name="Close growing?").get_by_role("button", name="Close", exact=True).last.click()
    expect(page.get_by_role("button", name="Add tasks…")).to_have_count(0)
    ledger.redis.rpush(gate, 1)
    assert run.get(timeout=60) == [0, 1, 2, 3, 4]
    begun = sorted(run.items(), key=lambda item: item.started)
    assert [item.index for item in begun[:2]] == [0, 4]
    verbs = [entry.verb for entry in shop.stand.orchestrator.audit(run=run.id) if entry.channel == "dashboard"]
    assert verbs == ["close", "set_priority", "set_priority", "add_tasks", "add_tasks"]


def test_what_the_swarm_refuses_stands_in_the_form(page, address, shop, ledger):
    """Given a swarm that was closed while somebody fills the form, then the form says so and keeps what was typed."""
    tasks, gate = shop.stand.tasks, uuid.uuid4().hex
    run = shop.stand.swarm([tasks("gated", 0, gate)], name="growing", open=True).apply_async()
    page.goto(f"{address}/runs/{run.id}?tab=items")
    dialog = form(page)
    dialog.get_by_label(re.compile("^Task")).fill(tasks("identity").task)
    dialog.get_by_role("radio", name="Many tasks").click()
    dialog.get_by_label("Arguments").fill("[7]")
    run.swarm.close()
    page.complaints.expected.add(409)
    dialog.get_by_role("button", name="Add 1 task").click()
    expect(dialog.get_by_text(re.compile("state does not allow"))).to_be_visible()
    expect(dialog.get_by_label("Arguments")).to_have_value("[7]")
    ledger.redis.rpush(gate, 1)
    assert run.get(timeout=60) == [0]
