"""The kit's project with a few more tasks; what the workers of this folder run."""

import os
import signal
import time

from celery import chain
from celery._state import get_current_worker_task
from celery.exceptions import Reject
from kombu.utils.json import register_type

from orchestrator_celery import Swarm
from tests.kit.project import app, identity, ledger, note, replaced


@app.task(bind=True, max_retries=3)
def dies_in_its_second_try(self):
    """Retries once, and takes its process down in that retry, once."""
    if self.request.retries == 0:
        raise self.retry(countdown=0)
    if self.request.id.endswith(":1"):
        os.kill(os.getpid(), signal.SIGKILL)
    return "survived"


@app.task(bind=True)
def patient(self, pause, linger=0):
    """Retries after a pause; lives on for a while after the retry was published."""
    if self.request.retries:
        return "done"
    retry = self.retry(countdown=pause, throw=False)
    note("published")
    time.sleep(linger)
    raise retry


@app.task(bind=True)
def requeueing_early(self, times):
    """Asks for a requeue of a message that was acknowledged before its body began."""
    note("requeueing", self.request.id)
    with ledger() as book:
        if book.incr("requeued") <= times:
            raise Reject("later", requeue=True)
    return "done"


@app.task(bind=True)
def pick_and_replace(self, kinds):
    """Replaces itself as `replaced` does, by the one kind that a chord gives it."""
    return self.replace(replaced.s(*kinds))


@app.task(bind=True)
def replaced_by(self, name, *args):
    """Replaces itself by another of the kit's tasks, or by one nobody knows."""
    return self.replace(app.signature(f"tests.kit.project.{name}", args=args))


@app.task(bind=True)
def replaced_by_unsendable(self):
    return self.replace(identity.s(object()))


@app.task(bind=True)
def matryoshka(self, dolls, kernel):
    """Replaces itself again and again."""
    note("doll", dolls)
    return self.replace(matryoshka.s(dolls - 1, kernel)) if dolls else kernel


@app.task(bind=True)
def nested_canvas(self, depth, kind, kernel):
    """Replaces itself by a canvas whose task does the same."""
    if not depth:
        return kernel
    inner = nested_canvas.s(depth - 1, kind, kernel)
    return self.replace(chain(inner, identity.s()) if kind == "chain" else Swarm([inner]))


class Pin:
    """A result whose reading takes down, once, the process that closes a run."""


def _read_pin(_):
    task = get_current_worker_task()
    if task is not None and task.name == "orchestrator.close":
        with ledger() as book:
            if book.setnx("exploded", 1):
                os.kill(os.getpid(), signal.SIGKILL)
    return "pulled"


register_type(Pin, "pin", lambda _: "", _read_pin)


@app.task
def grenade():
    return Pin()
