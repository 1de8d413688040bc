"""Two ordinary Celery tasks, and the line that makes their workflows durable."""

from pathlib import Path

from celery import Celery

from orchestrator_celery import Orchestrator
from orchestrator_celery.cli.demo.measure import Unreadable, measure_file
from orchestrator_celery.cli.demo.summary import summarise

app = Celery("tasks", broker="redis://localhost:6379/0", backend="redis://localhost:6379/1")
orchestrator = Orchestrator(app)


@app.task(throws=(Unreadable,))  # expected: the worker logs no traceback
def measure(root, name):
    return measure_file(Path(root) / name, name)


@app.task
def report(measures, names):
    return summarise(measures, names)
