"""An ordinary Celery project with two tasks and an orchestrator."""

from celery import Celery

from orchestrator_celery import Orchestrator

app = Celery("tasks", broker="redis://localhost:6379/0", backend="redis://localhost:6379/1")
orchestrator = Orchestrator(app)


@app.task
def sales(month):
    return [month * 100, month * 10, month]


@app.task
def report(amounts, currency):
    return f"{sum(amounts)} {currency}"
