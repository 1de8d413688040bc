"""Every verb from the pages, against a real worker; what another does meanwhile is seen without a reload."""

import re
from datetime import datetime, timedelta, timezone

from celery import chain
from playwright.sync_api import expect

from orchestrator_celery import ComplexSignature, RunStatus
from orchestrator_celery.dashboard import TokenAuth
from tests.browser.conftest import serving
from tests.kit.waiting import wait_for

VIEWER, ADMIN = "viewer-" + "v" * 20, "admin-" + "a" * 20


def is_now(run, status):
    wait_for(lambda: run.status is status, what=f"{run} to be {status}")


def running(run, count):
    wait_for(lambda: run.progress().running == count, what="the tasks to run")


def badge(page, word):
    """The status in the head of a run's page."""
    return expect(page.locator("main header + div").get_by_text(word, exact=True)).to_be_visible()


def from_menu(page, verb):
    page.get_by_role("button", name="More verbs").click()
    page.get_by_role("menuitem", name=verb).click()


def test_suspend_undo_interrupt_resume_cancel(page, address, shop):
    page.complaints.expected.add(404)  # the page may read the run once more while it is deleted
    run = shop.long("steered", 2)
    running(run, 2)
    page.goto(f"{address}/runs/{run.id}")
    page.get_by_role("button", name="Suspend", exact=True).click()
    badge(page, "SUSPENDED")
    page.get_by_role("button", name="Undo").click()
    badge(page, "RUNNING")
    is_now(run, RunStatus.RUNNING)
    page.get_by_role("button", name="Interrupt").click()
    report = page.get_by_role("dialog", name="What happened to each running task")
    expect(report.get_by_text("terminated")).to_have_count(2)
    page.keyboard.press("Escape")
    badge(page, "INTERRUPTED")
    page.get_by_role("button", name="Resume", exact=True).click()
    badge(page, "RUNNING")
    from_menu(page, "Cancel and delete")
    dialog = page.get_by_role("dialog", name="Cancel steered?")
    expect(dialog.get_by_text(re.compile("Deletes"))).to_be_visible()
    confirm = dialog.get_by_role("button", name="Cancel and delete")
    expect(confirm).to_be_disabled()
    dialog.get_by_label("Reason").fill("a test")
    dialog.get_by_label("to confirm").fill("steered")
    confirm.click()
    expect(page).to_have_url(re.compile("/runs$"))
    [entry] = shop.stand.orchestrator.audit(run=run.id, verb="cancel", limit=1)
    assert (entry.reason, entry.channel, entry.refused) == ("a test", "dashboard", False)
    page.goto(f"{address}/audit?run={run.id}")
    for verb in ("suspend", "interrupt", "resume", "cancel"):
        expect(page.get_by_role("cell", name=verb, exact=True).first).to_be_visible()


def test_retry_and_rerun(page, address, shop, ledger):
    run = shop.run(shop.stand.tasks("unlucky", "browser:lucky"), "unlucky")
    is_now(run, RunStatus.FAILED)
    page.goto(f"{address}/runs/{run.id}")
    badge(page, "FAILED")
    ledger.redis.set("browser:lucky", 1)
    page.get_by_role("button", name="Retry", exact=True).click()
    badge(page, "SUCCEEDED")
    from_menu(page, "Rerun")
    page.get_by_role("button", name="Open").click()
    expect(page).not_to_have_url(re.compile(run.id))
    badge(page, "SUCCEEDED")
    expect(page.get_by_text(f"rerun of {run.id[:8]}")).to_be_visible()


def test_what_a_status_does_not_allow_is_greyed_with_the_reason(page, address, shop):
    page.goto(f"{address}/runs/{shop.succeeded.id}")
    button = page.get_by_role("button", name="Suspend", exact=True)
    expect(button).to_have_attribute("aria-disabled", "true")
    button.hover()
    expect(page.get_by_role("tooltip")).to_contain_text("SUCCEEDED")


def test_an_approval_is_answered_where_it_is_read(page, address, shop):
    run = shop.approval("order 7")
    wait_for(run.approvals, what="the question")
    page.goto(f"{address}/approvals")
    card = page.get_by_role("listitem").filter(has_text="Pay for order 7?")
    card.get_by_label("Note").fill("fine")
    card.get_by_role("button", name="Approve").click()
    expect(card).to_have_count(0)
    assert run.get(timeout=60) == "paid"
    [answer] = [child.answer for child in run.tree().children if child.answer]
    assert (answer.decision, answer.note) == ("approved", "fine")


def test_the_second_answer_is_told_why_it_does_not_count(opened, address, shop):
    run = shop.approval("order 8")
    wait_for(run.approvals, what="the question")
    first, second = opened(), opened()
    for each in (first, second):
        each.goto(f"{address}/runs/{run.id}?node={run.approvals()[0].node}")
        expect(each.get_by_role("button", name="Reject")).to_be_visible()
    # The second page hears nothing more, so that it still shows the question.
    second.route("**/api/**", lambda route: route.continue_() if route.request.method == "POST" else route.abort())
    run.approve("review", by="somebody")
    second.get_by_role("button", name="Reject").click()
    expect(second.get_by_text(re.compile("approved|answered|no longer|not wait")).first).to_be_visible()
    assert run.get(timeout=60) == "paid"


def test_a_task_is_run_from_a_form(page, address, shop):
    page.goto(f"{address}/tasks?task=tests.kit.project.add")
    run = page.get_by_role("button", name="Run", exact=True)
    expect(run).to_be_visible()
    page.get_by_role("radio", name="JSON").click()
    editor = page.locator(".cm-content")
    editor.fill('{"x": 40, "y": 2}')
    page.get_by_label("Name of the run").fill("by hand")
    run.click()
    expect(page.get_by_role("heading", name="by hand")).to_be_visible()
    badge(page, "SUCCEEDED")
    assert shop.stand.orchestrator.runs(name="by hand")[0].get(timeout=60) == 42


def test_bulk_by_selection_and_by_filter(page, address, shop):
    runs = [shop.run(shop.stand.tasks("identity"), "bulk", tags=["bulk"]) for _ in range(3)]
    waiting = [run for run in runs if run]
    for run in waiting:
        is_now(run, RunStatus.SUCCEEDED)
    page.goto(f"{address}/runs?filter=tag:bulk")
    expect(page.get_by_text("3 match")).to_be_visible()
    page.get_by_role("checkbox", name=re.compile(runs[0].id)).check()
    page.get_by_role("button", name="More verbs").click()
    page.get_by_role("menuitem", name="Cancel").click()
    dialog = page.get_by_role("dialog", name="Cancel 1 run?")
    dialog.get_by_label("to confirm").fill("1")
    dialog.get_by_role("button", name="Cancel 1").click()
    expect(page.get_by_text("2 match")).to_be_visible()
    page.get_by_role("button", name="All 2 that match").click()
    page.get_by_role("menuitem", name="Cancel").click()
    dialog = page.get_by_role("dialog", name="Cancel 2 runs?")
    dialog.get_by_label("to confirm").fill("2")
    dialog.get_by_role("button", name="Cancel 2").click()
    expect(page.get_by_text("No run matches")).to_be_visible()


def test_a_saved_workflow_is_run_deleted_restored_and_purged(page, address, shop):
    saved = shop.stand.orchestrator.save(shop.stand.complex(shop.stand.tasks("add", 1)), name="saved sum")
    page.goto(f"{address}/graphs")
    page.get_by_role("cell", name="saved sum").click()
    page.get_by_role("button", name="Delete…").click()
    dialog = page.get_by_role("dialog", name="Delete saved sum?")
    dialog.get_by_label("It can be restored for").select_option("1 day")
    dialog.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("No workflow is saved")).to_be_visible()
    left = saved.delete_at - datetime.now(timezone.utc)
    assert timedelta(hours=23) < left <= timedelta(days=1)
    page.goto(f"{address}/deleted")
    page.get_by_role("button", name="Restore").click()
    expect(page.get_by_text("Nothing is deleted")).to_be_visible()
    saved.delete(after=3600)
    page.get_by_role("button", name="Purge…").click()
    dialog = page.get_by_role("dialog", name="Purge saved sum?")
    dialog.get_by_label("to confirm").fill("saved sum")
    dialog.get_by_role("button", name="Purge for good").click()
    expect(page.get_by_text("Nothing is deleted")).to_be_visible()


def test_changes_come_without_a_reload_and_new_runs_wait(page, address, shop, ledger):
    run = shop.run(shop.stand.tasks("gated", 1, "browser:gate"), "watched", tags=["live"])
    page.goto(f"{address}/runs?filter=tag:live")
    row = page.get_by_role("row").filter(has_text="watched")
    expect(row.get_by_text("RUNNING")).to_be_visible()
    ledger.redis.rpush("browser:gate", 1)
    expect(row.get_by_text("SUCCEEDED")).to_be_visible()
    later = shop.run(shop.stand.tasks("identity", 1), "later", tags=["live"])
    is_now(later, RunStatus.SUCCEEDED)
    fresh = page.get_by_role("button", name="1 new")
    expect(fresh).to_be_visible()
    expect(page.get_by_role("row").filter(has_text="later")).to_have_count(0)
    fresh.click()
    expect(page.get_by_role("row").filter(has_text="later")).to_have_count(1)
    assert run.status is RunStatus.SUCCEEDED


def test_a_run_that_is_deleted_meanwhile_is_told(page, address, shop):
    page.complaints.expected.add(404)
    run = shop.run(shop.stand.tasks("identity", 1), "goes")
    is_now(run, RunStatus.SUCCEEDED)
    page.goto(f"{address}/runs/{run.id}")
    badge(page, "SUCCEEDED")
    run.cancel(confirm=True)
    expect(page.get_by_text("This run was deleted")).to_be_visible()


def test_a_server_that_restarts(opened, shop, static):
    """Given an open page, when the server goes and comes back, then the page says so and goes on by itself."""
    page = opened()
    page.complaints.expected |= {500, 502, 503}
    with serving(shop.stand.app) as first:
        page.goto(f"{first}/runs")
        expect(page.get_by_text("sums").first).to_be_visible()
        port = int(first.rpartition(":")[2])
    expect(page.get_by_role("alert").filter(has_text="does not answer")).to_be_visible()
    with serving(shop.stand.app, port):
        expect(page.get_by_role("alert").filter(has_text="does not answer")).to_have_count(0)
        run = shop.run(shop.stand.tasks("identity", 1), "after the restart")
        is_now(run, RunStatus.SUCCEEDED)
        page.get_by_role("button", name=re.compile("new")).click()
        expect(page.get_by_role("row").filter(has_text="after the restart")).to_have_count(1)


def test_logging_in_and_what_a_viewer_may_not(opened, shop, static):
    page = opened()
    page.complaints.expected |= {401}
    auth = TokenAuth({VIEWER: ("vera", "viewer"), ADMIN: ("adam", "admin")})
    with serving(shop.stand.app, auth=auth) as place:
        page.goto(f"{place}/runs/{shop.failed.id}")
        page.get_by_label("Token").fill("wrong")
        page.get_by_role("button", name="Log in").click()
        expect(page.get_by_text(re.compile("are wrong"))).to_be_visible()
        page.get_by_label("Token").fill(VIEWER)
        page.get_by_role("button", name="Log in").click()
        expect(page.get_by_role("heading", name="breaks")).to_be_visible()
        retry = page.get_by_role("button", name="Retry", exact=True)
        expect(retry).to_have_attribute("aria-disabled", "true")
        retry.hover()
        expect(page.get_by_role("tooltip")).to_contain_text("role")
        page.context.clear_cookies()
        page.get_by_role("tab", name="Events").click()  # a page whose stream lives asks for nothing by itself
        expect(page.get_by_role("dialog", name="Your session has ended")).to_be_visible()
        page.get_by_label("Token").fill(ADMIN)
        page.get_by_role("button", name="Log in").click()
        expect(retry).not_to_have_attribute("aria-disabled", "true")


def test_a_waiting_task_is_skipped(page, address, shop):
    tasks = shop.stand.tasks
    steps = chain(tasks("identity", 1), tasks("identity", 2).set(immutable=True))
    run = ComplexSignature(steps, app=shop.stand.app, name="with a skipped step").apply_async(countdown=3600)
    page.goto(f"{address}/runs/{run.id}?node=0.0.1")
    page.get_by_role("button", name="Skip", exact=True).click()
    expect(page.get_by_text("skipped.")).to_be_visible()
    [entry] = shop.stand.orchestrator.audit(run=run.id, verb="skip")
    assert entry.channel == "dashboard"
