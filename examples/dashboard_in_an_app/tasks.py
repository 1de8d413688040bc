"""An ordinary Celery project with one task and an orchestrator."""

from celery import Celery

from orchestrator_celery import Orchestrator

app = Celery("tasks", broker="redis://localhost:6379/0", backend="redis://localhost:6379/1")
orchestrator = Orchestrator(app)


@app.task
def count_words(text):
    return len(text.split())
