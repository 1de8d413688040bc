"""A browser, and the dashboard of a project with a worker: each is started once."""

import subprocess
import threading
from contextlib import ExitStack, contextmanager

import pytest
import uvicorn

from orchestrator_celery.dashboard import create_dashboard
from orchestrator_celery.dashboard.server.pages import STATIC
from orchestrator_celery.store.embedded import EmbeddedRedis
from tests.browser.shop import Shop
from tests.kit.browsers import chromium_program
from tests.kit.servers import free_port, missing
from tests.kit.waiting import PATIENCE, wait_for
from tests.kit.workers import ROOT
from tests.worker.support import Stand

#: Milliseconds that a page may take beside other tests.
SOON = 10_000 * PATIENCE


def serving(app, port=None, **options):
    """Serve the dashboard of an app; answers its address."""
    return serving_application(create_dashboard(app, **options), port)


@contextmanager
def serving_application(application, port=None):
    """Serve an ASGI application; answers its address."""
    port = port or free_port()
    server = uvicorn.Server(
        uvicorn.Config(
            application, host="127.0.0.1", port=port, log_level="warning", lifespan="off", timeout_graceful_shutdown=1
        )
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    wait_for(lambda: server.started, what="the dashboard")
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(timeout=60)


@pytest.fixture(scope="package")
def static():
    """The built front end; in CI `make lint` has built it before."""
    if not (STATIC / "index.html").is_file():
        subprocess.run(["make", "frontend"], cwd=ROOT, check=True)


@pytest.fixture(scope="package")
def standing(ledger_server):
    """Starts projects with a worker, each with a Redis of its own."""

    @contextmanager
    def start(name):
        with (
            EmbeddedRedis() as server,
            Stand(server.url(0), server.url(1), name) as stand,
            stand.worker(concurrency=4),
        ):
            yield stand
            # The connections of the app are closed now, and the thread behind the pages reads until it sees that none is open.
            wait_for(lambda: not any(thread.name == "orchestrator-dashboard" for thread in threading.enumerate()))

    return start


@pytest.fixture(scope="package")
def shop(standing):
    """A project with a worker, and runs of every kind."""
    with standing("shop") as stand:
        yield Shop(stand)


@pytest.fixture(scope="package")
def address(shop, static):
    """The address of the dashboard."""
    with serving(shop.stand.app) as found:
        yield found


@pytest.fixture(scope="package")
def chromium():
    """One browser for all tests of this folder. While it is there, no other event loop runs in this process."""
    from playwright.sync_api import expect, sync_playwright

    program = chromium_program()
    if program is None:
        missing("chromium")
    expect.set_options(timeout=SOON)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program)
        yield browser
        browser.close()


class Complaints(list):
    """What a page complained about: errors of scripts, and answers that the test did not expect."""

    def __init__(self, page):
        super().__init__()
        self.expected = set()
        page.on("pageerror", lambda error: self.append(str(error)))
        page.on("console", self._console)
        page.on("response", self._response)

    def _console(self, message):
        if message.type == "error" and "Failed to load resource" not in message.text and "net::" not in message.text:
            self.append(message.text)

    def _response(self, response):
        if response.status >= 400 and response.status not in self.expected:
            self.append(f"{response.status} {response.url}")


@pytest.fixture
def opened(chromium):
    """Opens pages, each as another person; at the end none may have complained."""
    with ExitStack() as stack:
        pages = []

        def open_page(width=1280, theme="light", **options):
            height = 900 if width > 500 else 844
            context = chromium.new_context(viewport={"width": width, "height": height}, color_scheme=theme, **options)
            stack.callback(context.close)
            page = context.new_page()
            page.set_default_timeout(SOON)
            page.complaints = Complaints(page)
            pages.append(page)
            return page

        yield open_page
        found = [complaint for page in pages for complaint in page.complaints]
    assert found == []


@pytest.fixture
def page(opened):
    """A page of a person on this machine."""
    return opened()
