"""A dashboard on the shared worker, with clients as browsers and programs would be."""

import asyncio
from contextlib import ExitStack

import httpx
import pytest

from orchestrator_celery.dashboard import create_dashboard

HERE, ELSEWHERE = ("127.0.0.1", 50000), ("192.0.2.7", 50000)


class Browser:
    """A client that keeps cookies and sends what a page of the dashboard would send."""

    def __init__(self, dashboard, base_url="http://localhost", client=HERE, root_path=""):
        self.origin = base_url
        self._loop = asyncio.new_event_loop()
        transport = httpx.ASGITransport(dashboard, raise_app_exceptions=False, client=client, root_path=root_path)
        self._client = httpx.AsyncClient(transport=transport, base_url=base_url, timeout=120)
        self.headers, self.cookies = self._client.headers, self._client.cookies

    def request(self, method, path, **options):
        return self._loop.run_until_complete(self._client.request(method, path, **options))

    def get(self, path, **options):
        return self.request("GET", path, **options)

    def post(self, path, **options):
        return self.request("POST", path, **options)

    def close(self):
        self._loop.run_until_complete(self._client.aclose())
        self._loop.run_until_complete(self._loop.shutdown_default_executor())
        self._loop.close()

    def begin(self):
        """Read the session, as a page does first."""
        found = self.get("/api/session").json()
        self.headers.update({"X-CSRF-Token": found["csrf"] or "", "Origin": self.origin})
        return found

    def read(self, path, **params):
        answer = self.get(f"/api/{path}", params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def call(self, path, **form):
        answer = self.post(f"/api/{path}", json=form)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def refused(self, path, **form):
        """The problem document of a refused call."""
        answer = self.post(f"/api/{path}", json=form)
        assert answer.headers["content-type"] == "application/problem+json", answer.text
        assert answer.json()["status"] == answer.status_code >= 400
        return answer.json()


@pytest.fixture
def visit():
    """Opens clients, and closes them at the end."""
    with ExitStack() as stack:

        def opened(dashboard, **options):
            found = Browser(dashboard, **options)
            stack.callback(found.close)
            return found

        yield opened


@pytest.fixture
def browser(app, visit):
    """A person on this machine."""
    found = visit(create_dashboard(app))
    found.begin()
    return found
