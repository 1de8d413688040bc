"""The project the soak runs. Every body notes where it is in a Redis that no fault touches.

`at` is where a task is: the workflow's id, the task's tag in it, and for how long it works.
"""

import json
import logging
import os
import time
from contextlib import contextmanager

import redis
from celery import Celery, chain, chord

from orchestrator_celery import Orchestrator, current_node

app = Celery(
    "soak",
    broker=os.environ.get("TEST_BROKER", "redis://127.0.0.1:1/0"),
    backend=os.environ.get("TEST_BACKEND", "redis://127.0.0.1:1/1"),
    set_as_current=False,
)
app.conf.update(broker_connection_retry_on_startup=True, **json.loads(os.environ.get("TEST_SETTINGS", "{}")))
orchestrator = Orchestrator(app)

log = logging.getLogger("soak")

_books = {}


def ledger():
    """The ground truth; one client per process, for a pool's children must not share a socket."""
    if os.getpid() not in _books:
        _books[os.getpid()] = redis.Redis.from_url(os.environ["TEST_LEDGER"], decode_responses=True)
    return _books[os.getpid()]


@contextmanager
def body(at, retries=0):
    """Note that a body runs here, and which process to kill to hit it."""
    run, tag, seconds = at
    log.info("%s begins in attempt %d", tag, current_node().attempt)
    book, pid = ledger(), os.getpid()
    with book.pipeline() as pipe:
        pipe.rpush("bodies", json.dumps([run, tag, current_node().attempt, retries]))
        pipe.hset("busy", pid, f"{run} {tag}").execute()
    time.sleep(seconds)
    try:
        yield
    finally:
        book.hdel("busy", pid)


def task(**options):
    return app.task(shared=False, **options)


@task()
def add(value, by, at):
    with body(at):
        return value + by


@task()
def total(numbers, at):
    with body(at):
        return sum(number for number in numbers if number is not None)


@task()
def broken(*given):
    with body(given[-1]):
        raise ValueError("as it should")


@task(bind=True, max_retries=5)
def flaky(self, value, times, at):
    with body(at, self.request.retries):
        if self.request.retries < times:
            raise self.retry(countdown=0.1)
        return value + times


@task(bind=True)
def swap(self, value, bys, places, at):
    """Replaces itself: by a chain, or, with one place more than numbers, by a chord."""
    with body(at):
        if len(places) == len(bys):
            steps = [add.s(by, place) for by, place in zip(bys, places, strict=True)]
            steps[0] = add.s(value, bys[0], places[0])
            raise self.replace(chain(steps))
        header = [add.s(value, by, place) for by, place in zip(bys, places[:-1], strict=True)]
        raise self.replace(chord(header, total.s(places[-1])))


@task()
def stepper(value, steps, at):
    """Keeps a checkpoint per step; whoever goes on counts on from there."""
    node = current_node()
    sum_ = (node.last_checkpoint or {"sum": value, "step": 0})["sum"]
    first = (node.last_checkpoint or {"step": 0})["step"]
    with body(at):
        for step in range(first, steps):
            time.sleep(0.02)
            sum_ += 1
            node.checkpoint({"sum": sum_, "step": step + 1})
        return sum_


@task()
def mark(given, at):
    """A callback."""
    with body(at):
        return
