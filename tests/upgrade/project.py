"""The project whose runs are recorded by one version and go on under another.

It uses names that all versions have, so that `record.py` can run it at any of them. Tasks have names of their own,
because the recorder imports this module as `upgrade.project`.
"""

import os
import time

import redis
from celery import Celery

from orchestrator_celery import Orchestrator, current_node

app = Celery("upgrade", broker=os.environ.get("TEST_BROKER"), backend=os.environ.get("TEST_BACKEND"))
app.set_default()
app.conf.update(
    # The place of the broker would be part of the app's identity, and the recorded runs come to another one.
    orchestrator_app="upgrade",
    orchestrator_heartbeat=0.3,
    orchestrator_lease=2,
    orchestrator_republish_after=1,
    broker_connection_retry_on_startup=True,
)
orchestrator = Orchestrator(app)
#: Tasks that are at work when the record is made wait for this key.
GATE = "gate"


def gate():
    return redis.Redis.from_url(os.environ["TEST_BACKEND"])


def _wait():
    with gate() as client:
        while not client.exists(GATE):
            time.sleep(0.02)


@app.task(name="upgrade.add", shared=False)
def add(x, y=0):
    return x + y


@app.task(name="upgrade.xsum", shared=False)
def xsum(numbers):
    return sum(numbers)


@app.task(name="upgrade.hold", shared=False)
def hold(value):
    """Return the value once the gate is open."""
    _wait()
    return value


@app.task(name="upgrade.steps", shared=False)
def steps(count):
    """Write a checkpoint for each step, and wait at the third."""
    node = current_node()
    first = (node.last_checkpoint or {"step": 0})["step"]
    for step in range(first, count):
        if step == 2:
            _wait()
        node.checkpoint({"step": step + 1})
    return [first, count]


@app.task(name="upgrade.fail_before", shared=False)
def fail_before(value):
    """Fail until the gate is open."""
    with gate() as client:
        if not client.exists(GATE):
            raise ValueError("not yet")
    return value


@app.task(name="upgrade.noted", shared=False)
def noted(result, *args):
    """Note the result of an item, as its callback. A callback that is killed runs again, so calls are not counted."""
    with gate() as client:
        client.sadd("noted", result)
