"""Print jobs in three lanes: urgent jobs overtake the others, and the archive always continues."""

import time

from celery import Celery

from orchestrator_celery import Orchestrator

app = Celery("tasks", broker="redis://localhost:6379/0", backend="redis://localhost:6379/1")
orchestrator = Orchestrator(app)


@app.task
def render(name, seconds=0.05):
    """Work for some time."""
    time.sleep(seconds)
    return name
