"""An ordinary Celery project; each task that starts writes a line into a file, and the scripts count the lines."""

import os
from pathlib import Path
from time import sleep

from celery import Celery

from orchestrator_celery import Orchestrator, current_node

app = Celery("tasks", broker="redis://localhost:6379/0", backend="redis://localhost:6379/1")
app.conf.orchestrator_app = "recovery"  # the worker may reach the broker by another address than the client
orchestrator = Orchestrator(app)


@app.task
def fetch(page):
    note(f"fetch {page}")
    sleep(0.1)
    return page


@app.task
def total(pages):
    note("total")
    return sum(pages)


@app.task
def convert(chapters):
    """Convert chapters, with a checkpoint after each."""
    node = current_node()
    first = node.last_checkpoint or 0
    for chapter in range(first, chapters):
        note(f"convert {chapter}")
        sleep(0.25)
        node.checkpoint(chapter + 1)
    return {"chapters": chapters, "continued at": first}


def note(line):
    with Path(os.environ["RECOVERY_LEDGER"]).open("a") as file:
        file.write(f"{line}\n")
