"""The pages in a real browser, with a real worker behind them: what people see, and what their clicks do."""

import json
import shutil
import uuid

import pytest
from celery import chain

from orchestrator_celery import END, START, Approval, ComplexSignature, ConditionalGraph, RunStatus, Swarm
from orchestrator_celery.dashboard.serving import has_pages
from tests.dashboard.served import Server
from tests.kit.servers import missing
from tests.kit.waiting import PATIENCE, wait_for
from tests.kit.workers import ROOT

try:
    from playwright import sync_api
except ImportError:
    sync_api = None

AXE = ROOT / "orchestrator_celery/dashboard/frontend/node_modules/axe-core/axe.min.js"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
#: Milliseconds that a page may take.
LONGEST = 15_000 * PATIENCE
PAGES = {
    "/": "Overview", "/runs": "Runs", "/approvals": "Approvals", "/graphs": "Graphs", "/tasks": "Tasks", "/logs": "Logs",
    "/workers": "Workers", "/deleted": "Deleted", "/audit": "Audit",
}  # fmt: skip


@pytest.fixture(scope="module")
def chromium():
    """One browser for all tests."""
    if sync_api is None:
        missing("playwright")
    if not has_pages():
        missing("The build of the dashboard's pages (make frontend)")
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        missing("Chromium")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def served(redis_server, shared_worker):
    with Server(redis_server) as server:
        yield server


@pytest.fixture(scope="module")
def shown(project, shared_worker):
    """What the pages have to show: a run of each kind, with names that no other test uses."""
    mark, app = uuid.uuid4().hex[:8], project.app
    found = {
        "swarm": Swarm(
            [project.add.s(n, 1) for n in range(5)], name=f"swarm {mark}", tags=[mark], app=app
        ).apply_async(),
        "broken": ComplexSignature(
            chain(project.add.s(1, 1), project.fail.si(), project.identity.s()),
            name=f"broken {mark}",
            tags=[mark],
            app=app,
        ).apply_async(),
        "asks": asking(project, f"asks {mark}", f"Is {mark} right?"),
    }
    saved = app.orchestrator.save(project.add.s(1, 2), name=f"saved {mark}")
    deleted = app.orchestrator.save(project.add.s(3, 4), name=f"deleted {mark}")
    deleted.delete(after=3600)
    found["swarm"].get(timeout=60)
    wait_for(lambda: found["broken"].status is RunStatus.FAILED, 30, "the failure")
    wait_for(lambda: found["asks"].approvals(), 30, "the question")
    yield {"mark": mark, **found}
    found["asks"].cancel(confirm=True)
    for signature in (saved, deleted):
        signature.purge(confirm=True)


def asking(project, name, message):
    """Start a graph that asks a person."""
    graph = ConditionalGraph(name, app=project.app).add_node("ask", Approval(message=message))
    graph.add_node("go on", project.identity.si(1)).add_edge(START, "ask").add_edge("go on", END)
    return graph.add_conditional_edges("ask", {"approved": "go on", "rejected": END}).apply_async()


@pytest.fixture
def page(chromium, served):
    """A page of a person on this machine. Errors in its console fail the test."""
    context = chromium.new_context(viewport={"width": 1280, "height": 800}, base_url=f"{served.url}/")
    context.set_default_timeout(LONGEST)
    found, errors = context.new_page(), []
    found.on("console", lambda message: errors.append(message.text) if is_error(message) else None)
    found.on("pageerror", lambda error: errors.append(str(error)))
    yield found
    context.close()
    assert errors == []


def is_error(message):
    """Whether a line of the console is an error. Chromium also reports each 404; a page asks for a run that is deleted."""
    return message.type == "error" and not ("404" in message.text and "/api/runs/" in message.location["url"])


def expect(locator):
    sync_api.expect.set_options(timeout=LONGEST)
    return sync_api.expect(locator)


def open_run(page, run):
    page.goto(f"runs/{run.id}")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.get_by_text("live ·")).to_be_visible()


def status_of(page, word):
    return page.get_by_role("main").get_by_text(word, exact=True).first


@pytest.mark.parametrize("path", PAGES)
def test_a_page_shows_what_there_is(page, shown, path):
    """Given a run of each kind, then the page opens from the navigation, shows it, and axe finds nothing serious."""
    page.goto("")
    page.get_by_role("navigation").get_by_role("link", name=PAGES[path]).click()
    expect(page.get_by_role("heading", level=1, name=PAGES[path])).to_be_visible()
    mark = shown["mark"]
    texts = {
        "/": [f"asks {mark}", f"broken {mark}"],
        "/runs": [f"swarm {mark}", f"broken {mark}", f"asks {mark}"],
        "/approvals": [f"asks {mark}", f"Is {mark} right?"],
        "/graphs": [f"saved {mark}"],
        "/tasks": ["tests.kit.project.add"],
        "/logs": [],
        "/workers": ["@test"],
        "/deleted": [f"deleted {mark}"],
        "/audit": [f"saved {mark}"],
    }
    for text in texts[path]:
        expect(page.get_by_role("main").get_by_text(text).first).to_be_visible()
    assert serious(page) == []


def serious(page):
    """What axe finds that keeps people from using the page."""
    if not AXE.is_file():
        missing("axe-core (make frontend)")
    page.evaluate(AXE.read_text())
    found = json.loads(page.evaluate("axe.run().then((found) => JSON.stringify(found.violations))"))
    return [
        (one["id"], one["nodes"][0]["html"][:200], one["nodes"][0].get("failureSummary", "")[:300])
        for one in found
        if one["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize("tab", ["Graph", "Timeline", "Items", "Logs", "Events", "Data"])
def test_the_parts_of_a_run(page, shown, tab):
    open_run(page, shown["swarm"])
    page.get_by_role("tab", name=tab).click()
    expect(page.get_by_role("tab", name=tab, selected=True)).to_be_visible()
    texts = {
        "Graph": "add", "Timeline": "add", "Items": "add", "Logs": "log", "Events": "SUCCEEDED", "Data": "Result",
    }  # fmt: skip
    expect(page.get_by_role("tabpanel").get_by_text(texts[tab]).first).to_be_visible()
    assert serious(page) == []


def test_a_failed_task_tells_why(page, shown):
    page.goto(f"runs/{shown['broken'].id}?node=0.0.1")
    expect(page.get_by_role("main").get_by_text("ValueError").first).to_be_visible()


def test_a_change_comes_to_an_open_page(page, project, app):
    """Given an open page, when another process steers the run, then the page shows it without a click."""
    run = ComplexSignature(project.identity.s(1), app=app, name="steered elsewhere").apply_async(countdown=3600)
    open_run(page, run)
    expect(status_of(page, "PENDING")).to_be_visible()
    run.suspend()
    expect(status_of(page, "SUSPENDED")).to_be_visible()
    run.cancel(confirm=True)


def test_suspend_resume_and_interrupt(page, project, app):
    run = ComplexSignature(project.identity.s(1), app=app, name="steered here").apply_async(countdown=3600)
    open_run(page, run)
    page.get_by_role("button", name="Suspend").click()
    expect(page.get_by_text("Suspended: nothing more starts.")).to_be_visible()
    assert run.status is RunStatus.SUSPENDED
    page.get_by_role("button", name="Resume").click()
    expect(page.get_by_text("Resumed.")).to_be_visible()
    assert run.status in (RunStatus.PENDING, RunStatus.RUNNING)
    page.get_by_role("button", name="Interrupt").click()
    expect(status_of(page, "INTERRUPTED")).to_be_visible()
    assert run.status is RunStatus.INTERRUPTED
    [entry] = app.orchestrator.audit(run=run.id, verb="interrupt")
    assert (entry.channel, "@localhost" in entry.actor) == ("dashboard", True)
    run.cancel(confirm=True)


def test_retry_and_rerun(page, project, app, ledger):
    """Given a run that failed, when somebody has put things right and clicks, then it goes on; and runs once more."""
    key = uuid.uuid4().hex
    run = ComplexSignature(project.unlucky.s(key), app=app, name="unlucky").apply_async()
    wait_for(lambda: run.status is RunStatus.FAILED, 30, "the failure")
    open_run(page, run)
    ledger.redis.set(key, "1")
    page.get_by_role("button", name="Retry", exact=True).click()
    expect(status_of(page, "SUCCEEDED")).to_be_visible()
    page.get_by_role("button", name="More verbs").click()
    page.get_by_role("menuitem", name="Rerun").click()
    page.get_by_role("button", name="Open").click()
    expect(page.get_by_text(f"rerun of {run.id[:8]}")).to_be_visible()


def test_cancel_asks_for_the_name(page, project, app):
    run = ComplexSignature(project.identity.s(1), app=app, name="to be cancelled").apply_async(countdown=3600)
    open_run(page, run)
    page.get_by_role("button", name="More verbs").click()
    page.get_by_role("menuitem", name="Cancel and delete").click()
    dialog = page.get_by_role("dialog")
    confirm = dialog.get_by_role("button", name="Cancel and delete")
    expect(dialog.get_by_text("of 1 task")).to_be_visible()
    expect(confirm).to_be_disabled()
    dialog.get_by_label("to confirm").fill("to be cancelled")
    dialog.get_by_label("Reason").fill("only a test")
    confirm.click()
    expect(page.get_by_text("is cancelled and deleted.")).to_be_visible()
    [entry] = app.orchestrator.audit(run=run.id, verb="cancel")
    assert entry.reason == "only a test"


def test_an_approval_is_answered(page, project, app):
    run = asking(project, "a question", "Shall it go on?")
    wait_for(run.approvals, 30, "the question")
    page.goto(f"runs/{run.id}?node={run.approvals()[0].node}")
    page.get_by_label("Note").fill("yes, go on")
    page.get_by_role("button", name="Approve").click()
    expect(status_of(page, "SUCCEEDED")).to_be_visible()
    [entry] = app.orchestrator.audit(run=run.id, verb="approve")
    assert entry.channel == "dashboard"


def test_a_waiting_task_is_skipped(page, project, app):
    run = ComplexSignature(
        chain(project.identity.si(1), project.identity.si(2)), app=app, name="with a skipped step"
    ).apply_async(countdown=3600)
    page.goto(f"runs/{run.id}?node=0.0.1")
    page.get_by_role("button", name="Skip").click()
    expect(page.get_by_text("skipped.")).to_be_visible()
    [entry] = app.orchestrator.audit(run=run.id, verb="skip")
    assert entry.channel == "dashboard"
    run.cancel(confirm=True)
