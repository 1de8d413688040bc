"""A reverse proxy in front of the dashboard, as people have them: one that buffers, and one whose connections die."""

import http.client
import socket
import threading
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

#: Headers of one connection; they are not passed on.
OWN = {"connection", "keep-alive", "transfer-encoding", "content-length"}


class Proxy(ThreadingHTTPServer):
    """Passes requests on.

    Args:
        target: the address of the dashboard.
        buffers: whether it keeps an answer until it is complete. It passes on the headers at once.
    """

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, target, buffers=False):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.target = urlsplit(target)
        self.buffers = buffers
        #: Streams that were opened so far, and those of them that pass nothing on any more.
        self.streams, self.dead = 0, 0
        self.sockets = set()
        self.address = f"http://127.0.0.1:{self.server_address[1]}"

    def kill_streams(self):
        """Let all open streams die without a word, as if the network had forgotten their connections."""
        self.dead = self.streams

    def end_streams(self):
        """End what is open to the dashboard, which would wait for a page that has gone."""
        for sock in list(self.sockets):
            with suppress(OSError):  # it has ended by itself
                sock.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request, client_address):
        """Say nothing of a page that goes."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        target, is_stream = self.server.target, "/api/stream" in self.path
        connection = http.client.HTTPConnection(target.hostname, target.port, timeout=None if is_stream else 60)
        sock = None
        try:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():
                if name.lower() not in OWN:
                    connection.putheader(name, value)
            connection.putheader("content-length", str(len(body)))
            connection.endheaders(body)
            sock = connection.sock
            self.server.sockets.add(sock)
            answer = connection.getresponse()
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in OWN:
                    self.send_header(name, value)
            self._stream(answer) if is_stream and answer.status == 200 else self._whole(answer)
        finally:
            self.server.sockets.discard(sock)
            connection.close()

    do_POST = do_DELETE = do_GET

    def _whole(self, answer):
        body = answer.read()
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _stream(self, answer):
        self.server.streams += 1
        number = self.server.streams
        self.close_connection = True
        self.send_header("connection", "close")
        self.end_headers()
        with suppress(OSError):  # the page has gone
            while part := answer.read1():
                if not self.server.buffers and number > self.server.dead:
                    self.wfile.write(part)
                    self.wfile.flush()

    def log_message(self, *args):
        """Keep the output of tests short."""


@contextmanager
def proxied(target, **options):
    """Put a proxy in front of a dashboard; answers the proxy."""
    with Proxy(target, **options) as proxy:
        thread = threading.Thread(target=proxy.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield proxy
        finally:
            proxy.shutdown()
            thread.join()
            proxy.end_streams()
