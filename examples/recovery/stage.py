"""What the stories share: a Redis of their own, workers that come and go, and a count of the bodies that ran."""

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
    """The story did not end as it should."""


class StagedWorker(Worker):
    """A worker that can be killed as well."""

    def kill(self):
        """What `kill -9` of the worker and all its children does: nobody gets to say goodbye."""
        process, self._process = self._process, None
        end(process)

    def stop(self):
        """End it in order; a Ctrl-C meanwhile ends it at once."""
        process = self._process
        try:
            super().stop()
        finally:
            if process is not None and process.poll() is None:
                end(process)


class Stage:
    def __init__(self, folder, redis, stack):
        self.redis = redis
        #: Stops a thing at the end, after the workers that were started later: `on.enter(Network(...))`.
        self.enter = stack.enter_context
        self._folder = folder
        self._ledger = folder / "ledger"
        self._ledger.touch()
        self.workers = []
        self.exits = 0  # of supervised workers, by themselves
        # Celery reads these before any setting: they hold for this process and for the workers.
        os.environ.update(urls(redis.port), RECOVERY_LEDGER=str(self._ledger))

    def worker(self, port=None, supervised=False):
        """Start a worker of two processes; `port` is another way to Redis; `supervised`: it is started again whenever
        it ends by itself."""
        path = os.pathsep.join(filter(None, [HERE, os.environ.get("PYTHONPATH")]))
        # What a killed worker leaves in its temporary folder goes away with ours.
        env = {"PYTHONPATH": path, "TMPDIR": str(self._folder), **urls(port or self.redis.port)}
        log = self._folder / f"worker-{len(self.workers)}.log"
        worker = self.enter(StagedWorker("tasks", processes=2, env=env, log=log))
        say("a new worker is started" if self.workers else "a worker is started")
        worker.supervised = supervised
        self.workers.append(worker)
        return worker

    def look_after(self, worker):
        """What a supervisor does."""
        try:
            worker.check()
        except WorkerDied:
            if not worker.supervised:
                raise
            self.exits += 1
            say("the worker has ended by itself, and its supervisor starts it again")
            worker.__enter__()

    def wait_for(self, condition, what, seconds=30):
        """Wait until `condition()` is true, while the workers that should live do."""
        end = monotonic() + seconds
        while not condition():
            if STOPPED:
                raise KeyboardInterrupt
            for worker in self.workers:
                self.look_after(worker)
            if monotonic() > end:
                raise Wrong(f"waited {seconds} s in vain for {what}")
            sleep(0.05)

    def result(self, run):
        """The result of a run, once it is there."""
        self.wait_for(run.ready, "the end of the run")
        return run.get(timeout=10)

    def bodies(self, name=""):
        """How often each body has started."""
        lines = self._ledger.read_text().splitlines()
        return Counter(line for line in lines if line.startswith(name))


@contextmanager
def stage(**options):
    """Everything a story needs; all of it is stopped at the end, however that comes. `options` are those of Redis."""
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
                print(f"\nWRONG: {error!r}", *logs, sep="\n", file=sys.stderr)
                sys.exit(1)
    except KeyboardInterrupt:
        print("\nStopped. Nothing is left running.")
        sys.exit(130)
    say("As it should be. Everything is stopped.")


def stop(*_):
    """Ctrl-C and its like: raised where the story is, and kept, for Python swallows what is raised around a fork."""
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
    """Go on only if it is so."""
    if not right:
        raise Wrong(what)
    say("checked:", what)


def tell(reports):
    """Print resume reports, the oldest first; returns their nodes."""
    for report in reversed(reports):
        say("resume report:", report)
        for node in report.of(ResumeAction.RESUMED):
            where = "its checkpoint" if node.checkpoint else "the beginning"
            say(f"    {node.task} at {node.node}: attempt {node.attempt}, from {where}")
    return [node for report in reports for node in report.nodes]
