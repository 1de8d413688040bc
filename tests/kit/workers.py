"""Real Celery workers in processes of their own."""

import json
import os
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import psutil

from tests.kit.forking import FORKS
from tests.kit.waiting import wait_for

ROOT = Path(__file__).parents[2]
#: Pools that patch the standard library before anything else is imported.
PATCHING = {"gevent", "eventlet"}


def environment(broker, backend, **settings):
    """What tests.kit.project reads."""
    return {"TEST_BROKER": broker, "TEST_BACKEND": backend, "TEST_SETTINGS": json.dumps(settings)}


def _started(*program, env, cwd, output):
    """What `FORKS.start` does, with a Python that imports for itself."""
    return subprocess.Popen(
        [sys.executable, *program], cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
        start_new_session=True,
    )  # fmt: skip


class Worker:
    """A worker of `tests.kit.project`, ready when the constructor returns.

    It is a fork of a process that has imported Celery; a `fresh` one imports for itself, as those that are measured.
    """

    def __init__(self, broker, backend, *, pool="prefork", concurrency=2, queues=None, app="tests.kit.project",
                 name=None, env=None, ready=True, fresh=False, **settings):  # fmt: skip
        self.name = name or f"{pool}-{uuid4().hex[:6]}@test"
        descriptor, path = tempfile.mkstemp(prefix="worker-", suffix=".log")
        os.close(descriptor)
        self._log = Path(path)
        program = [
            "-m", "celery", "-A", app, "worker", "--pool", pool, "-c", str(concurrency),
            "-n", self.name, "-l", "INFO", "--without-mingle", "--without-gossip",
        ]  # fmt: skip
        if queues:
            program += ["-Q", queues]
        # Tests run as root in CI, where a worker that accepts pickle wants to be told that this is meant.
        variables = {**os.environ, "C_FORCE_ROOT": "1", **environment(broker, backend, **settings), **(env or {})}
        with self._log.open("ab") as log:
            start = _started if fresh or pool in PATCHING else FORKS.start
            self.process = start(*program, env=variables, cwd=ROOT, output=log)
        if ready:
            self.wait_ready()

    @property
    def log(self):
        return self._log.read_text(errors="replace")

    def wait_ready(self):
        def is_ready():
            assert self.process.poll() is None, self.log[-5000:]
            return f"{self.name} ready." in self.log

        wait_for(is_ready, 60, f"the worker {self.name}")
        return self

    def children(self):
        """Process ids of its pool; none if it has just crashed."""
        with suppress(psutil.NoSuchProcess):
            return [child.pid for child in psutil.Process(self.process.pid).children()]
        return []

    def kill(self):
        """End it as a crash does, children and all."""
        self.process.kill()
        self.process.wait()
        self._kill_children()

    def _kill_children(self):
        """End what the worker has left. A child that had just been forked does not die with it by itself."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)

    def stop(self, number=signal.SIGTERM, timeout=20):
        """End it in good order, or at last by force."""
        if self.process.poll() is None:
            self.process.send_signal(number)
            try:
                self.process.wait(timeout=timeout)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self._kill_children()  # also of a worker that a test or a task of it has killed
        self._log.unlink(missing_ok=True)

    def end(self):
        """End it when nothing is asked of its end: at once, unless `coverage` wants to hear from it."""
        if self.process.poll() is None and "COVERAGE_PROCESS_CONFIG" not in os.environ:
            self.kill()
        self.stop()

    def __enter__(self):
        return self

    def __exit__(self, kind, exc, trace):
        if kind is not None:
            sys.stderr.write(f"--- log of {self.name}\n{self.log[-6000:]}\n")
        self.end()
