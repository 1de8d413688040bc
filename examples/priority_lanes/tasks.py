"""Print jobs in three lanes: urgent ones overtake, and the archive is never forgotten."""

import time

from celery import Celery

from orchestrator_celery import Orchestrator

app = Celery("tasks", broker="redis://localhost:6379/0", backend="redis://localhost:6379/1")
orchestrator = Orchestrator(app)


@app.task
def render(name, seconds=0.05):
    """Some work that takes its time."""
    time.sleep(seconds)
    return name
