"""A project with a broker and a store of its own, and what several tests of this folder ask of it."""

import os
import signal
from contextlib import contextmanager

import redis
from celery import Celery

from orchestrator_celery import ComplexSignature, Orchestrator, Swarm
from orchestrator_celery.model.events import NodeStarted
from orchestrator_celery.model.ids import LeafId
from orchestrator_celery.records.streams.events import COMPOSITES, parse_event
from orchestrator_celery.views.events.names import EventNames
from tests.kit.answers import is_answers
from tests.kit.waiting import wait_for
from tests.kit.workers import Worker
from tests.worker import tasks as project

_HOMES = ("tests.kit.project", "tests.worker.tasks")


def full_name(name):
    """The registered name of one of the project's tasks."""
    return next(full for full in (f"{home}.{name}" for home in _HOMES) if full in project.app.tasks)


class Tasks:
    """The project's tasks by name, bound to any app: `tasks("add", 1, y=2)` is what `add.s(1, y=2)` is in it."""

    def __init__(self, app):
        self.app = app

    def __call__(self, name, *args, **kwargs):
        return self.app.signature(full_name(name), args=args, kwargs=kwargs)


class Stand:
    """A client of a broker and a backend that nobody else uses; `settings` are those of client and workers.

    Nothing else shares its queues, its store or the leader among its workers.
    """

    def __init__(self, broker, backend, name="kit", **settings):
        self.broker, self.backend, self.settings = broker, backend, settings
        self.name = name
        self.app = Celery(name, broker=broker, backend=backend, set_as_current=False)
        self.app.conf.update(settings)
        self.orchestrator = Orchestrator(self.app)
        self.tasks = Tasks(self.app)

    @contextmanager
    def worker(self, **options):
        """A worker of the project here. At the end it is killed: what a test asks of a good end it does itself."""
        options["env"] = {"TEST_APP": self.name, **(options.get("env") or {})}
        with Worker(self.broker, self.backend, app=project.__name__, **{**self.settings, **options}) as worker:
            yield worker

    def complex(self, workflow, **arguments):
        """Any workflow as one durable unit of this app."""
        return ComplexSignature(workflow, app=self.app, **arguments)

    def run(self, workflow, **options):
        """Start any workflow as one durable unit."""
        return self.complex(workflow).apply_async(**options)

    def swarm(self, items, **bounds):
        """A Swarm of this app."""
        return Swarm(items, app=self.app, **bounds)

    def keys(self):
        """Every key of the store, the last answers to callers and the feed of all runs aside."""
        client, feed = self.orchestrator.container.store.client, f"{self._prefix}:feed".encode()
        found = [key for key in client.scan_iter(f"{self._prefix}:*") if not key.startswith(feed)]
        return sorted(key.decode() for key in found if not is_answers(client, key))

    def queued(self, queue="celery"):
        """How many messages wait in a queue of the broker, which has to be a Redis."""
        with client_of(self.broker) as broker:
            return broker.llen(queue)

    def unacked(self):
        """How many messages are delivered and not acknowledged."""
        with client_of(self.broker) as broker:
            return broker.hlen("unacked")

    def __enter__(self):
        return self

    def __exit__(self, kind, exc, trace):
        self.app.close()
        # Otherwise each stand keeps its connections until the end of the session, and there are hundreds of stands.
        parts = self.orchestrator.container.__dict__
        for client in (getattr(parts.get("store"), "client", None), self.app.backend.__dict__.get("client")):
            if isinstance(client, redis.Redis):
                client.connection_pool.disconnect()

    @property
    def _prefix(self):
        return self.orchestrator.settings.key_prefix


@contextmanager
def frozen(worker):
    """A worker and its processes stand still, as on a machine that swaps or was suspended."""
    processes = [worker.process.pid, *worker.children()]
    for process in processes:
        os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        for process in processes:
            os.kill(process, signal.SIGCONT)


@contextmanager
def client_of(url):
    with redis.Redis.from_url(url) as client:
        yield client


def leaf(run, node="0.0", attempt=1):
    """The Celery id of a leaf of `run`; of a ComplexSignature around one task the leaf is `0.0`."""
    return str(LeafId(run.id, node, attempt))


def events(run, *kinds):
    """What the run's stream holds by now, also after its end, when `watch` has stopped.

    Kinds of the ends of nodes include those of composites.
    """
    kinds += tuple(COMPOSITES[kind] for kind in kinds if kind in COMPOSITES)
    container = run.app.orchestrator.container
    entries = container.reader.events(run.id, "0", None)
    names = EventNames(container.reader, container.codec, run.id)
    found = names.named(parse_event(run.id, place, fields) for place, fields in entries)
    return [event for event in found if not kinds or isinstance(event, kinds)]


def wait_for_event(run, kind, count=1, timeout=30):
    """Wait until the run has `count` events of a kind; returns them."""

    def seen():
        found = events(run, kind)
        return found if len(found) >= count else None

    return wait_for(seen, timeout, f"{count} {kind.__name__}")


def wait_until_running(run, node="0.0"):
    """Wait until a worker has claimed a leaf; returns the id of the process that runs it."""

    def started():
        found = [event for event in events(run, NodeStarted) if event.node == node]
        return found[-1] if found else None

    return int(wait_for(started, 30, f"{node} to start").worker.rsplit("/", 2)[1])


def send_again(run, name, *args, node="0.0", attempt=1, **options):
    """Put the message of a leaf into the broker once more, as a broker does that delivers twice."""
    run.app.send_task(
        full_name(name), args, task_id=leaf(run, node, attempt), root_id=run.id, parent_id=run.id,
        ignore_result=True, **options,
    )  # fmt: skip


def error_of(run, timeout=120):
    """The exception the run ended with."""
    return run.get(timeout=timeout, propagate=False)
