"""Expense claims: check a claim, then pay or refuse it. The graph asks for the approvals; the tasks do not."""

from celery import Celery

from orchestrator_celery import Orchestrator

app = Celery("tasks", broker="redis://localhost:6379/0", backend="redis://localhost:6379/1")
orchestrator = Orchestrator(app)


@app.task
def check(claim):
    """Do the automatic checks, the first stage."""
    return {**claim, "amount": float(claim["amount"]), "receipt": claim["receipt"] == "yes"}


@app.task
def pay(claim):
    return f"paid {claim['amount']:.2f} to {claim['who']}"


@app.task
def refuse(claim, answer=None):
    if answer is None:
        return f"refused {claim['who']}: no receipt"
    if answer["timed_out"]:
        return f"refused {claim['who']}: nobody answered in time"
    return f"refused {claim['who']}: {answer['note']} ({answer['by']})"
