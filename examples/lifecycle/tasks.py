"""A task that stores checkpoints and checks whether it has to stop."""

import time

from celery import Celery

from orchestrator_celery import Orchestrator, current_node

app = Celery("tasks", broker="redis://localhost:6379/0", backend="redis://localhost:6379/1")
orchestrator = Orchestrator(app)


@app.task
def count(to):
    node = current_node()
    start = (node.last_checkpoint or {"step": 0})["step"]
    for step in range(start, to):
        time.sleep(0.05)
        node.checkpoint({"step": step + 1})
        node.raise_if_interrupted()
    return start


@app.task
def report(start):
    return f"counted, in the last attempt from step {start}"
