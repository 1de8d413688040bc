"""Suspend, interrupt, resume and cancel: `python run.py`."""

import time

from celery import chain
from tasks import count, report

from orchestrator_celery import ComplexSignature, InvalidTransition, NodeCheckpointed, RunNotFound, Swarm

# Suspend: running tasks may finish, and nothing more starts.
swarm = Swarm((count.si(2) for _ in range(20)), max_concurrency=2)
run = swarm.apply_async()
run.suspend()
print(run.status_message)
run.resume()
print("resumed:", len(run.get()), "items")

# Interrupt: running tasks are stopped, and continue from their last checkpoint after `resume`.
run = ComplexSignature(chain(count.si(100), report.s())).apply_async()
while not any(isinstance(event, NodeCheckpointed) for event in run.events()):
    time.sleep(0.05)
print(run.interrupt(grace=5))
run.resume()
print(run.get())
print(run.status)

# A verb that does not fit the status is refused, and the message names the possible verbs.
try:
    run.suspend()
except InvalidTransition as refused:
    print(refused)

# Cancel: the run is stopped and all its data is deleted.
run = ComplexSignature(count.s(1000)).apply_async()
print(run.cancel_plan())
run.cancel(confirm=True, reason="only an example")
try:
    run.tree()
except RunNotFound:
    print("deleted")
