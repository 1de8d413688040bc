"""Every page shows what there is, in both themes and on a phone, and is usable without a mouse or good eyes."""

import json
import re
from urllib.parse import quote

import pytest
from celery import chain
from playwright.sync_api import expect

from tests.browser.shop import HOSTILE
from tests.kit.servers import missing
from tests.kit.workers import ROOT

AXE = ROOT / "orchestrator_celery/dashboard/frontend/node_modules/axe-core/axe.min.js"
#: Each page with the words that say that it shows its data.
PAGES = {
    "overview": ("/", ["Needs you", "Busiest tasks", "order 1", "breaks"]),
    "runs": ("/runs", ["sums", "breaks", "many", "loop"]),
    "approvals": ("/approvals", ["Pay for order 1?", "Approve"]),
    "graphs": ("/graphs", ["No workflow is saved"]),
    "tasks": ("/tasks", ["tests.kit.project.add"]),
    "logs": ("/logs?filter=name:talks", ["line 29"]),
    "workers": ("/workers", ["alive"]),
    "deleted": ("/deleted", ["Nothing is deleted"]),
    "audit": ("/audit?actor=nobody", ["No entry"]),
}
TABS = {
    "graph": ["START", "grow", "END"],
    "timeline": ["grow", "done"],
    "items": ["grow", "SUCCEEDED"],
    "logs": ["Nothing was logged yet"],
    "events": ["Status changed", "Node succeeded", "grow"],
    "data": ["Result", "4"],
}


def shows(page, words):
    for word in words:
        expect(page.get_by_text(word).first).to_be_visible()


def is_accessible(page):
    """axe finds nothing serious."""
    if not AXE.is_file():
        missing("axe-core (make frontend)")
    page.evaluate(AXE.read_text())
    found = json.loads(page.evaluate("axe.run().then((found) => JSON.stringify(found.violations))"))
    serious = [one for one in found if one["impact"] in ("serious", "critical")]
    assert [(one["id"], [node["html"][:150] for node in one["nodes"][:3]]) for one in serious] == []


def fits(page):
    """Nothing stands out of the window at its right."""
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_shows_what_there_is(opened, address, name, theme):
    path, words = PAGES[name]
    page = opened(theme=theme)
    page.goto(address + path)
    shows(page, words)
    is_accessible(page)
    fits(page)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("tab", TABS)
def test_a_run_shows_what_happened(opened, address, shop, tab, theme):
    page = opened(theme=theme)
    page.goto(f"{address}/runs/{shop.graph.id}?tab={tab}")
    shows(page, ["loop", *TABS[tab]])
    is_accessible(page)
    fits(page)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_a_phone(opened, address, name):
    path, words = PAGES[name]
    page = opened(width=390)
    page.goto(address + path)
    shows(page, words[:1])
    fits(page)


def test_the_panel_of_a_node_shows_why_it_failed(page, address, shop):
    page.goto(f"{address}/runs/{shop.failed.id}")
    page.get_by_role("application").get_by_text("tests.kit.project.fail").click()
    panel = page.get_by_role("region", name=re.compile("fail"))
    for word in ("FAILED", "no good", "raise ValueError", "Retry this"):
        expect(panel.get_by_text(word).first).to_be_visible()
    is_accessible(page)


def test_the_run_that_replaced_a_task_is_drawn_with_a_link(page, address, shop):
    run = shop.run(chain(shop.stand.tasks("replaced", "chain"), shop.stand.tasks("identity")), "replaced")
    assert run.get(timeout=60) == 13
    inner = re.search(r"replaced by the run (\S+)", str(run.tree()))[1]
    page.goto(f"{address}/runs/{run.id}")
    page.get_by_role("application").get_by_role("link", name="Open the run that replaced it").click()
    expect(page).to_have_url(f"{address}/runs/{quote(inner, safe='')}")
    expect(page.get_by_text("SUCCEEDED").first).to_be_visible()


def test_a_hostile_name_is_text(page, address, shop):
    for path in ("/", "/runs", f"/runs/{shop.hostile.id}", f"/runs/{shop.hostile.id}?tab=timeline"):
        page.goto(address + path)
        expect(page.get_by_text(HOSTILE).first).to_be_visible()
        assert page.evaluate("window.owned") is None
        assert page.locator("main img").count() == 0


def test_a_filter_in_the_address_finds_and_an_unknown_word_is_explained(page, address):
    page.goto(f"{address}/runs?filter=tag:eu%20status:FAILED")
    shows(page, ["breaks", "1 match"])
    expect(page.get_by_role("table").get_by_text("sums")).to_have_count(0)
    page.complaints.expected.add(400)
    page.goto(f"{address}/runs?filter=statuss:FAILED")
    shows(page, ["did you mean 'status'"])


def test_a_run_that_is_not_there_is_explained(page, address):
    page.complaints.expected.add(404)
    page.goto(f"{address}/runs/nope")
    shows(page, ["This run does not exist"])


def test_the_palette_finds_a_run_without_a_mouse(page, address, shop):
    page.goto(address)
    shows(page, ["Needs you"])
    page.keyboard.press("Control+k")
    expect(page.get_by_role("combobox")).to_be_focused()
    page.keyboard.type("sums")
    page.keyboard.press("Enter")  # before the answer is there
    expect(page).to_have_url(re.compile(f"/runs/{shop.succeeded.id}"))
    expect(page.get_by_role("heading", name="sums")).to_be_visible()


def test_items_of_a_swarm_by_state(page, address, shop):
    page.goto(f"{address}/runs/{shop.swarm.id}?tab=items")
    items = page.get_by_role("list", name="Items").get_by_role("listitem")
    expect(items.first).to_be_visible()
    page.get_by_role("button", name="FAILED").click()
    expect(items).to_have_count(1)
    expect(items).to_contain_text("no good")


def test_a_search_in_the_logs_is_marked(page, address, shop):
    page.goto(f"{address}/runs/{shop.logs.id}?tab=logs")
    expect(page.get_by_role("log")).to_be_visible()
    page.get_by_label("Search the logs").fill("line 29")
    expect(page.locator("mark")).to_have_text(["line", "29"])
