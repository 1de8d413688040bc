"""The Celery project the tests run, as a user would write one; configured by the environment."""

import json
import os
import signal
import time
from datetime import datetime
from decimal import Decimal
from uuid import UUID

import redis
from celery import Celery, Task, chain, chord, group
from celery.exceptions import Ignore, Reject, SoftTimeLimitExceeded

from orchestrator_celery import ComplexSignature, Orchestrator, Swarm, TaskPolicy, current_node
from orchestrator_celery.testing import crash_points


def continuing():
    """The setting of all tests that do not set it themselves, from the variable `TEST_CONTINUE`: auto, true or false."""
    choice = os.environ.get("TEST_CONTINUE")
    return {} if choice is None else {"orchestrator_continue": {"true": True, "false": False}.get(choice, choice)}


def make_app(broker, backend, **settings):
    app = Celery(os.environ.get("TEST_APP", "kit"), broker=broker, backend=backend, set_as_current=False)
    # Most tests of tasks that nobody has are not about the wait for a worker that has them.
    settings = {"orchestrator_unknown_task_patience": 0, **continuing(), **settings}
    app.conf.update(broker_connection_retry_on_startup=True, worker_hijack_root_logger=True, **settings)
    return app


app = make_app(
    os.environ.get("TEST_BROKER", "redis://127.0.0.1:1/0"),
    os.environ.get("TEST_BACKEND", "redis://127.0.0.1:1/1"),
    **json.loads(os.environ.get("TEST_SETTINGS", "{}")),
)
app.conf.include = ["tests.kit.canvas_tasks"]
app.set_default()
if os.environ.get("TEST_WITHOUT_EXTENSION") is None:
    orchestrator = Orchestrator(app)
    crash_points()


def ledger():
    """The ground truth, written by the tasks themselves: a Redis the faults do not touch."""
    return redis.Redis.from_url(os.environ["TEST_LEDGER"], decode_responses=True)


def note(*words):
    if "TEST_LEDGER" in os.environ:
        with ledger() as book:
            book.rpush("ledger", json.dumps(words))


class Foreign(Task):
    """A base class of somebody else, whose before_start never calls the one above it."""

    abstract = True

    def before_start(self, task_id, args, kwargs):
        note("foreign", task_id)


# -- arithmetic


@app.task
def unlucky(key):
    """Fails until somebody has put things right."""
    with ledger() as book:
        if not book.exists(key):
            raise ValueError("unlucky")
    return key


@app.task
def add(x, y=0):
    return x + y


@app.task(category="arithmetic")
def mul(x, y):
    return x * y


@app.task
def xsum(numbers):
    return sum(numbers)


@app.task
def identity(value=None):
    return value


@app.task
def kwonly(*, a=1, b=2):
    return [a, b]


@app.task
def collect(*args, **kwargs):
    return [list(args), kwargs]


@app.task(ignore_result=True)
def silent(x):
    return x + 100


@app.task(base=Foreign)
def foreign(x):
    return x + 1


@app.task
def echo_types(moment, unique, amount):
    assert isinstance(moment, datetime)
    assert isinstance(unique, UUID)
    assert isinstance(amount, Decimal)
    return {"moment": moment, "unique": unique, "amount": amount}


# -- time


@app.task
def nap(value, seconds=0.02):
    note("start", value)
    time.sleep(seconds)
    note("end", value)
    return value


@app.task
def nap_add(x, y, seconds=0.02):
    note("start", x + y)
    time.sleep(seconds)
    return x + y


@app.task
def counted(value, seconds=0.03):
    """Notes how many of its kind run at the same time."""
    with ledger() as book:
        now = book.incr("running")
        book.zadd("peak", {"peak": now}, gt=True)
        time.sleep(seconds)
        book.decr("running")
    return value


# -- failures


@app.task
def fail(*args):
    note("fail", *[str(arg) for arg in args])
    raise ValueError("no good")


@app.task
def fail_if(value, bad):
    if value in bad:
        raise KeyError(value)
    return value


@app.task(bind=True, max_retries=10)
def flaky(self, times, value=None):
    note("flaky", self.request.retries)
    if self.request.retries < times:
        raise self.retry(countdown=0)
    return value if value is not None else self.request.retries


@app.task(bind=True, max_retries=2)
def hopeless(self):
    raise self.retry(exc=OSError("still down"), countdown=0)


@app.task(autoretry_for=(KeyError,), retry_kwargs={"max_retries": 3, "countdown": 0}, bind=True)
def autoretried(self, times):
    if self.request.retries < times:
        raise KeyError("again")
    return self.request.retries


@app.task
def ignoring():
    raise Ignore("nothing to say")


@app.task
def rejecting():
    raise Reject("not mine", requeue=False)


@app.task(acks_late=True, bind=True)
def requeueing(self, times):
    note("requeueing", self.request.id)
    with ledger() as book:
        if book.incr("requeued") <= times:
            raise Reject("later", requeue=True)
    return "done"


@app.task(time_limit=1)
def too_long():
    note("too_long")
    time.sleep(60)


@app.task(soft_time_limit=1)
def politely_too_long(catch=False):
    try:
        time.sleep(60)
    except SoftTimeLimitExceeded:
        if catch:
            return "caught"
        raise


@app.task
def suicide(value, when=None):
    """Takes its process down, as a native crash or the kernel does."""
    note("suicide", value)
    if when is None or value == when:
        os.kill(os.getpid(), signal.SIGKILL)
    return value


@app.task
def suicide_once(value):
    note("once", value)
    with ledger() as book:
        if book.setnx(f"died:{value}", 1):
            os.kill(os.getpid(), signal.SIGKILL)
    return value


@app.task(bind=True, acks_late=True, reject_on_worker_lost=True)
def suicide_late(self, value):
    note("suicide", value)
    os.kill(os.getpid(), signal.SIGKILL)


@app.task
def big(size):
    return "x" * size


@app.task
def unserialisable():
    return object()


@app.task(bind=True)
def checkpointed(self, steps, die_at=None):
    node = current_node()
    first = (node.last_checkpoint or {"step": 0})["step"]
    for step in range(first, steps):
        note("step", step, node.attempt)
        if step == die_at and node.attempt == 1:
            os.kill(os.getpid(), signal.SIGKILL)
        node.progress(step, total=steps)
        node.checkpoint({"step": step + 1})
    return [first, steps]


@app.task(bind=True)
def adding(self, value):
    """Adds a task to the chord it is in."""
    self.add_to_chord(identity.s(value))
    return 0


@app.task
def node_facts():
    node = current_node()
    return [bool(node), node.attempt, node.last_checkpoint, node.checkpoint({"a": 1})]


@app.task(bind=True)
def node_told(self, checkpoint=None, progress=(), fail=False, retry=False, inside=False, odd=False):
    """Uses its node as asked, and returns what the node tells."""
    if inside:
        return node_told.apply().get(disable_sync_subtasks=False)
    node = current_node()
    for report in progress:
        node.progress(*report)
    before = node.last_checkpoint
    stored = None if checkpoint is None else node.checkpoint(checkpoint)
    if odd:
        node.checkpoint(object)
    if fail:
        raise ValueError("as asked")
    if retry and not self.request.retries:
        raise self.retry(countdown=0)
    swarm = node.swarm
    facts = [bool(node), node.run_id, node.id, node.attempt, node.interrupted, swarm is not None, before, stored]
    return [*facts, node.last_checkpoint]


@app.task(orchestrator=TaskPolicy(auto_resume=False))
def never_resumed(value):
    note("never", value)
    os.kill(os.getpid(), signal.SIGKILL)


# -- replacing themselves


@app.task(bind=True)
def replaced(self, kind, *rest):
    shapes = {
        "task": lambda: add.s(1, 2),
        "immutable": lambda: add.si(1, 2),
        "chain": lambda: chain(add.s(1, 2), add.s(10)),
        "group": lambda: group(add.s(1, 1), add.s(2, 2)),
        "chord": lambda: chord([add.s(1, 1), add.s(2, 2)], xsum.s()),
        "swarm": lambda: Swarm([add.s(1, 1), add.s(2, 2)]),
        "complex": lambda: ComplexSignature(add.s(1, 2)),
        "slow": lambda: chain(nap.s(1, 0.5), nap.s(0.01)),
        "long": lambda: chain(nap.s(1, 6.0), nap.s(0.01)),
        "napping": lambda: ComplexSignature(nap.s(1, 1.0)),
        "many": lambda: Swarm([nap.si(i, 0.1) for i in range(300)]),
        "again": lambda: replaced.s("chain"),
        "fail": lambda: fail.s(),
        "chain-fail": lambda: chain(add.s(1, 2), fail.s()),
    }
    return self.replace(shapes[kind]())


# -- callbacks


@app.task
def on_link(result, mark="link"):
    note(mark, result)
    return result


@app.task
def on_old_error(task_id):
    note("old-errback", task_id)


@app.task
def on_new_error(request, exc, traceback):
    note("new-errback", request.id, type(exc).__name__, str(exc))


@app.task
def on_handler(error, mark="handler"):
    note(mark, error["type"], error["message"])


# -- about themselves


@app.task(bind=True)
def stamps(self, *ignored):
    return (self.request.stamps or {}).get("customer")


@app.task(bind=True)
def request_facts(self, *ignored):
    request = self.request
    return {
        "id": request.id,
        "root": request.root_id,
        "parent": request.parent_id,
        "queue": request.delivery_info["routing_key"],
    }


def ghost():
    """A signature of a task that no worker knows."""
    return app.signature("tests.no_such_task", args=(1,))


@app.task
def tail(value):
    note("tail", value)
    return value


# -- rules


def never(node):
    """A validator."""
    return f"{node.task} is not to be started again"


def broken_rule(node):
    raise KeyError("no such rule")
