"""Servers that receive webhooks and emails, as those of a project's partners do."""

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple


class Request(NamedTuple):
    """One request."""

    path: str
    headers: dict
    body: bytes


class Hooks(ThreadingHTTPServer):
    """Takes posts, and answers with the statuses that a test gives, then with 200.

    Args:
        context: of TLS; None for none.
    """

    daemon_threads = True

    def __init__(self, context=None):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.requests = []
        self.answers = []
        self.location = ""
        self.drips = False
        if context is not None:
            self.socket = context.wrap_socket(self.socket, server_side=True)

    def url(self, path="/hook", scheme="http"):
        return f"{scheme}://127.0.0.1:{self.server_port}{path}"

    def handle_error(self, request, client_address):
        """A client that goes away is part of the tests."""


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.requests.append(Request(self.path, dict(self.headers), body))
        if self.server.drips:
            self._drip()
        self.send_response(self.server.answers.pop(0) if self.server.answers else 200)
        if self.server.location:
            self.send_header("Location", self.server.location)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _drip(self):
        """Send a header that never ends, a byte at a time."""
        self.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
        while True:
            self.wfile.write(b"x")
            self.server.stopped.wait(0.05)

    def log_message(self, *args):
        pass


@contextmanager
def hooks(context=None):
    """A server for webhooks."""
    server = Hooks(context)
    server.stopped = threading.Event()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.stopped.set()
        server.shutdown()
        server.server_close()


class Mails:
    """Takes emails, and refuses as often as a test says."""

    def __init__(self):
        self.taken = []
        self.refusals = []

    async def handle_RCPT(self, server, session, envelope, address, options):
        if self.refusals:
            return self.refusals.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        self.taken.append((envelope.mail_from, list(envelope.rcpt_tos), envelope.content))
        return "250 OK"
