"""What is hostile, extreme or missing is shown as text, fits the window, and runs no script."""

import re
from datetime import timedelta
from urllib.parse import quote

import pytest
from celery import group
from playwright.sync_api import expect

from orchestrator_celery import END, START, Approval, ConditionalGraph
from tests.browser.conftest import SOON, Complaints, serving
from tests.browser.frames import DRAWN
from tests.browser.shop import Shop
from tests.browser.test_pages import fits, is_accessible
from tests.kit.cases import amount
from tests.kit.waiting import wait_for

#: 200 characters without a place to break.
LONG = "longword" * 25
RTL = "طلب رقم ١٢٣ من متجر الكتب في المدينة القديمة"
HTML = "<img src=x onerror=window.owned=1><script>window.owned=1</script>"
#: What a terminal would obey.
#: Also what turns the text after it around.
ESCAPES = "\x1b[2J\x1b[31mred\x1b[0m \x07\x9b31m \u202eturned"
#: What may be saved has printable names only.
SAVED = {"long": LONG, "rtl": RTL, "html": HTML}
NAMES = {**SAVED, "escapes": ESCAPES}
WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
#: Lines of an error.
DEEP = 500


class Hostile(Shop):
    """Runs, graphs and questions with hostile names and data.

    Args:
        stand: a client of the worker.
    """

    def __init__(self, stand):
        self.stand = stand
        tasks, orchestrator = stand.tasks, stand.orchestrator
        self.runs = {
            key: self.run(group(tasks("identity", name), tasks("fail")), name, tags=[name.strip()], category=name)
            for key, name in NAMES.items()
        }
        self.runs["deep"] = self.run(tasks("fails_at_length", DEEP), "deep")
        self.runs["large"] = self.run(tasks("identity", {"text": "x" * 1_000_000, HTML: [LONG, RTL]}), "large")
        self.runs["logs"] = self.run(tasks("logs_nonsense"), "logs")
        self.runs["one"] = stand.swarm([tasks("add", 1)], name="one").apply_async()
        many = stand.swarm((tasks("add", n) for n in range(amount(2000, 100_000))), name="many", batch=1000)
        self.runs["many"] = many.apply_async(countdown=3600)
        for name in SAVED.values():
            self.question(name).apply_async()
            orchestrator.save(self.question(name), name=name, category=name).delete(after=timedelta(hours=20))
            orchestrator.graphs.save(self.question(name), name=name, note=name)
        wait_for(lambda: len(orchestrator.approvals()) == len(SAVED), what="the questions")
        for key, run in self.runs.items():
            wait_for(lambda run=run, key=key: key == "many" or run.status.ended, what=f"the end of {key}")

    def question(self, name):
        graph = ConditionalGraph(name, app=self.stand.app).add_node("ask", Approval(message=f"{name}?"))
        return graph.add_edge(START, "ask").add_conditional_edges("ask", {"approved": END, "rejected": END})


@pytest.fixture(scope="module")
def hostile(standing):
    with standing("hostile") as stand:
        yield Hostile(stand)


@pytest.fixture(scope="module")
def address(hostile, static):
    with serving(hostile.stand.app) as found:
        yield found


@pytest.fixture(scope="module")
def page(chromium, address):
    """One page for all cases: a case costs one navigation."""
    context = chromium.new_context(viewport=WIDE)
    page = context.new_page()
    page.set_default_timeout(SOON)
    page.complaints = Complaints(page)
    yield page
    context.close()
    assert page.complaints == []


def is_harmless(page):
    """No script of the data ran, none of it became a part of the page, and it fits a phone and a wide window."""
    assert page.evaluate("window.owned") is None
    assert page.locator("main img, main script").count() == 0
    fits(page)
    page.set_viewport_size(PHONE)
    page.evaluate(DRAWN)
    fits(page)
    page.set_viewport_size(WIDE)


#: The views of one run: which run, which tab, and a word that shows that the data is there.
RUNS = [
    *[(key, tab, {"escapes": "red"}.get(key, NAMES[key][:30])) for key in NAMES for tab in ("graph", "items", "data")],
    ("html", "timeline", "fail"),
    ("html", "events", "Node failed"),
    ("deep", "data", f"line {DEEP - 1} of what"),
    ("large", "data", "Result"),
    ("logs", "logs", "authorization"),
    ("one", "items", "SUCCEEDED"),
    ("many", "items", "WAITING"),
    ("many", "graph", "swarm"),
]


@pytest.mark.parametrize(("key", "tab", "word"), RUNS, ids=[f"{key}-{tab}" for key, tab, _ in RUNS])
def test_a_run(page, address, hostile, key, tab, word):
    page.goto(f"{address}/runs/{hostile.runs[key].id}?tab={tab}")
    expect(page.locator("main").get_by_text(word).first).to_be_visible()
    is_harmless(page)


def test_a_traceback_of_hundreds_of_lines_scrolls_in_its_place(page, address, hostile):
    page.goto(f"{address}/runs/{hostile.runs['deep'].id}")
    # The message above the tabs is cut.
    assert page.get_by_role("tablist", name="Parts of the run").bounding_box()["y"] < 400
    page.get_by_role("application").get_by_text("fails_at_length").first.click()
    panel = page.get_by_role("region", name=re.compile("fails_at_length"))
    panel.get_by_role("button", name=re.compile("earlier line")).click()
    shown = panel.get_by_label("Traceback")
    expect(shown).to_contain_text("line 0 of what went wrong")
    assert shown.inner_text().count("\n") > DEEP
    assert shown.bounding_box()["height"] <= 330
    is_harmless(page)


LISTS = ["/", "/runs", "/approvals", "/graphs", "/tasks", "/deleted", "/audit", "/logs", "/workers"]


@pytest.mark.parametrize("path", LISTS)
def test_a_list(page, address, path):
    page.goto(address + path)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.locator(".shimmer")).to_have_count(0)
    if path in ("/", "/runs", "/approvals", "/graphs", "/deleted", "/audit"):
        expect(page.locator("main").get_by_text(HTML).first).to_be_visible()
    is_harmless(page)


#: Whether the first character of an element's text is within the cell that cuts it.
BEGINS_IN_SIGHT = """element => {
    const range = document.createRange(), cell = element.closest("td").getBoundingClientRect();
    range.setStart(element.firstChild, 0);
    range.setEnd(element.firstChild, 1);
    const first = range.getBoundingClientRect();
    return element.scrollWidth > element.clientWidth && first.left >= cell.left && first.right <= cell.right;
}"""


@pytest.mark.parametrize("name", [LONG, RTL], ids=["long", "right to left"])
def test_a_name_that_does_not_fit_is_cut_at_its_end(page, address, name):
    page.set_viewport_size({"width": 320, "height": 844})
    page.goto(f"{address}/runs")
    shown = page.locator("td bdi", has_text=name).first
    expect(shown).to_be_visible()
    assert shown.evaluate(BEGINS_IN_SIGHT)
    page.set_viewport_size(WIDE)


@pytest.mark.parametrize("name", SAVED)
def test_the_editor(page, address, name):
    page.goto(f"{address}/graphs/edit/{quote(SAVED[name], safe='')}")
    expect(page.locator('[data-node="ask"]')).to_be_visible()
    page.locator('[data-node="ask"]').click()
    is_harmless(page)


@pytest.mark.parametrize("state", ["empty", "error", "loading"])
def test_a_list_without_data(page, address, state):
    """Given lists that are empty, that fail or that never come, then the page says so, within the window."""
    page.complaints.expected.add(503)
    if state != "empty":
        held = re.compile(r"/api/(runs|approvals|graphs|tasks|stats|workers|audit)\b")
        answer = {"status": 503, "json": {"title": HTML, "detail": LONG, "status": 503}}
        page.route(held, (lambda route: route.fulfill(**answer)) if state == "error" else (lambda route: None))
    try:
        for path in ("/runs?filter=name:nothing", "/tasks"):
            page.goto(address + path)
            expect(page.get_by_role("heading", level=1)).to_be_visible()
            if state == "error":
                expect(page.locator("main").get_by_text(LONG).first).to_be_visible()
            elif state == "loading":
                expect(page.locator("main .shimmer").first).to_be_attached()
            is_harmless(page)
        is_accessible(page)
    finally:
        page.unroute_all(behavior="ignoreErrors")
