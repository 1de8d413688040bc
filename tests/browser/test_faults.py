"""What happens to an open page: sessions end, tabs sleep, proxies hold the stream back, mounts have no slash."""

import re
import threading
from functools import partial

import pytest
from playwright.sync_api import expect
from starlette.applications import Starlette
from starlette.routing import Mount

from orchestrator_celery import RunStatus
from orchestrator_celery.dashboard import TokenAuth, create_dashboard
from orchestrator_celery.dashboard.server.live import stream
from tests.browser.conftest import serving, serving_application
from tests.browser.proxy import proxied
from tests.kit.waiting import wait_for

OLD, NEW = "old-" + "o" * 20, "new-" + "n" * 20
PERSON = ("ada", "operator")


class Revocable(TokenAuth):
    """Tokens whose sessions can be ended, as a change of the tokens in production ends them."""

    def __init__(self):
        super().__init__({OLD: PERSON, NEW: PERSON})
        self.known, self.ended = set(), set()

    def knows(self, visitor):
        self.known.add(visitor.stamp)
        return visitor.stamp not in self.ended and super().knows(visitor)

    def end_sessions(self):
        self.ended = set(self.known)


@pytest.fixture
def guarded(shop, static, monkeypatch):
    """A dashboard whose sessions can be ended; its streams notice it soon."""
    monkeypatch.setattr(stream, "EventStream", partial(stream.EventStream, heartbeat=0.3))
    auth = Revocable()
    with serving(shop.stand.app, auth=auth) as address:
        yield auth, address


def log_in(page, token):
    page.get_by_label("Token").fill(token)
    page.get_by_role("button", name="Log in").click()


def is_live(page):
    """The page hears of changes by its stream."""
    expect(page.get_by_title("Connection: live")).to_be_visible()


def following():
    """The threads of this process that follow the store for open pages."""
    return [thread for thread in threading.enumerate() if thread.name == "orchestrator-dashboard"]


def shows_once(page, name, status):
    """The list of runs shows a run, once, with this status."""
    row = page.get_by_role("row").filter(has_text=name)
    expect(row).to_have_count(1)
    expect(row.get_by_text(status)).to_be_visible()


def test_a_session_that_ends_in_the_middle_of_a_form(opened, shop, guarded):
    """Given a half-filled form, when the session ends, then a dialog says so at once, and the form keeps its text."""
    auth, address = guarded
    page = opened()
    page.complaints.expected |= {401}
    page.goto(f"{address}/tasks?task=tests.kit.project.add")
    log_in(page, OLD)
    page.get_by_role("radio", name="JSON").click()
    page.locator(".cm-content").fill('{"x": 50, "y": 5}')
    page.get_by_label("Name of the run").fill("typed before")
    is_live(page)
    auth.end_sessions()
    expect(page.get_by_role("dialog", name="Your session has ended")).to_be_visible()
    log_in(page, NEW)
    expect(page.get_by_role("dialog")).to_have_count(0)
    is_live(page)
    expect(page.get_by_label("Name of the run")).to_have_value("typed before")
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.get_by_role("heading", name="typed before")).to_be_visible()
    assert shop.stand.orchestrator.runs(name="typed before")[0].get(timeout=60) == 55


def test_a_login_in_one_tab_lets_the_others_in(opened, shop, guarded):
    """Given a dialog that waits for a login, when the same person logs in in another tab, then its verbs work again."""
    auth, address = guarded
    run = shop.long("steered from two tabs")
    first = opened()
    second = first.context.new_page()
    first.complaints.expected |= {401}
    first.goto(f"{address}/runs/{run.id}")
    log_in(first, OLD)
    second.goto(f"{address}/runs/{run.id}")
    ended = [page.get_by_role("dialog", name="Your session has ended") for page in (first, second)]
    for page in (first, second):
        is_live(page)
    auth.end_sessions()
    for dialog in ended:
        expect(dialog).to_be_visible()
    log_in(first, NEW)
    for dialog in ended:
        expect(dialog).to_have_count(0)
    second.get_by_role("button", name="Suspend", exact=True).click()
    wait_for(lambda: run.status is RunStatus.SUSPENDED, what="the run to be suspended")
    run.cancel(confirm=True)


@pytest.fixture
def watched(shop, ledger):
    """Starts a run that goes on until it is let through; answers how to let it through."""

    def start(name, tag):
        run = shop.run(shop.stand.tasks("gated", 1, f"browser:{tag}"), name, tags=[tag])
        wait_for(lambda: run.progress().running == 1, what="the task to run")

        def let_through():
            ledger.redis.rpush(f"browser:{tag}", 1)
            wait_for(lambda: run.status is RunStatus.SUCCEEDED, what="the run")

        return let_through

    return start


def test_a_tab_that_slept_for_a_day_reads_again_at_once(opened, address, watched):
    """Given a stream that died during the sleep without a word, then the page reads again, and doubles nothing."""
    let_through = watched("at night", "night")
    with proxied(address) as proxy:
        page = opened()
        page.clock.install()
        page.goto(f"{proxy.address}/runs?filter=tag:night")
        is_live(page)
        shows_once(page, "at night", "RUNNING")
        proxy.kill_streams()
        let_through()
        with page.expect_request(re.compile("/api/stream")):
            page.clock.fast_forward("24:00:00")
        shows_once(page, "at night", "SUCCEEDED")


def test_a_page_that_was_frozen_goes_on(opened, address, watched):
    let_through = watched("while frozen", "frozen")
    page = opened()
    page.goto(f"{address}/runs?filter=tag:frozen")
    is_live(page)
    shows_once(page, "while frozen", "RUNNING")
    chrome = page.context.new_cdp_session(page)
    chrome.send("Page.setWebLifecycleState", {"state": "frozen"})
    let_through()
    chrome.send("Page.setWebLifecycleState", {"state": "active"})
    shows_once(page, "while frozen", "SUCCEEDED")
    is_live(page)


def test_behind_a_proxy_that_buffers_the_page_asks_by_itself(opened, address, watched):
    """Given a proxy that opens the stream and passes nothing on, then the page polls, and does not call it an outage."""
    let_through = watched("behind a proxy", "buffered")
    with proxied(address, buffers=True) as proxy:
        page = opened()
        page.goto(f"{proxy.address}/runs?filter=tag:buffered")
        expect(page.get_by_title("Connection: polling")).to_be_visible()
        shows_once(page, "behind a proxy", "RUNNING")
        let_through()
        shows_once(page, "behind a proxy", "SUCCEEDED")
        expect(page.get_by_role("alert")).to_have_count(0)
        page.goto("about:blank")
    wait_for(lambda: not following(), what="the end of the stream")


def test_a_base_path_with_and_without_a_slash(opened, shop, static):
    site = Starlette(routes=[Mount("/ops", create_dashboard(shop.stand.app, base_path="/ops"))])
    with serving_application(site) as place:
        for path, words in (("/ops", "Needs you"), ("/ops/", "Needs you"), ("/ops/runs", "sums")):
            page = opened()
            page.goto(place + path)
            is_live(page)
            expect(page.get_by_text(words).first).to_be_visible()
        page.get_by_role("link", name="Workers").click()
        expect(page).to_have_url(f"{place}/ops/workers")
        page.reload()
        expect(page.get_by_text("alive").first).to_be_visible()
