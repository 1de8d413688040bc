"""Runs a Celery worker as a child process that cannot outlive its parent."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from types import TracebackType

__all__ = ("Worker", "WorkerDied")

_PR_SET_PDEATHSIG = 1


class WorkerDied(Exception):
    """The worker ended before the run did."""


class Worker:
    """A prefork worker, as a context manager.

    The worker has a session of its own. A Ctrl-C in the terminal therefore reaches only the process that started the
    worker, and this process stops the worker gracefully. If this process is killed, the worker ends too (on Linux).

    Args:
        app: The module for `celery -A`.
        processes: Number of pool processes.
        env: Environment variables in addition to this process's own.
        log: File for the worker's output.
        name: Its node name; by default Celery's.
        grace: Seconds that it may take to end its running tasks before it is killed.
    """

    def __init__(
        self,
        app: str,
        *,
        processes: int,
        env: Mapping[str, str],
        log: Path,
        name: str | None = None,
        grace: float = 10.0,
    ) -> None:
        self.log = log
        self._grace = grace
        self._command = [sys.executable, "-m", "celery", "-A", app, "worker", "--pool", "prefork"]
        self._command += ["--concurrency", str(processes), "--loglevel", "WARNING"]
        self._command += ["--without-gossip", "--without-mingle", *(["--hostname", name] if name else [])]
        self._env = {**os.environ, **env}
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Worker:
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                self._command,
                env=self._env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=partial(_end_with_parent, os.getpid()) if sys.platform == "linux" else None,
            )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def check(self) -> None:
        """Raise `WorkerDied`, with the end of the log, if the worker has ended."""
        if self._process is not None and self._process.poll() is not None:
            raise WorkerDied(f"the worker ended with status {self._process.returncode}\n{self.tail()}")

    def tail(self, lines: int = 20) -> str:
        """Return the last lines of the worker's log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def stop(self) -> None:
        """Stop the worker gracefully, and kill it after its grace."""
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(self._grace)
        except subprocess.TimeoutExpired:
            pass
        finally:  # after a second Ctrl-C too
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def _end_with_parent(parent: int) -> None:
    """Ask the kernel, in the child, to kill the worker when its parent dies, even by `kill -9`.

    Other signals may be lost: a shell starts background jobs with SIGQUIT ignored, and the parent's handlers hold until
    the child has executed the worker. The worker need not end its tasks: the embedded Redis, to which they would
    report, ends with the parent as well.

    Args:
        parent: the parent's process id. If it died before this call, the kernel would send no signal.
    """
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
