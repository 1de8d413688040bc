"""An ordinary Celery project; every body that starts is written into a file, so that the stories can count."""

import os
from pathlib import Path
from time import sleep

from celery import Celery

from orchestrator_celery import Orchestrator, current_node

app = Celery("tasks", broker="redis://localhost:6379/0", backend="redis://localhost:6379/1")
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
    """A long task that keeps how far it is."""
    node = current_node()
    first = node.last_checkpoint or 0
    for chapter in range(first, chapters):
        note(f"convert {chapter}")
        sleep(0.25)
        node.checkpoint(chapter + 1)
    return {"chapters": chapters, "went on from": first}


def note(line):
    with Path(os.environ["RECOVERY_LEDGER"]).open("a") as file:
        file.write(f"{line}\n")
