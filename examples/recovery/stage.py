"""The shared part of the scripts: a Redis, workers that start and stop, and a count of the tasks that ran."""

import os
import signal
import sys
import tempfile
from collections import Counter
from contextlib import ExitStack, contextmanager
from pathlib import Path
from time import monotonic, sleep

from orchestrator_celery import ResumeAction
from orchestrator_celery.cli.demo.servers import Worker, WorkerDied
from orchestrator_celery.store.embedded import EmbeddedRedis

HERE = str(Path(__file__).parent)
BEGAN = monotonic()
STOPPED = []


class Wrong(Exception):
    """A check of the script failed."""


class StagedWorker(Worker):
    """A worker that the script can also kill."""

    def kill(self):
        """Kill the worker and its children with `kill -9`: none of them can clean up or report."""
        process, self._process = self._process, None
        end(process)

    def stop(self):
        """Stop the worker gracefully; a Ctrl-C meanwhile kills it."""
        process = self._process
        try:
            super().stop()
        finally:
            if process is not None and process.poll() is None:
                end(process)


class Stage:
    def __init__(self, folder, redis, stack):
        self.redis = redis
        #: Enters a context manager, such as `Network(...)`. It is left at the end, after the workers that start later.
        self.enter = stack.enter_context
        self._folder = folder
        self._ledger = folder / "ledger"
        self._ledger.touch()
        self.workers = []
        self.exits = 0  # how often supervised workers ended by themselves
        # Celery reads these variables before any setting, so they apply to this process and to the workers.
        os.environ.update(urls(redis.port), RECOVERY_LEDGER=str(self._ledger))

    def worker(self, port=None, supervised=False):
        """Start a worker of two processes.

        Args:
            port: Port at which the worker reaches Redis; by default the port of Redis itself.
            supervised: Whether the worker is started again whenever it ends by itself.
        """
        path = os.pathsep.join(filter(None, [HERE, os.environ.get("PYTHONPATH")]))
        # A killed worker leaves files in its temporary folder, which are deleted with the script's folder.
        env = {"PYTHONPATH": path, "TMPDIR": str(self._folder), **urls(port or self.redis.port)}
        log = self._folder / f"worker-{len(self.workers)}.log"
        worker = self.enter(StagedWorker("tasks", processes=2, env=env, log=log))
        say("a new worker is started" if self.workers else "a worker is started")
        worker.supervised = supervised
        self.workers.append(worker)
        return worker

    def look_after(self, worker):
        """Restart a supervised worker that has ended, as a supervisor does."""
        try:
            worker.check()
        except WorkerDied:
            if not worker.supervised:
                raise
            self.exits += 1
            say("the worker has ended by itself, and its supervisor restarts it")
            worker.__enter__()

    def wait_for(self, condition, what, seconds=30):
        """Wait until `condition()` is true; fail if a worker that should run ends."""
        end = monotonic() + seconds
        while not condition():
            if STOPPED:
                raise KeyboardInterrupt
            for worker in self.workers:
                self.look_after(worker)
            if monotonic() > end:
                raise Wrong(f"after {seconds} s this has not happened: {what}")
            sleep(0.05)

    def result(self, run):
        """Wait for the end of a run and return its result."""
        self.wait_for(run.ready, "the end of the run")
        return run.get(timeout=10)

    def bodies(self, name=""):
        """Count how often each page, chapter or total has started."""
        lines = self._ledger.read_text().splitlines()
        return Counter(line for line in lines if line.startswith(name))


@contextmanager
def stage(**options):
    """Start Redis for a script, and stop everything at the end, after a failure or Ctrl-C too.

    Args:
        options: Options of `EmbeddedRedis`.
    """
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)
    try:
        with tempfile.TemporaryDirectory(prefix="recovery-") as folder, ExitStack() as stack:
            redis = stack.enter_context(EmbeddedRedis(**options))
            it = Stage(Path(folder), redis, stack)
            try:
                yield it
            except Exception as error:
                logs = [worker.tail() for worker in it.workers]
                print(f"\nFAILED: {error!r}", *logs, sep="\n", file=sys.stderr)
                sys.exit(1)
    except KeyboardInterrupt:
        print("\nStopped. No process is left running.")
        sys.exit(130)
    say("All checks passed. Everything is stopped.")


def stop(*_):
    """Handle Ctrl-C and termination: raise, and also set a flag, because Python swallows an exception around a fork."""
    STOPPED.append(True)
    raise KeyboardInterrupt


def end(process):
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def urls(port):
    address = f"redis://127.0.0.1:{port}"
    return {"CELERY_BROKER_URL": f"{address}/0", "CELERY_RESULT_BACKEND": f"{address}/1"}


def say(*words):
    print(f"{monotonic() - BEGAN:5.1f} s ", *words, flush=True)


def expect(right, what):
    """Check a condition: continue if it holds, else end the script."""
    if not right:
        raise Wrong(what)
    say("checked:", what)


def tell(reports):
    """Print resume reports, the oldest first, and return their nodes."""
    for report in reversed(reports):
        say("resume report:", report)
        for node in report.of(ResumeAction.RESUMED):
            where = "its checkpoint" if node.checkpoint else "the beginning"
            say(f"    {node.task} at {node.node}: attempt {node.attempt}, from {where}")
    return [node for report in reports for node in report.nodes]
