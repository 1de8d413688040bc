"""Starts Python programs as forks of a process that has imported Celery: this saves each of them the import.

`Forks` is the client side. Run as a program, this module is the server: it imports, waits for requests on a socket,
and forks a child for each. A child is the leader of a session of its own, has the environment of its request and
nothing else, runs its program as `python -m` or `python -c` does, and ends as any interpreter ends.

A program that has to import for itself is started with `subprocess`: the gevent pool, which patches modules before
others import them, and all tests of examples and of the command line, which start what a user starts.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import runpy
import select
import signal
import socket
import struct
import subprocess
import sys
import tempfile
from contextlib import suppress
from importlib import import_module
from pathlib import Path

import psutil

_NUMBER = struct.Struct("!i")
#: What every worker of a test imports, whatever its project.
_MODULES = (
    "billiard.heap", "billiard.popen_fork", "billiard.sharedctypes", "billiard.synchronize", "celery.app.autoretry",
    "celery.app.control", "celery.app.events", "celery.app.log", "celery.apps.worker", "celery.backends.redis",
    "celery.bin.celery", "celery.bin.worker", "celery.concurrency.prefork", "celery.concurrency.solo",
    "celery.concurrency.thread", "celery.events.dispatcher", "celery.events.receiver", "celery.fixups.django",
    "celery.loaders.app", "celery.utils.static", "celery.worker.autoscale", "celery.worker.components",
    "celery.worker.consumer", "celery.worker.consumer.delayed_delivery", "celery.worker.control",
    "celery.worker.strategy", "celery.worker.worker", "encodings.idna", "kombu.asynchronous.hub", "kombu.mixins",
    "kombu.pools", "kombu.transport.redis", "orchestrator_celery.testing", "redis",
)  # fmt: skip


class Forks:
    """Starts programs; a server process behind it is started with the first one.

    Every process of the tests has one of its own: `FORKS`.
    """

    def __init__(self):
        self._server = None
        self._socket = None
        self._owner = None

    def start(self, *program, env, cwd, output):
        """Start a program, `-m module argument...` or `-c code`, and return its process at once.

        Args:
            *program: what stands behind `python` on a command line.
            env: its whole environment.
            cwd: its working directory, also the first entry of its `sys.path`.
            output: an open file for what it prints and for its errors.
        """
        self._be_there()
        ours, theirs = os.pipe()
        request = json.dumps({"program": program, "env": env, "cwd": str(cwd)}).encode()
        try:
            # The length comes with the descriptors, so that a request longer than the socket's buffer is no trouble.
            socket.send_fds(self._socket, [_NUMBER.pack(len(request))], [output.fileno(), theirs])
            self._socket.sendall(request)
        finally:
            os.close(theirs)
        return ForkedProcess(ours)

    def run(self, *program, env, cwd, timeout=120):
        """Run a program to its end, as `subprocess.run` does; all it prints is `stdout`. Arguments as of `start`."""
        with tempfile.TemporaryFile() as output:
            process = self.start(*program, env=env, cwd=cwd, output=output)
            try:
                process.wait(timeout)
            finally:
                process.kill()
            output.seek(0)
            return subprocess.CompletedProcess(program, process.returncode, output.read().decode(errors="replace"))

    def programs(self):
        """Process ids of the programs that run still."""
        if self._server is None or self._owner != os.getpid():
            return []
        return [child.pid for child in psutil.Process(self._server.pid).children()]

    def close(self):
        """End the server, and with it every program that still runs; again does nothing."""
        if self._server is not None and self._owner == os.getpid():
            self._socket.close()
            self._server.wait()
            self._server = self._socket = None
            atexit.unregister(self.close)

    def _be_there(self):
        if self._server is not None and self._owner == os.getpid():
            return
        self._socket, theirs = socket.socketpair()
        with theirs:
            # The environment of the children comes with their requests; the server's own is only for its imports.
            self._server = subprocess.Popen(
                [sys.executable, "-m", __name__, str(theirs.fileno())],
                pass_fds=[theirs.fileno()], cwd=Path(__file__).parents[2], stdin=subprocess.DEVNULL,
                start_new_session=True,
            )  # fmt: skip
        self._owner = os.getpid()
        atexit.register(self.close)


class ForkedProcess:
    """A program that `Forks` started, with the part of `subprocess.Popen` that the tests use."""

    def __init__(self, pipe):
        self._pipe = pipe
        self.returncode = None
        self.pid = self._read()
        if self.pid is None:
            raise RuntimeError("The fork server is gone; its last words stand in the output of the tests.")

    def poll(self):
        """Its exit status, negative if a signal ended it; None while it runs."""
        return self._look(0)

    def wait(self, timeout=None):
        """Wait for its end and return the exit status.

        Raises:
            subprocess.TimeoutExpired: it runs still.
        """
        if self._look(timeout) is None:
            raise subprocess.TimeoutExpired(f"process {self.pid}", timeout)
        return self.returncode

    def send_signal(self, number):
        """Send a signal, if it runs still."""
        if self.poll() is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def terminate(self):
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self):
        """End it at once."""
        self.send_signal(signal.SIGKILL)

    def _look(self, timeout):
        if self.returncode is None and _is_readable(self._pipe, timeout):
            status = self._read()
            # No status: the server was killed, and its programs with it.
            self.returncode = -signal.SIGKILL if status is None else status
            os.close(self._pipe)
        return self.returncode

    def _read(self):
        data = os.read(self._pipe, _NUMBER.size)
        return _NUMBER.unpack(data)[0] if data else None


#: Of this process.
FORKS = Forks()


class _Server:
    """Forks a child for each request, and tells who asked how the child ended."""

    def __init__(self, requests):
        self._requests = requests
        self._children = {}  # process id: the pipe to who asked for it
        self._wakeup, wake = os.pipe()
        os.set_blocking(wake, False)
        os.set_blocking(self._wakeup, False)
        self._waiting = select.poll()  # `select` knows no descriptors above 1023
        for waited in (self._requests.fileno(), self._wakeup):
            self._waiting.register(waited, select.POLLIN | select.POLLHUP)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)

    def serve(self):
        """Serve until nobody asks any more. Returns None in the server, and its request in each child."""
        while True:
            ready = {descriptor for descriptor, _ in self._waiting.poll()}
            if self._wakeup in ready:
                with suppress(BlockingIOError):
                    os.read(self._wakeup, 4096)
                self._reap()
            if self._requests.fileno() in ready:
                head, descriptors, _, _ = socket.recv_fds(self._requests, _NUMBER.size, 2)
                if not head:
                    self._end_children()
                    return None
                request = self._receive(_NUMBER.unpack(head)[0])
                if self._fork(*descriptors):
                    return request

    def _receive(self, length):
        data = b""
        while len(data) < length:
            data += self._requests.recv(length - len(data))
        return json.loads(data)

    def _fork(self, output, pipe):
        pid = os.fork()
        if pid == 0:
            os.setsid()
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            os.dup2(output, 1)
            os.dup2(output, 2)
            # Pipes to others as well: the end of a child is seen although its siblings live.
            os.closerange(3, max(output, pipe, *self._children.values(), 0) + 1)
            return True
        self._children[pid] = pipe
        os.write(pipe, _NUMBER.pack(pid))
        os.close(output)
        return False

    def _reap(self):
        for pid in list(self._children):
            found, status = os.waitpid(pid, os.WNOHANG)
            if found:
                pipe = self._children.pop(pid)
                with suppress(BrokenPipeError):
                    os.write(pipe, _NUMBER.pack(os.waitstatus_to_exitcode(status)))
                os.close(pipe)

    def _end_children(self):
        for pid in self._children:
            with suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)
        for pid in self._children:
            os.waitpid(pid, 0)


def _import_all():
    for module in _MODULES:
        import_module(module)
    package = import_module("orchestrator_celery")
    for name in package.__all__:
        getattr(package, name)  # they are imported when they are asked for
    # Whoever forks collects garbage first, Celery before each process of a pool: what is imported is none.
    gc.freeze()


def _run(request):
    """Become the program of a request."""
    os.environ.clear()
    os.environ.update(request["env"])
    os.chdir(request["cwd"])
    kind, what, *arguments = request["program"]
    sys.path[0] = request["cwd"] if kind == "-m" else ""
    extra = [path for path in request["env"].get("PYTHONPATH", "").split(os.pathsep) if path]
    sys.path[1:1] = extra
    if kind == "-m":
        sys.argv = [what, *arguments]
        runpy.run_module(what, run_name="__main__", alter_sys=True)
    else:
        sys.argv = ["-c", *arguments]
        exec(compile(what, "<string>", "exec"), {"__name__": "__main__"})


if __name__ == "__main__":
    _import_all()
    with socket.socket(fileno=int(sys.argv[1])) as requests:
        asked = _Server(requests).serve()
        if asked is not None:
            requests.detach()  # closed by the fork
    if asked is not None:
        _run(asked)


def _is_readable(descriptor, timeout):
    """Whether a file can be read within seconds."""
    asked = select.poll()
    asked.register(descriptor, select.POLLIN | select.POLLHUP)
    return bool(asked.poll(None if timeout is None else timeout * 1000))
