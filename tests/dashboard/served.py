"""The dashboard of `tests.kit.project`, served by a process of its own."""

import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
from contextlib import suppress
from pathlib import Path

import httpx

from tests.kit.waiting import wait_for
from tests.kit.workers import ROOT, environment

ADDRESS = re.compile(r"^(http://\S+)/$", re.MULTILINE)


class Server:
    """`celery orchestrator dashboard`, ready when the constructor returns."""

    def __init__(self, redis, *words, app="tests.kit.project"):
        self._log = Path(tempfile.mkstemp(prefix="dashboard-", suffix=".log")[1])
        program = ["-m", "celery", "-A", app, "orchestrator", "dashboard", "--port", "0", *words]
        env = {**os.environ, **environment(redis.url(0), redis.url(1))}
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, *program], cwd=ROOT, env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        self.url = wait_for(self._told, 30, "the dashboard")

    def _told(self):
        assert self.process.poll() is None, self.log
        found = ADDRESS.search(self.log)
        return found and found[1]

    @property
    def log(self):
        return self._log.read_text()

    def open(self, *topics, **options):
        return Page(f"{self.url}/api/stream", topics, **options)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        if exc[0] is not None:
            sys.stderr.write(self.log[-5000:])
        self._log.unlink()


class Page:
    """Reads an event stream in a thread, as a page does."""

    def __init__(self, url, topics, headers=None, **params):
        self.messages, self.ids, self.error = [], [], None
        self._client = httpx.Client(timeout=None)
        params = {"topics": ",".join(topics), **params}
        request = self._client.build_request("GET", url, params=params, headers=headers)
        self._answer = self._client.send(request, stream=True)
        assert self._answer.status_code == 200, self._answer.read()
        assert self._answer.headers["content-type"].startswith("text/event-stream")
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self):
        kind = ""
        try:
            for line in self._answer.iter_lines():
                field, _, value = line.partition(": ")
                if field == "event":
                    kind = value
                elif field == "id":
                    self.ids.append(int(value))
                elif field == "data":
                    self.messages.append((kind, json.loads(value)))
        except Exception as exc:
            self.error = exc

    @property
    def topics(self):
        """All topics that were told so far."""
        return {topic for kind, data in self.messages if kind == "changed" for topic in data["topics"]}

    def heard(self, *topics):
        try:
            wait_for(lambda: self.topics >= set(topics), 15, f"news of {topics}")
        except AssertionError as exc:
            raise AssertionError(f"{exc}, but heard {self.messages[-20:]}") from None
        return self

    def told(self, kind):
        return [data for found, data in self.messages if found == kind]

    @property
    def is_over(self):
        return not self._thread.is_alive()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()

    def close(self):
        """Go, as a page does that is closed."""
        with suppress(OSError):  # the thread reads from the connection, so that only the socket can be ended beneath it
            self._answer.extensions["network_stream"].get_extra_info("socket").shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._client.close()
